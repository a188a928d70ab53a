#pragma once
// What the tests of a policy did not run.

#include <cstddef>
#include <string>
#include <vector>

#include "sbc/policy/bundle.h"
#include "sbc/policy/lines_run.h"

namespace sbc::trial {

struct FileCoverage {
  std::string file;
  std::size_t statements = 0;
  std::size_t ran = 0;
  std::vector<int> missing;  // lines on which the others begin, upward
};

// Of the files that were loaded, in the bundle's order: what nobody requires is not part of the policy. Statements that
// do nothing by themselves (labels, do) are not counted.
std::vector<FileCoverage> coverage_of(const policy::Bundle& bundle, const policy::LinesRun& lines);

// "12, 40-44, 60"
std::string in_rows(const std::vector<int>& lines);

}  // namespace sbc::trial
