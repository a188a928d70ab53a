#pragma once
// A decision as JSON has it, as a value that tests compare. Internal to the room.

#include "sbc/json/value.h"
#include "sbc/trial/value.h"

namespace sbc::trial {

Value value_of(const json::Value& value);

}  // namespace sbc::trial
