#pragma once
// One canary from its beginning to its end: what was asked for, and what becomes of it. Pure: whoever owns it looks
// from time to time, and does what comes out.

#include <cstdint>
#include <optional>
#include <string_view>

#include "media-relay/base/time.h"

#include "sbc/canary/judge.h"

namespace sbc::canary {

// Below it too few calls come to be judged in a day; above half of them the other half cannot be called what runs.
inline constexpr double kLeastShare = 0.001;
inline constexpr double kMostShare = 0.5;
inline constexpr base::Duration kShortest = base::seconds(10);
inline constexpr base::Duration kLongest = base::hours(24 * 7);
inline constexpr std::uint64_t kMostLeast = 1'000'000;  // calls: nobody waits for more

struct Plan {
  double share = 0.05;  // of new calls
  Bounds bounds{};
  base::Duration lasts = base::minutes(30);
  bool promote = false;  // at its end, if the candidate is as good; else it is only said
};

enum class State : std::uint8_t {
  Running,
  RolledBack,  // the candidate was worse
  Held,        // its time is over, and it was not
  TooFew,      // its time is over, and so few calls came that nothing can be said
  Promoted,    // the candidate runs everywhere
  Stopped,     // by the operator
  Reloaded,    // a reload came in between
  kCount
};
std::string_view name_of(State state);  // "rolled_back"

class Trial {
 public:
  Trial(const Plan& plan, base::Instant now) : plan_(plan), ends_(now + plan.lasts) {}

  // From the counts of both arms: Running goes on, the others are its end and stay. Promoted: the plan asked for it.
  State look(base::Instant now, const Arm& control, const Arm& candidate);
  // Ended by somebody else.
  void end(State how);

  bool running() const { return state_ == State::Running; }
  State state() const { return state_; }
  const Plan& plan() const { return plan_; }
  base::Instant ends() const { return ends_; }
  const std::optional<Finding>& finding() const { return finding_; }  // why it was rolled back

 private:
  Plan plan_;
  base::Instant ends_;
  State state_ = State::Running;
  std::optional<Finding> finding_;
};

}  // namespace sbc::canary
