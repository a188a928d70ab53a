// What policies look up in tables of the configuration.

#include <gmock/gmock.h>

#include "sbc/table/source.h"

#include "support.h"

namespace sbc::policy::testing {
namespace {

using ::testing::HasSubstr;

Environment with_tables() {
  Environment what = environment();
  auto rates = table::read_csv("prefix,trunk,price\n43,carrier_a,0.02\n4366,carrier_b,\n", "");
  auto days = table::read_json(R"({"2026-12-25":{"name":"Christmas","closed":true,"from":9,"share":0.5}})", "date");
  EXPECT_TRUE(rates && days);
  what.tables.emplace("rates", std::make_shared<const table::Fixed>(*std::move(rates)));
  what.tables.emplace("holidays", std::make_shared<const table::Fixed>(*std::move(days)));
  return what;
}

std::string said(const std::string& expression) {
  FakeLookup lookup;
  const auto host = load_body("return reject(404, tostring(" + expression + "))", with_tables());
  const auto outcome = host->on_invite(call(), lookup);
  return outcome.failed() ? outcome.error : outcome.decision.reason;
}

TEST(Tables, RowsHaveTheirCellsByName) {
  EXPECT_EQ(said("tables.find('rates', '43').trunk"), "carrier_a");
  EXPECT_EQ(said("tables.find('rates', '43').price"), "0.02");
  EXPECT_EQ(said("tables.find('rates', '4366').price"), "nil");
  EXPECT_EQ(said("tables.find('rates', '4')"), "nil");
  EXPECT_EQ(said("tables.prefix('rates', '43661').trunk"), "carrier_b");
  EXPECT_EQ(said("select(2, tables.prefix('rates', '43771'))"), "43");
  EXPECT_EQ(said("tables.prefix('rates', '1')"), "nil");
  EXPECT_EQ(said("tables.find('holidays', '2026-12-25').closed"), "true");
  EXPECT_EQ(said("tables.find('holidays', '2026-12-25').from + 1"), "10");
  EXPECT_EQ(said("tables.find('holidays', '2026-12-25').share"), "0.5");
}

TEST(Tables, MayBeAskedWhileThePolicyLoads) {
  const auto host = load(
      "local home = tables.find('rates', '43')\nreturn { on_invite = function() return reject(404, home.trunk) end }",
      with_tables());
  FakeLookup lookup;
  EXPECT_EQ(host->on_invite(call(), lookup).decision.reason, "carrier_a");
}

TEST(Tables, MistakesAreNamed) {
  EXPECT_THAT(said("tables.find('rate', '43')"), HasSubstr("there is no table \"rate\"; did you mean \"rates\"?"));
  EXPECT_THAT(said("tables.find('rates', nil)"), HasSubstr("tables.find: the key"));
  EXPECT_THAT(said("tables.prefix('rates', {})"), HasSubstr("tables.prefix: the text"));
  EXPECT_THAT(said("tables.lookup('rates', '43')"), HasSubstr("\"tables\" has no"));
}

}  // namespace
}  // namespace sbc::policy::testing
