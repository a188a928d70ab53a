#pragma once
// A policy's own tests, as `sbcctl policy test` runs them and every reload does.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sbc/app/config.h"
#include "sbc/policy/bundle.h"
#include "sbc/simulate/scene.h"
#include "sbc/trial/trial.h"

namespace sbc::app {

// What a configuration says about calls. `config` outlives the result.
simulate::Setting setting_of(const Config& config);

// The realm that phones register in; "": none has registrations.
std::string phones_realm(const Config& config);

struct TestRun {
  std::size_t files = 0;
  std::size_t passed = 0;
  std::size_t scenes = 0;
  std::vector<std::pair<std::string, trial::Failure>> failures;  // with the names of their files
  policy::LinesRun lines;                                        // of the policy, by any of the tests
};
// "default_test.lua:12: numbers leave in E.164\n    expected ..."
std::string told(const std::pair<std::string, trial::Failure>& failure);

// Every ..._test.lua of the folder, in the order of their names, each with a policy of its own, on the border that
// `border` describes. Tests whose name does not contain `only` are passed over. The error says what cannot be run at
// all; a folder without tests has 0 files. Lines are noted when they are asked for.
enum class Lines : std::uint8_t { Unseen, Noted };
std::expected<TestRun, std::string> run_policy_tests(const Config& border, const policy::Bundle& bundle,
                                                     const std::string& folder, std::string_view only = {},
                                                     Lines lines = Lines::Unseen);

// Those in the folder `tests` beside the policy that runs, on the border of the sbc.toml there, or on the one that is
// configured. Nothing is run, and `files` is 0, where there are none, or where that sbc.toml is about another policy.
std::expected<TestRun, std::string> run_own_tests(const Config& config, const policy::Bundle& bundle);

// The same, and nothing where policy.tests is false. Error: the failures, the first ones told whole.
std::expected<TestRun, std::string> pass_policy_tests(const Config& config, const policy::Bundle& bundle);

}  // namespace sbc::app
