#pragma once
// `sbcctl policy simulate`: one call through the real policy and the real calls.

#include <string>

#include "sbc/app/scene_input.h"
#include "sbc/ctl/policy.h"

namespace sbc::ctl {

struct SimulateOptions {
  std::string config = "/etc/parapet/sbc.toml";
  std::string policy;     // instead of the one that the configuration names
  app::SceneInput scene;  // its `message` is read from:
  std::string sip;        // file with an INVITE, "-": standard input; "": none
  bool all = false;       // every message
  bool json = false;
};
int simulate_policy(const SimulateOptions& options);

}  // namespace sbc::ctl
