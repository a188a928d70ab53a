#pragma once
// Where copies of packets go that a flow was told to record.

#include <cstdint>
#include <optional>
#include <span>

#include "media-relay/base/ip.h"
#include "media-relay/base/time.h"
#include "media-relay/codec/format.h"
#include "media-relay/flow/spec.h"

namespace flow {

struct Heard {
  std::uint64_t recording = 0;  // Record::id
  Side side = Side::A;          // who has sent it
  Component component = Component::Rtp;
  base::Endpoint from;  // its source, and the port of ours to which it came
  base::Endpoint to;
  std::span<const std::byte> bytes;  // opened: in clear. Valid until the call returns
  base::Instant at{};
  // Of a sound of ours: `side` is the one whose place it takes, and this its codec, which the side may not have.
  std::optional<codec::Coding> sound = {};
};

class PacketTap {
 public:
  virtual ~PacketTap() = default;
  // On the packet path: must neither wait nor allocate.
  virtual void on_packet(const Heard& heard) = 0;
};

}  // namespace flow
