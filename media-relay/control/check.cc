#include "media-relay/control/check.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "media-relay/control/limits.h"
#include "media-relay/control/sound.h"

namespace control {
namespace {

bool visible_ascii(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return c > ' ' && c < 0x7f; });
}

Problem spec_problem(std::string text) {
  return {ErrorCode::BadSpec, std::move(text)};
}

std::string length_text(std::string_view what, std::size_t most, std::size_t got) {
  return std::string(what) + ": expected 1 to " + std::to_string(most) + " visible ASCII bytes, got " +
         std::to_string(got);
}

// Whether keys are as long as their suite wants is for the relay to say, which knows the suites.
std::optional<std::string> srtp_problem(const HalfSpec& half) {
  if (!half.srtp) return std::nullopt;
  for (const auto* stream : {&half.srtp->send, &half.srtp->receive}) {
    if (!*stream) continue;
    const SrtpStream& s = **stream;
    if (s.suite.empty() || s.suite.size() > kMaxSuiteNameBytes || !visible_ascii(s.suite))
      return length_text("srtp: suite", kMaxSuiteNameBytes, s.suite.size());
    if (s.keys.empty() || s.keys.size() > kMaxSrtpKeys)
      return "srtp: expected 1 to " + std::to_string(kMaxSrtpKeys) + " keys, got " + std::to_string(s.keys.size());
    for (const SrtpKey& key : s.keys) {
      if (key.key_and_salt.empty()) return "srtp: key_and_salt: expected a key";
      if (key.mki.size() > kMaxMkiBytes)
        return "srtp: mki: expected at most " + std::to_string(kMaxMkiBytes) + " bytes, got " +
               std::to_string(key.mki.size());
      if (key.lifetime > kMaxSrtpLifetime) return "srtp: lifetime: expected at most 2^48 packets";
    }
  }
  return std::nullopt;
}

bool is_clock(std::uint32_t clock) {
  return clock != 0 && clock <= kMaxClock;
}

// RFC 5761 section 4: with these in the second byte it would be taken for RTCP.
bool looks_like_rtcp(std::uint8_t payload_type) {
  return payload_type >= 64 && payload_type <= 95;
}

std::optional<std::string> rewrite_problem(const Rewrite& rewrite) {
  if (rewrite.payloads.size() > kMaxPayloadRules)
    return "rewrite: expected at most " + std::to_string(kMaxPayloadRules) + " payloads, got " +
           std::to_string(rewrite.payloads.size());
  std::array<bool, 128> seen{};
  for (const PayloadRule& rule : rewrite.payloads) {
    const std::string where = "rewrite: payload type " + std::to_string(rule.from) + ": ";
    if (rule.from > 127 || std::exchange(seen[rule.from & 0x7f], true)) return where + "expected each one once";
    if (rule.use != PayloadUse::Drop && (rule.to > 127 || looks_like_rtcp(rule.to)))
      return where + "expected it to become 0 to 63 or 96 to 127, got " + std::to_string(rule.to);
    if (rule.clock_from > kMaxClock || rule.clock_to > kMaxClock)
      return where + "expected a clock of at most " + std::to_string(kMaxClock) + " Hz";
    if (rule.use == PayloadUse::Event && rule.clock_from == 0) return where + "expected the clock of telephone-event";
  }
  return std::nullopt;
}

std::optional<std::string> digits_problem(const HalfSpec& half) {
  const Digits& digits = *half.digits;
  if (digits.heard.size() > kMaxEventFormats)
    return "digits: expected at most " + std::to_string(kMaxEventFormats) + " formats, got " +
           std::to_string(digits.heard.size());
  for (const EventFormat& format : digits.heard)
    if (format.payload_type > 127 || !is_clock(format.clock))
      return "digits: heard: expected a payload type and a clock";
  if (digits.event && (digits.event->payload_type > 127 || looks_like_rtcp(digits.event->payload_type) ||
                       !is_clock(digits.event->clock)))
    return "digits: event: expected a payload type and a clock";
  if (digits.tone && *digits.tone != 0 && *digits.tone != 8)
    return "digits: tone: expected 0 (PCMU) or 8 (PCMA), got " + std::to_string(*digits.tone);
  if ((digits.event || digits.tone) && !(half.rewrite && half.rewrite->continuous))
    return "digits: sending them wants rewrite.continuous";
  return std::nullopt;
}

std::optional<std::string> format_problem(const std::string& where, const AudioFormat& format) {
  if (format.coding.empty() || format.coding.size() > kMaxCodingBytes || !visible_ascii(format.coding))
    return length_text(where + "coding", kMaxCodingBytes, format.coding.size());
  if (format.payload_type > 127) return where + "payload_type: expected one up to 127";
  if (format.fmtp.size() > kMaxFmtpBytes)
    return where + "fmtp: expected at most " + std::to_string(kMaxFmtpBytes) + " bytes";
  return std::nullopt;
}

