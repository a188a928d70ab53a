#pragma once
// Refuses a nonce count that was used before (RFC 7616 section 3.4: nc exists "to allow the server to detect replays").
//
// Memory is fixed. When a set of the table is full, the nonce that was issued first is forgotten and the set remembers
// that instant: an unknown nonce issued no later counts as used. So forgetting costs an honest client one challenge
// with stale=true and never lets a replay through. Only credentials that verified are recorded, so strangers cannot
// fill it.
//
// Shared by all shards; a lock per group of sets. Counts may arrive out of order within 64 of the highest, because SIP
// requests over UDP overtake each other.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "media-relay/base/time.h"

#include "sbc/auth/limits.h"
#include "sbc/auth/nonce.h"

namespace sbc::auth {

class ReplayGuard {
 public:
  explicit ReplayGuard(std::size_t nonces = kDefaultGuardNonces);

  // True: this (nonce, count) is used for the first time, and is now recorded. Count 0 is never fresh.
  bool use(const Nonce& nonce, std::uint32_t count);

  std::size_t capacity() const { return sets_.size() * kWays; }

 private:
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kStripes = 64;

  struct Entry {
    Nonce nonce;
    std::uint64_t window = 0;   // bit n: count highest - n was used
    std::uint32_t highest = 0;  // 0: free

    bool use(std::uint32_t count);
  };
  struct Set {
    std::array<Entry, kWays> entries{};
    base::Instant floor = base::Instant::min();  // unknown nonces issued at or before are taken as used
  };
  struct Stripe {
    std::mutex mutex;
  };

  std::vector<Set> sets_;
  std::unique_ptr<Stripe[]> stripes_;
};

}  // namespace sbc::auth
