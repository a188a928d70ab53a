// Empty datagrams to a peer that is behind a NAT, or behind a relay that waits for media as we do: the first of two
// that wait for each other has to begin (RFC 7362 4). Without a byte in it, a datagram is no media to anybody (RFC
// 6263 4.1); RTCP on the port of RTP, which section 5 there prefers, is not ours to send where the peers' own reports
// pass.

#include <utility>

#include "media-relay/flow/flow.h"

namespace flow {

// Only where addresses are learned: whoever is where it says has no NAT, and ICE has its own checks.
void Flow::start_keepalive(Side side, base::Instant now) {
  const HalfSpec& spec = spec_.half(side);
  base::Rare<Keepalive>& k = half(side).keepalive;
  if (spec.latch != LatchMode::Learn || spec.ice || spec.shared) {
    k.reset();
    return;
  }
  const base::Endpoint remote = spec.remote_rtp.value_or(base::Endpoint{});
  if (k && k->remote == remote) return;
  k = Keepalive{now, remote, half(side).stats.rtp_packets_out};
}

void Flow::on_keepalive_deadline(Side side, base::Instant now) {
  Half& h = half(side);
  if (!h.keepalive || now < h.keepalive->due) return;
  Keepalive& k = *h.keepalive;
  const bool has_pierced = std::exchange(k.piercing, !h.heard && k.pierced++ < kMaxPierces);
  k.due = now + (k.piercing ? kPierceInterval : kKeepaliveInterval);
  const bool is_fed = std::exchange(k.sent, h.stats.rtp_packets_out) != h.stats.rtp_packets_out;
  if (has_pierced && !k.piercing) return;
  const Exit& way = exit(side, Component::Rtp);
  if (is_fed || way.closed) return;
  outgoing_.push_back({way.port, way.destination, {}});
  attention_ = true;
}

}  // namespace flow
