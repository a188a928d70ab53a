#pragma once
// Unit tests of policies, written in Lua: each plays scenes against the real policy and the real calls, and says what
// must come out (policies/reference.md, "Tests").
//
// A test file runs in a Lua state of its own and not in the policy's: it makes scenes and looks at results, and a
// sandbox must not grow for that. That is why this room is a second door to Lua.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/policy/bundle.h"
#include "sbc/policy/host.h"
#include "sbc/simulate/scene.h"

namespace sbc::trial {

struct Ground {
  const simulate::Setting& setting;
  policy::Host& host;
  const policy::Bundle& bundle;  // what tests may require
  std::string domain;            // of users that are named alone
  std::string phones_realm;      // where phones are; "": the first realm
  base::WallTime wall{};         // when a scene does not say
};

struct Failure {
  std::string test;
  std::string where;  // "default_test.lua:12"
  std::string text;   // lines
};

struct Result {
  std::size_t passed = 0;
  std::size_t scenes = 0;
  std::vector<Failure> failures;  // one for each test that failed; "" for the file itself
};

// `name`: of the file, for positions. Tests whose name does not contain `only` are passed over.
Result run(const Ground& ground, const std::string& name, const std::string& text, std::string_view only = {});

}  // namespace sbc::trial
