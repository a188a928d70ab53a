#include "media-relay/session/translate.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <span>
#include <vector>

namespace session {
namespace {

std::uint64_t microseconds_of(base::Duration d) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<base::microseconds>(d).count());
}

// Rounded up: 0 says that nothing was measured.
std::uint32_t whole_microseconds(base::Duration d) {
  const std::uint64_t up = microseconds_of(d + base::microseconds(1) - base::Duration(1));
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(up, UINT32_MAX));
}

void set_residence(control::HalfStats& out, const flow::Residence& in) {
  if (in.packets == 0) return;
  out.residence_mean_us = whole_microseconds(in.sum / static_cast<base::Duration::rep>(in.packets));
  out.residence_max_us = whole_microseconds(in.longest);
}

// What the peer reports.
template <typename From>
void set_reports(control::HalfStats& out, const From& in) {
  if (in.round_trip) out.round_trip_us = microseconds_of(*in.round_trip);
  constexpr std::uint8_t kMosUnknown = 127;  // RFC 3611 4.7.5
  if (in.reported)
    out.reported = {.lost = in.reported->lost,
                    .fraction = in.reported->fraction_lost,
                    .mos = in.voip && in.voip->mos_lq < kMosUnknown ? in.voip->mos_lq : std::uint8_t{0}};
}

control::HalfStats half_stats(const flow::HalfStats& in) {
  control::HalfStats out;
  out.packets_received = in.rtp_packets_in;
  out.bytes_received = in.rtp_bytes_in;
  out.packets_sent = in.rtp_packets_out;
  out.bytes_sent = in.rtp_bytes_out;
  out.rtcp_received = in.rtcp_packets_in;
  out.rtcp_sent = in.rtcp_packets_out;
  out.packets_dropped = std::accumulate(in.drops.begin(), in.drops.end(), std::uint64_t{0});
  out.packets_lost = in.lost;
  out.jitter_us = microseconds_of(in.jitter);
  out.ssrc = in.ssrc;
  out.source = in.latched_rtp;
  out.packets_expected = in.expected;
  out.payload_type = in.payload_type;
  set_residence(out, in.residence);
  set_reports(out, in);
  return out;
}

control::HalfStats half_stats(const flow::Stretch& in) {
  control::HalfStats out;
  out.packets_received = in.packets;
  out.packets_expected = in.expected;
  out.packets_lost = in.lost;
  out.jitter_us = microseconds_of(in.jitter);
  out.ssrc = in.ssrc;
  out.payload_type = in.payload_type;
  set_residence(out, in.residence);
  set_reports(out, in);
  return out;
}

std::optional<secure::Parameters> parameters(const std::optional<control::SrtpStream>& in) {
  if (!in) return std::nullopt;
  const auto suite = secure::suite_named(in->suite);
  if (!suite) return std::nullopt;
  secure::Parameters out{*suite, {}};
  for (const control::SrtpKey& key : in->keys)
    out.keys.push_back({key.key_and_salt, key.mki, key.lifetime == 0 ? secure::kMaxRtpLifetime : key.lifetime});
  return out;
}

flow::Dtls dtls_of(const control::Dtls& in) {
  flow::Dtls out;
  out.association = in.association;
  out.parameters.role = in.role == control::DtlsRole::Active ? secure::DtlsRole::Active : secure::DtlsRole::Passive;
  for (const control::Fingerprint& f : in.fingerprints) {
    const auto bytes = std::as_bytes(std::span(f.value));
    if (const auto hash = secure::hash_named(f.hash))
      out.parameters.fingerprints.push_back({*hash, {bytes.begin(), bytes.end()}});
  }
  return out;
}

flow::Rewrite rewrite_of(const control::Rewrite& in) {
  flow::Rewrite out{{}, in.closed, in.continuous};
  for (const control::PayloadRule& rule : in.payloads)
    out.payloads.push_back(
        {rule.from, rule.to, rule.clock_from, rule.clock_to, static_cast<flow::PayloadUse>(rule.use)});
  return out;
}