// Which codings there are, and in which lengths they come, is for the relay to say.
std::optional<std::string> transcode_problem(const Transcode& transcode) {
  if (transcode.from.empty() || transcode.from.size() > kMaxAudioFormats)
    return "transcode: from: expected 1 to " + std::to_string(kMaxAudioFormats) + " formats, got " +
           std::to_string(transcode.from.size());
  for (const AudioFormat& format : transcode.from)
    if (auto text = format_problem("transcode: ", format)) return text;
  if (auto text = format_problem("transcode: ", transcode.to)) return text;
  if (transcode.ptime_ms == 0 || transcode.ptime_ms > kMaxPacketTime)
    return "transcode: ptime_ms: expected 1 to " + std::to_string(kMaxPacketTime) + ", got " +
           std::to_string(transcode.ptime_ms);
  if (transcode.events.size() > kMaxEventFormats)
    return "transcode: events: expected at most " + std::to_string(kMaxEventFormats);
  for (const PayloadRule& rule : transcode.events)
    if (rule.from > 127 || rule.to > 127 || looks_like_rtcp(rule.to) || !is_clock(rule.clock_from) ||
        !is_clock(rule.clock_to))
      return "transcode: events: expected payload types and clocks";
  if (looks_like_rtcp(transcode.to.payload_type))
    return "transcode: to: expected a payload type of 0 to 63 or 96 to 127, got " +
           std::to_string(transcode.to.payload_type);
  if (transcode.noise_from.value_or(0) > 127 || transcode.noise_to.value_or(0) > 127 ||
      looks_like_rtcp(transcode.noise_to.value_or(0)))
    return "transcode: noise: expected payload types";
  return std::nullopt;
}

// Which sounds there are is for the relay to say, when it is to play one.
std::optional<std::string> play_problem(const Play& play) {
  if (std::string text = sound_problem(play.sound); !text.empty()) return "play: sound: " + text;
  if (auto text = format_problem("play: format: ", play.format)) return text;
  if (looks_like_rtcp(play.format.payload_type))
    return "play: format: expected a payload type of 0 to 63 or 96 to 127, got " +
           std::to_string(play.format.payload_type);
  if (play.ptime_ms == 0 || play.ptime_ms > kMaxPacketTime)
    return "play: ptime_ms: expected 1 to " + std::to_string(kMaxPacketTime) + ", got " + std::to_string(play.ptime_ms);
  if (play.loops > kMaxLoops)
    return "play: loops: expected at most " + std::to_string(kMaxLoops) + ", got " + std::to_string(play.loops);
  return std::nullopt;
}

std::optional<std::string> mid_problem(const HalfSpec& half) {
  if (half.mid->extension == 0 || half.mid->extension > kMaxMidExtension)
    return "mid: expected an identifier from 1 to " + std::to_string(kMaxMidExtension) + ", got " +
           std::to_string(half.mid->extension);
  if (half.mid->mid.size() > kMaxMidBytes || !visible_ascii(half.mid->mid) || half.mid->mid.empty())
    return length_text("mid", kMaxMidBytes, half.mid->mid.size());
  if (!half.ice && !half.shared) return "mid: expected a half with ice, or one that shares its transport";
  return std::nullopt;
}

std::optional<std::string> half_problem(const HalfSpec& half) {
  if (half.network.empty() || half.network.size() > kMaxNetworkNameBytes || !visible_ascii(half.network))
    return length_text("network", kMaxNetworkNameBytes, half.network.size());
  if (half.latch_from.size() > kMaxLatchPrefixes)
    return "latch_from: expected at most " + std::to_string(kMaxLatchPrefixes) + " prefixes, got " +
           std::to_string(half.latch_from.size());
  if (auto text = srtp_problem(half)) return text;
  if (half.rewrite)
    if (auto text = rewrite_problem(*half.rewrite)) return text;
  if (half.digits)
    if (auto text = digits_problem(half)) return text;
  if (half.transcode)
    if (auto text = transcode_problem(*half.transcode)) return text;
  if (half.sources.size() > kMaxSources)
    return "sources: expected at most " + std::to_string(kMaxSources) + ", got " + std::to_string(half.sources.size());
  if (half.dscp && *half.dscp > kMaxDscp)
    return "dscp: expected one up to " + std::to_string(kMaxDscp) + ", got " + std::to_string(*half.dscp);
  if (half.mid)
    if (auto text = mid_problem(half)) return text;
  if (half.play)
    if (auto text = play_problem(*half.play)) return text;
  if (half.remote_rtp && half.remote_rtp->empty()) return "remote_rtp: expected an address";
  if (half.remote_rtcp && half.remote_rtcp->empty()) return "remote_rtcp: expected an address";
  return std::nullopt;
}

