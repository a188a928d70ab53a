// Copies of packets: for the recorder, and for flows that copy this one.

#include <algorithm>

#include "media-relay/flow/flow.h"
#include "media-relay/rtp/demux.h"

namespace flow {

Flow::Pipeline Flow::recorded(const Pipeline& steps, Side side) const {
  const bool to_files = spec_.record && !spec_.record->paused;
  if (!to_files && half(side).copiers.empty()) return steps;
  const auto end = std::ranges::find(steps, nullptr);
  const Step last = end == steps.begin() ? nullptr : *(end - 1);
  if (last == &Flow::refuse_receiving || last == &Flow::refuse_sending) return steps;
  Pipeline out{};
  auto at = out.begin();
  for (auto step = steps.begin(); step != end; ++step) {
    *at++ = *step;
    if (*step == &Flow::inspect_rtp || *step == &Flow::inspect_udptl || *step == &Flow::hide_names)
      *at++ = &Flow::record;
  }
  return out;
}

std::optional<Drop> Flow::record(Context& c) {
  const Component kind = rtp::classify(c.packet.bytes()) == rtp::Kind::Rtcp ? Component::Rtcp : Component::Rtp;
  for (const Copier& copier : half(c.side).copiers) copier.flow->hear_copy(copier.side, c, kind);
  if (tap_ == nullptr || !spec_.record || spec_.record->paused) return std::nullopt;
  // What is played over the other side is recorded in its place.
  const auto& sound = half(other(c.side)).sound;
  if (sound && sound->playing() && !sound->yields()) return std::nullopt;
  const HalfSpec& own = transport(c.side).spec_.half(c.side);
  tap_->on_packet({spec_.record->id, c.side, spec_.transport == Transport::Udptl ? Component::Rtp : kind,
                   c.packet.source, c.port == Component::Rtp ? own.local_rtp : own.local_rtcp, c.packet.bytes(),
                   c.now});
  return std::nullopt;
}

void Flow::record_sound(Side to, std::span<const std::byte> packet, base::Instant now) {
  if (tap_ == nullptr || !spec_.record || spec_.record->paused) return;
  const HalfSpec& own = transport(to).spec_.half(to);
  tap_->on_packet({spec_.record->id, other(to), Component::Rtp, own.local_rtp,
                   transport(to).exit(to, Component::Rtp).destination, packet, now,
                   spec_.half(to).play->format.coding});
}

}  // namespace flow