flow::Digits digits_of(const control::Digits& in) {
  flow::Digits out;
  for (const control::EventFormat& format : in.heard) out.heard.push_back({format.payload_type, format.clock});
  out.tones_heard = in.tones_heard;
  out.begins = in.begins;
  if (in.event) out.event = flow::EventFormat{in.event->payload_type, in.event->clock};
  out.tone = in.tone;
  return out;
}

std::vector<const control::AudioFormat*> formats_of(const control::Transcode& in) {
  std::vector<const control::AudioFormat*> out{&in.to};
  for (const control::AudioFormat& f : in.from) out.push_back(&f);
  return out;
}

}  // namespace

flow::AudioFormat audio_of(const control::AudioFormat& in) {
  return {codec::coding_of(in.coding).value_or(codec::Coding::Pcmu), in.payload_type,
          codec::read_opus_parameters(in.fmtp)};
}

namespace {

flow::Transcode transcode_of(const control::Transcode& in) {
  flow::Transcode out;
  for (const control::AudioFormat& f : in.from) out.from.push_back(audio_of(f));
  out.to = audio_of(in.to);
  out.ptime_ms = in.ptime_ms;
  for (const control::PayloadRule& rule : in.events)
    out.events.push_back({rule.from, rule.to, rule.clock_from, rule.clock_to, flow::PayloadUse::Event});
  out.noise_from = in.noise_from;
  out.noise_to = in.noise_to;
  return out;
}

flow::Play play_of(const control::Play& in) {
  flow::Play out;
  out.sound = in.sound;
  out.format = audio_of(in.format);
  out.ptime_ms = in.ptime_ms;
  out.loops = in.loops;
  out.yields = in.yields;
  out.number = in.number;
  return out;
}

control::PlayEnd end_of(flow::PlayEnd end) {
  switch (end) {
    case flow::PlayEnd::Done:
      return control::PlayEnd::Done;
    case flow::PlayEnd::Yielded:
      return control::PlayEnd::Yielded;
    case flow::PlayEnd::NoSound:
      return control::PlayEnd::NoSound;
    case flow::PlayEnd::TooMany:
      return control::PlayEnd::TooMany;
    case flow::PlayEnd::Unreachable:
      break;
  }
  return control::PlayEnd::Unreachable;
}

}  // namespace

std::string unknown_name(const control::FlowSpec& flow) {
  if (flow.record)
    for (const auto* formats : {&flow.record->from_a, &flow.record->from_b})
      for (const control::AudioFormat& f : *formats)
        if (!codec::coding_of(f.coding)) return "record: expected a codec that the relay has, got \"" + f.coding + "\"";
  for (const auto& [half, name] : {std::pair{&flow.a, "half a"}, std::pair{&flow.b, "half b"}}) {
    if (half->dtls)
      for (const control::Fingerprint& f : half->dtls->fingerprints)
        if (!secure::hash_named(f.hash))
          return std::string(name) + ": dtls: expected a hash of at least sha-256, got \"" + f.hash + "\"";
    if (half->transcode)
      for (const control::AudioFormat* f : formats_of(*half->transcode))
        if (!codec::coding_of(f->coding))
          return std::string(name) + ": transcode: expected a codec that the relay has, got \"" + f->coding + "\"";
    if (half->play && !codec::coding_of(half->play->format.coding))
      return std::string(name) + ": play: expected a codec that the relay has, got \"" + half->play->format.coding +
             "\"";
    if (!half->srtp) continue;
    for (const auto& stream : {half->srtp->send, half->srtp->receive})
      if (stream && !secure::suite_named(stream->suite))
        return std::string(name) + ": srtp: expected a suite that the relay has, got \"" + stream->suite + "\"";
  }
  return {};
}

flow::LatchMode latch_of(control::LatchMode mode) {
  switch (mode) {
    case control::LatchMode::Strict:
      return flow::LatchMode::Strict;
    case control::LatchMode::Learn:
      return flow::LatchMode::Learn;
    case control::LatchMode::Hear:
      return flow::LatchMode::Hear;
  }
  return flow::LatchMode::Strict;
}

