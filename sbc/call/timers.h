#pragma once
// The timers that a policy has set for one call (timer.set): they run out one by one, each under its name, and are gone
// with the call. Sans-IO.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/base/deadline_queue.h"
#include "media-relay/base/time.h"

#include "sbc/policy/decision.h"

namespace sbc::call {

class PolicyTimers {
 public:
  // A timer of a name that runs already begins anew. False: there are policy::kMaxTimers of other names, and it is left
  // out.
  bool apply(const policy::TimerOp& op, base::Instant now);

  struct Due {
    std::string name;
    std::uint32_t number = 0;  // how often one of this name has run out, this time included
  };
  // One that has run out, the earliest first; it runs no more.
  std::optional<Due> take_due(base::Instant now);

  base::Instant next() const;  // kNever: none runs
  std::size_t running() const;

  base::DeadlineId deadline = {};  // of whoever has the call, for next()

 private:
  struct Timer {
    std::string name;
    base::Instant at = base::kNever;  // kNever: it does not run, and is kept for its number
    std::uint32_t number = 0;
  };
  std::vector<Timer> timers_;
};

}  // namespace sbc::call
