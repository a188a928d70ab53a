#pragma once
// Numbers that one thread counts and any thread may read. A plain load, add and store: no locked instruction on the
// writer's path. Group the counters of one thread in one struct aligned to `kCacheLine`, so that threads do not fight
// for lines.

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace base {

inline constexpr std::size_t kCacheLine = 64;

// Only ever grows. One writer.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  // For a count that is kept elsewhere (a pure room's struct, the kernel) and copied here by the writer.
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Goes up and down. One writer.
class Gauge {
 public:
  void add(std::int64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

}  // namespace base
