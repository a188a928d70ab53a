// Early dialogs: reliable provisional responses on each leg for itself, forks, and late offers.

#include "early.h"

#include <gtest/gtest.h>

#include "media-relay/base/text.h"

#include "sbc/call/limits.h"

namespace sbc::call::test {
namespace {

using base::milliseconds;
using base::minutes;
using base::seconds;

// --- toward the callee ------------------------------------------------------------------------------------------

TEST(ReliableCallee, IsAcknowledgedAtOnceWhateverTheCallerSupports) {  // trap 27
  Rig rig;
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  EXPECT_EQ(invite->find(sip::HeaderId::Supported), "100rel, 199, replaces");
  rig.b.answer(183, sdp(rig.b.ip(), 6000), reliable(77));
  const auto prack = rig.b.take("PRACK");
  ASSERT_NE(prack, nullptr);
  EXPECT_EQ(prack->find(sip::HeaderId::RAck), "77 " + std::to_string(invite->cseq().number) + " INVITE");
  EXPECT_EQ(prack->cseq().number, invite->cseq().number + 1);
  EXPECT_EQ(prack->to_tag(), "tag-of-bob");
  EXPECT_TRUE(prack->body().empty());
  const auto progress = rig.a.take("183");
  ASSERT_NE(progress, nullptr);
  EXPECT_FALSE(is_reliable(*progress)) << "the caller knows nothing of it";
  EXPECT_FALSE(progress->body().empty());
  // The 2xx needs no SDP any more, and what it says all the same is no answer (RFC 6337 3.1.1).
  rig.b.answer_to(prack, 200);
  rig.b.answer(200, sdp(rig.b.ip(), 6999));
  rig.a.ack();
  EXPECT_EQ(b_media(rig).port, 6000);
  rig.b.clear();
  rig.a.bye();
  EXPECT_GT(rig.b.take("BYE")->cseq().number, prack->cseq().number) << "trap 90";
  end_well(rig);
}

TEST(ReliableCallee, ARepeatIsNotAcknowledgedTwiceAndAGapIsNotTaken) {
  Rig rig;
  rig.a.invite();
  rig.b.answer(180, {}, reliable(5));
  rig.b.answer(180, {}, reliable(5));
  EXPECT_EQ(rig.b.count("PRACK"), 1U);
  EXPECT_EQ(rig.a.count("180"), 1U);
  rig.b.answer(183, sdp(rig.b.ip(), 6000), reliable(7));
  EXPECT_EQ(rig.b.count("PRACK"), 1U);
  EXPECT_FALSE(rig.a.has("183"));
  rig.b.answer(183, sdp(rig.b.ip(), 6000), reliable(6));
  EXPECT_EQ(rig.b.count("PRACK"), 2U);
  EXPECT_TRUE(rig.a.has("183"));
}

// trap 26: who has sent his answer in a 183 that nobody acknowledged may say something else in the 200 (a gateway that
// has found the one who is called); media goes where the 200 says.
TEST(EarlyMedia, The200MovesMediaWhenItsDescriptionIsNotTheOneOfThe183) {
  Rig rig;
  rig.a.invite();
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  const auto progress = rig.a.take("183");
  ASSERT_NE(progress, nullptr);
  EXPECT_EQ(b_media(rig).port, 6000);
  rig.b.answer(200, sdp("203.0.113.99", 6998, "sendrecv", 2));
  const auto ok = rig.a.take("200 INVITE");
  ASSERT_NE(ok, nullptr);
  EXPECT_EQ(b_media(rig), *base::Endpoint::parse("203.0.113.99:6998"));
  // The caller has had its answer (RFC 3261 13.2.1): the same again, the border's ports have not moved.
  EXPECT_EQ(ok->body(), progress->body());
  rig.a.ack();
  rig.a.bye();
  end_well(rig);
}

// --- toward the caller ------------------------------------------------------------------------------------------

TEST(ReliableCaller, IsServedByUsWhenTheCalleeCannot) {  // trap 28
  Rig rig;
  rig.a.invite(offer(rig, kRequires));
  rig.b.answer(180);
  const auto ringing = rig.a.take("180");
  ASSERT_NE(ringing, nullptr);
  ASSERT_TRUE(is_reliable(*ringing));
  rig.pass(milliseconds(1600));
  EXPECT_EQ(rig.a.count("180"), 3U) << "after T1 and 2*T1";
  rig.a.request("PRACK", {}, rack(*ringing));
  EXPECT_TRUE(rig.a.has("200 PRACK"));
  rig.pass(seconds(20));
  EXPECT_EQ(rig.a.count("180"), 3U);
  rig.a.request("PRACK", {}, rack(*ringing));
  EXPECT_TRUE(rig.a.has("481 PRACK")) << "it acknowledges nothing any more";
  EXPECT_EQ(rig.calls.counters().stray_pracks, 1U);
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_FALSE(rig.a.take("200 INVITE")->body().empty());
  rig.a.ack();
  rig.a.bye();
  end_well(rig);
}

TEST(ReliableCaller, TheNextResponseWaitsForThePrackAndIsOneHigher) {
  Rig rig;
  rig.a.invite(offer(rig, kRequires));
  rig.b.answer(180);
  const auto first = rig.a.take("180");
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  EXPECT_FALSE(rig.a.has("183"));
  rig.a.request("PRACK", {}, rack(*first));
  const auto second = rig.a.take("183");
  ASSERT_NE(second, nullptr);
  const auto number = [](const sip::Message& m) {
    return *base::parse_unsigned<std::uint32_t>(*m.find(sip::HeaderId::RSeq));
  };
  EXPECT_EQ(number(*second), number(*first) + 1);
  EXPECT_FALSE(second->body().empty());
}

TEST(ReliableCaller, WithoutPrackTheInviteIsRejected504After64T1) {  // trap 27
  Rig rig;
  rig.a.invite(offer(rig, kRequires));
  rig.b.answer(180);
  rig.pass(milliseconds(31'900));
  EXPECT_FALSE(rig.a.has("504 INVITE"));
  rig.pass(milliseconds(200));
  EXPECT_TRUE(rig.a.has("504 INVITE"));
  EXPECT_TRUE(rig.b.has("CANCEL"));
  EXPECT_EQ(rig.records.empty() ? EndCause::NoAck : rig.records[0].cause, EndCause::NoAck);
  end_well(rig);
}

TEST(ReliableCaller, The2xxWaitsForThePrackOfAResponseWithSdp) {  // trap 27
  Rig rig;
  rig.a.invite(offer(rig, kSupports));
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  const auto progress = rig.a.take("183");
  ASSERT_TRUE(is_reliable(*progress));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_TRUE(rig.b.has("ACK")) << "our own leg needs nobody";
  EXPECT_FALSE(rig.a.has("200 INVITE"));
  rig.a.request("PRACK", {}, rack(*progress));
  const auto ok = rig.a.take("200 INVITE");
  ASSERT_NE(ok, nullptr);
  EXPECT_TRUE(ok->body().empty()) << "the answer was in the 183";
  rig.a.ack();
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.b.bye();
  end_well(rig);
}

TEST(ReliableCaller, WithoutPrackAnAnsweredCallIsTakenBack) {
  Rig rig;
  rig.a.invite(offer(rig, kSupports));
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.pass(seconds(33));
  EXPECT_TRUE(rig.a.has("504 INVITE"));
  EXPECT_EQ(rig.b.count("ACK"), 1U);
  EXPECT_EQ(rig.b.count("BYE"), 1U);
  end_well(rig);
}

TEST(ReliableCaller, ACancelWhileThe2xxWaitsGets487AndTheCalleeIsHungUp) {  // trap 5
  Rig rig;
  rig.a.invite(offer(rig, kSupports));
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.cancel();
  EXPECT_TRUE(rig.a.has("487 INVITE"));
  EXPECT_EQ(rig.b.count("ACK"), 1U);
  EXPECT_EQ(rig.b.count("BYE"), 1U);
  end_well(rig);
}

TEST(ReliableCaller, TheSettingOfTheRealmSaysWhatASupportingCallerGets) {
  struct Row {
    Reliable setting;
    bool bare, with_sdp;
  };
  for (const Row& row : {Row{Reliable::Required, false, false}, Row{Reliable::WithSdp, false, true},
                         Row{Reliable::Always, true, true}, Row{Reliable::Never, false, false}}) {
    Rig rig;
    rig.settings->reliable["access"] = row.setting;
    rig.a.invite(offer(rig, kSupports));
    rig.b.answer(180);
    const auto bare = rig.a.take("180");
    EXPECT_EQ(is_reliable(*bare), row.bare);
    if (row.bare) rig.a.request("PRACK", {}, rack(*bare));
    rig.b.answer(183, sdp(rig.b.ip(), 6000));
    EXPECT_EQ(is_reliable(*rig.a.take("183")), row.with_sdp);
  }
  Rig rig;
  rig.settings->reliable["access"] = Reliable::Never;
  rig.a.invite(offer(rig, kRequires));
  const auto refusal = rig.a.take("420 INVITE");
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->find(sip::HeaderId::Unsupported), "100rel");  // trap 79
}

// --- late offers ------------------------------------------------------------------------------------------------

TEST(EarlyLateOffer, TheOfferOfAReliable18xCrossesAndThePrackBringsTheAnswer) {
  Rig rig;
  rig.a.invite({.headers = kSupports});
  const auto invite = rig.b.take("INVITE");
  EXPECT_EQ(invite->find(sip::HeaderId::Supported), "100rel, 199, replaces");
  rig.b.answer(183, sdp(rig.b.ip(), 6000), reliable(9));
  EXPECT_FALSE(rig.b.has("PRACK")) << "it has to carry the answer";
  const auto progress = rig.a.take("183");
  ASSERT_NE(progress, nullptr);
  ASSERT_TRUE(is_reliable(*progress));
  EXPECT_NE(progress->body().find("198.51.100.2"), std::string_view::npos);
  rig.a.request("PRACK", sdp(rig.a.ip(), 4000), rack(*progress));
  EXPECT_TRUE(rig.a.has("200 PRACK"));
  const auto prack = rig.b.take("PRACK");
  ASSERT_NE(prack, nullptr);
  EXPECT_NE(prack->body().find("203.0.113.2"), std::string_view::npos);
  rig.b.answer(200);
  EXPECT_TRUE(rig.b.take("ACK")->body().empty());
  EXPECT_TRUE(rig.a.take("200 INVITE")->body().empty());
  rig.a.ack();
  EXPECT_EQ(b_media(rig).port, 6000);
  EXPECT_EQ(rig.relay.sessions.begin()->second.flows[0].a.remote_rtp, base::Endpoint::parse("198.51.100.77:4000"));
  rig.a.bye();
  end_well(rig);
}

TEST(EarlyLateOffer, APrackWithoutTheAnswerEndsTheCall) {
  Rig rig;
  rig.a.invite({.headers = kSupports});
  rig.b.answer(183, sdp(rig.b.ip(), 6000), reliable(9));
  rig.a.request("PRACK", {}, rack(*rig.a.take("183")));
  EXPECT_TRUE(rig.a.has("488 PRACK"));
  EXPECT_TRUE(rig.b.has("CANCEL"));
  end_well(rig);
}

TEST(EarlyLateOffer, NoReliableResponseLeavesWithoutAnOffer) {  // trap 28
  Rig rig;
  rig.a.invite({.headers = kRequires});
  rig.b.answer(180);
  EXPECT_FALSE(rig.a.has("180"));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_FALSE(rig.a.take("200 INVITE")->body().empty());
  rig.a.ack(sdp(rig.a.ip(), 4000));
  rig.a.bye();
  end_well(rig);
}

TEST(EarlyLateOffer, ACalleeIsNotAskedForWhatTheCallerCannotAnswer) {
  Rig rig;
  rig.a.invite({});
  EXPECT_EQ(rig.b.take("INVITE")->find(sip::HeaderId::Supported), "199, replaces");
}

// --- forks ------------------------------------------------------------------------------------------------------

struct Forked {
  explicit Forked(const std::string& headers = {}) {
    rig.a.invite(offer(rig, headers));
    invite = rig.b.take("INVITE");
    rig.b.answer_to(invite, 183, sdp(rig.b.ip(), 6001), {}, "fork-1");
    first = rig.a.take("183");
    rig.b.answer_to(invite, 183, sdp(rig.b.ip(), 6002), {}, "fork-2");
    second = rig.a.take("183");
  }
  Rig rig;
  sip::MessagePtr invite, first, second;
};

TEST(Fork, EachHasItsOwnTagAndDescriptionTowardTheCaller) {  // trap 1
  Forked f;
  EXPECT_NE(f.first->to_tag(), f.second->to_tag());
  const auto origin = [](const sip::Message& m) {
    const auto at = m.body().find("o=");
    return m.body().substr(at, m.body().find('\r', at) - at);
  };
  EXPECT_NE(origin(*f.first), origin(*f.second));
  f.rig.b.answer_to(f.invite, 180, {}, {}, "fork-1");
  const auto again = f.rig.a.take("180");
  EXPECT_EQ(again->to_tag(), f.first->to_tag());
  EXPECT_EQ(again->body(), f.first->body());
}

TEST(Fork, TheRelayForwardsTheOneThatSentSdpLast) {  // trap 2
  Forked f;
  EXPECT_EQ(b_media(f.rig).port, 6002);
  f.rig.b.answer_to(f.invite, 180, {}, {}, "fork-1");
  EXPECT_EQ(b_media(f.rig).port, 6002) << "a 180 without SDP selects nothing";
  f.rig.b.answer_to(f.invite, 183, sdp(f.rig.b.ip(), 6001), {}, "fork-1");
  EXPECT_EQ(b_media(f.rig).port, 6001);
}

TEST(Fork, TheOneThatAnswersBecomesTheCall) {
  Forked f;
  f.rig.b.answer_to(f.invite, 200, sdp(f.rig.b.ip(), 6001), {}, "fork-1");
  const auto ok = f.rig.a.take("200 INVITE");
  ASSERT_NE(ok, nullptr);
  EXPECT_EQ(ok->to_tag(), f.first->to_tag());
  EXPECT_EQ(b_media(f.rig).port, 6001);
  f.rig.a.ack();
  // trap 3
  f.rig.b.clear();
  f.rig.b.answer_to(f.invite, 200, sdp(f.rig.b.ip(), 6002), {}, "fork-2");
  EXPECT_EQ(f.rig.b.take("ACK")->to_tag(), "fork-2");
  EXPECT_EQ(f.rig.b.take("BYE")->to_tag(), "fork-2");
  EXPECT_EQ(f.rig.calls.connected(), 1U);
  EXPECT_EQ(f.rig.calls.dialogs(), 2U) << "the loser's tag is forgotten";
  f.rig.a.bye();
  end_well(f.rig);
}

TEST(Fork, TheLosersPortsAreGivenBack) {
  Rig rig;
  rig.a.invite({.body = sdp_two_lines(rig.a.ip(), 4000)});
  const auto invite = rig.b.take("INVITE");
  rig.b.answer_to(invite, 183, sdp_two_lines(rig.b.ip(), 6100), {}, "fork-1");
  ASSERT_EQ(rig.relay.sessions.size(), 1U);
  EXPECT_EQ(rig.relay.sessions.begin()->second.flows.size(), 2U);
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6200) + "m=video 0 RTP/AVP 97\r\n", {}, "fork-2");
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  ASSERT_EQ(rig.relay.sessions.size(), 1U);
  ASSERT_EQ(rig.relay.sessions.begin()->second.flows.size(), 1U) << "those of the other one's video";
  EXPECT_EQ(b_media(rig).port, 6200) << "nobody else is heard";
  rig.a.bye();
  end_well(rig);
}

TEST(Fork, TheLosersByeHasAHigherNumberThanItsPrack) {  // trap 90
  Rig rig;
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  rig.b.answer_to(invite, 183, sdp(rig.b.ip(), 6001), reliable(3), "fork-1");
  rig.b.answer_to(invite, 183, sdp(rig.b.ip(), 6002), reliable(3), "fork-2");
  EXPECT_EQ(rig.b.count("PRACK"), 2U) << "the same RSeq, but another dialog";
  rig.b.answer_to(invite, 200, {}, {}, "fork-1");
  rig.a.ack();
  rig.b.answer_to(invite, 200, {}, {}, "fork-2");
  const auto bye = rig.b.take("BYE");
  ASSERT_NE(bye, nullptr);
  EXPECT_EQ(bye->cseq().number, invite->cseq().number + 2);
}

TEST(Fork, A199EndsItsOwnAndTheOneBeforeItIsHeardAgain) {  // trap 4
  Forked f("Supported: 199\r\n");
  f.rig.b.answer_to(f.invite, 199, {}, {}, "fork-2");
  const auto over = f.rig.a.take("199");
  ASSERT_NE(over, nullptr);
  EXPECT_EQ(over->to_tag(), f.second->to_tag());
  EXPECT_EQ(b_media(f.rig).port, 6001);
  f.rig.b.answer_to(f.invite, 199, {}, {}, "fork-1");
  EXPECT_EQ(b_media(f.rig), base::Endpoint{}) << "nobody is left to be heard";
  EXPECT_EQ(f.rig.calls.size(), 1U) << "the call goes on";
  f.rig.b.answer_to(f.invite, 200, sdp(f.rig.b.ip(), 6003), {}, "fork-3");
  EXPECT_TRUE(f.rig.a.has("200 INVITE"));
  EXPECT_EQ(b_media(f.rig).port, 6003);
  f.rig.a.ack();
  f.rig.a.bye();
  end_well(f.rig);
}

// RFC 6228 6: what rang there will not be answered, while another target is tried.
TEST(Fork, OfATargetThatHasFailedGetsA199OfOurs) {
  for (const bool asks : {true, false}) {
    Rig rig;
    rig.settings->reliable["access"] = Reliable::Always;
    rig.advisor.trunks = {"t1", "t2"};
    rig.a.invite(offer(rig, asks ? kSupports : "Supported: 100rel\r\n"));
    rig.b.answer(180);
    const auto first = rig.a.take("180");
    ASSERT_NE(first, nullptr);
    rig.a.request("PRACK", {}, rack(*first));
    rig.b.answer(503);
    const auto over = rig.a.take("199");
    EXPECT_EQ(over != nullptr, asks);
    if (over != nullptr) {
      EXPECT_EQ(over->to_tag(), first->to_tag());
      EXPECT_EQ(over->find(sip::HeaderId::Reason), "SIP;cause=503");
      EXPECT_FALSE(is_reliable(*over));
    }
    rig.c.answer(180);
    const auto second = rig.a.take("180");
    ASSERT_NE(second, nullptr);
    EXPECT_NE(second->to_tag(), first->to_tag());
    rig.a.request("PRACK", {}, rack(*second));
    rig.c.answer(486);
    EXPECT_TRUE(rig.a.has("486 INVITE"));
    EXPECT_FALSE(rig.a.has("199")) << "the final response says it";
    end_well(rig);
  }
}

TEST(Fork, A199IsNotForCallersThatDoNotAsk) {
  Forked f;
  f.rig.b.answer_to(f.invite, 199, {}, {}, "fork-2");
  EXPECT_FALSE(f.rig.a.has("199"));
}

TEST(Fork, TheCallersByeEndsTheOneItNames) {
  Forked f;  // the caller's last tag is fork-2's
  f.rig.a.bye();
  EXPECT_TRUE(f.rig.a.has("200 BYE"));
  EXPECT_EQ(f.rig.b.take("BYE")->to_tag(), "fork-2");
  EXPECT_FALSE(f.rig.b.has("CANCEL"));
  EXPECT_EQ(b_media(f.rig).port, 6001);
  f.rig.b.answer_to(f.invite, 200, sdp(f.rig.b.ip(), 6001), {}, "fork-1");
  EXPECT_TRUE(f.rig.a.has("200 INVITE"));
}

TEST(Fork, ThatWasHungUpMayStillAnswerAndTheCallEndsAllTheSame) {
  for (const bool cancelled : {true, false}) {
    Rig rig;
    rig.a.invite(offer(rig, kSupports));
    rig.b.answer(180, {}, {}, "other");
    rig.b.answer(180);
    rig.a.bye();  // in the early dialog that rang last
    EXPECT_TRUE(rig.a.has("200 BYE"));
    EXPECT_EQ(rig.calls.size(), 1U) << "the other one rings";
    rig.b.answer(200, sdp(rig.b.ip(), 6000));
    EXPECT_TRUE(rig.b.has("ACK"));
    EXPECT_TRUE(rig.b.has("BYE"));
    if (cancelled) {
      rig.a.cancel();
      EXPECT_TRUE(rig.a.has("487"));
    }  // otherwise it rings until its time is over
    rig.pass(minutes(5));
    rig.expect_idle(cancelled ? "cancelled" : "left");
  }
}

TEST(Fork, OneTooManyIsDroppedAndCountedButMayAnswer) {
  Rig rig;
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  for (std::size_t i = 0; i < kMaxForks; ++i) rig.b.answer_to(invite, 180, {}, {}, "fork-" + std::to_string(i));
  EXPECT_EQ(rig.calls.counters().refused_forks, 0U);
  rig.a.clear();
  rig.b.answer_to(invite, 180, {}, {}, "one-more");
  EXPECT_EQ(rig.calls.counters().refused_forks, 1U);
  EXPECT_FALSE(rig.a.has("180"));
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6000), {}, "one-more");
  EXPECT_TRUE(rig.a.has("200 INVITE"));
}

TEST(Fork, TheNextTargetGoesOnWithTheTagOfOneThatOnlyRang) {
  Rig rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.ring();
  const auto first = rig.a.take("180");
  rig.b.answer(503);
  rig.c.answer(180);
  EXPECT_EQ(rig.a.take("180")->to_tag(), first->to_tag());
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  EXPECT_EQ(rig.a.take("200 INVITE")->to_tag(), first->to_tag());
}

TEST(Fork, TheNextTargetAfterEarlyMediaIsAnotherEarlyDialog) {  // trap 16
  Rig rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.advisor.failure_decision.kind = policy::FailureDecision::Kind::Next;
  rig.a.invite(offer(rig, kSupports));
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  const auto first = rig.a.take("183");
  rig.a.request("PRACK", {}, rack(*first));
  rig.b.answer(503);
  rig.c.answer(183, sdp(rig.c.ip(), 6000));
  const auto second = rig.a.take("183");
  ASSERT_NE(second, nullptr);
  EXPECT_NE(second->to_tag(), first->to_tag());
  EXPECT_EQ(b_media(rig), base::Endpoint::parse("203.0.113.11:6000"));
}

}  // namespace
}  // namespace sbc::call::test
