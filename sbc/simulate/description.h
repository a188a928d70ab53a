#pragma once
// Session descriptions of peers that are not there. Internal to the room.

#include <cstdint>
#include <string>
#include <string_view>

#include "media-relay/base/ip.h"

namespace sbc::simulate {

// Audio with PCMA, PCMU and telephone-event.
std::string usual_offer(const base::IpAddress& at);

// The same description once more: of this version, and either holding the other side or not.
std::string again(std::string_view description, std::uint32_t version, bool hold);

// What somebody at `at` answers who takes everything that is offered.
std::string answer_to(std::string_view offer, const base::IpAddress& at);

}  // namespace sbc::simulate
