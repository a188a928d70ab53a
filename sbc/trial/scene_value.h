#pragma once
// Scenes from what a test writes, and what it sees of a story. Internal to the room.

#include <expected>
#include <string>

#include "sbc/simulate/outside.h"
#include "sbc/simulate/story.h"
#include "sbc/trial/trial.h"
#include "sbc/trial/value.h"

namespace sbc::trial {

// The argument of call { ... }. Error: what is wrong with it.
std::expected<simulate::Scene, std::string> scene_from(const Record& fields, const Ground& ground);

// The argument of register { ... }, and of request { ... }.
std::expected<simulate::Request, std::string> registration_from(const Record& fields, const Ground& ground);
std::expected<simulate::Request, std::string> request_from(const Record& fields, const Ground& ground);

Value value_of(const simulate::Story& story);
Value value_of(const simulate::Heard& heard);

// The story in lines, for somebody whose test has failed.
std::string told(const simulate::Story& story);

}  // namespace sbc::trial