// Of the flow at that place among `flows`.
std::optional<std::string> shared_problem(const std::vector<FlowSpec>& flows, std::size_t place,
                                          HalfSpec FlowSpec::* half) {
  const HalfSpec& guest = flows[place].*half;
  if (!guest.shared) return std::nullopt;
  if (guest.srtp || guest.ice || guest.dtls) return "shared: expected no srtp, ice or dtls of its own";
  const auto before = std::span(flows).first(place);
  const auto found = std::ranges::find(before, guest.shared->flow, &FlowSpec::index);
  if (found == before.end() || ((*found).*half).shared || !((*found).*half).ice ||
      ((*found).*half).network != guest.network)
    return "shared: expected a flow that stands before, with ice and ports of its own in that network, got " +
           std::to_string(guest.shared->flow);
  return std::nullopt;
}

// The same. What comes from nobody is all that it has.
std::optional<std::string> copies_problem(const std::vector<FlowSpec>& flows, std::size_t place,
                                          HalfSpec FlowSpec::* half) {
  const HalfSpec& own = flows[place].*half;
  if (!own.copies) return std::nullopt;
  if (own.remote_rtp || own.remote_rtcp || own.srtp || own.ice || own.dtls || own.rewrite || own.digits ||
      own.transcode || own.shared || own.play)
    return "copies: expected neither remote, srtp, ice, dtls, rewrite, digits, transcode, shared nor play";
  if (flows[place].a.copies && flows[place].b.copies) return "copies: expected a peer on the other half";
  const auto before = std::span(flows).first(place);
  const auto found = std::ranges::find(before, own.copies->flow, &FlowSpec::index);
  if (found == before.end() || found->transport != Transport::Rtp || found->a.copies || found->b.copies)
    return "copies: expected a flow of RTP that stands before and copies none, got " + std::to_string(own.copies->flow);
  return std::nullopt;
}

// What it names becomes the name of a file.
bool is_file_name(std::string_view name) {
  const auto plain = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !name.empty() && name.size() <= kMaxRecordingNameBytes && plain(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return plain(c) || c == '-' || c == '_' || c == '.'; });
}

std::optional<std::string> record_problem(const FlowSpec& flow) {
  if (!flow.record) return std::nullopt;
  const Record& record = *flow.record;
  if (!is_file_name(record.name))
    return "record: name: expected 1 to " + std::to_string(kMaxRecordingNameBytes) +
           " letters, digits, '-', '_' and '.', a letter or digit first";
  if (!record.pcap && !record.wav) return "record: expected pcap, wav or both";
  if (record.wav && flow.transport == Transport::Udptl) return "record: expected no wav of udptl";
  for (const auto* formats : {&record.from_a, &record.from_b}) {
    if (formats->size() > kMaxAudioFormats)
      return "record: expected at most " + std::to_string(kMaxAudioFormats) + " formats of each half";
    for (const AudioFormat& format : *formats)
      if (auto text = format_problem("record: ", format)) return text;
  }
  return std::nullopt;
}

// T.38 has neither RTCP nor keys.
std::optional<std::string> udptl_problem(const FlowSpec& flow) {
  if (flow.transport != Transport::Udptl) return std::nullopt;
  for (const HalfSpec* half : {&flow.a, &flow.b})
    if (half->srtp || half->dtls || half->ice || half->rtcp_mux || half->rewrite || half->digits || half->transcode ||
        half->shared || half->play || half->copies)
      return "udptl: expected neither srtp, dtls, ice, rtcp_mux, rewrite, digits, transcode, shared, play nor copies";
  return std::nullopt;
}

std::optional<Problem> id_problem(const SessionId& id) {
  if (valid_session_id(id)) return std::nullopt;
  return Problem{ErrorCode::Malformed, length_text("id", kMaxSessionIdBytes, id.size())};
}

std::optional<Problem> hello_problem(const Hello& hello) {
  if (hello.version != kProtocolVersion)
    return Problem{ErrorCode::Unsupported,
                   "version: expected " + std::to_string(kProtocolVersion) + ", got " + std::to_string(hello.version)};
  if (hello.controller.empty() || hello.controller.size() > kMaxControllerIdBytes || !visible_ascii(hello.controller))
    return Problem{ErrorCode::Malformed, length_text("controller", kMaxControllerIdBytes, hello.controller.size())};
  if (hello.lease_ms > kMaxMilliseconds)
    return Problem{ErrorCode::Malformed, "lease_ms: expected at most " + std::to_string(kMaxMilliseconds)};
  return std::nullopt;
}

