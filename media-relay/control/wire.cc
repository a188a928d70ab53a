#include "media-relay/control/wire.h"

#include <array>
#include <cstring>
#include <span>

#include "media-relay/control/limits.h"

namespace control {
namespace {

std::string ip_bytes(const base::IpAddress& ip) {
  if (ip.is_v6()) return std::string(reinterpret_cast<const char*>(ip.v6_bytes().data()), ip.v6_bytes().size());
  if (!ip.is_v4()) return {};
  const std::uint32_t host = ip.v4_host_order();
  return {static_cast<char>(host >> 24), static_cast<char>(host >> 16), static_cast<char>(host >> 8),
          static_cast<char>(host)};
}

void put_srtp_stream(wire::SrtpStream& out, const SrtpStream& stream) {
  out.set_suite(stream.suite);
  for (const SrtpKey& key : stream.keys) {
    wire::SrtpKey& k = *out.add_keys();
    k.set_key_and_salt(key.key_and_salt.bytes().data(), key.key_and_salt.size());
    k.set_mki(key.mki);
    k.set_lifetime(key.lifetime);
  }
}

void wipe(wire::SessionSpec& spec) {
  for (wire::FlowSpec& flow : *spec.mutable_flows())
    for (wire::HalfSpec* half : {flow.mutable_a(), flow.mutable_b()}) {
      if (half->has_ice())
        explicit_bzero(half->mutable_ice()->mutable_local_password()->data(), half->ice().local_password().size());
      if (!half->has_srtp()) continue;
      for (wire::SrtpStream* stream : {half->mutable_srtp()->mutable_send(), half->mutable_srtp()->mutable_receive()})
        for (wire::SrtpKey& key : *stream->mutable_keys())
          explicit_bzero(key.mutable_key_and_salt()->data(), key.key_and_salt().size());
    }
}

void put_rule(wire::PayloadRule& out, const PayloadRule& rule) {
  out.set_from(rule.from);
  out.set_to(rule.to);
  out.set_clock_from(rule.clock_from);
  out.set_clock_to(rule.clock_to);
  out.set_use(static_cast<wire::PayloadUse>(rule.use));
}

void put_rewrite(wire::Rewrite& out, const Rewrite& rewrite) {
  for (const PayloadRule& rule : rewrite.payloads) put_rule(*out.add_payloads(), rule);
  out.set_closed(rewrite.closed);
  out.set_continuous(rewrite.continuous);
}

void put_format(wire::EventFormat& out, const EventFormat& format) {
  out.set_payload_type(format.payload_type);
  out.set_clock(format.clock);
}

void put_digits(wire::Digits& out, const Digits& digits) {
  for (const EventFormat& format : digits.heard) put_format(*out.add_heard(), format);
  out.set_tones_heard(digits.tones_heard);
  out.set_begins(digits.begins);
  if (digits.event) put_format(*out.mutable_event(), *digits.event);
  if (digits.tone) out.set_tone(*digits.tone + 1U);
}

void put_audio(wire::AudioFormat& out, const AudioFormat& format) {
  out.set_coding(format.coding);
  out.set_payload_type(format.payload_type);
  out.set_fmtp(format.fmtp);
}

void put_record(wire::Record& out, const Record& record) {
  out.set_name(record.name);
  out.set_pcap(record.pcap);
  out.set_wav(record.wav);
  out.set_paused(record.paused);
  for (const AudioFormat& format : record.from_a) put_audio(*out.add_from_a(), format);
  for (const AudioFormat& format : record.from_b) put_audio(*out.add_from_b(), format);
}

void put_transcode(wire::Transcode& out, const Transcode& transcode) {
  for (const AudioFormat& format : transcode.from) put_audio(*out.add_from(), format);
  put_audio(*out.mutable_to(), transcode.to);
  out.set_ptime_ms(transcode.ptime_ms);
  for (const PayloadRule& rule : transcode.events) put_rule(*out.add_events(), rule);
  if (transcode.noise_from) out.set_noise_from(*transcode.noise_from + 1U);
  if (transcode.noise_to) out.set_noise_to(*transcode.noise_to + 1U);
}

void put_play(wire::Play& out, const Play& play) {
  out.set_sound(play.sound);
  out.set_loops(play.loops);
  put_audio(*out.mutable_format(), play.format);
  out.set_ptime_ms(play.ptime_ms);
  out.set_yields(play.yields);
  out.set_number(play.number);
}

void put_half(wire::HalfSpec& out, const HalfSpec& half) {
  out.set_network(half.network);
  if (half.remote_rtp) put(*out.mutable_remote_rtp(), *half.remote_rtp);
  if (half.remote_rtcp) put(*out.mutable_remote_rtcp(), *half.remote_rtcp);
  out.set_rtcp_mux(half.rtcp_mux);
  out.set_latch(static_cast<wire::LatchMode>(half.latch));
  for (const base::Prefix& prefix : half.latch_from) {
    wire::Prefix& p = *out.add_latch_from();
    p.set_ip(ip_bytes(prefix.ip));
    p.set_length(prefix.length);
  }
  out.set_no_send(!half.send);
  out.set_no_receive(!half.receive);
  out.set_one_stream(half.one_stream);
  out.set_party(half.party);
  if (half.ice) {
    out.mutable_ice()->set_local_ufrag(half.ice->local_ufrag);
    const auto password = half.ice->local_password.bytes();
    out.mutable_ice()->set_local_password(password.data(), password.size());
    out.mutable_ice()->set_remote_ufrag(half.ice->remote_ufrag);
  }
  if (half.dtls) {
    out.mutable_dtls()->set_active(half.dtls->role == DtlsRole::Active);
    out.mutable_dtls()->set_association(half.dtls->association);
    for (const Fingerprint& f : half.dtls->fingerprints) {
      wire::Fingerprint& w = *out.mutable_dtls()->add_fingerprints();
      w.set_hash(f.hash);
      w.set_value(f.value);
    }
  }
  if (half.rewrite) put_rewrite(*out.mutable_rewrite(), *half.rewrite);
  if (half.digits) put_digits(*out.mutable_digits(), *half.digits);
  if (half.transcode) put_transcode(*out.mutable_transcode(), *half.transcode);
  if (half.play) put_play(*out.mutable_play(), *half.play);
  if (half.extensions) {
    wire::HeaderExtensions& extensions = *out.mutable_extensions();
    const bool renumbered =
        std::ranges::any_of(*half.extensions, [](const ExtensionRule& rule) { return rule.from != rule.to; });
    for (const ExtensionRule& rule : *half.extensions) {
      extensions.add_ids(rule.from);
      if (renumbered) extensions.add_leaves_as(rule.to);
    }
  }
  if (half.shared) {
    out.mutable_shared()->set_flow(half.shared->flow);
    for (const std::uint8_t type : half.shared->payload_types) out.mutable_shared()->add_payload_types(type);
  }
  if (half.mid) {
    out.mutable_mid()->set_extension(half.mid->extension);
    out.mutable_mid()->set_mid(half.mid->mid);
    for (const std::uint8_t type : half.mid->payload_types) out.mutable_mid()->add_payload_types(type);
  }
  if (half.pictures) {
    out.mutable_pictures()->set_told(half.pictures->told);
    out.mutable_pictures()->set_asked(half.pictures->asked);
    out.mutable_pictures()->set_intra(half.pictures->intra);
  }
  if (half.copies) {
    out.mutable_copies()->set_flow(half.copies->flow);
    out.mutable_copies()->set_half_b(half.copies->half == HalfSide::B);
  }
  if (half.dscp) out.set_dscp(*half.dscp + 1U);
  for (const std::uint32_t source : half.sources) out.add_sources(source);
  if (!half.srtp) return;
  wire::Srtp& srtp = *out.mutable_srtp();
  if (half.srtp->send) put_srtp_stream(*srtp.mutable_send(), *half.srtp->send);
  if (half.srtp->receive) put_srtp_stream(*srtp.mutable_receive(), *half.srtp->receive);
}

void put_address(wire::HalfAddress& out, const HalfAddress& address) {
  put(*out.mutable_rtp(), address.rtp);
  put(*out.mutable_rtcp(), address.rtcp);
  out.set_fingerprint(address.fingerprint);
}

void put_half_stats(wire::HalfStats& out, const HalfStats& s) {
  out.set_packets_received(s.packets_received);
  out.set_bytes_received(s.bytes_received);
  out.set_packets_sent(s.packets_sent);
  out.set_bytes_sent(s.bytes_sent);
  out.set_rtcp_received(s.rtcp_received);
  out.set_rtcp_sent(s.rtcp_sent);
  out.set_packets_dropped(s.packets_dropped);
  out.set_packets_lost(s.packets_lost);
  out.set_jitter_us(s.jitter_us);
  out.set_ssrc(s.ssrc);
  if (s.source) put(*out.mutable_source(), *s.source);
  out.set_packets_expected(s.packets_expected);
  out.set_residence_mean_us(s.residence_mean_us);
  out.set_residence_max_us(s.residence_max_us);
  out.set_payload_type(s.payload_type);
  out.set_round_trip_us(s.round_trip_us);
  if (!s.reported) return;
  out.set_reported(true);
  out.set_reported_lost(s.reported->lost);
  out.set_reported_fraction(s.reported->fraction);
  out.set_reported_mos(s.reported->mos);
}

}  // namespace

void put(wire::Endpoint& out, const base::Endpoint& endpoint) {
  out.set_ip(ip_bytes(endpoint.ip));
  out.set_port(endpoint.port);
}

void put(wire::SessionSpec& out, const SessionSpec& spec) {
  for (const FlowSpec& flow : spec.flows) {
    wire::FlowSpec& f = *out.add_flows();
    f.set_index(flow.index);
    f.set_kind(flow.kind);
    put_half(*f.mutable_a(), flow.a);
    put_half(*f.mutable_b(), flow.b);
    f.set_udptl(flow.transport == Transport::Udptl);
    if (flow.record) put_record(*f.mutable_record(), *flow.record);
    f.set_quality_ms(flow.quality_ms);
  }
  out.set_media_timeout_ms(spec.media_timeout_ms);
  out.set_suspended(spec.suspended);
  out.set_one_sided_ms(spec.one_sided_ms);
  out.set_first(spec.first);
}

void put(wire::FlowAddresses& out, const FlowAddresses& addresses) {
  out.set_index(addresses.index);
  put_address(*out.mutable_a(), addresses.a);
  put_address(*out.mutable_b(), addresses.b);
}

void put(wire::FlowStats& out, const FlowStats& stats) {
  out.set_index(stats.index);
  put_half_stats(*out.mutable_a(), stats.a);
  put_half_stats(*out.mutable_b(), stats.b);
}

void wipe_keys(wire::ToRelay& envelope) {
  if (envelope.has_open()) wipe(*envelope.mutable_open()->mutable_spec());
  if (envelope.has_modify()) wipe(*envelope.mutable_modify()->mutable_spec());
}

void Reading::fail(std::string_view what, std::string_view expected) {
  if (failed()) return;
  problem_ = where_;
  problem_.append(what).append(": ").append(expected);
}

base::IpAddress Reading::ip(std::string_view what, const std::string& bytes) {
  if (bytes.size() == 4) {
    std::uint32_t host = 0;
    for (const char c : bytes) host = (host << 8) | static_cast<std::uint8_t>(c);
    return base::IpAddress::v4(host);
  }
  if (bytes.size() == 16) {
    std::array<std::uint8_t, 16> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(bytes[i]);
    return base::IpAddress::v6(all);
  }
  fail(what, "expected an address of 4 or 16 bytes, got " + std::to_string(bytes.size()));
  return {};
}

base::Endpoint Reading::endpoint(std::string_view what, const wire::Endpoint& in) {
  if (in.port() > 65535) fail(what, "expected a port up to 65535, got " + std::to_string(in.port()));
  return {ip(what, in.ip()), static_cast<std::uint16_t>(in.port())};
}

std::string Reading::text(std::string_view what, const std::string& in, std::size_t most) {
  if (in.size() <= most) return in;
  fail(what, "expected at most " + std::to_string(most) + " bytes, got " + std::to_string(in.size()));
  return {};
}

HalfSpec Reading::half(const wire::HalfSpec& in) {
  HalfSpec out;
  out.network = text("network", in.network(), kMaxNetworkNameBytes);
  if (in.has_remote_rtp()) out.remote_rtp = endpoint("remote_rtp", in.remote_rtp());
  if (in.has_remote_rtcp()) out.remote_rtcp = endpoint("remote_rtcp", in.remote_rtcp());
  out.rtcp_mux = in.rtcp_mux();
  if (in.latch() < wire::LATCH_STRICT || in.latch() > wire::LATCH_HEAR)
    fail("latch", "expected a known latch mode, got " + std::to_string(in.latch()));
  else
    out.latch = static_cast<LatchMode>(in.latch());
  if (static_cast<std::size_t>(in.latch_from_size()) > kMaxLatchPrefixes) {
    fail("latch_from", "expected at most " + std::to_string(kMaxLatchPrefixes) + " prefixes, got " +
                           std::to_string(in.latch_from_size()));
    return out;
  }
  for (const wire::Prefix& p : in.latch_from()) {
    base::Prefix prefix{ip("latch_from", p.ip()), 0};
    // The length is that of the address as sent; an IPv4-mapped address changes its family on the way in.
    if (p.length() > (prefix.ip.is_v4() ? 32U : 128U))
      fail("latch_from", "expected a prefix length that fits the address, got " + std::to_string(p.length()));
    else
      prefix.length = static_cast<std::uint8_t>(p.length());
    out.latch_from.push_back(prefix);
  }
  out.send = !in.no_send();
  out.receive = !in.no_receive();
  out.one_stream = in.one_stream();
  out.party = in.party();
  if (in.has_srtp()) {
    out.srtp.emplace();
    if (in.srtp().has_send()) out.srtp->send = srtp_stream(in.srtp().send());
    if (in.srtp().has_receive()) out.srtp->receive = srtp_stream(in.srtp().receive());
  }
  if (in.has_ice()) out.ice = ice(in.ice());
  if (in.has_dtls()) out.dtls = dtls(in.dtls());
  if (in.has_rewrite()) out.rewrite = rewrite(in.rewrite());
  if (in.has_digits()) out.digits = digits(in.digits());
  if (in.has_transcode()) out.transcode = transcode(in.transcode());
  if (in.has_play()) out.play = play(in.play());
  if (in.has_extensions()) {
    out.extensions.emplace();
    const auto& ids = in.extensions().ids();
    const auto& leaves_as = in.extensions().leaves_as();
    if (!leaves_as.empty() && leaves_as.size() != ids.size())
      fail("extensions", "expected what each of the identifiers leaves as, or none");
    for (int i = 0; i < ids.size() && !failed(); ++i) {
      const std::uint32_t from = ids[i];
      const std::uint32_t to = leaves_as.empty() ? from : leaves_as[i];
      if (from == 0 || from > 255 || to == 0 || to > 255 || out.extensions->size() >= kMaxExtensions)
        fail("extensions", "expected at most " + std::to_string(kMaxExtensions) + " identifiers from 1 to 255");
      else
        out.extensions->push_back({static_cast<std::uint8_t>(from), static_cast<std::uint8_t>(to)});
    }
  }
  if (in.has_shared()) out.shared = shared(in.shared());
  if (in.has_mid()) out.mid = media_id(in.mid());
  if (in.has_pictures()) out.pictures = Pictures{in.pictures().told(), in.pictures().asked(), in.pictures().intra()};
  if (in.has_copies()) out.copies = Copied{in.copies().flow(), in.copies().half_b() ? HalfSide::B : HalfSide::A};
  if (static_cast<std::size_t>(in.sources_size()) > kMaxSources)
    fail("sources", "expected at most " + std::to_string(kMaxSources));
  else
    out.sources.assign(in.sources().begin(), in.sources().end());
  if (in.dscp() > kMaxDscp + 1U)
    fail("dscp", "expected one up to " + std::to_string(kMaxDscp) + ", got " + std::to_string(in.dscp() - 1));
  else if (in.dscp() != 0)
    out.dscp = static_cast<std::uint8_t>(in.dscp() - 1);
  return out;
}

SharedTransport Reading::shared(const wire::SharedTransport& in) {
  return {in.flow(), payload_types("shared", in.payload_types())};
}

MediaId Reading::media_id(const wire::MediaId& in) {
  if (in.extension() == 0 || in.extension() > kMaxMidExtension)
    fail("mid", "expected an identifier from 1 to " + std::to_string(kMaxMidExtension) + ", got " +
                    std::to_string(in.extension()));
  if (in.mid().empty()) fail("mid", "expected a name");
  return {static_cast<std::uint8_t>(in.extension()), text("mid", in.mid(), kMaxMidBytes),
          payload_types("mid", in.payload_types())};
}

std::vector<std::uint8_t> Reading::payload_types(std::string_view what,
                                                 const google::protobuf::RepeatedField<std::uint32_t>& in) {
  std::vector<std::uint8_t> out;
  for (const std::uint32_t type : in) {
    if (type > 127 || out.size() >= kMaxPayloadTypes) {
      fail(what, "expected at most " + std::to_string(kMaxPayloadTypes) + " payload types up to 127");
      break;
    }
    out.push_back(static_cast<std::uint8_t>(type));
  }
  return out;
}

Record Reading::record(const wire::Record& in) {
  Record out{text("record: name", in.name(), kMaxRecordingNameBytes), in.pcap(), in.wav(), in.paused()};
  for (const auto& [formats, to] : {std::pair{&in.from_a(), &out.from_a}, std::pair{&in.from_b(), &out.from_b}}) {
    if (static_cast<std::size_t>(formats->size()) > kMaxAudioFormats) {
      fail("record", "expected at most " + std::to_string(kMaxAudioFormats) + " formats of each half");
      break;
    }
    for (const wire::AudioFormat& f : *formats) to->push_back(audio_format("record: ", f));
  }
  return out;
}

std::uint8_t Reading::payload_type(std::string_view what, std::uint32_t in) {
  if (in > 127) fail(what, "expected a payload type up to 127, got " + std::to_string(in));
  return static_cast<std::uint8_t>(in & 0x7f);
}

Rewrite Reading::rewrite(const wire::Rewrite& in) {
  Rewrite out;
  out.closed = in.closed();
  out.continuous = in.continuous();
  if (static_cast<std::size_t>(in.payloads_size()) > kMaxPayloadRules) {
    fail("rewrite", "expected at most " + std::to_string(kMaxPayloadRules) + " payloads, got " +
                        std::to_string(in.payloads_size()));
    return out;
  }
  for (const wire::PayloadRule& r : in.payloads()) out.payloads.push_back(payload_rule("rewrite: ", r));
  return out;
}

PayloadRule Reading::payload_rule(const std::string& where, const wire::PayloadRule& in) {
  if (in.use() < wire::PAYLOAD_PASS || in.use() > wire::PAYLOAD_DROP)
    fail(where + "use", "expected a known one, got " + std::to_string(in.use()));
  return {payload_type(where + "from", in.from()), payload_type(where + "to", in.to()), in.clock_from(), in.clock_to(),
          static_cast<PayloadUse>(in.use())};
}

AudioFormat Reading::audio_format(const std::string& where, const wire::AudioFormat& in) {
  return {text(where + "coding", in.coding(), kMaxCodingBytes), payload_type(where + "payload_type", in.payload_type()),
          text(where + "fmtp", in.fmtp(), kMaxFmtpBytes)};
}

Transcode Reading::transcode(const wire::Transcode& in) {
  Transcode out;
  if (static_cast<std::size_t>(in.from_size()) > kMaxAudioFormats ||
      static_cast<std::size_t>(in.events_size()) > kMaxEventFormats) {
    fail("transcode", "expected at most " + std::to_string(kMaxAudioFormats) + " formats and " +
                          std::to_string(kMaxEventFormats) + " events");
    return out;
  }
  for (const wire::AudioFormat& f : in.from()) out.from.push_back(audio_format("transcode: ", f));
  out.to = audio_format("transcode: ", in.to());
  out.ptime_ms = in.ptime_ms();
  for (const wire::PayloadRule& r : in.events()) out.events.push_back(payload_rule("transcode: events: ", r));
  if (in.noise_from() != 0) out.noise_from = payload_type("transcode: noise_from", in.noise_from() - 1);
  if (in.noise_to() != 0) out.noise_to = payload_type("transcode: noise_to", in.noise_to() - 1);
  return out;
}

Play Reading::play(const wire::Play& in) {
  return {text("play: sound", in.sound(), kMaxSoundBytes),
          in.loops(),
          audio_format("play: format: ", in.format()),
          in.ptime_ms(),
          in.yields(),
          in.number()};
}

EventFormat Reading::event_format(const wire::EventFormat& in) {
  return {payload_type("digits: payload_type", in.payload_type()), in.clock()};
}

Digits Reading::digits(const wire::Digits& in) {
  Digits out;
  if (static_cast<std::size_t>(in.heard_size()) > kMaxEventFormats) {
    fail("digits",
         "expected at most " + std::to_string(kMaxEventFormats) + " formats, got " + std::to_string(in.heard_size()));
    return out;
  }
  for (const wire::EventFormat& f : in.heard()) out.heard.push_back(event_format(f));
  out.tones_heard = in.tones_heard();
  out.begins = in.begins();
  if (in.has_event()) out.event = event_format(in.event());
  if (in.tone() != 0) out.tone = payload_type("digits: tone", in.tone() - 1);
  return out;
}

Ice Reading::ice(const wire::Ice& in) {
  const std::string& password = in.local_password();
  if (password.size() > base::Secret::kMaxBytes)
    fail("ice: local_password", "expected at most " + std::to_string(base::Secret::kMaxBytes) + " bytes, got " +
                                    std::to_string(password.size()));
  return {text("ice: local_ufrag", in.local_ufrag(), kMaxUfragBytes), base::Secret(std::as_bytes(std::span(password))),
          text("ice: remote_ufrag", in.remote_ufrag(), kMaxUfragBytes)};
}

Dtls Reading::dtls(const wire::Dtls& in) {
  Dtls out{in.active() ? DtlsRole::Active : DtlsRole::Passive,
           text("dtls: association", in.association(), kMaxAssociationBytes),
           {}};
  if (static_cast<std::size_t>(in.fingerprints_size()) > kMaxFingerprints) {
    fail("dtls", "expected at most " + std::to_string(kMaxFingerprints) + " fingerprints, got " +
                     std::to_string(in.fingerprints_size()));
    return out;
  }
  for (const wire::Fingerprint& f : in.fingerprints())
    out.fingerprints.push_back(
        {text("dtls: hash", f.hash(), kMaxHashNameBytes), text("dtls: fingerprint", f.value(), kMaxFingerprintBytes)});
  return out;
}

SrtpStream Reading::srtp_stream(const wire::SrtpStream& in) {
  SrtpStream out{text("srtp: suite", in.suite(), kMaxSuiteNameBytes), {}};
  if (static_cast<std::size_t>(in.keys_size()) > kMaxSrtpKeys) {
    fail("srtp", "expected at most " + std::to_string(kMaxSrtpKeys) + " keys, got " + std::to_string(in.keys_size()));
    return out;
  }
  for (const wire::SrtpKey& key : in.keys()) {
    const std::string& bytes = key.key_and_salt();
    if (bytes.size() > base::Secret::kMaxBytes)
      fail("srtp", "expected a key of at most " + std::to_string(base::Secret::kMaxBytes) + " bytes, got " +
                       std::to_string(bytes.size()));
    out.keys.push_back(
        {base::Secret(std::as_bytes(std::span(bytes))), text("srtp: mki", key.mki(), kMaxMkiBytes), key.lifetime()});
  }
  return out;
}

SessionSpec Reading::spec(const wire::SessionSpec& in) {
  SessionSpec out;
  if (static_cast<std::size_t>(in.flows_size()) > kMaxFlows) {
    fail("flows", "expected at most " + std::to_string(kMaxFlows) + ", got " + std::to_string(in.flows_size()));
    return out;
  }
  for (const wire::FlowSpec& f : in.flows()) {
    FlowSpec flow;
    flow.index = f.index();
    where_ = "flow " + std::to_string(f.index()) + ": ";
    flow.kind = text("kind", f.kind(), kMaxKindBytes);
    const std::string here = where_;
    where_ = here + "half a: ";
    flow.a = half(f.a());
    where_ = here + "half b: ";
    flow.b = half(f.b());
    flow.transport = f.udptl() ? Transport::Udptl : Transport::Rtp;
    where_ = here;
    if (f.has_record()) flow.record = record(f.record());
    flow.quality_ms = f.quality_ms();
    out.flows.push_back(std::move(flow));
  }
  where_.clear();
  out.media_timeout_ms = in.media_timeout_ms();
  out.suspended = in.suspended();
  out.one_sided_ms = in.one_sided_ms();
  out.first = in.first();
  return out;
}

HalfAddress Reading::address(const wire::HalfAddress& in) {
  return {endpoint("rtp", in.rtp()), endpoint("rtcp", in.rtcp()),
          text("fingerprint", in.fingerprint(), kMaxFingerprintTextBytes)};
}

FlowAddresses Reading::addresses(const wire::FlowAddresses& in) {
  return {in.index(), address(in.a()), address(in.b())};
}

HalfStats Reading::half_stats(const wire::HalfStats& in) {
  HalfStats s;
  s.packets_received = in.packets_received();
  s.bytes_received = in.bytes_received();
  s.packets_sent = in.packets_sent();
  s.bytes_sent = in.bytes_sent();
  s.rtcp_received = in.rtcp_received();
  s.rtcp_sent = in.rtcp_sent();
  s.packets_dropped = in.packets_dropped();
  s.packets_lost = in.packets_lost();
  s.jitter_us = in.jitter_us();
  s.ssrc = in.ssrc();
  if (in.has_source()) s.source = endpoint("source", in.source());
  s.packets_expected = in.packets_expected();
  s.residence_mean_us = in.residence_mean_us();
  s.residence_max_us = in.residence_max_us();
  s.payload_type = static_cast<std::uint8_t>(in.payload_type() & 0x7f);
  s.round_trip_us = in.round_trip_us();
  if (in.reported())
    s.reported = {.lost = in.reported_lost(),
                  .fraction = static_cast<std::uint8_t>(in.reported_fraction() & 0xff),
                  .mos = static_cast<std::uint8_t>(in.reported_mos() & 0xff)};
  return s;
}

FlowStats Reading::stats(const wire::FlowStats& in) {
  return {in.index(), half_stats(in.a()), half_stats(in.b())};
}

}  // namespace control
