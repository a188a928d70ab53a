// What one shard finds out about targets, and what it hears from others.

#include "sbc/route/health.h"

#include <gtest/gtest.h>

namespace sbc::route {
namespace {

using Kind = TrunkHealth::Change::Kind;
using State = TrunkHealth::State;
constexpr auto kUdp = sip::Transport::Udp;

struct Shards : testing::Test {
  base::Endpoint peer = *base::Endpoint::parse("192.0.2.7:5060");
  base::Instant now = base::Instant{} + base::hours{1};
  TrunkHealth one, two;

  std::size_t pass_on() {
    const auto news = one.take_news();
    for (const auto& change : news) two.apply(change, now);
    return news.size();
  }
  State at_two(base::Duration later = {}) const { return two.state(kUdp, peer, now + later); }
};

TEST_F(Shards, ATargetThatIsSilentIsTriedLastByTheOthersToo) {
  one.mark_dead(kUdp, peer, now);
  one.mark_dead(kUdp, peer, now);
  EXPECT_EQ(pass_on(), 1U) << "what is known is not told again";
  EXPECT_EQ(at_two(), State::Dead);
  EXPECT_TRUE(two.take_news().empty()) << "what was heard is not told on";
  one.mark_good(kUdp, peer);
  one.mark_good(kUdp, peer);
  EXPECT_EQ(pass_on(), 1U);
  EXPECT_EQ(at_two(), State::Good);
}

TEST_F(Shards, RetryAfterHoldsForAll) {
  one.mark_busy(kUdp, peer, base::seconds{20}, now);
  EXPECT_EQ(pass_on(), 1U);
  EXPECT_EQ(at_two(base::seconds{19}), State::Busy);
  EXPECT_EQ(at_two(base::seconds{20}), State::Good);
  two.apply({.key = {kUdp, peer}, .kind = Kind::Dead}, now);
  EXPECT_EQ(at_two(), State::Busy) << "what it asked for holds";
}

TEST_F(Shards, OfProbedTargetsTheProbesTell) {
  one.watch({{kUdp, peer}});
  one.mark_dead(kUdp, peer, now);
  one.mark_busy(kUdp, peer, base::seconds{20}, now);
  EXPECT_EQ(pass_on(), 0U);
}

}  // namespace
}  // namespace sbc::route
