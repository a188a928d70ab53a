// 2xx of forks that come when the call is gone (RFC 3261 13.2.2.4).

#include "sbc/call/late_forks.h"

#include <gtest/gtest.h>

#include "sbc/call/limits.h"

#include "rig.h"

namespace sbc::call::test {
namespace {

// b and a have talked and hung up at once; b's INVITE, which a fork may still answer.
sip::MessagePtr over(Rig& rig) {
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  rig.a.bye();
  EXPECT_EQ(rig.calls.size(), 0U);
  rig.a.clear();
  rig.b.clear();
  return invite;
}

TEST(LateForks, OneThatAnswersWhenTheCallIsGoneGetsAckAndBye) {
  Rig rig;
  const auto invite = over(rig);
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6002), {}, "late-fork");
  const auto ack = rig.b.take("ACK");
  const auto bye = rig.b.take("BYE");
  ASSERT_NE(ack, nullptr);
  ASSERT_NE(bye, nullptr);
  for (const auto& message : {ack, bye}) {
    EXPECT_EQ(message->to_tag(), "late-fork");
    EXPECT_EQ(message->from_tag(), invite->from_tag());
    EXPECT_EQ(message->call_id(), invite->call_id());
  }
  EXPECT_EQ(ack->cseq().number, invite->cseq().number);
  EXPECT_GT(bye->cseq().number, invite->cseq().number);
  EXPECT_EQ(rig.calls.counters().late_forks, 1U);
  rig.pass(base::minutes(1));
  rig.expect_no_half_call();
  rig.expect_idle();
}

TEST(LateForks, AfterACancelEachOneThatAnswersGetsAckAndBye) {
  Rig rig;
  rig.ring();
  rig.b.auto_terminate = false;
  rig.a.cancel();
  const auto invite = rig.b.log.front();
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6000));
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6002), {}, "fork-of-bob");
  EXPECT_EQ(rig.b.count("ACK"), 2U);
  EXPECT_EQ(rig.b.count("BYE"), 2U);
  rig.pass(base::minutes(2));
  rig.expect_no_half_call();
  rig.expect_idle();
}

TEST(LateForks, AfterTheCalleeHungUpBeforeHisAckOneGetsAckAndBye) {
  Rig rig;
  rig.a.invite({.body = ""});
  const auto invite = rig.b.take("INVITE");
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.b.bye();
  rig.b.clear();
  rig.pass(base::seconds(3));
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6002), {}, "late-fork");
  const auto ack = rig.b.take("ACK");
  ASSERT_NE(ack, nullptr);
  EXPECT_NE(ack->body().find("m=audio 0 RTP/AVP"), std::string_view::npos) << "its offer is refused: " << ack->bytes();
  EXPECT_EQ(rig.b.take("BYE")->to_tag(), "late-fork");
  rig.pass(base::minutes(2));
  rig.expect_no_half_call();
}

TEST(LateForks, ARepeatedOneGetsItsAckAgainAndNoSecondBye) {
  Rig rig;
  const auto invite = over(rig);
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6002), {}, "late-fork");
  rig.b.clear();
  rig.b.repeat_accept();
  EXPECT_EQ(rig.b.count("BYE"), 2U) << "of the call, and of the fork";
  EXPECT_EQ(rig.calls.counters().late_forks, 1U);
}

TEST(LateForks, WhoHadTheCallAndItsByeHearsNothingMore) {
  Rig rig;
  const auto invite = over(rig);
  const auto said = rig.said_to(rig.b).size();
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6000));
  const auto all = rig.said_to(rig.b);
  ASSERT_LE(all.size(), said + 1);
  EXPECT_TRUE(all.size() == said || all.back().starts_with("ACK ")) << all.back();
  EXPECT_EQ(rig.calls.counters().late_forks, 0U);
}

TEST(LateForks, AtTheLimitAndOnePast) {
  LateForks forks;
  const base::Instant now{base::hours(1)};
  const auto client = [](std::uint64_t i) { return transaction::ClientId::unpack((std::uint64_t{1} << 32) + i); };
  const auto until = [now](base::Duration more) {
    LateInvite invite;
    invite.until = now + more;
    return invite;
  };
  for (std::uint64_t i = 0; i < kMaxLateInvites; ++i) forks.keep(client(i), until(base::seconds(32)));
  EXPECT_EQ(forks.forgotten(), 0U);
  EXPECT_NE(forks.find(client(0), now), nullptr);
  forks.keep(client(kMaxLateInvites), until(base::seconds(33)));
  EXPECT_EQ(forks.forgotten(), 1U);
  EXPECT_EQ(forks.find(client(0), now), nullptr);
  EXPECT_EQ(forks.size(), kMaxLateInvites);
  forks.expire(now + base::seconds(32));
  EXPECT_EQ(forks.size(), 1U);
}

}  // namespace
}  // namespace sbc::call::test
