#pragma once
// The canary of a process: a candidate for a part of the new calls, counted beside the others, judged each second, and
// taken back by itself when it does worse (sbc/canary). On the main thread, which asks and orders the shards.

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/loop/event_loop.h"
#include "media-relay/observe/metrics.h"

#include "sbc/admin/control.h"
#include "sbc/app/policy_load.h"
#include "sbc/app/shared.h"
#include "sbc/app/tried_policy.h"
#include "sbc/canary/trial.h"

namespace sbc::app {

// From the arguments of an order: share, answer_drop, pdd_rise, errors, one_way, least, for, then. What is missing is
// as canary::Plan has it. The error names the argument.
using Arguments = std::map<std::string, std::string, std::less<>>;
std::expected<canary::Plan, std::string> canary_plan(const Arguments& arguments);

class CanaryDesk {
 public:
  // `config` says what runs now; `promoted` is told that another policy decides from now on.
  CanaryDesk(loop::EventLoop& loop, Shared& shared, PolicyRecord& policies,
             std::function<std::shared_ptr<const Config>()> config, std::function<void()> promoted);

  // GET and POST /policy/canary, POST /policy/canary/stop and /promote, GET /policy/canary/policy.
  void serve(admin::Control& control);
  void expose(observe::Metrics& metrics);

  // Before a reload is applied.
  void reloaded();
  std::string json() const;  // null where there was none

 private:
  struct Canary {
    canary::Trial trial;
    policy::Bundle bundle;
    std::string hash, author, note;
    std::int64_t since = 0, ended = 0;  // seconds since 1970
    std::vector<std::shared_ptr<canary::Tally>> control, candidate;
  };
  enum class Side : std::uint8_t { Control, Candidate };

  bool running() const { return now_ && now_->trial.running(); }
  canary::Arm arm(Side side) const;
  loop::HttpResponse begin(const loop::HttpRequest& request);
  void look();
  void finish(canary::State how);
  void tell_end(canary::State how);
  std::string summary() const;

  loop::EventLoop& loop_;
  Shared& shared_;
  PolicyRecord& policies_;
  std::function<std::shared_ptr<const Config>()> config_;
  std::function<void()> promoted_;
  loop::Timer timer_;
  std::optional<Canary> now_;  // or the last one
  std::array<base::Counter, static_cast<std::size_t>(canary::State::kCount)> ended_;
  std::array<base::Counter, canary::kReasons> rollbacks_;
};

}  // namespace sbc::app
