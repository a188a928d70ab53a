#pragma once
// Counters with one writer and any number of readers, none of which waits.

#include <array>
#include <atomic>
#include <cstdint>

#include "media-relay/flow/drop.h"

namespace worker {

class Counter {
 public:
  // By the writing thread only: a load and a store, no locked instruction.
  void add(std::uint64_t n) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t read() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Brought up to date once per batch.
struct Counters {
  Counter received_packets;
  Counter received_bytes;
  Counter sent_packets;
  Counter sent_bytes;
  Counter rtp_packets;  // accepted by a flow
  Counter rtcp_packets;
  Counter connect_packets;  // of ICE and DTLS, taken by a flow
  std::array<Counter, flow::kDropReasons> drops;
  Counter oversized;
  Counter receive_errors;
  Counter send_blocked;
  Counter send_errors;
  Counter flows;      // installed now
  Counter installed;  // ever
  Counter removed;
  Counter failed;  // commands that could not be carried out
  Counter media_lost;
  Counter batches;
  Counter commands;
};

}  // namespace worker
