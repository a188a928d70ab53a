#pragma once
// A description with fewer formats: the one way in which the room removes any. Internal to the room.

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "sbc/sdp/error.h"
#include "sbc/sdp/session.h"

namespace sbc::sdp {

struct NarrowedLine {
  std::vector<std::string_view> formats = {};  // views into the session, in their new order; empty: refused, port 0
  std::uint32_t ptime = 0;                     // 0: as it is
  std::uint32_t maxptime = 0;
};

// Asked for each m-line; nullopt: it stays as it is. Lines that belong to a format (a=rtpmap, a=fmtp, a=rtcp-fb, ...)
// go with it.
using Narrow = std::function<std::optional<NarrowedLine>(const Media& media, std::size_t index)>;
std::expected<SessionPtr, Error> narrowed(const Session& session, const Narrow& narrow);

// "telephone-event" (RFC 4733).
bool is_event(const Session& session, const Media& media, std::string_view format);
// The same codec: name, clock and channels. A dynamic payload type without a=rtpmap means nothing to anybody, and
// formats that are no numbers mean themselves.
struct FormatOf {
  const Session& session;
  const Media& media;
  std::string_view format;
};
bool same_codec(const FormatOf& one, const FormatOf& other);

}  // namespace sbc::sdp
