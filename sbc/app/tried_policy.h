#pragma once
// What a shard is told of a candidate: a policy of its own, how many of the calls it gets, and where they are counted.

#include <cstdint>
#include <memory>

#include "sbc/canary/arm.h"
#include "sbc/policy/host.h"

namespace sbc::app {

struct TriedPolicy {
  static constexpr std::uint32_t kAll = 1'000'000;

  std::shared_ptr<policy::Host> host;
  std::uint32_t share = 0;  // of kAll
  // Written by the shard alone, read by whoever judges.
  std::shared_ptr<canary::Tally> control, candidate;
};

}  // namespace sbc::app
