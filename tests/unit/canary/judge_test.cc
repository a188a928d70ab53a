#include "sbc/canary/judge.h"

#include <gtest/gtest.h>

#include <cmath>

#include "media-relay/base/random.h"

#include "sbc/canary/trial.h"

namespace sbc::canary {
namespace {

using base::milliseconds;

// Calls of which all are alike but for what the test says.
struct Made {
  std::uint64_t calls = 0, answered = 0, failures = 0, challenged = 0, one_way = 0;
  base::Duration delay = milliseconds(800);
};

Arm arm(const Made& made) {
  Arm arm{.begun = made.calls,
          .decided = made.calls,
          .failures = made.failures,
          .challenged = made.challenged,
          .calls = made.calls,
          .answered = made.answered,
          .one_way = made.one_way};
  arm.delays[delay_bucket(made.delay)] = made.calls;
  return arm;
}

std::string verdict(const Made& control, const Made& candidate, const Bounds& bounds = {}) {
  const auto found = judge(arm(control), arm(candidate), bounds);
  return found ? std::string(name_of(found->reason)) : "good";
}

constexpr Made kUsual{.calls = 2000, .answered = 1900};

TEST(Judge, FindsNothingInEqualCalls) {
  EXPECT_EQ(verdict({}, {}), "good");
  EXPECT_EQ(verdict(kUsual, {.calls = 100, .answered = 95}), "good");
  EXPECT_EQ(verdict(kUsual, {.calls = 100, .answered = 100, .delay = milliseconds(100)}), "good") << "better";
}

TEST(Judge, TheAnswerRatioMayFallByItsBound) {
  EXPECT_EQ(verdict(kUsual, {.calls = 100, .answered = 50}), "answer_ratio");
  EXPECT_EQ(verdict(kUsual, {.calls = 10'000, .answered = 9050}), "good") << "4.5 points, however sure";
  EXPECT_EQ(verdict(kUsual, {.calls = 10'000, .answered = 8950}), "answer_ratio");
  EXPECT_EQ(verdict(kUsual, {.calls = 10'000, .answered = 8950}, {.answer_drop = 0.1}), "good");
  EXPECT_EQ(verdict(kUsual, {.calls = 60, .answered = 53}), "good") << "7 points of 60 calls are chance";
  const auto found = judge(arm(kUsual), arm({.calls = 100, .answered = 50}), {});
  EXPECT_EQ(found->text, "answered 50.0 % of 100 calls, against 95.0 % of 2000");
}

TEST(Judge, NeedsSoManyCallsOfEachArm) {
  EXPECT_EQ(verdict(kUsual, {.calls = 49, .answered = 0}), "good");
  EXPECT_EQ(verdict(kUsual, {.calls = 50, .answered = 0}), "answer_ratio");
  EXPECT_EQ(verdict({.calls = 49, .answered = 49}, {.calls = 50}), "good");
  EXPECT_EQ(verdict({.calls = 50, .answered = 50}, {.calls = 50}), "answer_ratio");
  EXPECT_EQ(verdict({.calls = 20, .answered = 20}, {.calls = 20}, {.least = 20}), "answer_ratio");
}

TEST(Judge, ErrorsAreJudgedSooner) {
  EXPECT_EQ(verdict(kUsual, {.calls = 6, .answered = 1, .failures = 5}), "errors");
  EXPECT_EQ(verdict(kUsual, {.calls = 4, .failures = 4}), "good");
  EXPECT_EQ(verdict({.calls = 2000, .answered = 1900, .failures = 400}, {.calls = 20, .answered = 19, .failures = 5}),
            "good")
      << "the policy that runs fails as often";
  EXPECT_EQ(verdict(kUsual, {.calls = 2000, .answered = 1900, .failures = 15}), "good") << "below 1 %";
  EXPECT_EQ(verdict(kUsual, {.calls = 2000, .answered = 1900, .failures = 30}), "errors");
  EXPECT_EQ(verdict(kUsual, {.calls = 10, .answered = 9, .failures = 500}), "errors") << "several for each call";
}

TEST(Judge, ChallengesThatNobodyWasUsedTo) {
  EXPECT_EQ(
      verdict({.calls = 1000, .answered = 950, .challenged = 1000}, {.calls = 50, .answered = 47, .challenged = 50}),
      "good");
  EXPECT_EQ(verdict(kUsual, {.calls = 0, .challenged = 50}), "challenges");
}

TEST(Judge, TheMedianOfPostDialDelays) {
  EXPECT_EQ(verdict(kUsual, {.calls = 100, .answered = 95, .delay = milliseconds(1200)}), "good");
  EXPECT_EQ(verdict(kUsual, {.calls = 100, .answered = 95, .delay = milliseconds(1500)}), "post_dial_delay");
  EXPECT_EQ(verdict(kUsual, {.calls = 49, .answered = 47, .delay = milliseconds(9000)}), "good");
  EXPECT_EQ(
      verdict(kUsual, {.calls = 100, .answered = 95, .delay = milliseconds(1500)}, {.delay_rise = base::seconds(2)}),
      "good");
}

TEST(Judge, OneWayAudio) {
  EXPECT_EQ(verdict(kUsual, {.calls = 200, .answered = 190, .one_way = 2}), "good");
  EXPECT_EQ(verdict(kUsual, {.calls = 200, .answered = 190, .one_way = 12}), "one_way_audio");
  EXPECT_EQ(verdict(kUsual, {.calls = 200, .answered = 190, .one_way = 12}, {.one_way = 0.1}), "good");
}

TEST(Chance, IsFishersTest) {
  // The lady tasting tea: all four cups, 1 in 70; three of them or more, 17 in 70.
  EXPECT_NEAR(chance({4, 4}, {0, 4}), 1.0 / 70, 1e-9);
  EXPECT_NEAR(chance({3, 4}, {1, 4}), 17.0 / 70, 1e-9);
  EXPECT_EQ(chance({2, 4}, {2, 4}), 1);
  EXPECT_EQ(chance({9, 9}, {0, 0}), 1) << "nothing to compare with";
  EXPECT_LT(chance({300'000, 500'000}, {200'000, 500'000}), 1e-300);
  EXPECT_NEAR(chance({50'500, 100'000}, {950'000, 1'900'000}), 0.00123, 0.0003) << "as the normal distribution has it";
}

TEST(Arm, KeepsDelaysWithinATwentieth) {
  for (const int ms : {1, 7, 180, 1000, 4999, 16'000}) {
    Arm one;
    one.delays[delay_bucket(milliseconds(ms))] = 9;
    const double median = std::chrono::duration<double, std::milli>(one.delay(0.5)).count();
    EXPECT_NEAR(median, ms, ms * 0.05 + 1);
  }
  EXPECT_EQ(delay_bucket(base::seconds(1000)), kDelays - 1);
  EXPECT_EQ(delay_bucket(base::Duration{}), 0U);
  EXPECT_EQ(Arm{}.delay(0.5), base::Duration{});
}

TEST(Tally, IsReadAsItWasCounted) {
  Tally tally;
  tally.begin();
  tally.decide();
  tally.fail();
  tally.end({.challenged = true, .refused = true, .delay = {}});
  tally.end({.answered = true, .one_way = true, .delay = milliseconds(700)});
  tally.end({.refused = true, .delay = {}});
  Arm sum = tally.read();
  sum += tally.read();
  EXPECT_EQ(sum.begun, 2U);
  EXPECT_EQ(sum.decided, 2U);
  EXPECT_EQ(sum.failures, 2U);
  EXPECT_EQ(sum.challenged, 2U);
  EXPECT_EQ(sum.calls, 4U);
  EXPECT_EQ(sum.answered, 2U);
  EXPECT_EQ(sum.refused, 2U);
  EXPECT_EQ(sum.one_way, 2U);
  EXPECT_EQ(sum.delayed(), 2U);
}

// Calls that come one after the other, each drawn into an arm, with a look after each. Returns the call at which the
// candidate was sent back; 0: never.
struct Way {
  double answered = 0.6, errors = 0.002, one_way = 0.01, median_ms = 1500;
};
std::uint64_t sent_back(std::uint64_t seed, double share, std::uint64_t calls, const Way& control,
                        const Way& candidate) {
  base::SeededRandom random(seed);
  const auto drawn = [&random](double p) { return static_cast<double>(random.below(1'000'000)) < p * 1e6; };
  Arm arms[2];
  for (std::uint64_t i = 1; i <= calls; ++i) {
    const bool tried = drawn(share);
    const Way& way = tried ? candidate : control;
    Arm& arm = arms[tried ? 1 : 0];
    ++arm.calls;
    ++arm.decided;
    if (drawn(way.errors)) ++arm.failures;
    if (drawn(way.answered)) {
      ++arm.answered;
      if (drawn(way.one_way)) ++arm.one_way;
    }
    // A wide spread: from a quarter of the median to four times as much.
    const double ms = way.median_ms * std::pow(4, static_cast<double>(random.below(2001)) / 1000 - 1);
    ++arm.delays[delay_bucket(
        std::chrono::duration_cast<base::Duration>(std::chrono::duration<double, std::milli>(ms)))];
    if (tried && judge(arms[0], arms[1], {})) return i;
  }
  return 0;
}

TEST(Noise, HardlyEverSendsBackAPolicyThatIsAsGood) {
  int wrong = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed)
    for (const double share : {0.05, 0.5})
      if (sent_back(seed, share, 6000, {}, {}) != 0) ++wrong;
  EXPECT_LE(wrong, 2) << "of 400 canaries with a look after each of 6000 calls";
}

TEST(Noise, DoesNotHideAPolicyThatIsWorse) {
  const Way good{.answered = 0.95};
  struct Case {
    Way way;
    std::uint64_t within;  // calls of both arms, at a share of 5 %
  };
  const Case cases[] = {{{.answered = 0.48}, 2500},
                        {{.answered = 0.8}, 8000},
                        {{.answered = 0.95, .errors = 0.5}, 1000},
                        {{.answered = 0.95, .one_way = 0.12}, 12000},
                        {{.answered = 0.95, .median_ms = 3500}, 5000}};
  for (const auto& [way, within] : cases)
    for (std::uint64_t seed = 1; seed <= 20; ++seed)
      EXPECT_NE(sent_back(seed, 0.05, within, good, way), 0U)
          << way.answered << " " << way.errors << " " << way.one_way << " " << way.median_ms << " seed " << seed;
}

TEST(Trial, IsHeldWhenItsTimeIsOver) {
  const base::Instant began{};
  Trial trial({.lasts = base::minutes(1)}, began);
  const Arm good = arm({.calls = 50, .answered = 48});
  EXPECT_EQ(trial.look(began + base::seconds(59), good, good), State::Running);
  EXPECT_EQ(trial.look(began + base::seconds(60), good, good), State::Held);
  EXPECT_FALSE(trial.running());
  trial.end(State::Stopped);
  EXPECT_EQ(trial.state(), State::Held) << "what has ended stays";
}

TEST(Trial, PromotesOnlyWhenAskedAndWhenCallsHaveShownIt) {
  const base::Instant began{};
  const Plan plan{.lasts = base::minutes(1), .promote = true};
  const Arm good = arm({.calls = 50, .answered = 48});
  Trial trial(plan, began);
  EXPECT_EQ(trial.look(began + base::minutes(1), good, good), State::Promoted);
  Trial lonely(plan, began);
  EXPECT_EQ(lonely.look(began + base::minutes(1), good, arm({.calls = 49, .answered = 49})), State::TooFew);
}

TEST(Trial, IsRolledBackAtOnce) {
  Trial trial({}, base::Instant{});
  EXPECT_EQ(trial.look(base::Instant{}, arm(kUsual), arm({.calls = 60, .answered = 10})), State::RolledBack);
  EXPECT_EQ(trial.finding()->reason, Reason::Answers);
  EXPECT_EQ(trial.look(base::Instant{} + base::hours(1), arm(kUsual), arm(kUsual)), State::RolledBack);
}

TEST(Names, AreAllThere) {
  for (std::size_t i = 0; i < kReasons; ++i) EXPECT_NE(name_of(static_cast<Reason>(i)), "?");
  for (std::size_t i = 0; i < static_cast<std::size_t>(State::kCount); ++i)
    EXPECT_NE(name_of(static_cast<State>(i)), "?");
}

}  // namespace
}  // namespace sbc::canary
