#pragma once
// The counters of policies, shared by all shards: a call counts wherever it is handled.

#include <array>
#include <memory>
#include <mutex>

#include "sbc/policy/rate_windows.h"

namespace sbc::app {

class SharedCounters {
 public:
  // Names that are kept, in all parts together: 25 MB at most with names of usual length, and more than there are
  // callers to count on one machine.
  static constexpr std::size_t kNames = 100'000;

  explicit SharedCounters(std::size_t names = kNames);

  struct Counted {
    std::uint64_t sum = 0;
    std::uint64_t forgotten = 0;  // names that went to make room for this one
  };
  Counted add(std::string_view name, base::Duration window, std::uint32_t amount, base::Instant now);

 private:
  // By name, each with a lock of its own, so that shards seldom wait for each other.
  struct Part {
    explicit Part(std::size_t names) : windows(names) {}
    std::mutex mutex;
    policy::RateWindows windows;
  };
  static constexpr std::size_t kParts = 16;
  std::array<std::unique_ptr<Part>, kParts> parts_;
};

}  // namespace sbc::app
