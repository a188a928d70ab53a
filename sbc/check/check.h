#pragma once
// What is wrong with a policy, found in its text: nothing is run. Names that do not exist, values of the wrong type
// where facts and decisions say which they want, code and handlers that nothing reaches.
//
// Only what is certain is said: a value whose type is not known fits everywhere.

#include <string>
#include <vector>

#include "sbc/policy/bundle.h"
#include "sbc/policy/host.h"
#include "sbc/policy/language.h"

namespace sbc::check {

struct Finding {
  enum class Level : std::uint8_t {
    Error,    // it fails when it runs, or does not load
    Warning,  // it runs, and perhaps not as it was meant
  };
  Level level = Level::Error;
  std::string file;
  int line = 0;
  std::string text;
  std::string message() const;  // "default.lua:17: a call has no "relm"; did you mean "realm"?"
};

// Of the main file and everything that it requires, in the order of files and lines. `names`: trunks, groups and realms
// of a configuration, against which texts are checked; null: none is known.
std::vector<Finding> check(const policy::Bundle& bundle, const policy::Language& language,
                           const policy::Environment* names);

}  // namespace sbc::check
