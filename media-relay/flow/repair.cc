// What a flow does to RTP on its way, and the digits in it.

#include <algorithm>
#include <array>
#include <utility>

#include "media-relay/flow/flow.h"
#include "media-relay/packet/limits.h"
#include "media-relay/rtp/translate.h"
#include "media-relay/rtp/wire.h"

namespace flow {

// The spec has been set. A stream that was begun is kept even while nothing is rewritten: under the same keys its
// numbers must never come again (RFC 3711 9.1).
void Flow::set_repair(Side side) {
  const HalfSpec& spec = spec_.half(side);
  Half& h = half(side);
  if (spec.rewrite) {
    const Rewrite& rewrite =
        spec.transcode ? behind_transcoder(*spec.transcode, spec.rewrite->continuous) : *spec.rewrite;
    if (h.rewriter)
      h.rewriter->set(rewrite);
    else
      h.rewriter = std::make_unique<Rewriter>(rewrite, first_stream(side));
  } else if (h.rewriter && !transcodes() && spec_.transport == Transport::Rtp) {  // behind fax the stream goes on
    h.rewriter->set({});
  }
  if (!spec.digits) {
    h.listener.reset();
    h.player.reset();
    return;
  }
  if (!h.listener) h.listener = std::make_unique<DigitListener>();
  h.listener->set(*spec.digits);
  const Digits& digits = *spec.digits;
  if (!digits.event && !digits.tone) {
    h.player.reset();
    return;
  }
  if (!h.player) h.player = std::make_unique<DigitPlayer>();
  if (digits.event)
    h.player->set({digits.event->payload_type, digits.event->clock, false});
  else
    h.player->set({*digits.tone, 8000, true});
}

// RFC 3550 5.1: SSRC and first numbers are random. They come from the worker's secret and the flow's number.
rtp::OutgoingStream Flow::first_stream(Side side) const {
  const std::string seed = "stream " + std::to_string(spec_.number) + (side == Side::A ? " a" : " b");
  const std::uint64_t first = base::siphash(spec_.name_key, seed);
  const std::uint64_t second = base::siphash(spec_.name_key, seed + " numbers");
  return {static_cast<std::uint32_t>(first), static_cast<std::uint16_t>(first >> 32),
          static_cast<std::uint32_t>(second)};
}

// Puts the steps of this room in front of the last one, which forwards or refuses.
Flow::Pipeline Flow::repaired(Pipeline steps, Side side, Component kind) const {
  const Side to = other(side);
  const auto end = std::ranges::find(steps, nullptr);
  if (end == steps.begin()) return steps;
  const Step last = *(end - 1);
  const bool forwards = last == &Flow::forward_rtp || last == &Flow::protect_and_forward_rtp ||
                        last == &Flow::forward_rtcp || last == &Flow::protect_and_forward_rtcp;
  const bool heard = forwards || last == &Flow::transcode_rtp || last == &Flow::refuse_sending;
  auto at = end - 1;
  if (kind == Component::Rtp && heard && spec_.half(side).digits) *at++ = &Flow::listen;
  if (kind == Component::Rtp && (forwards || last == &Flow::transcode_rtp) && spec_.half(to).play)
    *at++ = &Flow::give_way;
  if (kind == Component::Rtp && forwards && spec_.half(to).rewrite) *at++ = &Flow::rewrite_rtp;
  if (kind == Component::Rtp && forwards && spec_.half(to).mid) *at++ = &Flow::name_line;
  if (kind == Component::Rtcp && forwards && (is_continuous(side) || is_continuous(to))) *at++ = &Flow::rewrite_rtcp;
  *at = last;
  return steps;
}

std::optional<Drop> Flow::listen(Context& c) {
  Half& h = half(c.side);
  const auto payload = c.packet.bytes().subspan(c.header.payload_offset, c.header.payload_size);
  const base::Instant before = h.listener->next_deadline();
  const bool sounded = h.listener->in_tone();
  const auto ended = h.listener->on_packet(c.header, payload, c.now);
  // In front of its own end, which may come in the same packet.
  if (const auto begun = h.listener->take_begun()) tell_digit({c.side, *begun, {}, true}, c.now, c.events);
  if (ended) tell_digit({c.side, ended->digit, ended->duration}, c.now, c.events);
  if (h.listener->next_deadline() < before) attention_ = true;
  if (!sounded && !h.listener->in_tone()) return std::nullopt;
  swallow(c);
  return Drop::DigitTone;
}

// The other side does not hear this packet, and shall not take it for lost.
void Flow::swallow(Context& c) {
  Half& to = half(other(c.side));
  if (to.transcoder)
    to.transcoder->swallow(c.header);
  else if (to.rewriter)
    to.rewriter->swallow(c.header);
}

void Flow::tell_digit(const Dtmf& digit, base::Instant now, std::vector<Event>& events) {
  bool flood = false;
  if (half(digit.side).listener->may_tell(digit.began, now, flood))
    events.push_back(digit);
  else if (flood)
    events.push_back(DigitFlood{digit.side});
}

std::optional<Drop> Flow::rewrite_rtp(Context& c) {
  const Side to = other(c.side);
  Half& h = half(to);
  // Nothing is numbered in vain.
  if (const auto closed = transport(to).exit(to, Component::Rtp).closed) return closed;
  if (h.player && h.player->speaking()) {
    h.rewriter->swallow(c.header);
    return Drop::SpokenOver;
  }
  return h.rewriter->rewrite(c.packet, c.header, c.now);
}

std::optional<Drop> Flow::rewrite_rtcp(Context& c) {
  const Side to = other(c.side);
  rtp::Direction direction;
  // Before a stream has begun it has no name yet.
  const auto stream_to = [this](Side side) -> const rtp::OutgoingStream* {
    const bool begun = is_continuous(side) && !half(side).rewriter->stream().fresh();
    return begun ? &half(side).rewriter->stream() : nullptr;
  };
  direction.forward = stream_to(to);
  direction.backward = stream_to(c.side);
  return translate_rtcp(c, direction);
}

std::optional<Drop> Flow::translate_rtcp(Context& c, const rtp::Direction& direction) {
  const auto size = rtp::translate(c.packet.bytes(), direction);
  if (!size) return Drop::RtcpEmptied;
  c.packet.resize(*size);
  return std::nullopt;
}

bool Flow::play(Side to, const std::string& digits, base::Duration each, base::Instant now) {
  Half& h = half(to);
  if (!h.player || !is_continuous(to) || !spec_.half(to).send) return false;
  bool all = true;
  for (const char digit : digits) all = h.player->play({digit, each}, now) && all;
  return all;
}

base::Instant Flow::next_repair_deadline() const {
  base::Instant next = base::kNever;
  for (const Half& h : halves_) {
    if (h.listener) next = std::min(next, h.listener->next_deadline());
    if (h.player) next = std::min(next, h.player->next_deadline());
  }
  return next;
}

void Flow::on_repair_deadline(Side side, base::Instant now, std::vector<Event>& events) {
  Half& h = half(side);
  if (h.listener)
    if (const auto ended = h.listener->on_deadline(now)) tell_digit({side, ended->digit, ended->duration}, now, events);
  if (!h.player || !h.rewriter) return;
  std::array<std::byte, kMaxPlayedBytes> payload;
  while (const auto played = h.player->next(h.rewriter->stream(), payload, now))
    send_media(side, media_packet(side, played->stamp, played->payload_type, std::span(payload).first(played->size)));
}

// Room for what protection adds behind a packet of ours.
bool Flow::send_own(Side side, Component component, std::vector<std::byte> packet) {
  Half& h = half(side);
  const Exit& way = transport(side).exit(side, component);
  if (way.closed || (component == Component::Rtp && !spec_.half(side).send)) return false;
  if (component == Component::Rtp) name_own(side, packet);
  if (is_secure(side)) {
    const auto& sender = transport(side).half(side).sender;
    if (!sender) return false;
    const std::size_t size = packet.size();
    packet.resize(size + packet::kTailroomBytes);
    const secure::Outcome sealed =
        component == Component::Rtp ? sender->protect_rtp(packet, size) : sender->protect_rtcp(packet, size);
    if (!sealed) return false;
    packet.resize(*sealed);
  }
  if (component == Component::Rtp) {
    ++h.stats.rtp_packets_out;
    h.stats.rtp_bytes_out += packet.size();
  } else {
    ++h.stats.rtcp_packets_out;
    h.stats.rtcp_bytes_out += packet.size();
  }
  outgoing_.push_back({way.port, way.destination, std::move(packet), h.dscp});
  attention_ = true;
  return true;
}

}  // namespace flow
