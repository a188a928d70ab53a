// Packets that are held back until their stream is heard.

#include <algorithm>

#include "media-relay/flow/flow.h"
#include "media-relay/packet/limits.h"
#include "media-relay/rtp/sequence.h"

namespace flow {

// Counted as dropped, as most that are held back are.
void Flow::hold_back(const Context& c) {
  base::Rare<HeldBack>& held = half(c.side).held_back;
  if (!held) held.emplace();
  HeldBack::Item& item = held->next();
  item.source = c.packet.source;
  item.ssrc = c.header.ssrc;
  item.sequence = c.header.sequence;
  item.at = c.now;
  item.bytes.assign(c.packet.bytes().begin(), c.packet.bytes().end());
}

// The packet is of a stream that is heard: those in front of it go first, as if they had just passed the guard.
void Flow::follow_up(Context& c) {
  Half& h = half(c.side);
  const base::Rare<HeldBack> held = std::move(h.held_back);
  if (is_secure(c.side)) return;  // since then: they prove nothing
  const Row& row = h.pipeline[index_of(c.port)][index_of(Component::Rtp)];
  const auto admit = std::ranges::find(kSteps, Step{&Flow::admit_rtp}) - kSteps.begin();
  const auto behind = std::ranges::find(row, static_cast<std::uint8_t>(admit)) + 1;
  held->each([&](const HeldBack::Item& item) {
    const std::int32_t ahead = rtp::sequence_distance(item.sequence, c.header.sequence);
    const bool of_it = item.source == c.packet.source && item.ssrc == c.header.ssrc;
    if (!of_it || ahead < 1 || ahead > kMaxHeldGap || c.now - item.at >= kHeldFor) return;
    std::array<std::byte, packet::kStorageBytes> room;
    std::ranges::copy(item.bytes, room.begin());
    packet::Packet packet;
    packet.assign(room, item.bytes.size());
    packet.source = item.source;
    packet.arrived_on = c.packet.arrived_on;
    Context own{packet, c.side, c.port, item.at, c.events, item.bytes.size()};
    own.header = *rtp::read_header(packet.bytes());
    if (const auto dropped = run({behind, row.end()}, own)) {
      h.drops.add(*dropped);
    } else if (packet.leaves()) {
      outgoing_.push_back(
          {packet.leaves_by, packet.destination, {packet.bytes().begin(), packet.bytes().end()}, packet.dscp});
      attention_ = true;
    }
  });
}

}  // namespace flow
