#pragma once
// How many requests of one source address were refused in the last minutes: what a policy needs to tell a scanner,
// which fails all the time, from a phone with a typing error. Shared by all shards.

#include <array>
#include <cstdint>
#include <mutex>

#include "media-relay/base/ip.h"
#include "media-relay/base/time.h"

namespace sbc::app {

class SourceFailures {
 public:
  // Counts are halved each time this passes.
  static constexpr base::Duration kHalfLife = base::minutes(5);

  void note(const base::IpAddress& source, base::Instant now);
  std::uint32_t recent(const base::IpAddress& source, base::Instant now);

 private:
  struct Entry {
    base::IpAddress source;
    std::uint32_t count = 0;
    base::Instant since{};

    std::uint32_t decayed(base::Instant now) const;
  };
  // Fixed memory. Sources that meet in one set push the one with the fewest failures out, so that a flood of addresses
  // cannot hide a persistent one for long.
  static constexpr std::size_t kSets = 2048;
  static constexpr std::size_t kWays = 4;
  using Set = std::array<Entry, kWays>;
  Set& set_of(const base::IpAddress& source);

  std::mutex mutex_;
  std::array<Set, kSets> sets_{};
};

}  // namespace sbc::app
