#pragma once
// The `memory` back end: ports without a kernel, for tests and simulation. Datagrams are put in and taken out by hand.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/io/backend.h"

namespace io {

class MemoryBackend final : public Backend {
 public:
  struct Datagram {
    base::Endpoint from;
    base::Endpoint to;
    std::string bytes;
    std::optional<std::uint8_t> dscp = {};  // of one that was sent; none: never marked since its port was attached
  };

  // Puts a datagram into the queue; false when no attached port has the address `to`. From any thread.
  bool deliver(Datagram datagram);
  // Takes what was transmitted so far. From any thread.
  std::vector<Datagram> take_sent();
  std::size_t attached() const;

  std::expected<packet::PortIndex, std::string> attach(Socket socket) override;
  void detach(packet::PortIndex port) override;
  bool mark(packet::PortIndex port, std::uint8_t dscp) override;
  void receive(packet::Batch& batch, base::Duration wait) override;
  void transmit(packet::Batch& batch) override;
  void wake() override;
  const Counters& counters() const override { return counters_; }

 private:
  struct Waiting {
    packet::PortIndex port;
    Datagram datagram;
  };
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  std::vector<Socket> ports_;
  std::vector<std::optional<std::uint8_t>> marks_;  // as ports_
  std::deque<Waiting> waiting_;
  std::vector<Datagram> sent_;
  packet::Buffers buffers_;
  Counters counters_;
};

}  // namespace io
