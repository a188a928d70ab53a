#pragma once
// `sbcctl policy replay`: decisions that were made, made again by another policy.

#include <string>

#include "sbc/ctl/policy.h"

namespace sbc::ctl {

struct ReplayOptions {
  std::string input;
  std::string config = "/etc/parapet/sbc.toml";
  std::string policy;  // instead of the one that the configuration names
  bool json = false;
};
// kGood: nothing is different; kBad: something is.
int replay_policy(const ReplayOptions& options);

}  // namespace sbc::ctl
