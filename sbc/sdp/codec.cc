#include "sbc/sdp/codec.h"

#include <array>
#include <utility>

#include "media-relay/base/text.h"

namespace sbc::sdp {

namespace {

struct StaticType {
  std::uint8_t payload_type;
  std::string_view encoding;
  std::uint32_t clock_rate;
};

// RFC 3551 6, table 4 (audio) and table 5 (video). G722 has a clock of 8000 for historical reasons (4.5.2).
constexpr std::array kStatic = std::to_array<StaticType>({
    {0, "PCMU", 8000},   {3, "GSM", 8000},   {4, "G723", 8000},   {5, "DVI4", 8000},   {6, "DVI4", 16000},
    {7, "LPC", 8000},    {8, "PCMA", 8000},  {9, "G722", 8000},   {10, "L16", 44100},  {11, "L16", 44100},
    {12, "QCELP", 8000}, {13, "CN", 8000},   {14, "MPA", 90000},  {15, "G728", 8000},  {16, "DVI4", 11025},
    {17, "DVI4", 22050}, {18, "G729", 8000}, {25, "CelB", 90000}, {26, "JPEG", 90000}, {28, "nv", 90000},
    {31, "H261", 90000}, {32, "MPV", 90000}, {33, "MP2T", 90000}, {34, "H263", 90000},
});

std::optional<RtpMap> static_assignment(std::uint8_t payload_type) {
  for (const StaticType& t : kStatic)
    if (t.payload_type == payload_type)
      return RtpMap{.payload_type = t.payload_type,
                    .encoding = t.encoding,
                    .clock_rate = t.clock_rate,
                    .parameters = payload_type == 10 ? "2" : ""};  // 10 is stereo, 11 is mono
  return std::nullopt;
}

// "101 telephone-event/8000": the part before the blanks, and the part after.
std::pair<std::string_view, std::string_view> split_at_blank(std::string_view value) {
  base::TextCursor cursor(value);
  const std::string_view head = cursor.take_while([](char c) { return !base::is_blank(c); });
  cursor.skip_blanks();
  return {head, cursor.rest()};
}

std::optional<std::uint32_t> number(const Session& session, const Media& media, AttributeId id) {
  const auto value = attribute(session, media, id);
  if (!value) return std::nullopt;
  return base::parse_unsigned<std::uint32_t>(base::trim(*value));
}

}  // namespace

std::optional<RtpMap> parse_rtpmap(std::string_view value) {
  const auto [type_text, rest] = split_at_blank(value);
  const auto type = base::parse_unsigned<std::uint8_t>(type_text);
  if (!type || *type > 127) return std::nullopt;
  base::TextCursor cursor(base::trim(rest));
  RtpMap map{.payload_type = *type, .encoding = cursor.take_until('/'), .clock_rate = 0, .parameters = {}};
  if (map.encoding.empty() || !cursor.take('/')) return std::nullopt;
  const auto clock = base::parse_unsigned<std::uint32_t>(cursor.take_until('/'));
  if (!clock || *clock == 0) return std::nullopt;
  map.clock_rate = *clock;
  if (cursor.take('/')) map.parameters = cursor.rest();
  return map;
}

std::optional<RtpMap> rtpmap(const Session& session, const Media& media, std::uint8_t payload_type) {
  for (const Line& line : session.lines_of(media)) {
    if (line.attribute != AttributeId::Rtpmap) continue;
    const auto map = parse_rtpmap(line.attribute_value());
    if (map && map->payload_type == payload_type) return map;
  }
  return static_assignment(payload_type);
}

std::optional<std::string_view> fmtp(const Session& session, const Media& media, std::string_view format) {
  for (const Line& line : session.lines_of(media)) {
    if (line.attribute != AttributeId::Fmtp) continue;
    const auto [head, parameters] = split_at_blank(line.attribute_value());
    if (head == format) return parameters;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> ptime(const Session& session, const Media& media) {
  return number(session, media, AttributeId::Ptime);
}

std::optional<std::uint32_t> maxptime(const Session& session, const Media& media) {
  return number(session, media, AttributeId::Maxptime);
}

std::optional<std::string_view> mid(const Session& session, const Media& media) {
  return attribute(session, media, AttributeId::Mid);
}

}  // namespace sbc::sdp
