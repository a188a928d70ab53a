#include "sbc/sdp/transcoding.h"

#include <algorithm>
#include <array>
#include <utility>

#include "media-relay/base/text.h"

#include "sbc/sdp/codec.h"
#include "sbc/sdp/codec_rules.h"
#include "sbc/sdp/narrow.h"
#include "sbc/sdp/parser.h"
#include "sbc/sdp/remote_media.h"

namespace sbc::sdp {
namespace {

struct Coding {
  std::string_view name;
  std::string_view rtpmap;
  std::uint32_t clock;
  int payload_type;  // RFC 3551 6; -1: dynamic
};
constexpr std::array<Coding, 4> kCodings{{
    {"PCMU", "PCMU/8000", 8000, 0},
    {"PCMA", "PCMA/8000", 8000, 8},
    {"G722", "G722/8000", 8000, 9},  // RFC 3551 4.5.2: its clock is 8000
    {"opus", "opus/48000/2", 48'000, -1},
}};
constexpr std::string_view kEvent = "telephone-event";
constexpr std::string_view kNoise = "CN";
constexpr unsigned kFirstDynamic = 96;
constexpr unsigned kLastDynamic = 127;

struct Format {
  std::string_view text;
  std::uint8_t payload_type = 0;
  RtpMap map;
  const Coding* coding = nullptr;  // one that can be transcoded
  bool is(std::string_view name) const { return base::equals_ignoring_case(map.encoding, name); }
  bool is_codec() const { return !is(kEvent) && !is(kNoise) && !is("red"); }
};

const Coding* coding_of(const RtpMap& map) {
  const auto it = std::ranges::find_if(kCodings, [&](const Coding& c) {
    return base::equals_ignoring_case(c.name, map.encoding) && c.clock == map.clock_rate;
  });
  if (it == kCodings.end()) return nullptr;
  // RFC 7587 7: opus always says two channels; the others have one here.
  const bool fits = it->payload_type < 0 ? map.parameters == "2" : map.parameters.empty() || map.parameters == "1";
  return fits ? &*it : nullptr;
}

std::vector<Format> formats_of(const Session& session, const Media& media) {
  std::vector<Format> out;
  for_each_format(media, [&](std::string_view text) {
    const auto type = base::parse_unsigned<std::uint8_t>(text);
    const auto map = type ? rtpmap(session, media, *type) : std::nullopt;
    if (map) out.push_back({text, *type, *map, coding_of(*map)});
  });
  return out;
}

bool is_audio(const Media& media) {
  return media.port != 0 && media.kind == "audio" && media.proto.find("RTP/") != std::string_view::npos;
}

const Format* first_coded(const std::vector<Format>& formats) {
  const auto it = std::ranges::find_if(formats, [](const Format& f) { return f.coding != nullptr; });
  return it == formats.end() ? nullptr : &*it;
}

// A line as it is being written anew.
struct NewLine {
  std::vector<std::string> formats;
  std::string attributes;   // of those that are new
  bool replaces = false;    // else the line's own formats and attributes stay
  std::string_view before;  // of the line's own: where the new ones go; empty: behind them

  void add(std::uint32_t payload_type, std::string_view map, std::string_view parameters) {
    formats.push_back(std::to_string(payload_type));
    attributes.append("a=rtpmap:").append(formats.back()).append(" ").append(map).append("\r\n");
    if (!parameters.empty())
      attributes.append("a=fmtp:").append(formats.back()).append(" ").append(parameters).append("\r\n");
  }
};

bool is_of_format(const Line& line) {
  return line.attribute == AttributeId::Rtpmap || line.attribute == AttributeId::Fmtp ||
         line.attribute == AttributeId::RtcpFb;
}

void append(std::string& text, const Line& line) {
  text.append(line.whole()).append("\r\n");
}

// RFC 8079 3.2: reports that nobody will get are not agreed on. Of extended ones those about packets by their numbers
// end where audio is transcoded (media-relay/flow/media_report.h).
void append_answered(std::string& text, const Line& line) {
  // Nor are header extensions: packets are made anew, without any.
  if (is_of_format(line) || line.attribute == AttributeId::Extmap) return;
  if (line.attribute != AttributeId::RtcpXr) return append(text, line);
  text += "a=rtcp-xr:";
  const char* space = "";
  base::TextCursor formats(line.attribute_value());
  for (formats.skip_blanks(); !formats.at_end(); formats.skip_blanks()) {
    const auto format = formats.take_while([](char c) { return !base::is_blank(c); });
    if (!format.starts_with("rcvr-rtt") && !format.starts_with("voip-metrics")) continue;
    text.append(std::exchange(space, " ")).append(format);
  }
  text += "\r\n";
}

template <typename F>
std::expected<SessionPtr, Error> rewritten(SessionPtr session, F&& line_of) {
  std::string text;
  text.reserve(session->text->size() + 256);
  bool changed = false;
  for (const Line& line : session->session_lines()) append(text, line);
  for (std::size_t i = 0; i < session->media.size(); ++i) {
    const Media& media = session->media[i];
    const NewLine made = line_of(media, i);
    const std::string_view head = session->lines[media.first_line].whole();
    changed = changed || !made.formats.empty();
    text.append(head.substr(0, head.size() - media.formats.size() - 1));
    const auto append_new = [&] {
      for (const std::string& format : made.formats) text.append(" ").append(format);
    };
    if (!made.replaces)
      for_each_format(media, [&](std::string_view format) {
        if (format == made.before) append_new();
        text.append(" ").append(format);
      });
    if (made.before.empty()) append_new();
    text.append("\r\n");
    for (const Line& line : session->lines_of(media)) made.replaces ? append_answered(text, line) : append(text, line);
    text.append(made.attributes);
  }
  if (!changed) return session;
  return parse_shared(text);
}

std::optional<unsigned> free_number(const Media& media, const NewLine& line) {
  const auto taken = [&](unsigned number) {
    const std::string text = std::to_string(number);
    bool found = std::ranges::find(line.formats, text) != line.formats.end();
    for_each_format(media, [&](std::string_view f) { found = found || f == text; });
    return found;
  };
  for (unsigned number = kFirstDynamic; number <= kLastDynamic; ++number)
    if (!taken(number)) return number;
  return std::nullopt;
}

void add_coding(const Media& media, const Coding& coding, NewLine& line) {
  if (coding.payload_type >= 0) return line.add(static_cast<std::uint32_t>(coding.payload_type), coding.rtpmap, "");
  if (const auto number = free_number(media, line)) line.add(*number, coding.rtpmap, "useinbandfec=1");
}

void add_event(const Media& media, std::uint32_t clock, NewLine& line) {
  if (const auto number = free_number(media, line))
    line.add(*number, std::string(kEvent) + "/" + std::to_string(clock), "0-15");
}

NewLine with_codecs_in(const Session& session, const Media& media, std::span<const std::string> names) {
  NewLine line;
  const auto formats = formats_of(session, media);
  if (!is_audio(media) || first_coded(formats) == nullptr) return line;
  // The first format is the preferred one (RFC 8866 5.14), which must be a codec.
  const auto companion = std::ranges::find_if(formats, [](const Format& f) { return !f.is_codec(); });
  if (companion != formats.end()) line.before = companion->text;
  std::vector<std::uint32_t> clocks;  // without an event so far
  for (const std::string& name : names) {
    const auto coding = std::ranges::find(kCodings, std::string_view(name), &Coding::name);
    if (coding == kCodings.end() || std::ranges::find(formats, &*coding, &Format::coding) != formats.end()) continue;
    add_coding(media, *coding, line);
    if (std::ranges::find(clocks, coding->clock) == clocks.end()) clocks.push_back(coding->clock);
  }
  const auto has_event = [&](std::uint32_t clock) {
    return std::ranges::any_of(
        formats, [&](const Format& f) { return f.is(kEvent) && (clock == 0 || f.map.clock_rate == clock); });
  };
  for (const std::uint32_t clock : clocks)
    if (has_event(0) && !has_event(clock)) add_event(media, clock, line);
  return line;
}

bool have_codec_in_common(const Session& one, const Media& one_media, const Session& other, const Media& other_media) {
  for (const Format& a : formats_of(one, one_media)) {
    if (!a.is_codec()) continue;
    for (const Format& b : formats_of(other, other_media))
      if (same_codec({one, one_media, a.text}, {other, other_media, b.text})) return true;
  }
  return false;
}

bool has_name(const std::vector<Format>& formats, std::string_view name) {
  return std::ranges::any_of(formats, [&](const Format& f) { return f.is(name); });
}

NewLine answer_in(const Session& answer, const Media& said, const Session& offer, const Media& wanted) {
  NewLine line;
  const auto have = formats_of(answer, said);
  const auto offered = formats_of(offer, wanted);
  const Format* codec = first_coded(offered);
  if (!is_audio(said) || !is_audio(wanted) || codec == nullptr || first_coded(have) == nullptr ||
      have_codec_in_common(answer, said, offer, wanted))
    return line;
  line.replaces = true;
  line.add(codec->payload_type, codec->coding->rtpmap, codec->coding->payload_type < 0 ? "useinbandfec=1" : "");
  for (const Format& f : offered) {
    // Comfort noise needs nobody on the other side: the relay makes it.
    const bool companion = f.is(kNoise) || (f.is(kEvent) && has_name(have, kEvent));
    if (!companion || f.map.clock_rate != codec->map.clock_rate) continue;
    line.add(f.payload_type, std::string(f.map.encoding) + "/" + std::to_string(f.map.clock_rate),
             f.is(kEvent) ? fmtp(offer, wanted, f.text).value_or("") : "");
  }
  return line;
}

// The formats of `list` that the other description has as well.
std::vector<Format> shared(const Session& one, const Media& one_media, const Session& other, const Media& other_media) {
  auto out = formats_of(one, one_media);
  const auto others = formats_of(other, other_media);
  std::erase_if(out, [&](const Format& a) {
    return std::ranges::none_of(
        others, [&](const Format& b) { return same_codec({one, one_media, a.text}, {other, other_media, b.text}); });
  });
  return out;
}

std::uint32_t packet_time(const Session& session, const Media& media, const Coding& coding) {
  std::uint32_t ms = ptime(session, media).value_or(20);
  if (const auto most = maxptime(session, media)) ms = std::min(ms, *most);
  ms = std::clamp(ms / 10 * 10, 10U, 60U);
  // RFC 6716 2.1.4: there are no packets of 30 and 50 ms.
  if (coding.payload_type < 0 && (ms == 30 || ms == 50)) ms -= 10;
  return ms;
}

std::vector<TranscodedEvent> pair_events(const std::vector<Format>& sent, const std::vector<Format>& heard) {
  std::vector<TranscodedEvent> out;
  for (const Format& from : sent) {
    if (!from.is(kEvent)) continue;
    const Format* to = nullptr;
    for (const Format& f : heard)
      if (f.is(kEvent) && (to == nullptr || f.map.clock_rate == from.map.clock_rate)) to = &f;
    if (to != nullptr) out.push_back({from.payload_type, to->payload_type, from.map.clock_rate, to->map.clock_rate});
  }
  return out;
}

// RFC 3389 5.1: comfort noise that goes with this codec has its clock.
std::optional<std::uint8_t> noise_in(const std::vector<Format>& formats, const Coding& codec) {
  const auto it =
      std::ranges::find_if(formats, [&](const Format& f) { return f.is(kNoise) && f.map.clock_rate == codec.clock; });
  if (it == formats.end()) return std::nullopt;
  return it->payload_type;
}

}  // namespace

const std::vector<std::string>& transcoded_names() {
  static const std::vector<std::string> names{"PCMU", "PCMA", "G722", "opus"};
  return names;
}

std::vector<std::string_view> coded_names(const Session& session) {
  std::vector<std::string_view> out;
  for (const Media& media : session.media)
    if (is_audio(media))
      for (const Format& f : formats_of(session, media))
        if (f.coding != nullptr && std::ranges::find(out, f.coding->name) == out.end()) out.push_back(f.coding->name);
  return out;
}

std::expected<SessionPtr, Error> with_codecs(SessionPtr session, std::span<const std::string> names) {
  const Session& s = *session;
  return rewritten(std::move(session),
                   [&](const Media& media, std::size_t) { return with_codecs_in(s, media, names); });
}

std::expected<SessionPtr, Error> answered_in(SessionPtr answer, const Session& offer) {
  const Session& s = *answer;
  return rewritten(std::move(answer), [&](const Media& media, std::size_t i) {
    return i < offer.media.size() ? answer_in(s, media, offer, offer.media[i]) : NewLine{};
  });
}

std::optional<Transcoding> transcoding_between(const LegWords& sender, const LegWords& listener, std::size_t index) {
  for (const Session* s : {&sender.told, &sender.said, &listener.told, &listener.said})
    if (index >= s->media.size() || !is_audio(s->media[index])) return std::nullopt;
  const Media& sender_told = sender.told.media[index];
  const Media& listener_said = listener.said.media[index];
  // RFC 3264 6.1: both send what the answer has, under the numbers that they were told.
  const auto sent = shared(sender.told, sender_told, sender.said, sender.said.media[index]);
  const auto heard = shared(listener.said, listener_said, listener.told, listener.told.media[index]);
  const Format* to = first_coded(heard);
  if (to == nullptr) return std::nullopt;
  Transcoding out;
  const Coding* first = nullptr;  // all of one clock
  for (const Format& f : sent) {
    for (const Format& h : heard)
      if (f.is_codec() && same_codec({sender.told, sender_told, f.text}, {listener.said, listener_said, h.text}))
        return std::nullopt;
    if (f.coding == nullptr || (first != nullptr && first->clock != f.coding->clock)) continue;
    if (first == nullptr) first = f.coding;
    out.from.push_back({f.payload_type, f.coding->name, ""});
  }
  if (out.from.empty()) return std::nullopt;
  out.to = {to->payload_type, to->coding->name, fmtp(listener.said, listener_said, to->text).value_or("")};
  out.ptime_ms = packet_time(listener.said, listener_said, *to->coding);
  out.events = pair_events(sent, heard);
  out.noise_from = noise_in(sent, *first);
  out.noise_to = noise_in(heard, *to->coding);
  return out;
}

std::optional<PlayedFormat> played_to(const LegWords& listener, std::size_t index) {
  for (const Session* s : {&listener.told, &listener.said})
    if (index >= s->media.size() || !is_audio(s->media[index])) return std::nullopt;
  const Media& said = listener.said.media[index];
  const auto heard = shared(listener.said, said, listener.told, listener.told.media[index]);
  const Format* to = first_coded(heard);
  if (to == nullptr) return std::nullopt;
  return PlayedFormat{{to->payload_type, to->coding->name, fmtp(listener.said, said, to->text).value_or("")},
                      packet_time(listener.said, said, *to->coding)};
}

std::expected<std::string, Error> players_answer(const Session& offer) {
  std::optional<std::size_t> heard;
  for (std::size_t i = 0; i < offer.media.size() && !heard; ++i)
    if (is_audio(offer.media[i]) && first_coded(formats_of(offer, offer.media[i])) != nullptr &&
        receives(remote_media(offer, i).direction))
      heard = i;
  if (!heard) return std::unexpected(Error{.kind = ErrorKind::Unexpected, .text = "nobody who hears a sound"});
  const auto answer = narrowed(offer, [&](const Media& media, std::size_t index) -> std::optional<NarrowedLine> {
    if (index != heard) return NarrowedLine{};
    NarrowedLine line;
    const auto formats = formats_of(offer, media);
    const Format* codec = first_coded(formats);
    line.formats.push_back(codec->text);
    for (const Format& f : formats)
      if (f.is(kEvent) && f.map.clock_rate == codec->map.clock_rate) line.formats.push_back(f.text);
    return line;
  });
  if (!answer) return std::unexpected(answer.error());
  std::string text = *(*answer)->text;
  // RFC 3264 6.1: who only receives is answered by one who only sends.
  if (const std::size_t at = text.find("a=recvonly\r\n"); at != std::string::npos)
    text.replace(at, 12, "a=sendonly\r\n");
  return text;
}

}  // namespace sbc::sdp
