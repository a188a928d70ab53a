// What all handlers of a thread may spend in one second.

#include "sbc/policy/purse.h"

#include <gmock/gmock.h>

#include "support.h"

namespace sbc::policy::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kSpends = "for i = 1, 5000 do end return reject(404)";

struct Spenders {
  Purse purse{.per_second = 20'000, .left = 20'000};
  std::unique_ptr<Host> host = load_body(kSpends);
  FakeLookup lookup;

  Spenders() { host->draw_from(purse); }
  std::uint16_t status(bool emergency = false) {
    auto facts = call();
    facts.emergency = emergency;
    const auto outcome = host->on_invite(facts, lookup);
    if (outcome.failed()) {
      EXPECT_THAT(outcome.error, HasSubstr("20000 instructions that all handlers of a thread have in one second"));
      EXPECT_EQ(outcome.decision.where, "fallback");
    }
    return outcome.decision.status;
  }
};

TEST(Purse, EmptyMeansTheFallbackUntilTheNextSecond) {
  Spenders these;
  int ran = 0;
  while (these.status() == 404 && ran < 100) ++ran;
  EXPECT_GE(ran, 3);
  EXPECT_LE(ran, 4) << "some five thousand each";
  EXPECT_EQ(these.status(), 500);
  EXPECT_EQ(these.purse.refused, 2U);
  EXPECT_EQ(these.host->counters().failures[0], 2U);
  these.purse.fill();
  EXPECT_EQ(these.status(), 404);
}

TEST(Purse, IsOneForAllHosts) {
  Spenders these;
  const auto other = load_body(kSpends);
  other->draw_from(these.purse);
  while (these.status() == 404) {
  }
  EXPECT_EQ(other->on_invite(call(), these.lookup).decision.status, 500);
}

TEST(Purse, CallsForHelpAreAskedAboutAllTheSame) {
  Spenders these;
  while (these.status() == 404) {
  }
  EXPECT_EQ(these.status(true), 404);
}

TEST(Purse, WhatWasOverdrawnIsPaidBack) {
  Purse purse{.per_second = 10, .left = -4};
  purse.fill();
  EXPECT_EQ(purse.left, 6);
  purse.fill();
  EXPECT_EQ(purse.left, 10) << "nothing is saved up";
  EXPECT_FALSE(Purse{}.empty()) << "no limit";
}

TEST(Purse, ShortHandlersPayToo) {
  Purse purse{.per_second = 2'000, .left = 2'000};
  const auto host = load_body("return reject(404)");
  FakeLookup lookup;
  host->draw_from(purse);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(host->on_invite(call(), lookup).decision.status, 404);
  EXPECT_EQ(host->on_invite(call(), lookup).decision.status, 500);
}

}  // namespace
}  // namespace sbc::policy::testing
