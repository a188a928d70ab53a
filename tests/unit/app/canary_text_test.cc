#include <gtest/gtest.h>

#include "sbc/app/canary_desk.h"

namespace sbc::app {
namespace {

TEST(CanaryPlan, HasDefaultsForWhatIsNotSaid) {
  const auto plan = canary_plan({});
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->share, 0.05);
  EXPECT_EQ(plan->bounds.answer_drop, 0.05);
  EXPECT_EQ(plan->bounds.delay_rise, base::milliseconds(500));
  EXPECT_EQ(plan->bounds.errors, 0.01);
  EXPECT_EQ(plan->bounds.one_way, 0.02);
  EXPECT_EQ(plan->bounds.least, 50U);
  EXPECT_EQ(plan->lasts, base::minutes(30));
  EXPECT_FALSE(plan->promote);
}

TEST(CanaryPlan, ReadsWhatIsSaid) {
  const auto plan = canary_plan({{"share", "12.5%"},
                                 {"answer_drop", "1 %"},
                                 {"pdd_rise", "1s"},
                                 {"errors", "0"},
                                 {"one_way", "3"},
                                 {"least", "7"},
                                 {"for", "2h"},
                                 {"then", "promote"},
                                 {"author", "ines"},
                                 {"note", "why"}});
  ASSERT_TRUE(plan.has_value()) << plan.error();
  EXPECT_EQ(plan->share, 0.125);
  EXPECT_EQ(plan->bounds.answer_drop, 0.01);
  EXPECT_EQ(plan->bounds.delay_rise, base::seconds(1));
  EXPECT_EQ(plan->bounds.errors, 0);
  EXPECT_EQ(plan->bounds.one_way, 0.03);
  EXPECT_EQ(plan->bounds.least, 7U);
  EXPECT_EQ(plan->lasts, base::hours(2));
  EXPECT_TRUE(plan->promote);
}

TEST(CanaryPlan, NamesWhatItCannotTake) {
  const std::pair<Arguments, const char*> cases[] = {
      {{{"share", "50.1%"}}, "share: expected 0.1% to 50%, got \"50.1%\""},
      {{{"share", "0.05%"}}, "share: expected 0.1% to 50%, got \"0.05%\""},
      {{{"share", "nan"}}, "share: expected 0.1% to 50%, got \"nan\""},
      {{{"share", ""}}, "share: expected 0.1% to 50%, got \"\""},
      {{{"errors", "101%"}}, "errors: expected 0% to 100%, got \"101%\""},
      {{{"pdd_rise", "500"}}, "pdd_rise: expected 1ms to 3m, got \"500\""},
      {{{"for", "9s"}}, "for: expected 10s to 7d, got \"9s\""},
      {{{"for", "8d"}}, "for: expected 10s to 7d, got \"8d\""},
      {{{"least", "0"}}, "least: expected 1 to 1000000 calls, got \"0\""},
      {{{"then", "wait"}}, "then: expected stop or promote, got \"wait\""},
      {{{"shar", "5%"}}, "a canary has no \"shar\""}};
  for (const auto& [arguments, error] : cases) {
    const auto plan = canary_plan(arguments);
    ASSERT_FALSE(plan.has_value()) << error;
    EXPECT_EQ(plan.error(), error);
  }
  EXPECT_TRUE(canary_plan({{"share", "50%"}}).has_value());
  EXPECT_TRUE(canary_plan({{"share", "0.1%"}}).has_value());
}

}  // namespace
}  // namespace sbc::app
