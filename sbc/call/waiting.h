#pragma once
// What a party hears while it waits for the one to whom the border transfers it.

#include <string>

#include "media-relay/control/messages.h"

#include "sbc/call/call.h"
#include "sbc/call/media.h"

namespace sbc::call {

// The side hears this sound instead of the other one, for as long as the session stays so; where it does not listen, or
// has no codec that the relay can make, nothing changes.
void play_to_waiting(control::SessionSpec& spec, const Media& media, Side side, const std::string& sound);

// The sound for the party that stays while the target of a transfer rings; "": none.
std::string ringing_sound(const Call& call);

}  // namespace sbc::call
