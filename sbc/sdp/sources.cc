#include "sbc/sdp/sources.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/sdp/limits.h"

namespace sbc::sdp {

std::vector<std::uint32_t> sources_of(const Session& session, const Media& media) {
  std::vector<std::uint32_t> out;
  for (const Line& line : session.lines_of(media)) {
    if (line.type != 'a' || line.attribute_name() != "ssrc") continue;
    base::TextCursor cursor(line.attribute_value());
    const auto ssrc = base::parse_unsigned<std::uint32_t>(cursor.take_while(base::is_digit));
    if (!ssrc) return {};
    if (std::ranges::find(out, *ssrc) != out.end()) continue;
    if (out.size() >= kMaxSources) return {};
    out.push_back(*ssrc);
  }
  return out;
}

}  // namespace sbc::sdp
