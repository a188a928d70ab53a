#pragma once
// A handful of packets that walk the path together.

#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "media-relay/packet/limits.h"
#include "media-relay/packet/packet.h"

namespace packet {

class Batch {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == packets_.size(); }
  void clear() { size_ = 0; }

  // The next free slot. The batch must not be full.
  Packet& add() { return packets_[size_++]; }
  // Gives back the slot that `add` returned last.
  void take_back() { --size_; }

  Packet& operator[](std::size_t i) { return packets_[i]; }
  const Packet& operator[](std::size_t i) const { return packets_[i]; }
  std::span<Packet> packets() { return std::span(packets_).first(size_); }
  std::span<const Packet> packets() const { return std::span(packets_).first(size_); }

 private:
  std::array<Packet, kBatchPackets> packets_;
  std::size_t size_ = 0;
};

// Storage for one batch, for back ends that have none of their own.
class Buffers {
 public:
  Buffers() : bytes_(std::make_unique<std::byte[]>(kBatchPackets * kStorageBytes)) {}
  std::span<std::byte> operator[](std::size_t i) { return {bytes_.get() + i * kStorageBytes, kStorageBytes}; }

 private:
  std::unique_ptr<std::byte[]> bytes_;
};

}  // namespace packet
