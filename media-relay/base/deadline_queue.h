#pragma once
// A set of deadlines ordered by time: what a room arms, what its owner asks for, what has come due.
//
// A 4-ary heap with positions kept in a slab, so that cancelling is O(log n) and a stale handle is harmless.

#include <cstdint>
#include <vector>

#include "media-relay/base/time.h"

namespace base {

struct DeadlineId {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;  // 0: no deadline
  explicit operator bool() const { return generation != 0; }
  friend bool operator==(const DeadlineId&, const DeadlineId&) = default;
};

template <typename Key>
class DeadlineQueue {
 public:
  DeadlineId arm(Instant when, Key key) {
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(slots_.size());
      slots_.push_back(Slot{});
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    Slot& s = slots_[slot];
    s.key = std::move(key);
    s.when = when;
    s.order = next_order_++;
    s.position = static_cast<std::uint32_t>(heap_.size());
    heap_.push_back(slot);
    up(s.position);
    return DeadlineId{slot, s.generation};
  }

  // Returns false when the deadline has already come due or was cancelled.
  bool cancel(DeadlineId id) {
    if (!id || id.slot >= slots_.size() || slots_[id.slot].generation != id.generation) return false;
    if (slots_[id.slot].position == kOut) return false;
    remove_at(slots_[id.slot].position);
    return true;
  }

  Instant next() const { return heap_.empty() ? kNever : slots_[heap_.front()].when; }

  // Takes the earliest deadline that is due at `now` out of the queue; equal deadlines come in the order they were
  // armed.
  bool pop_due(Instant now, Key& out) {
    if (heap_.empty() || slots_[heap_.front()].when > now) return false;
    out = std::move(slots_[heap_.front()].key);
    remove_at(0);
    return true;
  }

  std::size_t size() const { return heap_.size(); }
  bool empty() const { return heap_.empty(); }

 private:
  static constexpr std::uint32_t kOut = UINT32_MAX;

  struct Slot {
    Key key{};
    Instant when{};
    std::uint64_t order = 0;
    std::uint32_t position = kOut;
    std::uint32_t generation = 1;
  };

  bool earlier(std::uint32_t a, std::uint32_t b) const {
    const Slot& x = slots_[heap_[a]];
    const Slot& y = slots_[heap_[b]];
    return x.when != y.when ? x.when < y.when : x.order < y.order;
  }

  void swap(std::uint32_t a, std::uint32_t b) {
    std::swap(heap_[a], heap_[b]);
    slots_[heap_[a]].position = a;
    slots_[heap_[b]].position = b;
  }

  void up(std::uint32_t at) {
    while (at > 0 && earlier(at, (at - 1) / 4)) {
      swap(at, (at - 1) / 4);
      at = (at - 1) / 4;
    }
  }

  void down(std::uint32_t at) {
    for (;;) {
      std::uint32_t best = at;
      for (std::uint32_t child = 4 * at + 1; child <= 4 * at + 4 && child < heap_.size(); ++child)
        if (earlier(child, best)) best = child;
      if (best == at) return;
      swap(at, best);
      at = best;
    }
  }

  void remove_at(std::uint32_t at) {
    const std::uint32_t slot = heap_[at];
    const std::uint32_t last = static_cast<std::uint32_t>(heap_.size() - 1);
    if (at != last) swap(at, last);
    heap_.pop_back();
    if (at != last) {
      up(at);
      down(at);
    }
    Slot& s = slots_[slot];
    s.position = kOut;
    s.key = Key{};
    if (++s.generation == 0) s.generation = 1;
    free_.push_back(slot);
  }

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> heap_;
  std::vector<std::uint32_t> free_;
  std::uint64_t next_order_ = 0;
};

}  // namespace base