std::optional<Problem> digits_problem(const SendDigits& send) {
  if (auto problem = id_problem(send.id)) return problem;
  const auto wrong = [](std::string text) { return Problem{ErrorCode::Malformed, std::move(text)}; };
  if (send.digits.empty() || send.digits.size() > kMaxDigits ||
      send.digits.find_first_not_of(kDigitLetters) != std::string::npos)
    return wrong("digits: expected 1 to " + std::to_string(kMaxDigits) + " of " + std::string(kDigitLetters));
  if (send.duration_ms != 0 && (send.duration_ms < kMinDigitMs || send.duration_ms > kMaxDigitMs))
    return wrong("duration_ms: expected 0 or " + std::to_string(kMinDigitMs) + " to " + std::to_string(kMaxDigitMs) +
                 ", got " + std::to_string(send.duration_ms));
  return std::nullopt;
}

}  // namespace

bool valid_session_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxSessionIdBytes && visible_ascii(id);
}

std::optional<Problem> problem_with(const SessionSpec& spec) {
  if (spec.flows.size() > kMaxFlows)
    return spec_problem("flows: expected at most " + std::to_string(kMaxFlows) + ", got " +
                        std::to_string(spec.flows.size()));
  if (spec.media_timeout_ms > kMaxMilliseconds)
    return spec_problem("media_timeout_ms: expected at most " + std::to_string(kMaxMilliseconds));
  if (spec.one_sided_ms > kMaxMilliseconds)
    return spec_problem("one_sided_ms: expected at most " + std::to_string(kMaxMilliseconds));
  std::vector<std::uint32_t> seen;
  for (const FlowSpec& flow : spec.flows) {
    const std::string where = "flow " + std::to_string(flow.index) + ": ";
    if (std::ranges::find(seen, flow.index) != seen.end())
      return spec_problem(where + "index: expected each index once");
    seen.push_back(flow.index);
    if (flow.kind.size() > kMaxKindBytes || !visible_ascii(flow.kind))
      return spec_problem(where + "kind: expected at most " + std::to_string(kMaxKindBytes) + " visible ASCII bytes");
    if (auto text = half_problem(flow.a)) return spec_problem(where + "half a: " + *text);
    if (auto text = half_problem(flow.b)) return spec_problem(where + "half b: " + *text);
    const std::size_t place = seen.size() - 1;
    if (auto text = shared_problem(spec.flows, place, &FlowSpec::a)) return spec_problem(where + "half a: " + *text);
    if (auto text = shared_problem(spec.flows, place, &FlowSpec::b)) return spec_problem(where + "half b: " + *text);
    if (auto text = copies_problem(spec.flows, place, &FlowSpec::a)) return spec_problem(where + "half a: " + *text);
    if (auto text = copies_problem(spec.flows, place, &FlowSpec::b)) return spec_problem(where + "half b: " + *text);
    if (auto text = udptl_problem(flow)) return spec_problem(where + *text);
    if (auto text = record_problem(flow)) return spec_problem(where + *text);
    if (flow.quality_ms != 0 && (flow.quality_ms < kMinQualityMs || flow.quality_ms > kMaxMilliseconds))
      return spec_problem(where + "quality_ms: expected 0 or " + std::to_string(kMinQualityMs) + " to " +
                          std::to_string(kMaxMilliseconds) + ", got " + std::to_string(flow.quality_ms));
  }
  return std::nullopt;
}

std::optional<Problem> problem_with(const Command& command) {
  if (const auto* hello = std::get_if<Hello>(&command)) return hello_problem(*hello);
  if (const auto* open = std::get_if<Open>(&command)) {
    if (auto problem = id_problem(open->id)) return problem;
    return problem_with(open->spec);
  }
  if (const auto* modify = std::get_if<Modify>(&command)) {
    if (auto problem = id_problem(modify->id)) return problem;
    return problem_with(modify->spec);
  }
  if (const auto* close = std::get_if<Close>(&command)) return id_problem(close->id);
  if (const auto* query = std::get_if<Query>(&command)) return id_problem(query->id);
  if (const auto* send = std::get_if<SendDigits>(&command)) return digits_problem(*send);
  if (const auto* list = std::get_if<List>(&command)) {
    if (list->cursor.empty()) return std::nullopt;
    return id_problem(list->cursor);
  }
  if (const auto* subscribe = std::get_if<Subscribe>(&command)) {
    if ((subscribe->events & ~kAllEvents) == 0) return std::nullopt;
    return Problem{ErrorCode::Unsupported, "events: expected a sum of those that this version knows"};
  }
  return std::nullopt;
}

}  // namespace control
