#include "sbc/sdp/header_extension.h"

#include <algorithm>
#include <array>
#include <bitset>

#include "media-relay/base/text.h"

#include "sbc/sdp/crypto.h"

namespace sbc::sdp {
namespace {

constexpr std::uint8_t kHighestOneByteId = 14;  // RFC 8285 4.2

constexpr std::string_view kTransportNumbers =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

constexpr auto kKnown = std::to_array<std::string_view>({
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",  // RFC 6464
    "urn:ietf:params:rtp-hdrext:csrc-audio-level",  // RFC 6465
    "urn:ietf:params:rtp-hdrext:toffset",           // RFC 5450
    "urn:3gpp:video-orientation",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    kTransportNumbers,
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

bool numbers_transport(const HeaderExtension& extension) {
  return extension.uri == kTransportNumbers;
}

// "<payload type or *> transport-cc", draft-holmer-rmcat-transport-wide-cc-extensions-01 3.1.
bool reports_transport(std::string_view feedback) {
  base::TextCursor cursor(base::trim(feedback));
  cursor.take_while([](char c) { return !base::is_blank(c); });
  cursor.skip_blanks();
  return cursor.take_while([](char c) { return !base::is_blank(c); }) == "transport-cc";
}

namespace {

template <typename F>
void for_each_extension(std::span<const Line> lines, F&& each) {
  for (const Line& line : lines)
    if (line.attribute == AttributeId::Extmap)
      if (const auto extension = parse_extmap(line.attribute_value())) each(*extension);
}

std::optional<std::uint8_t> identifier_in(std::span<const Line> lines, std::string_view uri) {
  std::optional<std::uint8_t> found;
  for_each_extension(lines, [&](const HeaderExtension& listed) {
    if (!found && listed.uri == uri) found = listed.id;
  });
  return found;
}

}  // namespace

std::optional<std::uint8_t> identifier_of(const Session& session, const Media& media, std::string_view uri) {
  return identifier_in(session.lines_of(media), uri);
}

std::optional<std::uint8_t> identifier_for(const HeaderExtension& extension, std::span<const Line> others,
                                           std::span<const Line> before, std::bitset<256>& given) {
  if (const auto known = identifier_in(before, extension.uri)) return known;
  std::bitset<256> taken = given;
  for_each_extension(before, [&](const HeaderExtension& listed) { taken.set(listed.id); });
  if (!taken[extension.id]) return extension.id;
  // Nor one that another extension of this description is about to have.
  for_each_extension(others, [&](const HeaderExtension& listed) { taken.set(listed.id); });
  for (std::uint8_t id = 1; id <= kHighestOneByteId; ++id)
    if (!taken[id]) {
      given.set(id);
      return id;
    }
  return std::nullopt;
}

std::vector<CommonExtension> common_extensions(const Session& one, const Session& other, std::size_t index,
                                               bool alike) {
  std::vector<CommonExtension> out;
  if (index >= one.media.size() || index >= other.media.size()) return out;
  const Media& media = one.media[index];
  if (!has_feedback(media) || !has_feedback(other.media[index])) return out;
  for_each_extension(one.lines_of(media), [&](const HeaderExtension& extension) {
    if (!alike && numbers_transport(extension)) return;
    const auto id = identifier_of(other, other.media[index], extension.uri);
    if (id && describes_media(extension) && std::ranges::find(out, extension.id, &CommonExtension::one) == out.end())
      out.push_back({extension.id, *id});
  });
  return out;
}

}  // namespace sbc::sdp
