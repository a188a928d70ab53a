#pragma once
// What happens inside the call of a test: `inside` of call { ... }, and of what it gives. Internal to the room.

#include <expected>
#include <string>
#include <vector>

#include "sbc/simulate/scene.h"
#include "sbc/simulate/story.h"
#include "sbc/trial/value.h"

namespace sbc::trial {

// A list such as { { after = 3, event = "dtmf", digit = "5" }, { after = 4, party = "callee", event = "reinvite" } }.
std::expected<std::vector<simulate::InsideEvent>, std::string> inside_from(const Value& value);

Value value_of(const simulate::Inside& inside);

}  // namespace sbc::trial
