// Serial failover and what is remembered of targets.

#include "sbc/route/hunt.h"

#include <gtest/gtest.h>

#include "sbc/route/limits.h"

namespace sbc::route {
namespace {

using policy::FailureDecision;
using sip::Transport;
using Cause = Failure::Cause;

base::Endpoint peer(int i) {
  return *base::Endpoint::parse("10.0.0." + std::to_string(i) + ":5060");
}

Target target(int i, policy::Candidate::Kind kind = policy::Candidate::Kind::Trunk) {
  Target made;
  made.hop = {.transport = Transport::Udp, .listener = 0, .remote = peer(i), .connection = {}};
  made.candidate.kind = kind;
  return made;
}

std::vector<Target> three() {
  return {target(1), target(2), target(3)};
}

Failure response(std::uint16_t status) {
  return {.cause = Cause::Response, .status = status, .reason = "x"};
}

class HuntTest : public ::testing::Test {
 protected:
  Verdict fail(Hunt& hunt, const Failure& failure) {
    const Verdict verdict = hunt.failed(failure, health_, now_);
    hunt.advance();
    return verdict;
  }
  TrunkHealth health_;
  base::Instant now_ = base::Instant{} + base::hours{1};
};

TEST_F(HuntTest, GoesOnWhereAnotherTargetMayHelp) {
  struct {
    Failure failure;
    Verdict verdict;
  } const cases[] = {
      {response(408), Verdict::Next},
      {response(500), Verdict::Next},
      {response(503), Verdict::Next},
      {response(504), Verdict::Next},
      {{.cause = Cause::Timeout}, Verdict::Next},
      {{.cause = Cause::RingTimeout}, Verdict::Next},
      {{.cause = Cause::Transport}, Verdict::Next},
      {response(302), Verdict::Stop},
      {response(403), Verdict::Stop},
      {response(404), Verdict::Stop},
      {response(486), Verdict::Stop},
      {response(600), Verdict::Stop},
      {response(603), Verdict::Stop},
  };
  for (const auto& c : cases) {
    Hunt hunt(three());
    EXPECT_EQ(hunt.failed(c.failure, health_, now_), c.verdict) << c.failure.status;
  }
}

TEST_F(HuntTest, TriesTheOtherContactsOfAUserUnlessOneSpeaksForAll) {
  Hunt hunt({target(1, policy::Candidate::Kind::Contact), target(2, policy::Candidate::Kind::Contact)});
  EXPECT_EQ(fail(hunt, response(486)), Verdict::Next);
  EXPECT_EQ(fail(hunt, response(603)), Verdict::Stop);
  EXPECT_EQ(hunt.answer().status, 603);
}

// RFC 5626 7: one phone, two flows, and another phone.
TEST_F(HuntTest, TheOtherFlowOfAPhoneIsTriedOnlyWhenTheFirstIsDead) {
  struct {
    Failure failure;
    bool other_flow;
  } const cases[] = {
      {{.cause = Cause::Transport}, true},
      {{.cause = Cause::Timeout}, true},
      {response(408), true},
      {response(430), true},
      {response(486), false},
      {response(503), false},
      {{.cause = Cause::RingTimeout}, false},
  };
  for (const auto& c : cases) {
    auto targets = three();
    for (auto& t : targets) t.candidate.kind = policy::Candidate::Kind::Contact;
    targets[0].instance = targets[1].instance = "anna's phone";
    targets[2].instance = "anna's other phone";
    Hunt hunt(targets);
    EXPECT_EQ(fail(hunt, c.failure), Verdict::Next);
    ASSERT_NE(hunt.current(), nullptr);
    EXPECT_EQ(hunt.current()->hop.remote, peer(c.other_flow ? 2 : 3)) << status_of(c.failure);
  }
}

TEST_F(HuntTest, DoesNotMoveACallWhoseMediaIsTiedToATarget) {
  Hunt hunt(three());
  Failure failure = response(503);
  failure.early_media = true;
  EXPECT_EQ(hunt.failed(failure, health_, now_), Verdict::Stop);
}

TEST_F(HuntTest, WalksInOrderAndEnds) {
  Hunt hunt(three());
  EXPECT_EQ(hunt.attempt(), 1U);
  EXPECT_EQ(hunt.remaining(), 2U);
  EXPECT_EQ(hunt.current()->hop.remote, peer(1));
  fail(hunt, response(503));
  EXPECT_EQ(hunt.current()->hop.remote, peer(2));
  fail(hunt, response(503));
  EXPECT_EQ(hunt.attempt(), 3U);
  EXPECT_EQ(hunt.remaining(), 0U);
  fail(hunt, response(503));
  EXPECT_EQ(hunt.current(), nullptr);
  EXPECT_EQ(hunt.failed(response(500), health_, now_), Verdict::Stop);
  hunt.advance();
  EXPECT_EQ(hunt.current(), nullptr);
}

TEST_F(HuntTest, StopsWhenTheCallerHangsUp) {
  Hunt hunt(three());
  hunt.stop();
  EXPECT_EQ(hunt.current(), nullptr);
  EXPECT_EQ(hunt.remaining(), 0U);
  hunt.advance();
  EXPECT_EQ(hunt.current(), nullptr);
}

TEST_F(HuntTest, RetryAfterOf503KeepsCallsAwayForThatTimeAndNoOther) {  // trap 17
  Hunt hunt(three());
  Failure failure = response(503);
  failure.retry_after = 20;
  fail(hunt, failure);
  EXPECT_EQ(health_.state(Transport::Udp, peer(1), now_), TrunkHealth::State::Busy);
  EXPECT_EQ(health_.state(Transport::Udp, peer(1), now_ + base::seconds{19}), TrunkHealth::State::Busy);
  EXPECT_EQ(health_.state(Transport::Udp, peer(1), now_ + base::seconds{20}), TrunkHealth::State::Good);
  Failure busy = response(486);
  busy.retry_after = 20;
  fail(hunt, busy);
  EXPECT_EQ(health_.state(Transport::Udp, peer(2), now_), TrunkHealth::State::Good);
}

TEST_F(HuntTest, SilenceMarksATargetAndAnAnswerClearsIt) {
  Hunt hunt({target(1), target(1)});
  fail(hunt, {.cause = Cause::Timeout});
  EXPECT_EQ(health_.state(Transport::Udp, peer(1), now_), TrunkHealth::State::Dead);
  EXPECT_EQ(health_.state(Transport::Tcp, peer(1), now_), TrunkHealth::State::Good);
  hunt.answered(health_);
  EXPECT_EQ(health_.state(Transport::Udp, peer(1), now_), TrunkHealth::State::Good);
}

TEST_F(HuntTest, RingingTooLongSaysNothingAgainstTheTarget) {
  Hunt hunt(three());
  fail(hunt, {.cause = Cause::RingTimeout});
  EXPECT_EQ(health_.state(Transport::Udp, peer(1), now_), TrunkHealth::State::Good);
  EXPECT_EQ(hunt.answer().status, 408);
}

TEST_F(HuntTest, TellsTheCallerTheBestAnswer) {
  const auto after = [&](std::vector<Failure> failures) {
    Hunt hunt({target(1), target(2), target(3), target(4)});
    for (const Failure& failure : failures) fail(hunt, failure);
    return hunt.answer().status;
  };
  EXPECT_EQ(after({}), 480);
  EXPECT_EQ(after({response(503), response(486)}), 486);
  EXPECT_EQ(after({response(486), response(603)}), 603);
  EXPECT_EQ(after({response(500), response(404), response(420)}), 420);
  EXPECT_EQ(after({response(408), response(404)}), 404);
  EXPECT_EQ(after({{.cause = Cause::Timeout}, response(500)}), 408);
  EXPECT_EQ(after({response(503), response(503)}), 503);
  EXPECT_EQ(after({response(503), response(504)}), 500);
  EXPECT_EQ(after({{.cause = Cause::Transport}}), 503);
  EXPECT_EQ(after({response(302)}), 480);
  EXPECT_EQ(after({response(407)}), 502);
  EXPECT_EQ(after({response(401)}), 502);
}

// RFC 6432: why it failed is said of the failure that is told.
TEST_F(HuntTest, TheCauseIsThatOfTheBestAnswer) {
  const auto of = [this](std::initializer_list<Failure> failures) {
    Hunt hunt({target(1, policy::Candidate::Kind::Contact), target(2, policy::Candidate::Kind::Contact)});
    for (const auto& failure : failures) fail(hunt, failure);
    return hunt.answer();
  };
  Failure busy = response(486);
  busy.causes = {"Q.850;cause=17"};
  Failure broken = response(500);
  broken.causes = {"Q.850;cause=41"};
  const std::vector<std::string> none;
  EXPECT_EQ(of({busy, broken}).causes, busy.causes);
  EXPECT_EQ(of({broken, busy}).causes, busy.causes);
  EXPECT_EQ(of({busy, {.cause = Cause::Timeout}}).causes, busy.causes);
  EXPECT_EQ(of({broken, {.cause = Cause::Timeout}}).causes, none) << "408 is told";
  EXPECT_EQ(of({response(486), broken}).causes, none);
}

TEST_F(HuntTest, PolicyHasTheLastWord) {
  Hunt hunt(three());
  hunt.failed(response(486), health_, now_);
  FailureDecision decision;
  EXPECT_EQ(hunt.decide(Verdict::Stop, decision), Verdict::Stop);
  decision.kind = FailureDecision::Kind::Next;
  EXPECT_EQ(hunt.decide(Verdict::Stop, decision), Verdict::Next);
  decision.kind = FailureDecision::Kind::GiveUp;
  EXPECT_EQ(hunt.decide(Verdict::Next, decision), Verdict::Stop);
  EXPECT_EQ(hunt.answer().status, 486);
  decision.status = 480;
  decision.headers = {{"Retry-After", "60"}};
  hunt.decide(Verdict::Next, decision);
  EXPECT_EQ(hunt.answer().status, 480);
  EXPECT_EQ(hunt.answer().headers.size(), 1U);
}

TEST_F(HuntTest, PolicyMayReplaceTheTargetsThatAreLeft) {
  Hunt hunt(three());
  hunt.failed(response(503), health_, now_);
  FailureDecision decision;
  decision.kind = FailureDecision::Kind::Route;
  EXPECT_EQ(hunt.decide(Verdict::Stop, decision, {target(8), target(9)}), Verdict::Next);
  EXPECT_EQ(hunt.remaining(), 2U);
  hunt.advance();
  EXPECT_EQ(hunt.current()->hop.remote, peer(8));
  EXPECT_EQ(hunt.attempt(), 2U);
  hunt.failed(response(503), health_, now_);
  EXPECT_EQ(hunt.decide(Verdict::Stop, decision, {}), Verdict::Next);
  hunt.advance();
  EXPECT_EQ(hunt.current(), nullptr);
}

TEST_F(HuntTest, APolicyThatAlwaysKnowsAnotherWayComesToAnEnd) {
  Hunt hunt({target(1)});
  FailureDecision decision;
  decision.kind = FailureDecision::Kind::Route;
  std::size_t tried = 0;
  while (hunt.current() != nullptr && tried <= kMaxTargets) {
    ++tried;
    hunt.failed(response(486), health_, now_);
    EXPECT_EQ(hunt.decide(Verdict::Stop, decision, {target(1), target(2)}), Verdict::Next);
    hunt.advance();
  }
  EXPECT_EQ(tried, kMaxTargets);
  EXPECT_EQ(hunt.answer().status, 486);
}

// trap 17: what an attempt met is reported, of targets that are probed.
TEST_F(HuntTest, WhatAttemptsMeetIsReportedOfProbedTargets) {
  using Sign = TrunkHealth::Sign;
  const TrunkHealth::Key first{Transport::Udp, peer(1)};
  health_.watch({first});
  struct {
    Failure failure;
    Sign sign;
  } const cases[] = {{{.cause = Cause::Timeout}, Sign::Silent},
                     {{.cause = Cause::Transport}, Sign::Unreachable},
                     {response(503), Sign::Unavailable}};
  for (const auto& c : cases) {
    Hunt hunt(three());
    fail(hunt, c.failure);
    fail(hunt, c.failure);  // of the second target, which nobody probes
    const auto reports = health_.take_reports();
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].key, first);
    EXPECT_EQ(reports[0].sign, c.sign);
  }
  Hunt hunt(three());
  fail(hunt, response(486));
  ASSERT_EQ(health_.take_reports().size(), 1U) << "good news after bad";
  Hunt again(three());
  fail(again, response(500));
  EXPECT_TRUE(health_.take_reports().empty()) << "no news";
  Hunt busy(three());
  busy.failed({.cause = Cause::Response, .status = 503, .retry_after = 7}, health_, now_);
  EXPECT_EQ(health_.take_reports().at(0).busy, base::Duration{base::seconds{7}});
}

