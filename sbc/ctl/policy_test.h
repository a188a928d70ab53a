#pragma once
// `sbcctl policy test`: the tests that lie beside a policy.

#include <string>

#include "sbc/ctl/policy.h"

namespace sbc::ctl {

struct TestOptions {
  std::string folder;  // "": tests, or policies/tests
  std::string config;  // "": sbc.toml in the folder
  std::string policy;  // instead of the one that the configuration names
  std::string only;    // tests whose name contains this
  bool coverage = false;
  bool json = false;
  double least = 0;  // percent of the policy's statements that must have run
};
int test_policy(const TestOptions& options);

}  // namespace sbc::ctl
