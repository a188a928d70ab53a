#pragma once
// Who answers what a shard's policies want to know: HTTP services. One per shard.

#include <functional>

#include "sbc/admin/shard_metrics.h"
#include "sbc/call/asking.h"
#include "sbc/http/client.h"
#include "sbc/policy/question.h"

namespace sbc::app {

class PolicyLookups {
 public:
  using Done = std::function<void(policy::Found)>;

  PolicyLookups(loop::EventLoop& loop, const http::Settings& settings) : http_(loop, settings) {}

  void use(const http::Settings& settings) { http_.use(settings); }
  // `done` is called once, at the latest when the question's timeout is over; perhaps before this returns.
  void ask(const policy::Question& question, bool urgent, Done done);
  void copy_counters(admin::ShardMetrics& metrics) const;

 private:
  http::Client http_;
};

}  // namespace sbc::app
