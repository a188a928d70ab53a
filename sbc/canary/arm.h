#pragma once
// What is counted of the calls under one of the two policies while a canary runs: the arm of the candidate, and the
// control arm, the calls of the same time under the policy that runs.

#include <array>
#include <cstdint>
#include <optional>

#include "media-relay/base/counter.h"
#include "media-relay/base/time.h"

namespace sbc::canary {

// Post-dial delays are kept by size, each bucket a twentieth wider than the one before, from 1 ms on: 200 of them reach
// 17 s, within a twentieth of the truth. What takes longer is in the last one.
inline constexpr std::size_t kDelays = 200;
std::size_t delay_bucket(base::Duration delay);
// Where bucket `at` begins.
base::Duration delay_at(std::size_t at);

struct Arm {
  std::uint64_t begun = 0;       // calls that got this policy
  std::uint64_t decided = 0;     // decisions of on_invite
  std::uint64_t failures = 0;    // runs of handlers that failed: the fallback decided
  std::uint64_t challenged = 0;  // INVITEs that were answered with 407: no calls
  std::uint64_t calls = 0;       // that have ended; the next three are of these
  std::uint64_t answered = 0;
  std::uint64_t refused = 0;  // by the policy itself
  std::uint64_t one_way = 0;  // answered, and of one side nothing was heard
  std::array<std::uint64_t, kDelays> delays{};

  Arm& operator+=(const Arm& other);
  std::uint64_t delayed() const;  // calls with a post-dial delay
  // The delay that `share` of the calls do not exceed, between buckets in a straight line; 0 when there are no calls.
  base::Duration delay(double share) const;
};

// A call that has ended.
struct Ended {
  bool challenged = false;
  bool answered = false;
  bool refused = false;
  bool one_way = false;
  std::optional<base::Duration> delay;  // INVITE to the callee's first 18x, or its final response; nullopt: neither
};

// An arm as one thread counts it, for any thread to read.
class Tally {
 public:
  void begin() { begun_.add(); }
  void decide() { decided_.add(); }
  void fail() { failures_.add(); }
  void end(const Ended& call);
  Arm read() const;

 private:
  base::Counter begun_, decided_, failures_, challenged_, calls_, answered_, refused_, one_way_;
  std::array<base::Counter, kDelays> delays_;
};

}  // namespace sbc::canary
