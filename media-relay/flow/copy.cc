// Copies of packets for somebody who listens to a call from outside, as a recorder does: a flow of its own, whose one
// half is that listener and whose other half has no peer, but the packets of another flow's.

#include <algorithm>

#include "media-relay/flow/flow.h"
#include "media-relay/packet/limits.h"

namespace flow {

void Flow::copy(Side side, Flow& source, Side of) {
  half(side).copied = &source;
  copy_.resize(packet::kStorageBytes);
  source.half(of).copiers.push_back({this, side});
  source.build();
  build();
}

void Flow::part_copies() {
  for (const Side side : {Side::A, Side::B}) {
    for (const Copier& copier : half(side).copiers) copier.flow->half(copier.side).copied = nullptr;
    stop_copying(side);
  }
}

void Flow::stop_copying(Side side) {
  Flow* source = half(side).copied;
  if (source == nullptr) return;
  half(side).copied = nullptr;
  for (const Side of : {Side::A, Side::B})
    std::erase_if(source->half(of).copiers, [this](const Copier& copier) { return copier.flow == this; });
  source->build();
}

// The spec is about to be replaced, and may want to copy the other side.
void Flow::judge_copies(Side side, const HalfSpec& next) {
  Flow* source = half(side).copied;
  if (source == nullptr || next.copies == spec_.half(side).copies) return;
  stop_copying(side);
  if (next.copies) copy(side, *source, *next.copies);
}

// On the path of the other flow's packet.
void Flow::hear_copy(Side side, const Context& of, Component kind) {
  const auto bytes = of.packet.bytes();
  if (bytes.size() > packet::kMaxDatagramBytes) return;
  std::ranges::copy(bytes, copy_.begin());
  packet::Packet packet;
  packet.assign(copy_, bytes.size());
  packet.source = of.packet.source;
  Half& h = half(side);
  Context own{packet, side, Component::Rtp, of.now, untold_, of.arrived, of.header, of.compound};
  const std::optional<Drop> dropped = run(h.pipeline[index_of(Component::Rtp)][index_of(kind)], own);
  if (!untold_.empty()) attention_ = true;
  if (dropped)
    h.drops.add(*dropped);
  else if (packet.leaves() && outlet_ != nullptr)
    outlet_->leave(packet.leaves_by, packet.destination, packet.bytes());
}

// RTCP of the listener's: nobody of those whom it listens to is to know that it is there.
std::optional<Drop> Flow::absorb(Context& c) {
  c.absorbed = true;
  return std::nullopt;
}

}  // namespace flow
