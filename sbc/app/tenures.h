#pragma once
// Which policy decides of a call: the one that it began under, also when another one has been loaded meanwhile. One per
// shard.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "sbc/policy/host.h"

namespace sbc::app {

// Policies that are kept for their calls, besides the one that runs: each has a Lua state of a megabyte or more in
// every shard. Whoever reloads more often while a call lasts gets the newest for the oldest calls.
inline constexpr std::size_t kMaxFormerPolicies = 8;

class Tenures {
 public:
  // This one decides of the calls that begin from now on. A trial ends.
  void begin(std::shared_ptr<policy::Host> host);

  // A candidate is tried beside the policy that runs. Calls of both are told apart by their tenures: that of the
  // candidate, and one that the policy which runs has for the calls that are compared.
  struct Trial {
    std::shared_ptr<policy::Tenure> control, candidate;
  };
  void try_out(std::shared_ptr<policy::Host> candidate);
  const std::optional<Trial>& trial() const { return trial_; }
  // Calls keep what they began under. `promote`: the candidate is the policy that runs from now on.
  void end_trial(bool promote);

  // For a call that begins.
  const std::shared_ptr<policy::Tenure>& now() const { return now_; }
  // `under` null: whatever belongs to no call.
  const std::shared_ptr<policy::Host>& host_of(const std::shared_ptr<const policy::Tenure>& under) const {
    return under ? under->host : now_->host;
  }

  // Policies that calls live under, or may begin under.
  std::size_t held() const;
  // Times that calls lost their policy to kMaxFormerPolicies.
  std::uint64_t cut() const { return cut_; }

 private:
  void keep(const std::shared_ptr<policy::Tenure>& former);
  void cut_oldest();
  // Of the live ones in former_ that are no longer now's or the candidate's, without repetition; the oldest first.
  std::vector<const policy::Host*> former_hosts() const;

  std::shared_ptr<policy::Tenure> now_;
  std::optional<Trial> trial_;
  std::deque<std::weak_ptr<policy::Tenure>> former_;  // the oldest first
  std::uint64_t cut_ = 0;
};

}  // namespace sbc::app
