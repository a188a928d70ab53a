#pragma once
// `sbcctl policy shadow`: a candidate beside the policy that decides, at a border that runs.

#include <functional>
#include <string>

#include "sbc/ctl/control_client.h"

namespace CLI {
class App;
}

namespace sbc::ctl {

struct ShadowOptions {
  ControlPlace place;
  std::string candidate;       // file of the policy; "": it is asked about
  std::string share = "100%";  // of the decisions
  bool status = false;
  bool stop = false;
  bool json = false;
};

int shadow_policy(const ShadowOptions& options);

void add_shadow(CLI::App& policy, std::function<int()>& chosen);

// "25%", "0.5%", "0.25": above 0 and up to all, as a number up to 1. "" when it is none of these.
std::string share_of(const std::string& text);

}  // namespace sbc::ctl
