// Which statements of a policy count, and which of them ran.

#include "sbc/trial/coverage.h"

#include <gtest/gtest.h>

#include "sbc/policy/host.h"

namespace sbc::trial {
namespace {

using policy::Bundle;
using policy::LinesRun;

TEST(Coverage, StatementsCountOnceWhateverTheirLines) {
  const Bundle bundle("p.lua", {{"p.lua",
                                 "local a = 1\n"             // 1 ran
                                 "local function never()\n"  // 2 ran: it was made
                                 "  local x\n"               // 3
                                 "  return x\n"              // 4
                                 "end\n"
                                 "do\n"       // 6 does nothing by itself
                                 "  a = 2\n"  // 7 ran
                                 "end\n"
                                 "if a == 3 then\n"      // 9 ran
                                 "  a = 4\n"             // 10
                                 "elseif a\n"            // 11 belongs to 9
                                 "then goto over end\n"  // 12 ran
                                 "a = 5\n"               // 13
                                 "::over::\n"
                                 "return {\n"  // 15 ran, over three lines
                                 "  on_invite = never,\n"
                                 "}\n"},
                                {"unused.lua", "return 1\n"}});
  LinesRun lines;
  ASSERT_TRUE(policy::Host::load(bundle, {}, {}, {}, &lines));
  const auto files = coverage_of(bundle, lines);
  ASSERT_EQ(files.size(), 1U) << "what nobody requires is not part of it";
  EXPECT_EQ(files[0].file, "p.lua");
  EXPECT_EQ(files[0].statements, 10U);
  EXPECT_EQ(files[0].missing, (std::vector<int>{3, 4, 10, 13}));
  EXPECT_EQ(files[0].ran, 6U);
}

TEST(Coverage, HandlersAndLibrariesAddTheirLines) {
  const Bundle bundle("p.lua", {{"p.lua",
                                 "local lib = require 'lib.one'\n"
                                 "return { on_nat = function(leg)\n"
                                 "  if lib.yes() then\n"
                                 "    return { latch = 'strict' }\n"
                                 "  end\n"
                                 "  return { latch = 'learn' }\n"
                                 "end, on_invite = function() return drop() end }\n"},
                                {"lib/one.lua", "return { yes = function() return true end }\n"}});
  LinesRun lines;
  const auto host = policy::Host::load(bundle, {}, {}, {}, &lines);
  ASSERT_TRUE(host);
  policy::LegFacts leg;
  leg.source_ip = "192.0.2.1";
  EXPECT_EQ((*host)->on_nat(leg).error, "");
  const auto files = coverage_of(bundle, lines);
  ASSERT_EQ(files.size(), 2U);
  for (const auto& file : files) {
    if (file.file == "p.lua") {
      EXPECT_EQ(file.missing, (std::vector<int>{6}));
    } else {
      EXPECT_EQ(file.missing, std::vector<int>{});
    }
  }
}

TEST(Coverage, ARowOfLinesIsOne) {
  EXPECT_EQ(in_rows({}), "");
  EXPECT_EQ(in_rows({3}), "3");
  EXPECT_EQ(in_rows({3, 4, 5, 9, 11, 12}), "3-5, 9, 11-12");
}

}  // namespace
}  // namespace sbc::trial
