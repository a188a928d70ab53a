#pragma once
// The explanations of the last calls, bounded by number and in bytes.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "media-relay/base/hash.h"

#include "sbc/explain/step.h"

namespace sbc::explain {

// Of one call: thirty-two candidates with a failure, a decision and a few notes each.
inline constexpr std::size_t kMaxSteps = 256;
// Of them, such as tell of changes after the answer: a party that asks again and again must not push out the other
// calls.
inline constexpr std::size_t kMaxLaterSteps = 64;
// Messages and descriptions that are larger are not kept: who sends them is not worth the room of ten others.
inline constexpr std::size_t kMaxMessageBytes = 32U << 10;
// Calls that the border refused are cheap to provoke: of N explanations no more than N / kRefusedShare are of such
// calls, or a stranger could push the others out.
inline constexpr std::size_t kRefusedShare = 4;
// Of all calls together, messages and texts.
inline constexpr std::size_t kMaxRingBytes = 32U << 20;

// One call so far.
struct Explanation {
  std::string call_id;  // of the caller's INVITE
  std::vector<Step> steps;
  std::size_t later = 0;     // steps that tell of changes after the answer
  std::size_t left_out = 0;  // steps beyond kMaxSteps, or kMaxLaterSteps
  bool sent = false;         // somebody was called
  bool ended = false;
  bool refused() const { return ended && !sent; }
  std::size_t bytes = 0;  // that it is taken for
};

struct RingCounters {
  std::uint64_t calls = 0;           // that were begun
  std::uint64_t evicted_number = 0;  // explanations that made room for others: too many,
  std::uint64_t evicted_bytes = 0;   // or too large together
  std::uint64_t steps_left_out = 0;
  std::uint64_t unknown = 0;  // steps of calls that have left the ring
};

class Ring final : public Explainer {
 public:
  explicit Ring(std::size_t calls, std::size_t bytes = kMaxRingBytes) : most_calls_(calls), most_bytes_(bytes) {}

  void tell(std::string_view call_id, Step step) override;
  // The newest call of which a leg has this Call-ID, as it stands; messages are shared.
  std::optional<Explanation> find(std::string_view call_id) const;

  // The newest call that began with this Call-ID, if it has ended. Without a search: shards ask it.
  std::optional<Explanation> ended(std::string_view call_id) const;

  void resize(std::size_t calls);
  std::size_t size() const { return calls_.size(); }
  std::size_t bytes() const { return bytes_; }
  const RingCounters& counters() const { return counters_; }

 private:
  void begin(std::string_view call_id);
  void make_room();
  void drop_oldest();
  void drop(std::deque<std::shared_ptr<Explanation>>::iterator which);

  std::size_t most_calls_;
  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::size_t refused_ = 0;                         // of calls_
  std::deque<std::shared_ptr<Explanation>> calls_;  // oldest first
  // The newest of each Call-ID.
  std::unordered_map<std::string, std::shared_ptr<Explanation>, base::StringHash, std::equal_to<>> by_call_id_;
  RingCounters counters_;
};

}  // namespace sbc::explain
