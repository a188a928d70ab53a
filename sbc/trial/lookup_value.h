#pragma once
// What a test says that a look-up of the policy is answered. Internal to the room.

#include <expected>
#include <string>

#include "sbc/simulate/scene.h"
#include "sbc/trial/value.h"

namespace sbc::trial {

// "timeout", 404, { value = { { trunk = "carrier_b" } } }, { nothing = true }, { json = { trunk = "carrier_b" }, after
// = 0.2 }, { fails = "connect", after = 1 }
std::expected<simulate::LookupReply, std::string> read_lookup_reply(const Value& value);

// As json.encode of a policy writes it. Error: what JSON has no word for.
std::expected<std::string, std::string> to_json(const Value& value);

}  // namespace sbc::trial
