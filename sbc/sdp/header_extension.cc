#include "sbc/sdp/header_extension.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

#include "sbc/sdp/crypto.h"

namespace sbc::sdp {
namespace {

constexpr auto kKnown = std::to_array<std::string_view>({
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",  // RFC 6464
    "urn:ietf:params:rtp-hdrext:csrc-audio-level",  // RFC 6465
    "urn:ietf:params:rtp-hdrext:toffset",           // RFC 5450
    "urn:3gpp:video-orientation",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    "http://www.webrtc.org/experiments/rtp-hdrext/video-content-type",
    "http://www.webrtc.org/experiments/rtp-hdrext/video-timing",
    "http://www.webrtc.org/experiments/rtp-hdrext/color-space",
});

}  // namespace

std::optional<HeaderExtension> parse_extmap(std::string_view value) {
  base::TextCursor cursor(base::trim(value));
  const auto id = base::parse_unsigned<std::uint8_t>(cursor.take_while(base::is_digit));
  if (!id || *id == 0) return std::nullopt;
  if (cursor.take('/')) cursor.take_while([](char c) { return !base::is_blank(c); });
  const std::string_view rest = cursor.rest();
  if (rest.empty() || !base::is_blank(rest.front())) return std::nullopt;
  cursor.skip_blanks();
  const std::string_view uri = cursor.take_while([](char c) { return !base::is_blank(c); });
  if (uri.empty()) return std::nullopt;
  return HeaderExtension{*id, uri};
}

bool describes_media(const HeaderExtension& extension) {
  return std::ranges::find(kKnown, extension.uri) != kKnown.end();
}

bool lists(const Session& session, const Media& media, const HeaderExtension& extension) {
  return std::ranges::any_of(session.lines_of(media), [&](const Line& line) {
    return line.attribute == AttributeId::Extmap && parse_extmap(line.attribute_value()) == extension;
  });
}

std::vector<std::uint8_t> common_extensions(const Session& one, const Session& other, std::size_t index) {
  std::vector<std::uint8_t> out;
  if (index >= one.media.size() || index >= other.media.size()) return out;
  const Media& media = one.media[index];
  if (!has_feedback(media) || !has_feedback(other.media[index])) return out;
  for (const Line& line : one.lines_of(media)) {
    if (line.attribute != AttributeId::Extmap) continue;
    const auto extension = parse_extmap(line.attribute_value());
    if (!extension || !describes_media(*extension) || !lists(other, other.media[index], *extension)) continue;
    if (std::ranges::find(out, extension->id) == out.end()) out.push_back(extension->id);
  }
  return out;
}

}  // namespace sbc::sdp
