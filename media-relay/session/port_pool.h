#pragma once
// The port pairs of one range: RTP on the even port, RTCP on the odd port above it (RFC 3550 11). A pair is free, in
// use, or in quarantine after its release.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "media-relay/base/random.h"
#include "media-relay/base/time.h"

namespace session {

class PortPool {
 public:
  // Pairs that lie wholly within [first, last].
  PortPool(std::uint16_t first, std::uint16_t last, base::Duration quarantine);

  // An arbitrary free pair (RFC 6056: not the next one), named by its even port; nullopt when none is free at `now`.
  std::optional<std::uint16_t> acquire(base::Instant now, base::Random& random);
  // When none is free: the pair that has rested longest, if it has rested for at least half of its time. For calls that
  // would have to be refused else.
  std::optional<std::uint16_t> acquire_early(base::Instant now);
  // This very pair, which a predecessor had. False when it is none of ours, or not free.
  bool take(std::uint16_t port);
  // This pair rests until then, since a predecessor had it. Nothing happens when it is none of ours, or not free. To be
  // told in the order of time.
  void rest(std::uint16_t port, base::Instant until);
  struct Rest {
    std::uint16_t port;
    base::Instant until;
  };
  std::vector<Rest> resting(base::Instant now);

  // A pair that was acquired; goes into quarantine. False, and nothing happens, when the pair was not in use.
  bool release(std::uint16_t port, base::Instant now);

  std::size_t capacity() const { return used_.size(); }  // pairs
  std::size_t in_use() const { return in_use_; }
  std::size_t quarantined(base::Instant now);
  std::size_t free(base::Instant now);

 private:
  struct Resting {
    base::Instant until;
    std::uint16_t pair;
  };
  void wake(base::Instant now);
  // The index of a free pair, taken from the list of these; nullopt: none of ours, or not free.
  std::optional<std::uint16_t> remove_free(std::uint16_t port);

  std::uint32_t base_;  // first even port
  base::Duration quarantine_;
  std::vector<bool> used_;
  std::vector<std::uint16_t> free_;  // indexes of pairs, in no order
  std::deque<Resting> resting_;      // by time: the quarantine is the same for all
  std::size_t in_use_ = 0;
};

}  // namespace session
