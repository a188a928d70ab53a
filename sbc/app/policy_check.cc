#include "sbc/app/policy_check.h"

#include <algorithm>

#include "sbc/policy/host.h"

namespace sbc::app {

Checked check_bundle(const policy::Bundle& bundle, const Config* config) {
  Checked checked{.findings = check::check(bundle, policy::language(), config ? &config->policy_environment : nullptr)};
  // What only its own sandbox can say: a label that is missing, a number plan that asserts.
  const auto host = policy::Host::load(bundle, config ? config->policy_limits : policy::Limits{},
                                       config ? config->policy_environment : policy::Environment{},
                                       config ? config->policy_fallback : policy::Fallback{});
  if (!host) {
    const auto& error = host.error();
    const bool said = std::ranges::any_of(checked.findings, [&error](const auto& finding) {
      return finding.file == error.file && finding.line == error.line && finding.level == check::Finding::Level::Error;
    });
    if (!said) checked.findings.push_back({.file = error.file, .line = error.line, .text = error.text});
  }
  for (const auto& finding : checked.findings)
    ++(finding.level == check::Finding::Level::Error ? checked.errors : checked.warnings);
  return checked;
}

}  // namespace sbc::app
