// Something to report on. Where streams contend (stream_guard.h), the peer's is known by its report on what it is sent:
// nobody else knows the name of that. Where both sides are attacked neither hears the other one, and would have nothing
// to report on. So such a side is sent comfort noise of ours meanwhile, in the stream in which it will hear the other
// one.

#include <array>

#include "media-relay/flow/flow.h"

namespace flow {
namespace {

// RFC 3389 3: the level alone; the least there is.
constexpr std::uint8_t kComfortNoise = 13;
constexpr std::array kSilence{std::byte{127}};

}  // namespace

void Flow::solicit_report(Side side, base::Instant now) {
  if (!is_continuous(side)) return;
  Half& h = half(side);
  if (!h.solicitation) {
    h.solicitation = Solicitation{now, {}, h.stats.rtp_packets_out};
    attention_ = true;
  }
  h.solicitation->until = now + kSolicitInterval;
}

void Flow::on_solicit_deadline(Side side, base::Instant now) {
  Half& h = half(side);
  if (!h.solicitation || now < h.solicitation->due) return;
  if (now >= h.solicitation->until || !is_continuous(side)) return h.solicitation.reset();
  h.solicitation->due = now + kSolicitInterval;
  if (h.solicitation->sent == h.stats.rtp_packets_out && way_to(side) == SoundPlayer::Way::Open) {
    rtp::OutgoingStream& stream = h.rewriter->stream();
    const rtp::Stamp stamp = stream.own(stream.timestamp_at(now), stream.clock(), now);
    send_media(side, media_packet(side, stamp, kComfortNoise, kSilence));
  }
  h.solicitation->sent = h.stats.rtp_packets_out;
}

}  // namespace flow