flow::HalfSpec to_flow(const control::HalfSpec& half) {
  flow::HalfSpec out;
  out.remote_rtp = half.remote_rtp;
  out.remote_rtcp = half.remote_rtcp;
  out.rtcp_mux = half.rtcp_mux;
  out.latch = latch_of(half.latch);
  out.latch_from = half.latch_from;
  out.send = half.send;
  out.receive = half.receive;
  out.one_stream = half.one_stream;
  out.party = half.party;
  out.sources = half.sources;
  if (half.srtp) out.srtp = flow::Srtp{parameters(half.srtp->send), parameters(half.srtp->receive)};
  if (half.ice) out.ice = ice::Parameters{half.ice->local_ufrag, half.ice->local_password, half.ice->remote_ufrag};
  if (half.dtls) out.dtls = dtls_of(*half.dtls);
  if (half.rewrite) out.rewrite = rewrite_of(*half.rewrite);
  if (half.digits) out.digits = digits_of(*half.digits);
  if (half.transcode) out.transcode = transcode_of(*half.transcode);
  if (half.play) out.play = play_of(*half.play);
  if (half.copies) out.copies = half.copies->half == control::HalfSide::A ? flow::Side::A : flow::Side::B;
  out.shared = half.shared.has_value();
  if (half.shared)
    for (const std::uint8_t type : half.shared->payload_types) out.payload_types.set(type & 0x7f);
  if (half.mid) {
    out.mid = flow::MediaId{half.mid->extension, half.mid->mid};
    for (const std::uint8_t type : half.mid->payload_types) out.payload_types.set(type & 0x7f);
  }
  if (half.pictures) out.pictures = flow::Pictures{half.pictures->told, half.pictures->asked, half.pictures->intra};
  if (half.extensions) {
    out.extensions.emplace();
    for (const control::ExtensionRule& rule : *half.extensions) out.extensions->set(rule.from, rule.to);
  }
  return out;
}

std::optional<control::PeerChanged> peer_change(const flow::Event& event) {
  using control::PeerChange;
  if (const auto* e = std::get_if<flow::IceConnected>(&event))
    return control::PeerChanged{{}, 0, to_control(e->side), PeerChange::IceConnected, e->remote, {}};
  if (const auto* e = std::get_if<flow::ConsentLost>(&event))
    return control::PeerChanged{{}, 0, to_control(e->side), PeerChange::ConsentLost, {}, {}};
  if (const auto* e = std::get_if<flow::Secured>(&event))
    return control::PeerChanged{
        {}, 0, to_control(e->side), PeerChange::Secured, {}, std::string(secure::traits_of(e->suite).name)};
  if (const auto* e = std::get_if<flow::NotSecured>(&event)) {
    if (e->failure == secure::DtlsFailure::None)
      return control::PeerChanged{{}, 0, to_control(e->side), PeerChange::Closed, {}, {}};
    return control::PeerChanged{
        {}, 0, to_control(e->side), PeerChange::NotSecured, {}, std::string(secure::name_of(e->failure))};
  }
  return std::nullopt;
}

control::PlayEnded to_control(const flow::PlayEnded& ended) {
  return {{}, 0, to_control(ended.side), ended.number, end_of(ended.end)};
}

control::FlowStats to_control(std::uint32_t index, const flow::Stats& stats) {
  return {index, half_stats(stats.a()), half_stats(stats.b())};
}

control::FlowStats to_control(std::uint32_t index, const flow::Quality& quality) {
  return {index, half_stats(quality.from[flow::index_of(flow::Side::A)]),
          half_stats(quality.from[flow::index_of(flow::Side::B)])};
}

control::HalfSide to_control(flow::Side side) {
  return side == flow::Side::A ? control::HalfSide::A : control::HalfSide::B;
}

}  // namespace session
