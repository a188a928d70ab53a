#include "sbc/route/probes.h"

#include <gtest/gtest.h>

#include <set>

#include "media-relay/base/random.h"

#include "sbc/route/limits.h"

namespace sbc::route {
namespace {

using base::milliseconds;
using base::seconds;
using Kind = TrunkHealth::Change::Kind;
using Sign = TrunkHealth::Sign;

Probed target(std::size_t n, ProbeRules rules = {}) {
  Probed probed{.trunk = "carrier", .uri = "sip:192.0.2.1", .hop = {}, .rules = std::move(rules)};
  probed.rules.up = *Statuses::read({"2xx", "4xx"});
  probed.hop.remote = {base::IpAddress::v4(0xc0000200U + static_cast<std::uint32_t>(n)), 5060};
  return probed;
}

TrunkHealth::Key key_of(std::size_t n) {
  return {sip::Transport::Udp, target(n).hop.remote};
}

class ProbesTest : public ::testing::Test {
 protected:
  // Time passes until a probe starts.
  std::uint64_t next_probe() {
    for (int turns = 0; turns < 100; ++turns) {
      now = std::max(now, probes.next_deadline());
      const auto starts = probes.on_deadline(now);
      if (!starts.empty()) return starts.front().probe;
    }
    ADD_FAILURE() << "no probe";
    return 0;
  }
  void probe(int status, std::optional<base::Duration> retry_after = {}) {
    probes.answered(next_probe(), status, retry_after, now);
  }
  std::vector<Kind> kinds() {
    std::vector<Kind> all;
    for (const auto& change : probes.take_changes()) all.push_back(change.kind);
    return all;
  }
  Probes::Status status() const { return probes.statuses().at(0); }

