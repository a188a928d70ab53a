#include "sbc/sdp/narrow.h"

#include <algorithm>
#include <string>

#include "media-relay/base/text.h"

#include "sbc/sdp/codec.h"
#include "sbc/sdp/parser.h"

namespace sbc::sdp {
namespace {

void copy(std::string& text, const Line& line) {
  text.push_back(line.type);
  text.append("=").append(line.value).append("\r\n");
}

bool is_of_format(AttributeId id) {
  return id == AttributeId::Rtpmap || id == AttributeId::Fmtp || id == AttributeId::RtcpFb ||
         id == AttributeId::Imageattr || id == AttributeId::Framesize;
}

bool stays(const Line& line, const NarrowedLine& change) {
  if (change.ptime != 0 && line.attribute == AttributeId::Ptime) return false;
  if (change.maxptime != 0 && line.attribute == AttributeId::Maxptime) return false;
  if (!is_of_format(line.attribute)) return true;
  const auto value = line.attribute_value();
  const auto format = value.substr(0, value.find_first_of(" \t"));
  return format == "*" || std::ranges::find(change.formats, format) != change.formats.end();
}

void append_number(std::string& text, std::string_view name, std::uint32_t value) {
  if (value == 0) return;
  text.append("a=").append(name).append(":");
  base::append_number(text, value);
  text.append("\r\n");
}

void append_narrowed(std::string& text, const Session& session, const Media& media, const NarrowedLine& change) {
  if (change.formats.empty()) {
    text.append("m=").append(media.kind).append(" 0 ").append(media.proto).append(" ").append(media.formats);
    text.append("\r\n");
    return;
  }
  const Line& head = session.lines[media.first_line];
  text.append("m=").append(head.value.substr(0, head.value.size() - media.formats.size()));
  for (std::size_t i = 0; i < change.formats.size(); ++i) text.append(i == 0 ? "" : " ").append(change.formats[i]);
  text.append("\r\n");
  for (const Line& line : session.lines_of(media))
    if (stays(line, change)) copy(text, line);
  append_number(text, "ptime", change.ptime);
  append_number(text, "maxptime", change.maxptime);
}

}  // namespace

std::expected<SessionPtr, Error> narrowed(const Session& session, const Narrow& narrow) {
  std::string text;
  text.reserve(session.text->size() + 32);
  for (const Line& line : session.session_lines()) copy(text, line);
  for (std::size_t i = 0; i < session.media.size(); ++i) {
    const Media& media = session.media[i];
    if (const auto change = narrow(media, i)) {
      append_narrowed(text, session, media, *change);
      continue;
    }
    copy(text, session.lines[media.first_line]);
    for (const Line& line : session.lines_of(media)) copy(text, line);
  }
  return parse_shared(text);
}

bool is_event(const Session& session, const Media& media, std::string_view format) {
  const auto type = base::parse_unsigned<std::uint8_t>(format);
  const auto map = type ? rtpmap(session, media, *type) : std::nullopt;
  return map && base::equals_ignoring_case(map->encoding, "telephone-event");
}

bool same_codec(const FormatOf& one, const FormatOf& other) {
  const auto a = base::parse_unsigned<std::uint8_t>(one.format);
  const auto b = base::parse_unsigned<std::uint8_t>(other.format);
  if (!a || !b) return one.format == other.format;
  const auto left = rtpmap(one.session, one.media, *a);
  const auto right = rtpmap(other.session, other.media, *b);
  const auto channels = [](const RtpMap& map) { return map.parameters.empty() ? "1" : map.parameters; };
  return left && right && base::equals_ignoring_case(left->encoding, right->encoding) &&
         left->clock_rate == right->clock_rate && channels(*left) == channels(*right);
}

}  // namespace sbc::sdp
