#pragma once
// What is wrong with a policy, as `sbcctl policy check` and the control socket say it: what its text tells (sbc/check),
// and what only loading it does.

#include <cstddef>
#include <vector>

#include "sbc/app/config.h"
#include "sbc/check/check.h"
#include "sbc/policy/bundle.h"

namespace sbc::app {

struct Checked {
  std::vector<check::Finding> findings;
  std::size_t errors = 0, warnings = 0;
};

// `config`: the border that the policy is for; null: none is known, and names of trunks and realms are not checked.
Checked check_bundle(const policy::Bundle& bundle, const Config* config);

}  // namespace sbc::app
