#include "sbc/sdp/synthesis.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "media-relay/base/text.h"

#include "sbc/sdp/codec.h"
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

bool is_event(const Session& session, const Media& media, std::string_view format) {
  const auto type = base::parse_unsigned<std::uint8_t>(format);
  const auto map = type ? rtpmap(session, media, *type) : std::nullopt;
  return map && base::equals_ignoring_case(map->encoding, "telephone-event");
}

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

// A dynamic payload type without a=rtpmap means nothing to anybody, and formats that are no numbers mean themselves.
bool same_format(const Session& one, const Media& its, std::string_view format, const Session& two, const Media& others,
                 std::string_view other) {
  const auto a = base::parse_unsigned<std::uint8_t>(format);
  const auto b = base::parse_unsigned<std::uint8_t>(other);
  if (!a || !b) return format == other;
  const auto left = rtpmap(one, its, *a);
  const auto right = rtpmap(two, others, *b);
  const auto channels = [](const RtpMap& map) { return map.parameters.empty() ? "1" : map.parameters; };
  return left && right && base::equals_ignoring_case(left->encoding, right->encoding) &&
         left->clock_rate == right->clock_rate && channels(*left) == channels(*right);
}

std::vector<std::string_view> common_in_line(const Session& session, const Media& media, const Session& other,
                                             const Media& others, FormatOrder order) {
  std::vector<std::string_view> common;
  bool codec = false;
  const auto pair = [&](std::string_view own, std::string_view theirs) {
    if (!same_format(session, media, own, other, others, theirs)) return;
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

bool is_of_format(const Line& line) {
  return line.attribute == AttributeId::Rtpmap || line.attribute == AttributeId::Fmtp ||
         line.attribute == AttributeId::RtcpFb;
}

// The description with the formats of each m-line that `keep` names; with none of them the line is refused.
template <typename F>
std::expected<SessionPtr, Error> narrowed(const Session& session, F&& keep) {
  std::string text;
  const auto copy = [&text](const Line& line) {
    text.push_back(line.type);
    text.append("=").append(line.value).append("\r\n");
  };
  for (const Line& line : session.session_lines()) copy(line);
  for (std::size_t i = 0; i < session.media.size(); ++i) {
    const Media& media = session.media[i];
    const std::vector<std::string_view> kept = keep(media, i);
    if (kept.empty()) {
      text.append("m=").append(media.kind).append(" 0 ").append(media.proto).append(" ").append(media.formats);
      text.append("\r\n");
      continue;
    }
    const Line& head = session.lines[media.first_line];
    text.append("m=").append(head.value.substr(0, head.value.size() - media.formats.size()));
    for (const auto format : kept) text.append(format == kept.front() ? "" : " ").append(format);
    text.append("\r\n");
    for (const Line& line : session.lines_of(media)) {
      const auto value = line.attribute_value();
      const auto format = value.substr(0, value.find(' '));
      if (!is_of_format(line) || format == "*" || std::ranges::find(kept, format) != kept.end()) copy(line);
    }
  }
  return parse_shared(text);
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
  return narrowed(session, [&session](const Media& media, std::size_t) { return kept_formats(session, media); });
}

std::expected<SessionPtr, Error> common_formats(const Session& session, const Session& other, FormatOrder order) {
  return narrowed(session, [&](const Media& media, std::size_t index) {
    if (index >= other.media.size() || other.media[index].kind != media.kind) return std::vector<std::string_view>();
    return common_in_line(session, media, other, other.media[index], order);
  });
}

}  // namespace sbc::sdp
