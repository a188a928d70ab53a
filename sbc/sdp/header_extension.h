#pragma once
// Header extensions of RTP packets in descriptions (RFC 8285): a=extmap:<id>["/"<direction>] <URI> [<attributes>].
//
// Packets cross with the identifiers that they have, so an extension is offered on under the identifier under which it
// was offered, and used when both legs have agreed to it. What describes one leg's transport or names its streams (MID,
// RTP stream identifiers) stays on its leg, and so does what nobody here knows.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sbc/sdp/session.h"

namespace sbc::sdp {

struct HeaderExtension {
  std::uint8_t id = 0;  // 1 to 255
  std::string_view uri;
  friend bool operator==(const HeaderExtension&, const HeaderExtension&) = default;
};

// Of the value of an a=extmap line; nullopt when malformed, or of an identifier that only an offer without a decision
// has (RFC 8285 5: 4096 and up).
std::optional<HeaderExtension> parse_extmap(std::string_view value);
// Whether it may cross: it says something about the media, and the far end can make sense of it.
bool describes_media(const HeaderExtension& extension);

// Whether the m-line lists it so.
bool lists(const Session& session, const Media& media, const HeaderExtension& extension);

// Identifiers that may be sent either way between the two sides of one m-line: those that both have listed and that may
// cross. None between profiles without feedback (see rewrite.h).
std::vector<std::uint8_t> common_extensions(const Session& one, const Session& other, std::size_t index);

}  // namespace sbc::sdp
