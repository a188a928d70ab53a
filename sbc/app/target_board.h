#pragma once
// What the probes know, for the operator: written by the shard that probes, read by the admin's thread.

#include <mutex>
#include <string>
#include <vector>

#include "media-relay/base/time.h"
#include "media-relay/observe/metrics.h"

#include "sbc/route/probes.h"

namespace sbc::app {

class TargetBoard {
 public:
  void publish(std::vector<route::Probes::Status> statuses, base::Instant now);

  // parapet_target_up, parapet_target_transitions_total, parapet_target_probes_total. The board outlives `metrics`.
  void expose(observe::Metrics& metrics) const;
  // [{"trunk": "carrier", "target": "UDP 192.0.2.7:5060", "up": false, "for_seconds": 12, "reason": "probe_silent",
  // ...}]
  std::string json() const;

 private:
  template <typename F>
  void each(F&& f) const {
    const std::lock_guard lock(mutex_);
    for (const auto& status : statuses_) f(status);
  }

  mutable std::mutex mutex_;
  std::vector<route::Probes::Status> statuses_;  // under mutex_
  base::Instant at_{};                           // under mutex_
};

}  // namespace sbc::app
