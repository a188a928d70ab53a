// The steps of the packet path. Each returns nothing to go on, or the reason for which the packet is dropped.

#include <algorithm>

#include "media-relay/flow/flow.h"
#include "media-relay/rtp/demux.h"
#include "media-relay/rtp/extension.h"
#include "media-relay/rtp/sdes.h"
#include "media-relay/rtp/wire.h"
#include "media-relay/udptl/packet.h"

namespace flow {
namespace {

constexpr std::size_t kSsrcOffset = 8;  // RFC 3550 5.1

Drop drop_of(secure::Refusal refusal, Drop malformed, Drop replayed) {
  switch (refusal) {
    case secure::Refusal::Malformed:
    case secure::Refusal::NoRoom:
      return malformed;
    case secure::Refusal::Unauthentic:
      return Drop::Unauthentic;
    case secure::Refusal::Replayed:
      return replayed;
    case secure::Refusal::UnknownKey:
      return Drop::UnknownKey;
    case secure::Refusal::TooManyStreams:
      return Drop::TooManySources;
    case secure::Refusal::KeyExpired:
      return Drop::KeyExpired;
  }
  return malformed;
}

}  // namespace

std::optional<Drop> Flow::on_packet(packet::Packet& packet, Side side, Component port, base::Instant now,
                                    std::vector<Event>& events) {
  Context c{packet, side, port, now, events, packet.size()};
  const std::optional<Drop> dropped = walk(c);
  if (dropped) {
    if (!c.answered) packet.drop();
    if (!c.handed_over) half(side).drops.add(*dropped);
  }
  return dropped;
}

std::optional<Drop> Flow::walk(Context& c) {
  if (spec_.transport == Transport::Udptl) return c.packet.size() == 0 ? Drop::Empty : walk(c, Component::Rtp);
  Component kind = Component::Rtp;
  switch (rtp::classify(c.packet.bytes())) {
    case rtp::Kind::Rtp:
      break;
    case rtp::Kind::Rtcp:
      kind = Component::Rtcp;
      break;
    case rtp::Kind::Empty:
      return Drop::Empty;
    case rtp::Kind::Stun:
      return take_stun(c);
    case rtp::Kind::Dtls:
      return take_dtls(c);
    case rtp::Kind::Zrtp:
    case rtp::Kind::TurnChannel:
    case rtp::Kind::Unknown:
      return Drop::NotMedia;
  }
  return walk(c, kind);
}

std::optional<Drop> Flow::walk(Context& c, Component kind) {
  return run(half(c.side).pipeline[index_of(c.port)][index_of(kind)], c);
}

// The first one is also what a row has where nothing stands: it refuses.
constinit const std::array<Flow::Step, 35> Flow::kSteps{
    &Flow::refuse_port,
    &Flow::refuse_receiving,
    &Flow::refuse_sending,
    &Flow::refuse_keyless,  //
    &Flow::gate_rtp,
    &Flow::gate_rtcp,
    &Flow::gate_checked,
    &Flow::unprotect_rtp,
    &Flow::unprotect_rtcp,
    &Flow::read_rtp,
    &Flow::read_rtcp,
    &Flow::admit_rtp,
    &Flow::admit_rtcp,
    &Flow::admit_muxed_rtcp,
    &Flow::take_udptl,
    &Flow::inspect_udptl,
    &Flow::inspect_rtp,
    &Flow::inspect_rtcp,
    &Flow::hide_names,
    &Flow::hand_over_rtp,
    &Flow::hand_over_rtcp,
    &Flow::record,
    &Flow::listen,
    &Flow::give_way,
    &Flow::rewrite_rtp,
    &Flow::rewrite_rtcp,
    &Flow::filter_extensions,
    &Flow::transcode_rtp,
    &Flow::transcode_rtcp,
    &Flow::forward_rtp,
    &Flow::forward_rtcp,
    &Flow::protect_and_forward_rtp,
    &Flow::protect_and_forward_rtcp,
    &Flow::absorb,
    &Flow::name_line,
};

Flow::Row Flow::row_of(const Pipeline& steps) {
  Row row{};
  for (std::size_t i = 0; i < steps.size() && steps[i] != nullptr; ++i) {
    const auto found = std::ranges::find(kSteps, steps[i]);
    if (found == kSteps.end()) return {};
    row[i] = static_cast<std::uint8_t>(found - kSteps.begin());
  }
  return row;
}

std::optional<Drop> Flow::run(std::span<const std::uint8_t> steps, Context& c) {
  for (const std::uint8_t step : steps) {
    if (const std::optional<Drop> dropped = (this->*kSteps[step])(c)) return dropped;
    if (c.packet.leaves() || c.absorbed) break;
  }
  return std::nullopt;
}

std::optional<Drop> Flow::gate_rtp(Context& c) {
  return half(c.side).guard[index_of(Component::Rtp)].refuses(c.packet.source, c.now);
}

std::optional<Drop> Flow::gate_rtcp(Context& c) {
  const Half& h = half(c.side);
  const auto rtp = h.guard[index_of(Component::Rtp)].latched();
  if (rtp && rtp->ip == c.packet.source.ip) return std::nullopt;  // RTP's companion
  return h.guard[index_of(Component::Rtcp)].refuses(c.packet.source, c.now);
}

std::optional<Drop> Flow::gate_checked(Context& c) {
  if (half(c.side).ice->is_valid(c.packet.source)) return std::nullopt;
  return Drop::NotChecked;
}

std::optional<Drop> Flow::unprotect_rtp(Context& c) {
  const secure::Outcome size = unprotect(c, Component::Rtp);
  if (!size) return drop_of(size.error(), Drop::MalformedRtp, Drop::Replayed);
  c.packet.resize(*size);
  return std::nullopt;
}

std::optional<Drop> Flow::unprotect_rtcp(Context& c) {
  const secure::Outcome size = unprotect(c, Component::Rtcp);
  if (!size) return drop_of(size.error(), Drop::MalformedRtcp, Drop::Replayed);
  c.packet.resize(*size);
  return std::nullopt;
}

std::optional<Drop> Flow::read_rtp(Context& c) {
  const auto header = rtp::read_header(c.packet.bytes());
  if (!header) return Drop::MalformedRtp;
  c.header = *header;
  return std::nullopt;
}

std::optional<Drop> Flow::read_rtcp(Context& c) {
  const auto compound = rtp::read_compound(c.packet.bytes());
  if (!compound) return Drop::MalformedRtcp;
  c.compound = *compound;
  return std::nullopt;
}

std::optional<Drop> Flow::admit_rtp(Context& c) {
  SourceGuard& guard = half(c.side).guard[index_of(Component::Rtp)];
  const auto dropped = settle(
      c, Component::Rtp, guard.admit(c.packet.source, {c.header.ssrc, c.header.sequence, is_secure(c.side)}, c.now));
  if (dropped == Drop::Probation)
    hold_back(c);
  else if (!dropped && half(c.side).held_back)
    follow_up(c);
  return dropped;
}

std::optional<Drop> Flow::admit_rtcp(Context& c) {
  Half& h = half(c.side);
  SourceGuard& guard = h.guard[index_of(Component::Rtcp)];
  const Evidence evidence{c.compound.sender_ssrc, std::nullopt, is_secure(c.side)};
  const auto rtp = h.guard[index_of(Component::Rtp)].latched();
  const auto refused =
      rtp ? guard.refuses_companion(c.packet.source, rtp->ip, c.now) : guard.refuses(c.packet.source, c.now);
  if (!refused) vouch(c);
  if (h.guard[index_of(Component::Rtp)].contradicts(evidence)) return refused.value_or(Drop::WrongStream);
  return settle(c, Component::Rtcp,
                rtp ? guard.admit_companion(c.packet.source, evidence, rtp->ip, c.now)
                    : guard.admit(c.packet.source, evidence, c.now));
}

std::optional<Drop> Flow::admit_muxed_rtcp(Context& c) {
  SourceGuard& guard = half(c.side).guard[index_of(Component::Rtp)];
  if (!guard.refuses(c.packet.source, c.now)) vouch(c);
  return settle(c, Component::Rtp,
                guard.admit(c.packet.source, {c.compound.sender_ssrc, std::nullopt, is_secure(c.side)}, c.now));
}

std::optional<Drop> Flow::take_udptl(Context& c) {
  const auto header = udptl::read_header(c.packet.bytes());
  if (!header) return Drop::MalformedUdptl;
  SourceGuard& guard = half(c.side).guard[index_of(Component::Rtp)];
  return settle(c, Component::Rtp,
                guard.admit(c.packet.source, {.sequence = header->sequence, .nameless = true}, c.now));
}

// Of RTCP in clear: whoever names the stream that we send there has heard it, or was told of it.
void Flow::vouch(const Context& c) {
  if (is_secure(c.side)) return;
  const auto sent = sent_ssrc(c.side);
  if (sent && rtp::reports_on(c.packet.bytes(), *sent))
    half(c.side).guard[index_of(Component::Rtp)].vouch(c.compound.sender_ssrc);
}

// As the peer knows it; nullopt: it is sent nothing yet.
std::optional<std::uint32_t> Flow::sent_ssrc(Side side) const {
  const Half& h = half(side);
  if (h.stats.rtp_packets_out == 0) return std::nullopt;
  if (is_continuous(side)) return h.rewriter->stream().ssrc();
  return half(other(side)).reception.ssrc();
}

std::optional<Drop> Flow::settle(Context& c, Component component, SourceGuard::Verdict verdict) {
  if (verdict.drop == Drop::Contended) solicit_report(c.side, c.now);
  if (!verdict.learned) return verdict.drop;
  if (component == Component::Rtp) {
    if (spec_.transport == Transport::Rtp) half(c.side).host = c.packet.source.ip;
    SourceGuard& rtcp = half(c.side).guard[index_of(Component::Rtcp)];
    // RTCP that was learned from elsewhere before RTP came was not this peer's. The first report comes seconds after
    // the first packet (RFC 3550 6.2), so its window counts from here. A NAT that has moved one has moved the other.
    const bool elsewhere = rtcp.latched() && rtcp.latched()->ip != c.packet.source.ip;
    if (elsewhere || verdict.rebound) rtcp.forget(c.now, spec_.latch_window);
    rtcp.prolong(c.now, spec_.latch_window);
  }
  update_exits();
  c.events.push_back(Latched{c.side, component, c.packet.source, verdict.rebound});
  return verdict.drop;
}

void Flow::hear(Context& c) {
  half(c.side).last_heard = c.now;
  half(c.side).heard = true;
}

std::optional<Drop> Flow::inspect_rtp(Context& c) {
  Half& h = half(c.side);
  hear(c);
  if (h.stats.rtp_packets_in == 0) c.events.push_back(FirstPacket{c.side, c.packet.source, c.header.ssrc});
  ++h.stats.rtp_packets_in;
  h.stats.rtp_bytes_in += c.arrived;
  h.reception.on_packet(c.header, c.now);
  h.last_rtp = c.now;
  return std::nullopt;
}

std::optional<Drop> Flow::inspect_udptl(Context& c) {
  Half& h = half(c.side);
  hear(c);
  if (h.stats.rtp_packets_in == 0) c.events.push_back(FirstPacket{c.side, c.packet.source, 0});
  ++h.stats.rtp_packets_in;
  h.stats.rtp_bytes_in += c.arrived;
  h.last_rtp = c.now;
  return std::nullopt;
}

std::optional<Drop> Flow::inspect_rtcp(Context& c) {
  Half& h = half(c.side);
  hear(c);
  ++h.stats.rtcp_packets_in;
  h.stats.rtcp_bytes_in += c.arrived;
  tell_pictures(c);
  read_reports(c);
  return std::nullopt;
}

// Both ends of the report are read here, before it is on its way.
void Flow::read_reports(Context& c) {
  half(c.side).reports.heard(c.packet.bytes(), c.now);
  half(other(c.side)).reports.told(c.packet.bytes(), c.now);
}

std::optional<Drop> Flow::hide_names(Context& c) {
  rtp::hide_names(c.packet.bytes(), spec_.name_key);
  return std::nullopt;
}

std::optional<Drop> Flow::filter_extensions(Context& c) {
  // What protects it needs room, too.
  const std::size_t room = c.packet.tailroom() - std::min(c.packet.tailroom(), secure::kMaxGrowthBytes);
  const std::size_t size = rtp::map_extensions(c.packet.storage().first(c.packet.size() + room), c.packet.size(),
                                               *spec_.half(other(c.side)).extensions);
  c.packet.resize(size);
  return std::nullopt;
}

std::optional<Drop> Flow::forward_rtp(Context& c) {
  const Side to = other(c.side);
  if (const auto dropped = leave(c, Component::Rtp)) return dropped;
  if (Streams* streams = half(to).streams.get()) {
    const std::uint32_t ssrc = rtp::read_u32(c.packet.bytes(), kSsrcOffset);
    if (half(to).bundled()) streams->remember(ssrc);
    streams->note_sent(ssrc);
  }
  PacketCounts& s = half(to).stats;
  ++s.rtp_packets_out;
  s.rtp_bytes_out += c.packet.size();
  return std::nullopt;
}

std::optional<Drop> Flow::forward_rtcp(Context& c) {
  const Side to = other(c.side);
  if (const auto dropped = leave(c, Component::Rtcp)) return dropped;
  PacketCounts& s = half(to).stats;
  ++s.rtcp_packets_out;
  s.rtcp_bytes_out += c.packet.size();
  return std::nullopt;
}

std::optional<Drop> Flow::protect_and_forward_rtp(Context& c) {
  const Side to = other(c.side);
  Flow& way = transport(to);
  // Nothing is protected in vain: an index that was used cannot be used again.
  if (const auto closed = way.exit(to, Component::Rtp).closed) return closed;
  if (!way.half(to).sender) return Drop::NoKeys;
  const secure::Outcome size = way.half(to).sender->protect_rtp(c.packet.storage(), c.packet.size());
  if (!size) return drop_of(size.error(), Drop::MalformedRtp, Drop::IndexUsed);
  c.packet.resize(*size);
  return forward_rtp(c);
}

std::optional<Drop> Flow::protect_and_forward_rtcp(Context& c) {
  const Side to = other(c.side);
  Flow& way = transport(to);
  if (const auto closed = way.exit(to, Component::Rtcp).closed) return closed;
  if (!way.half(to).sender) return Drop::NoKeys;
  const secure::Outcome size = way.half(to).sender->protect_rtcp(c.packet.storage(), c.packet.size());
  if (!size) return drop_of(size.error(), Drop::MalformedRtcp, Drop::IndexUsed);
  c.packet.resize(*size);
  return forward_rtcp(c);
}

std::optional<Drop> Flow::leave(Context& c, Component component) {
  const Side to = other(c.side);
  const Exit& way = transport(to).exit(to, component);
  if (way.closed) return way.closed;
  c.packet.leaves_by = way.port;
  c.packet.destination = way.destination;
  c.packet.dscp = half(to).dscp;
  return std::nullopt;
}

std::optional<Drop> Flow::refuse_port(Context&) {
  return Drop::WrongPort;
}
std::optional<Drop> Flow::refuse_receiving(Context&) {
  return Drop::NotReceiving;
}
std::optional<Drop> Flow::refuse_sending(Context&) {
  return Drop::NotSending;
}
std::optional<Drop> Flow::refuse_keyless(Context&) {
  return Drop::NoKeys;
}

}  // namespace flow
