#include "sbc/sdp/events.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "media-relay/base/text.h"

#include "sbc/sdp/codec.h"
#include "sbc/sdp/parser.h"

namespace sbc::sdp {
namespace {

constexpr std::string_view kEvent = "telephone-event";
constexpr std::uint32_t kUsualClock = 8000;
constexpr std::uint8_t kUsualType = 101;

void copy(std::string& text, const Line& line) {
  text.push_back(line.type);
  text.append("=").append(line.value).append("\r\n");
}

std::optional<RtpMap> map_of(const Session& session, const Media& media, std::string_view format) {
  const auto type = base::parse_unsigned<std::uint8_t>(format);
  return type ? rtpmap(session, media, *type) : std::nullopt;
}

bool is_event(const Session& session, const Media& media, std::string_view format) {
  const auto map = map_of(session, media, format);
  return map && base::equals_ignoring_case(map->encoding, kEvent);
}

bool is_audio_in_use(const Media& media) {
  return media.kind == "audio" && media.port != 0;
}

std::uint32_t clock_of_first(const Session& session, const Media& media) {
  std::optional<std::uint32_t> clock;
  for_each_format(media, [&](std::string_view format) {
    if (clock || is_event(session, media, format)) return;
    if (const auto map = map_of(session, media, format)) clock = map->clock_rate;
  });
  return clock.value_or(kUsualClock);
}

bool is_taken(const Media& media, std::uint8_t type) {
  bool taken = false;
  for_each_format(
      media, [&](std::string_view format) { taken = taken || base::parse_unsigned<std::uint8_t>(format) == type; });
  return taken;
}

std::optional<EventFormat> format_for(const Session& session, const Media& media, const Session* offer,
                                      std::size_t index) {
  const std::uint32_t clock = clock_of_first(session, media);
  if (offer != nullptr) {
    if (index >= offer->media.size()) return std::nullopt;
    const auto offered = event_formats(*offer, offer->media[index]);
    auto found = std::ranges::find(offered, clock, &EventFormat::clock);
    if (found == offered.end()) found = offered.begin();
    if (found == offered.end() || is_taken(media, found->payload_type)) return std::nullopt;
    return *found;
  }
  if (!is_taken(media, kUsualType)) return EventFormat{kUsualType, clock};
  for (std::uint8_t type = 127; type >= 96; --type)
    if (!is_taken(media, type)) return EventFormat{type, clock};
  return std::nullopt;
}

// Each m-line written by `line`, which returns false to leave it as it is. The very same session when it leaves all.
template <typename F>
std::expected<SessionPtr, Error> rewritten(const SessionPtr& whole, F&& line) {
  const Session& session = *whole;
  bool changed = false;
  std::string text;
  text.reserve(session.text->size() + 64);
  for (const Line& l : session.session_lines()) copy(text, l);
  for (std::size_t i = 0; i < session.media.size(); ++i) {
    const Media& media = session.media[i];
    if (line(text, media, i)) {
      changed = true;
      continue;
    }
    copy(text, session.lines[media.first_line]);
    for (const Line& l : session.lines_of(media)) copy(text, l);
  }
  if (!changed) return whole;
  return parse_shared(text);
}

void append_head(std::string& text, const Session& session, const Media& media) {
  const Line& head = session.lines[media.first_line];
  text.append("m=").append(head.value.substr(0, head.value.size() - media.formats.size()));
}

}  // namespace

std::vector<EventFormat> event_formats(const Session& session, const Media& media) {
  std::vector<EventFormat> found;
  for_each_format(media, [&](std::string_view format) {
    const auto map = map_of(session, media, format);
    if (map && base::equals_ignoring_case(map->encoding, kEvent) && map->clock_rate != 0)
      found.push_back({map->payload_type, map->clock_rate});
  });
  return found;
}

std::expected<SessionPtr, Error> without_events(SessionPtr session) {
  const Session& s = *session;
  if (std::ranges::all_of(s.media, [&s](const Media& media) { return event_formats(s, media).empty(); }))
    return session;
  return rewritten(session, [&s](std::string& text, const Media& media, std::size_t) {
    std::vector<std::string_view> gone;
    std::string kept;
    for_each_format(media, [&](std::string_view format) {
      if (is_event(s, media, format)) return gone.push_back(format);
      kept.append(kept.empty() ? "" : " ").append(format);
    });
    // A line of events alone is about nothing else: it stays.
    if (gone.empty() || kept.empty()) return false;
    append_head(text, s, media);
    text.append(kept).append("\r\n");
    for (const Line& line : s.lines_of(media)) {
      const auto value = line.attribute_value();
      const bool of_format = line.attribute == AttributeId::Rtpmap || line.attribute == AttributeId::Fmtp ||
                             line.attribute == AttributeId::RtcpFb;
      if (!of_format || std::ranges::find(gone, value.substr(0, value.find(' '))) == gone.end()) copy(text, line);
    }
    return true;
  });
}

std::expected<SessionPtr, Error> with_events(SessionPtr session, const Session* offer) {
  const Session& s = *session;
  const auto lacks = [&s](const Media& media) { return is_audio_in_use(media) && event_formats(s, media).empty(); };
  if (std::ranges::none_of(s.media, lacks)) return session;
  return rewritten(session, [&](std::string& text, const Media& media, std::size_t index) {
    if (!lacks(media)) return false;
    const auto format = format_for(s, media, offer, index);
    if (!format) return false;
    const std::string type = std::to_string(format->payload_type);
    append_head(text, s, media);
    text.append(media.formats).append(" ").append(type).append("\r\n");
    for (const Line& line : s.lines_of(media)) copy(text, line);
    text.append("a=rtpmap:").append(type).append(" telephone-event/").append(std::to_string(format->clock));
    text.append("\r\na=fmtp:").append(type).append(" 0-15\r\n");
    return true;
  });
}

}  // namespace sbc::sdp
