#pragma once
// A mutable view of one datagram on its way through the relay. The storage belongs to the back end that received it and
// stays valid until the next `receive` on that back end; a packet is never copied on the way.

#include <cstddef>
#include <cstdint>
#include <span>

#include "media-relay/base/ip.h"

namespace packet {

// A local port, as a dense index given out by the back end that owns the port.
struct PortIndex {
  static constexpr std::uint32_t kNone = UINT32_MAX;
  std::uint32_t value = kNone;
  explicit operator bool() const { return value != kNone; }
  friend bool operator==(const PortIndex&, const PortIndex&) = default;
};

class Packet {
 public:
  Packet() = default;

  // Takes `storage` with the first `size` bytes filled. Resets where the packet came from and goes to.
  void assign(std::span<std::byte> storage, std::size_t size) {
    storage_ = storage;
    size_ = size;
    arrived_on = PortIndex{};
    leaves_by = PortIndex{};
    dscp = kMarkOfPort;
  }

  std::span<std::byte> bytes() { return storage_.first(size_); }
  std::span<const std::byte> bytes() const { return storage_.first(size_); }
  std::size_t size() const { return size_; }
  // With the room behind the datagram.
  std::span<std::byte> storage() { return storage_; }
  std::size_t tailroom() const { return storage_.size() - size_; }

  // Changes the length at the end; bytes gained keep whatever the storage held. False when the storage is too small.
  bool resize(std::size_t size) {
    if (size > storage_.size()) return false;
    size_ = size;
    return true;
  }

  void drop() { leaves_by = PortIndex{}; }
  bool leaves() const { return static_cast<bool>(leaves_by); }

  PortIndex arrived_on;
  base::Endpoint source;
  // Where it goes; an invalid port means that it is dropped.
  PortIndex leaves_by;
  base::Endpoint destination;
  // Mark (RFC 2474), 0 to 63, where it is another one than that of the port.
  static constexpr std::uint8_t kMarkOfPort = 0xff;
  std::uint8_t dscp = kMarkOfPort;

 private:
  std::span<std::byte> storage_;
  std::size_t size_ = 0;
};

}  // namespace packet
