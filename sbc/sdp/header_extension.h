#pragma once
// Header extensions of RTP packets in descriptions (RFC 8285): a=extmap:<id>["/"<direction>] <URI> [<attributes>].
//
// Each leg has identifiers of its own: an extension that is offered on gets the one that it was offered under, unless
// the leg has another one for it, or has given that one to something else (RFC 8285 5: what was agreed is not
// remapped); an answer has those of its offer. It is used when both legs have agreed to it. What names one leg's
// streams (MID, RTP stream identifiers) stays on its leg, and so does what nobody here knows. What numbers the packets
// of a transport (congestion control) crosses where each leg's transport has the same lines (bundle.h): elsewhere
// reports would tell of losses that there are none, and of packets of several senders as of one.

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
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
// Whether it numbers packets of all lines of a transport, and whether the value of an a=rtcp-fb line is about that.
bool numbers_transport(const HeaderExtension& extension);
bool reports_transport(std::string_view feedback);

// The identifier under which the m-line lists it; nullopt: it does not.
std::optional<std::uint8_t> identifier_of(const Session& session, const Media& media, std::string_view uri);

// The identifier under which the extension, of an m-line of somebody else's, is to be offered on a leg whose m-line was
// described like `before`. `others` are all lines of that other description, `given` what was returned for those of
// them that came first. nullopt: there is none left.
std::optional<std::uint8_t> identifier_for(const HeaderExtension& extension, std::span<const Line> others,
                                           std::span<const Line> before, std::bitset<256>& given);

// An extension under its identifiers on two legs.
struct CommonExtension {
  std::uint8_t one = 0;
  std::uint8_t other = 0;
  friend bool operator==(const CommonExtension&, const CommonExtension&) = default;
};
// Those that may be sent either way between the two sides of one m-line: that both have listed and that may cross. None
// between profiles without feedback (see rewrite.h). `alike`: the transport of each has the same lines.
std::vector<CommonExtension> common_extensions(const Session& one, const Session& other, std::size_t index,
                                               bool alike = true);

}  // namespace sbc::sdp
