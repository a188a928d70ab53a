#pragma once
// Which policy decides of a call: the one that it began under, also when another one has been loaded meanwhile. One per
// shard.

#include <cstdint>
#include <deque>
#include <memory>

#include "sbc/policy/host.h"

namespace sbc::app {

// Policies that are kept for their calls, besides the one that runs: each has a Lua state of a megabyte or more in
// every shard. Whoever reloads more often while a call lasts gets the newest for the oldest calls.
inline constexpr std::size_t kMaxFormerPolicies = 8;

class Tenures {
 public:
  // This one decides of the calls that begin from now on.
  void begin(std::shared_ptr<policy::Host> host);

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
  std::shared_ptr<policy::Tenure> now_;
  std::deque<std::weak_ptr<policy::Tenure>> former_;  // the oldest first
  std::uint64_t cut_ = 0;
};

}  // namespace sbc::app