  base::SeededRandom random{7};
  base::Instant now{base::hours(1)};
  Probes probes{random};
};

using Kinds = std::vector<Kind>;

// trap 87
TEST(Statuses, WordsAreStatusesAndClasses) {
  const auto statuses = Statuses::read({"200", "4xx", "5xx", "408"});
  ASSERT_TRUE(statuses);
  EXPECT_TRUE(statuses->contains(200));
  EXPECT_FALSE(statuses->contains(202));
  EXPECT_TRUE(statuses->contains(404));
  EXPECT_TRUE(statuses->contains(408)) << "named";
  EXPECT_FALSE(statuses->contains(503)) << "a class does not mean it";
  EXPECT_FALSE(statuses->contains(99));
  EXPECT_FALSE(statuses->contains(1000));
  for (const char* word : {"", "2x", "2xxx", "7xx", "0xx", "ok", "20", "2000", "-20", "2x0"})
    EXPECT_EQ(Statuses::read({word}).error(), word);
}

TEST_F(ProbesTest, ATargetGoesDownAfterTheSecondSilenceAndComesBackAfterTheSecondAnswer) {
  probes.use({target(1)}, now);
  next_probe();
  now += seconds(4);
  probes.on_deadline(now);
  EXPECT_TRUE(kinds().empty()) << "one silence is none";
  next_probe();
  now += seconds(4);
  probes.on_deadline(now);
  EXPECT_EQ(kinds(), Kinds{Kind::Down});
  EXPECT_FALSE(status().up);
  EXPECT_EQ(status().reason, Reason::ProbeSilent);
  probe(200);
  EXPECT_TRUE(kinds().empty());
  probe(200);
  EXPECT_EQ(kinds(), Kinds{Kind::Up});
  EXPECT_EQ(status().reason, Reason::ProbeAnswered);
  EXPECT_EQ(status().good, 2U);
  EXPECT_EQ(status().bad, 2U);
}

TEST_F(ProbesTest, AGoodSignBetweenBadOnesForgivesThem) {
  probes.use({target(1)}, now);
  for (int i = 0; i < 5; ++i) {
    probe(500);
    probe(404);
  }
  EXPECT_TRUE(kinds().empty());
}

TEST_F(ProbesTest, TheRulesSayHowManyAndWhichAnswers) {
  ProbeRules rules{.down_after = 1, .up_after = 3};
  probes.use({target(1, rules)}, now);
  probe(301);  // not in `up`
  EXPECT_EQ(kinds(), Kinds{Kind::Down});
  EXPECT_EQ(status().reason, Reason::ProbeStatus);
  probe(200);
  probe(200);
  EXPECT_TRUE(kinds().empty());
  probe(486);
  EXPECT_EQ(kinds(), Kinds{Kind::Up});
}

TEST_F(ProbesTest, TheFirstProbesAreSpreadOverTheInterval) {
  std::vector<Probed> many;
  for (std::size_t n = 0; n < 300; ++n) many.push_back(target(n));
  probes.use(many, now);
  const auto began = now;
  std::size_t first_half = 0;
  std::size_t started = 0;
  while (started < many.size()) {
    now = std::max(now, probes.next_deadline());
    for (const auto& start : probes.on_deadline(now)) {
      ++started;
      first_half += now - began < seconds(15) ? 1 : 0;
      probes.answered(start.probe, 200, {}, now);
    }
    ASSERT_LE(now - began, seconds(30));
  }
  EXPECT_GT(first_half, 100U);
  EXPECT_LT(first_half, 200U);
}

TEST_F(ProbesTest, NoMoreThanTheLimitAreUnderWayOrKnown) {
  std::vector<Probed> many;
  for (std::size_t n = 0; n <= kMaxProbed; ++n)
    many.push_back(target(n, {.interval = seconds(30), .timeout = seconds(20)}));
  EXPECT_EQ(probes.use(many, now), 1U) << "one too many";
  EXPECT_EQ(probes.statuses().size(), kMaxProbed);
  now += seconds(18);
  EXPECT_EQ(probes.on_deadline(now).size(), kMaxProbesUnderWay);
  now += milliseconds(100);
  EXPECT_TRUE(probes.on_deadline(now).empty());
}

TEST_F(ProbesTest, DoubtIsLookedIntoSooner) {
  probes.use({target(1)}, now);
  probe(200);
  EXPECT_GE(probes.next_deadline() - now, seconds(27));
  EXPECT_LE(probes.next_deadline() - now, seconds(33));
  probe(500);
  EXPECT_LE(probes.next_deadline() - now, seconds(9));
}

// trap 17: what calls meet counts as much as what probes meet.
TEST_F(ProbesTest, CallsThatFailTakeATargetDownAndProbesBringItBack) {
  probes.use({target(1)}, now);
  probe(200);
  probes.heard({.key = key_of(1), .sign = Sign::Silent}, now);
  EXPECT_LE(probes.next_deadline() - now, seconds(9)) << "looked into soon";
  probes.heard({.key = key_of(1), .sign = Sign::Unreachable}, now);
  EXPECT_EQ(kinds(), Kinds{Kind::Down});
  EXPECT_EQ(status().reason, Reason::CallUnreachable);
  probe(200);
  probe(200);
  EXPECT_EQ(kinds(), Kinds{Kind::Up});
  probes.heard({.key = key_of(1), .sign = Sign::Unavailable}, now);
  probes.heard({.key = key_of(1), .sign = Sign::Answered}, now);
  probes.heard({.key = key_of(1), .sign = Sign::Unavailable}, now);
  EXPECT_TRUE(kinds().empty());
  probes.heard({.key = key_of(9), .sign = Sign::Silent}, now);  // nobody's
}

// trap 17: Retry-After is honoured, with a limit.
TEST_F(ProbesTest, RetryAfterPutsCallsAndProbesOff) {
  probes.use({target(1)}, now);
  probe(503, seconds(100));
  auto changes = probes.take_changes();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].kind, Kind::Busy);
  EXPECT_EQ(changes[0].wait, seconds(100));
  EXPECT_EQ(probes.next_deadline() - now, seconds(100));
  probes.heard({.key = key_of(1), .sign = Sign::Unavailable, .busy = base::hours(5)}, now);
  changes = probes.take_changes();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].wait, kMaxRetryAfter);
  EXPECT_TRUE(status().up) << "it is there";
}

TEST_F(ProbesTest, AnswersThatComeTooLateSayNothing) {
  probes.use({target(1)}, now);
  const auto late = next_probe();
  now += seconds(4);
  probes.on_deadline(now);
  probes.answered(late, 200, {}, now);
  probes.unreachable(late, now);
  EXPECT_EQ(status().good, 0U);
  EXPECT_EQ(status().bad, 1U);
}

TEST_F(ProbesTest, AReloadKeepsWhatIsKnown) {
  probes.use({target(1), target(2)}, now);
  for (int i = 0; i < 8; ++i) probe(500);
  EXPECT_EQ(kinds(), (Kinds{Kind::Down, Kind::Down}));
  auto changed = target(1);
  changed.rules.up_after = 1;
  probes.use({changed, changed}, now);
  EXPECT_EQ(kinds(), Kinds{Kind::Up}) << "the second is no longer asked for, and nobody must remember it as down";
  EXPECT_EQ(probes.statuses().size(), 1U);
  EXPECT_FALSE(status().up);
  probe(200);
  EXPECT_EQ(kinds(), Kinds{Kind::Up});
}

}  // namespace
}  // namespace sbc::route
