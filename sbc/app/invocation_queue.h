#pragma once
// Finished invocations on their way from the shards to one thread that reads them at its leisure. Many write, one
// reads, no lock: a reader of low priority that the kernel has put aside must not hold up a shard.
//
// A ring of places, each with a turn: `n` while it is free for the n-th invocation, `n + 1` when that is in it, and
// `n + places` once it has been read. A writer takes a number, fills its place and then says so.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "media-relay/base/counter.h"

#include "sbc/retell/invocation.h"

namespace sbc::app {

template <std::size_t kPlaces>
class InvocationQueue {
  static_assert((kPlaces & (kPlaces - 1)) == 0, "a number finds its place by its low bits");

 public:
  using Entry = std::shared_ptr<const retell::Invocation>;

  InvocationQueue() {
    for (std::size_t i = 0; i < kPlaces; ++i) places_[i].turn.store(i, std::memory_order_relaxed);
  }

  // False: it is full. Any thread.
  bool push(const Entry& entry) {
    std::uint64_t number = next_.load(std::memory_order_relaxed);
    while (true) {
      Place& place = places_[number % kPlaces];
      const std::uint64_t turn = place.turn.load(std::memory_order_acquire);
      if (turn < number) return false;
      if (turn > number) {
        number = next_.load(std::memory_order_relaxed);  // another writer was quicker
      } else if (next_.compare_exchange_weak(number, number + 1, std::memory_order_relaxed)) {
        place.entry = entry;
        place.turn.store(number + 1, std::memory_order_release);
        return true;
      }
    }
  }

  // Null: it is empty, or its first writer has not finished. The one reader.
  Entry pop() {
    const std::uint64_t number = read_.load(std::memory_order_relaxed);
    Place& place = places_[number % kPlaces];
    if (place.turn.load(std::memory_order_acquire) != number + 1) return nullptr;
    Entry entry = std::exchange(place.entry, nullptr);
    place.turn.store(number + kPlaces, std::memory_order_release);
    read_.store(number + 1, std::memory_order_relaxed);
    return entry;
  }

  // As it was a moment ago. Any thread.
  std::size_t size() const {
    const std::uint64_t read = read_.load(std::memory_order_relaxed);
    const std::uint64_t next = next_.load(std::memory_order_relaxed);
    return next > read ? static_cast<std::size_t>(next - read) : 0;
  }

 private:
  struct Place {
    std::atomic<std::uint64_t> turn{0};
    Entry entry;
  };
  std::array<Place, kPlaces> places_;
  alignas(base::kCacheLine) std::atomic<std::uint64_t> next_{0};  // the writers'
  alignas(base::kCacheLine) std::atomic<std::uint64_t> read_{0};  // the reader's
};

}  // namespace sbc::app
