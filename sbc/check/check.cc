#include "sbc/check/check.h"

#include <algorithm>
#include <tuple>

#include "sbc/check/program.h"

namespace sbc::check {

std::string Finding::message() const {
  return file + (line > 0 ? ":" + std::to_string(line) : "") + (level == Level::Warning ? ": warning: " : ": ") + text;
}

std::vector<Finding> check(const policy::Bundle& bundle, const policy::Language& language,
                           const policy::Environment* names) {
  Program program{.bundle = bundle,
                  .language = language,
                  .names = names,
                  .report = {},
                  .files = {},
                  .variables = {},
                  .meant = {},
                  .functions = {}};
  if (read_files(program)) {
    resolve(program);
    find_handlers(program);
    infer(program);
    reach(program);
  }
  auto findings = program.report.take();
  std::ranges::stable_sort(findings, {}, [](const Finding& f) { return std::tie(f.file, f.line); });
  return findings;
}

}  // namespace sbc::check