TEST(Health, OnlyWhatIsProbedCanBeDown) {
  TrunkHealth health;
  const base::Instant now{base::hours{1}};
  const TrunkHealth::Change down{.key = {Transport::Udp, peer(1)}, .kind = TrunkHealth::Change::Kind::Down};
  health.apply(down, now);
  EXPECT_EQ(health.state(Transport::Udp, peer(1), now), TrunkHealth::State::Good);
  health.watch({down.key});
  health.apply(down, now);
  EXPECT_EQ(health.state(Transport::Udp, peer(1), now + base::hours{5}), TrunkHealth::State::Down)
      << "no end by itself";
  health.mark_busy(Transport::Udp, peer(1), base::seconds{5}, now);
  EXPECT_EQ(health.state(Transport::Udp, peer(1), now), TrunkHealth::State::Busy) << "what it asked for holds";
  health.watch({});
  EXPECT_EQ(health.state(Transport::Udp, peer(1), now + base::seconds{5}), TrunkHealth::State::Good);
}

TEST(Health, RetryAfterIsCut) {
  TrunkHealth health;
  const base::Instant now = base::Instant{} + base::hours{1};
  health.mark_busy(Transport::Udp, peer(1), base::hours{24}, now);
  EXPECT_EQ(health.until(Transport::Udp, peer(1), now), now + kMaxRetryAfter);
  health.mark_busy(Transport::Udp, peer(2), base::seconds{0}, now);
  EXPECT_EQ(health.state(Transport::Udp, peer(2), now), TrunkHealth::State::Good);
}

