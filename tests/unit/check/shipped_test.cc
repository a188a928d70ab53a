// What ships has no findings, and a check takes less than a second.

#include <gmock/gmock.h>

#include "sbc/check/check.h"

namespace sbc::check {
namespace {

TEST(ShippedPolicy, HasNoFindings) {
  const auto bundle = policy::Bundle::read(PARAPET_SOURCE_DIR "/policies/default.lua");
  ASSERT_TRUE(bundle) << bundle.error().message();
  const auto language = policy::language();
  for (const auto& finding : check(*bundle, language, nullptr)) ADD_FAILURE() << finding.message();
  // Every library, whether default.lua requires it or not.
  for (const auto& file : bundle->files()) {
    if (!file.name.starts_with("lib/")) continue;
    std::string module = file.name.substr(0, file.name.size() - 4);
    module[3] = '.';
    auto files = bundle->files();
    files.push_back({"all.lua", "local it = require \"" + module +
                                    "\"\nreturn { on_invite = function() return it and drop() or drop() end }"});
    for (const auto& finding : check(policy::Bundle("all.lua", std::move(files)), language, nullptr))
      ADD_FAILURE() << finding.message();
  }
}

}  // namespace
}  // namespace sbc::check
