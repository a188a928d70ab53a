#pragma once
// The narrow interface between the packet path and the machine: batches in, batches out. Back ends: `sockets` (default,
// no privileges) and `memory` (tests). All calls but `wake` come from the one thread that owns the back end.

#include <cstdint>
#include <expected>
#include <string>

#include "media-relay/base/time.h"
#include "media-relay/io/socket.h"
#include "media-relay/packet/batch.h"

namespace io {

// Counted by the back end since it was made; plain, read by the owning thread.
struct Counters {
  std::uint64_t received_packets = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_packets = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t oversized = 0;  // datagrams longer than packet::kMaxDatagramBytes, dropped
  std::uint64_t receive_errors = 0;
  std::uint64_t send_blocked = 0;  // the kernel's send queue was full: the packet is dropped, late media is no media
  std::uint64_t send_errors = 0;   // unreachable, no route, forbidden...
};

class Backend {
 public:
  virtual ~Backend() = default;

  // Takes a bound socket over and listens on it. Indexes are dense and reused after `detach`.
  virtual std::expected<packet::PortIndex, std::string> attach(Socket socket) = 0;
  // Closes the socket. When this returns, the port is free.
  virtual void detach(packet::PortIndex port) = 0;

  // Marks what leaves by an attached port from now on (RFC 2474), unless the packet has a mark of its own. False: the
  // kernel refused.
  virtual bool mark(packet::PortIndex port, std::uint8_t dscp) = 0;

  // Waits until packets are there, `wake` is called or `wait` has passed (zero or less: does not wait), then fills
  // `batch` with what is there. The batch arrives empty. Packets stay valid until the next call.
  virtual void receive(packet::Batch& batch, base::Duration wait) = 0;
  // Sends each packet whose `leaves_by` is valid; one that cannot be sent is dropped and counted.
  virtual void transmit(packet::Batch& batch) = 0;

  // From any thread: makes the present or the next `receive` return without waiting.
  virtual void wake() = 0;

  virtual const Counters& counters() const = 0;
};

}  // namespace io
