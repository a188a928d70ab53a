#include "sbc/sdp/synthesis.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "media-relay/base/text.h"

#include "sbc/sdp/codec.h"
#include "sbc/sdp/narrow.h"
#include "sbc/sdp/parser.h"

namespace sbc::sdp {
namespace {

struct Known {
  std::string_view name;
  std::string_view format;  // RFC 3551 6, or a dynamic one of ours
  std::string_view map;     // a=rtpmap
  std::string_view parameters;
};
constexpr auto kCodecs = std::to_array<Known>({
    {"PCMU", "0", "PCMU/8000", ""},
    {"PCMA", "8", "PCMA/8000", ""},
    {"G722", "9", "G722/8000", ""},
    {"G729", "18", "G729/8000", "annexb=no"},
    {"opus", "107", "opus/48000/2", "useinbandfec=1"},
    {"telephone-event", "101", "telephone-event/8000", "0-15"},
});

// The formats of the m-line that stay.
std::vector<std::string_view> kept_formats(const Session& session, const Media& media) {
  std::vector<std::string_view> kept;
  bool codec = false;
  for_each_format(media, [&](std::string_view format) {
    const bool event = is_event(session, media, format);
    if (!event && codec) return;
    codec = codec || !event;
    kept.push_back(format);
  });
  return kept;
}

std::vector<std::string_view> common_in_line(const Session& session, const Media& media, const Session& other,
                                             const Media& others, FormatOrder order) {
  std::vector<std::string_view> common;
  bool codec = false;
  const auto pair = [&](std::string_view own, std::string_view theirs) {
    if (!same_codec({session, media, own}, {other, others, theirs})) return;
    if (std::ranges::find(common, own) != common.end()) return;
    codec = codec || !is_event(session, media, own);
    common.push_back(own);
  };
  if (order == FormatOrder::Own) {
    for_each_format(media, [&](std::string_view own) {
      for_each_format(others, [&](std::string_view theirs) { pair(own, theirs); });
    });
  } else {
    for_each_format(others, [&](std::string_view theirs) {
      for_each_format(media, [&](std::string_view own) { pair(own, theirs); });
    });
  }
  if (!codec) common.clear();
  return common;
}

}  // namespace

const std::vector<std::string>& known_codecs() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Known& codec : kCodecs) all.emplace_back(codec.name);
    return all;
  }();
  return names;
}

std::expected<SessionPtr, Error> synthesise_audio(std::span<const std::string> codecs) {
  // RFC 5737: an address that is nobody's.
  std::string text = "v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 9 RTP/AVP";
  std::string lines;
  for (const std::string& name : codecs) {
    const auto codec = std::ranges::find(kCodecs, name, &Known::name);
    if (codec == kCodecs.end())
      return std::unexpected(
          Error{.kind = ErrorKind::Unexpected, .text = "no codec \"" + base::printable(name) + "\""});
    text.append(" ").append(codec->format);
    lines.append("a=rtpmap:").append(codec->format).append(" ").append(codec->map).append("\r\n");
    if (!codec->parameters.empty())
      lines.append("a=fmtp:").append(codec->format).append(" ").append(codec->parameters).append("\r\n");
  }
  return parse_shared(text + "\r\n" + lines + "a=sendrecv\r\n");
}

std::expected<SessionPtr, Error> first_codecs(const Session& session) {
  return narrowed(session, [&session](const Media& media, std::size_t) -> std::optional<NarrowedLine> {
    return NarrowedLine{kept_formats(session, media)};
  });
}

std::expected<SessionPtr, Error> common_formats(const Session& session, const Session& other, FormatOrder order) {
  return narrowed(session, [&](const Media& media, std::size_t index) -> std::optional<NarrowedLine> {
    if (index >= other.media.size() || other.media[index].kind != media.kind) return NarrowedLine{};
    return NarrowedLine{common_in_line(session, media, other, other.media[index], order)};
  });
}

}  // namespace sbc::sdp