TEST(Health, ABusyMarkOutlastsSilenceAndAnswers) {
  TrunkHealth health;
  const base::Instant now = base::Instant{} + base::hours{1};
  health.mark_busy(Transport::Udp, peer(1), base::seconds{60}, now);
  health.mark_dead(Transport::Udp, peer(1), now);
  health.mark_good(Transport::Udp, peer(1));
  EXPECT_EQ(health.state(Transport::Udp, peer(1), now), TrunkHealth::State::Busy);
  EXPECT_EQ(health.marked(now), 1U);
  EXPECT_EQ(health.marked(now + base::seconds{60}), 0U);
}

TEST(Health, KeepsALimitOfMarks) {
  TrunkHealth health;
  const base::Instant now = base::Instant{} + base::hours{1};
  const auto endpoint = [](std::uint32_t i) {
    return base::Endpoint{.ip = base::IpAddress::v4(0x0a000000U + i), .port = 5060};
  };
  for (std::uint32_t i = 0; i < kMaxMarks; ++i)
    health.mark_dead(Transport::Udp, endpoint(i), now + base::milliseconds{i});
  EXPECT_EQ(health.marked(now), kMaxMarks);
  EXPECT_EQ(health.forgotten(), 0U);
  health.mark_dead(Transport::Udp, endpoint(kMaxMarks), now + base::seconds{20});
  EXPECT_EQ(health.forgotten(), 1U);
  EXPECT_EQ(health.marked(now), kMaxMarks);
  EXPECT_EQ(health.state(Transport::Udp, endpoint(0), now), TrunkHealth::State::Good);  // the one that ends first
  EXPECT_EQ(health.state(Transport::Udp, endpoint(kMaxMarks), now + base::seconds{20}), TrunkHealth::State::Dead);
}

}  // namespace
}  // namespace sbc::route
