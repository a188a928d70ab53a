#pragma once
// The tools of a policy on the control socket. A candidate is sent in the body, as sbc/policy/parcel.h has it; without
// one the policy that runs is meant:
//   POST /policy/check                   what is wrong with it
//   POST /policy/test                    the tests beside the policy that runs, on it
//   POST /policy/simulate?to=...&from=   one call through it; arguments are the options of `sbcctl policy simulate`
//   POST /policy/replay                  the decisions of policy.record, made again by it
// Each answers 202 {"job": 7}, or 429 when too many wait; then
//   GET  /policy/job?number=7            how far it is, and what was found

#include <functional>
#include <memory>
#include <optional>

#include "sbc/admin/control.h"
#include "sbc/app/config.h"
#include "sbc/app/workbench.h"
#include "sbc/policy/bundle.h"

namespace sbc::app {

// What runs now.
struct PolicyNow {
  std::shared_ptr<const Config> config;
  std::optional<policy::Bundle> bundle;
};

// The references outlive `control`.
void add_policy_pages(admin::Control& control, Workbench& workbench, std::function<PolicyNow()> now);

}  // namespace sbc::app
