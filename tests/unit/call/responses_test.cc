// What the policy makes of the callee's responses before the caller gets them: on_provisional and on_answer.

#include <gtest/gtest.h>

#include "early.h"
#include "places.h"

namespace sbc::call::test {
namespace {

using base::seconds;
using policy::Handler;
using policy::HeaderOp;
using Kind = policy::ResponseDecision::Kind;

const std::vector<HeaderOp> kChanges = {{HeaderOp::Kind::Set, "X-Heard", "from the border"},
                                        {HeaderOp::Kind::Add, "X-Heard", "twice"},
                                        {HeaderOp::Kind::Remove, "Session-ID", ""}};

policy::ResponseDecision made(Kind kind, int status = 0) {
  policy::ResponseDecision decision;
  decision.kind = kind;
  decision.status = static_cast<std::uint16_t>(status);
  return decision;
}

policy::ResponseDecision as(int status, bool early_media = true) {
  auto decision = made(Kind::Change, status);
  decision.early_media = early_media;
  return decision;
}

policy::ResponseDecision with_headers() {
  auto decision = made(Kind::Change);
  decision.headers = kChanges;
  return decision;
}

// Values of X-Heard.
std::vector<std::string> heard(const sip::MessagePtr& message) {
  std::vector<std::string> values;
  for (const auto& field : message->headers())
    if (field.name == "X-Heard") values.emplace_back(field.value);
  return values;
}
const std::vector<std::string> kHeard = {"from the border", "twice"};

// Both handlers are there; each is as usual until the test says something else.
struct Told : Rig {
  Told() { advisor.heard = {Handler::Provisional, Handler::Answer}; }
  policy::ResponseDecision& provisional = advisor.provisional_decision;
  policy::ResponseDecision& answer = advisor.answer_decision;
};

void talk_and_end(Rig& rig) {
  rig.a.ack();
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  end_well(rig);
}

TEST(Provisional, IsToldOfAndGoesAsUsual) {
  Told rig;
  rig.a.invite();
  rig.pass(seconds(2));
  rig.b.answer(183, sdp(rig.b.ip(), 6000), "Server: switch 1\r\n" + reliable(4));
  ASSERT_EQ(rig.advisor.responses.size(), 1U);
  const auto& told = rig.advisor.responses[0];
  EXPECT_EQ(told.number, 1U);
  EXPECT_EQ(told.trunk, "t1");
  EXPECT_EQ(told.realm, "core");
  EXPECT_EQ(told.status, 183);
  EXPECT_TRUE(told.has_sdp);
  EXPECT_TRUE(told.reliable);
  EXPECT_EQ(told.elapsed_ms, 2000U);
  EXPECT_EQ(told.user_agent, "switch 1");
  EXPECT_FALSE(rig.a.take("183")->body().empty());
  rig.b.answer(200);
  EXPECT_EQ(rig.advisor.responses.back().status, 200);
  talk_and_end(rig);
}

TEST(Provisional, ARepeatAndA199AreNoneOfItsBusiness) {
  Told rig;
  rig.a.invite(offer(rig, kSupports));
  rig.b.answer(180, {}, reliable(5));
  rig.b.answer(180, {}, reliable(5));
  rig.b.answer(199, {}, reliable(6));
  EXPECT_EQ(rig.advisor.responses.size(), 1U);
}

TEST(Provisional, GetsAnotherStatusReasonAndHeaders) {
  Told rig;
  rig.provisional = as(182);
  rig.provisional.reason = "Please wait";
  rig.provisional.headers = kChanges;
  rig.a.invite();
  rig.b.answer(180);
  const auto progress = rig.a.take("182");
  ASSERT_NE(progress, nullptr);
  EXPECT_EQ(progress->reason_phrase(), "Please wait");
  EXPECT_EQ(heard(progress), kHeard);
  EXPECT_FALSE(progress->find(sip::HeaderId::SessionId));
  // RFC 3261 13.3.1.1: again each minute, as it was.
  rig.pass(seconds(61));
  EXPECT_EQ(heard(rig.a.take("182")), kHeard);
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_TRUE(heard(rig.a.take("200 INVITE")).empty()) << "the 2xx is another response";
  talk_and_end(rig);
}

TEST(Provisional, WithoutItsEarlyMediaRingsAndIsAnsweredAsUsual) {
  for (const bool reliably : {false, true}) {
    Told rig;
    rig.provisional = as(180, false);
    rig.a.invite();
    rig.b.answer(183, sdp(rig.b.ip(), 6000), reliably ? reliable(3) : "");
    EXPECT_EQ(rig.b.has("PRACK"), reliably) << "the callee's leg is another matter";
    const auto ringing = rig.a.take("180");
    ASSERT_NE(ringing, nullptr);
    EXPECT_TRUE(ringing->body().empty());
    EXPECT_EQ(b_media(rig).port, 0) << "the relay sends nothing of it";
    rig.b.answer(200, reliably ? std::string() : sdp(rig.b.ip(), 6000));
    const auto ok = rig.a.take("200 INVITE");
    ASSERT_NE(ok, nullptr);
    EXPECT_FALSE(ok->body().empty()) << "now the caller needs its answer";
    EXPECT_EQ(b_media(rig).port, 6000);
    talk_and_end(rig);
  }
}

TEST(Provisional, EarlyMediaStaysAwayUntilTheNextDescriptionMayPass) {
  Told rig;
  rig.provisional = as(180, false);
  rig.a.invite();
  rig.b.answer(183, sdp(rig.b.ip(), 6000), reliable(3));
  rig.provisional = {};
  rig.b.answer(180, {}, reliable(4));
  EXPECT_TRUE(rig.a.take("180")->body().empty());
  EXPECT_TRUE(rig.a.take("180")->body().empty()) << "it says nothing of media itself";
  rig.b.answer(183, sdp(rig.b.ip(), 6000), reliable(5));
  EXPECT_FALSE(rig.a.take("183")->body().empty());
  EXPECT_EQ(b_media(rig).port, 6000);
  // What the caller has once is not taken away again.
  rig.provisional = as(180, false);
  rig.b.answer(183, sdp(rig.b.ip(), 6000), reliable(6));
  EXPECT_FALSE(rig.a.take("180")->body().empty());
  rig.b.answer(200);
  talk_and_end(rig);
}

TEST(Provisional, WithoutItsEarlyMediaTheCallerHearsOurRingback) {
  Told rig;
  change_places(rig, [](route::Realm& realm) { realm.ringback = "ring"; }, kAsItIs);
  rig.provisional = as(180, false);
  rig.a.invite();
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  const auto ringing = rig.a.take("180");
  ASSERT_NE(ringing, nullptr);
  const auto tone = rig.a.take("183");
  ASSERT_NE(tone, nullptr);
  EXPECT_NE(tone->to_tag(), ringing->to_tag());
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  talk_and_end(rig);
}

// RFC 3262: each leg is reliable for itself.
TEST(Provisional, IsReliableForTheCallerThatWantsItWithoutItsDescriptionToo) {
  Told rig;
  rig.provisional = as(180, false);
  rig.a.invite(offer(rig, kRequires));
  rig.b.answer(183, sdp(rig.b.ip(), 6000), reliable(3));
  const auto first = rig.a.take("180");
  ASSERT_NE(first, nullptr);
  ASSERT_TRUE(is_reliable(*first));
  // The next one waits for the PRACK, with what the policy has made of it.
  rig.provisional = as(182);
  rig.provisional.headers = kChanges;
  rig.b.answer(180, {}, reliable(4));
  EXPECT_FALSE(rig.a.has("182"));
  rig.provisional = {};
  rig.a.request("PRACK", {}, rack(*first));
  EXPECT_TRUE(rig.a.has("200 PRACK"));
  const auto second = rig.a.take("182");
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(heard(second), kHeard);
  rig.a.request("PRACK", {}, rack(*second));
  rig.b.answer(200);
  EXPECT_FALSE(rig.a.take("200 INVITE")->body().empty());
  talk_and_end(rig);
}

TEST(Provisional, OfOneForkLeavesTheOthersAlone) {
  Told rig;
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  rig.provisional = as(180, false);
  rig.b.answer_to(invite, 183, sdp(rig.b.ip(), 6001), {}, "fork-1");
  const auto muted = rig.a.take("180");
  rig.provisional = {};
  rig.b.answer_to(invite, 183, sdp(rig.b.ip(), 6002), {}, "fork-2");
  const auto heard = rig.a.take("183");
  ASSERT_NE(muted, nullptr);
  ASSERT_NE(heard, nullptr);
  EXPECT_NE(muted->to_tag(), heard->to_tag());
  EXPECT_EQ(b_media(rig).port, 6002);
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6001), {}, "fork-1");
  const auto ok = rig.a.take("200 INVITE");
  ASSERT_NE(ok, nullptr);
  EXPECT_EQ(ok->to_tag(), muted->to_tag());
  EXPECT_FALSE(ok->body().empty());
  EXPECT_EQ(b_media(rig).port, 6001);
  talk_and_end(rig);
}

TEST(Provisional, ThatIsHiddenIsAcknowledgedAndNotPassed) {
  Told rig;
  rig.provisional.kind = Kind::Hide;
  rig.a.invite();
  rig.b.answer(183, sdp(rig.b.ip(), 6000), reliable(3));
  EXPECT_TRUE(rig.b.has("PRACK"));
  EXPECT_FALSE(rig.a.has("183"));
  EXPECT_EQ(rig.calls.counters().hidden_progress, 1U);
  EXPECT_EQ(b_media(rig).port, 0);
  rig.provisional = {};
  rig.b.answer(180, {}, reliable(4));
  EXPECT_TRUE(rig.a.take("180")->body().empty()) << "what was hidden stays so";
  rig.b.answer(200);
  EXPECT_FALSE(rig.a.take("200 INVITE")->body().empty());
  talk_and_end(rig);
}

TEST(Provisional, ThatIsHiddenStillSaysThatItRings) {
  Told rig;
  rig.provisional.kind = Kind::Hide;
  rig.advisor.timeout_s = 5;
  rig.a.invite();
  rig.b.answer(180);
  rig.pass(seconds(10));
  EXPECT_FALSE(rig.b.has("CANCEL")) << "it has answered in time";
  rig.b.answer(486);
  EXPECT_TRUE(rig.a.has("486 INVITE"));
  ASSERT_EQ(rig.advisor.failures.size(), 1U);
  EXPECT_TRUE(rig.advisor.failures[0].rang);
  EXPECT_FALSE(rig.advisor.failures[0].early_media);
  end_well(rig);
}

// RFC 3262 5: the PRACK has to carry an answer, and only the caller has one.
TEST(Provisional, AnOfferIsNeitherHiddenNorTakenAway) {
  for (const auto& said : {as(183, false), made(Kind::Hide)}) {
    Told rig;
    rig.provisional = said;
    rig.a.invite({.headers = kSupports});
    rig.b.answer(183, sdp(rig.b.ip(), 6000), reliable(9));
    const auto progress = rig.a.take("183");
    ASSERT_NE(progress, nullptr);
    EXPECT_FALSE(progress->body().empty());
    rig.a.request("PRACK", sdp(rig.a.ip(), 4000), rack(*progress));
    EXPECT_FALSE(rig.b.take("PRACK")->body().empty());
    rig.b.answer(200);
    talk_and_end(rig);
  }
}

TEST(Provisional, WhatRingsOnAfterAFailureIsTheNextTargets) {
  Told rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.provisional = as(180, false);
  rig.a.invite();
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  rig.b.answer(503);
  rig.provisional = {};
  rig.c.answer(183, sdp(rig.c.ip(), 6000));
  EXPECT_EQ(rig.advisor.responses.back().number, 2U);
  EXPECT_EQ(rig.advisor.responses.back().trunk, "t2");
  EXPECT_FALSE(rig.a.take("183")->body().empty());
  EXPECT_EQ(b_media(rig).ip.text(), rig.c.ip());
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  talk_and_end(rig);
}

TEST(Responses, NobodyIsAskedWhoHasNoHandler) {
  Rig rig;
  rig.connect();
  EXPECT_TRUE(rig.advisor.responses.empty());
}

// --- the 2xx ------------------------------------------------------------------------------------------------------

TEST(AnswerOfTheCallee, GetsOtherHeadersAlsoWhenItIsRepeated) {
  Told rig;
  rig.answer = with_headers();
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000), "X-Switch: 7\r\n");
  EXPECT_EQ(rig.advisor.responses.back().status, 200);
  rig.pass(seconds(1));
  EXPECT_GE(rig.a.count("200 INVITE"), 2U);
  const auto ok = rig.a.take("200 INVITE");
  EXPECT_EQ(heard(ok), kHeard);
  EXPECT_FALSE(ok->bytes().contains("X-Switch")) << "nothing crosses by itself";
  EXPECT_FALSE(ok->find(sip::HeaderId::SessionId));
  EXPECT_TRUE(ok->find(sip::HeaderId::Contact));
  EXPECT_EQ(heard(rig.a.last_accepted()), kHeard);
  talk_and_end(rig);
}

TEST(AnswerOfTheCallee, ThatWaitsForAPrackKeepsWhatThePolicySaid) {
  Told rig;
  rig.answer = with_headers();
  rig.a.invite(offer(rig, kSupports));
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  const auto progress = rig.a.take("183");
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_FALSE(rig.a.has("200 INVITE"));
  rig.answer = {};
  rig.a.request("PRACK", {}, rack(*progress));
  EXPECT_EQ(heard(rig.a.take("200 INVITE")), kHeard);
  talk_and_end(rig);
}

TEST(AnswerOfTheCallee, MayBeGivenAnEnd) {
  Told rig;
  rig.answer = made(Kind::Change);
  rig.answer.max_duration_s = 90;
  rig.connect();
  rig.pass(seconds(89));
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.pass(seconds(2));
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_TRUE(rig.b.has("BYE"));
  end_well(rig);
  EXPECT_EQ(rig.records.at(0).cause, EndCause::MaxDuration);
}

TEST(AnswerOfTheCallee, IsHungUpAndTheCallerGetsThatStatus) {
  Told rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.answer = made(Kind::HangUp, 603);
  rig.answer.reason = "No machines";
  rig.ring();
  rig.b.clear();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  const auto ack = rig.b.take("ACK");
  const auto bye = rig.b.take("BYE");
  ASSERT_NE(ack, nullptr);
  ASSERT_NE(bye, nullptr);
  EXPECT_GT(bye->cseq().number, ack->cseq().number);
  const auto refusal = rig.a.take("603 INVITE");
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->reason_phrase(), "No machines");
  EXPECT_FALSE(rig.c.has("INVITE"));
  EXPECT_TRUE(rig.advisor.failures.empty());
  EXPECT_EQ(rig.calls.counters().hung_up_answers, 1U);
  // RFC 3261 13.2.2.4: a 2xx that comes again gets its ACK again.
  rig.b.repeat_accept();
  EXPECT_EQ(rig.b.count("ACK"), 2U);
  EXPECT_EQ(rig.b.count("BYE"), 1U);
  end_well(rig);
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].cause, EndCause::HungUp);
  EXPECT_EQ(rig.records[0].status, 603);
  EXPECT_FALSE(rig.records[0].answered);
  EXPECT_TRUE(rig.relay.sessions.empty());
}

TEST(AnswerOfTheCallee, HungUpWithoutAStatusIsAFailureLikeOthers) {
  Told rig;
  rig.answer = made(Kind::HangUp);
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_TRUE(rig.b.has("BYE"));
  EXPECT_TRUE(rig.a.has("480 INVITE"));
  ASSERT_EQ(rig.advisor.failures.size(), 1U);
  EXPECT_EQ(rig.advisor.failures[0].status, 480);
  EXPECT_TRUE(rig.advisor.failures[0].rang);
  end_well(rig);
}

TEST(AnswerOfTheCallee, HungUpWithoutAStatusTheNextTargetMayAnswer) {
  Told rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.advisor.failure_decision.kind = policy::FailureDecision::Kind::Next;
  rig.answer = made(Kind::HangUp);
  rig.a.invite(offer(rig, {}));
  const auto invite = rig.b.take("INVITE");
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6000), {}, "fork-1");
  EXPECT_EQ(rig.b.take("BYE")->to_tag(), "fork-1");
  rig.answer = {};
  // Another phone of the first target is too late, and so is the first one again.
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6000), {}, "fork-2");
  EXPECT_EQ(rig.b.take("BYE")->to_tag(), "fork-2");
  rig.b.answer_to(invite, 200, sdp(rig.b.ip(), 6000), {}, "fork-1");
  EXPECT_EQ(rig.b.count("ACK"), 3U);
  EXPECT_EQ(rig.b.count("BYE"), 2U);
  rig.c.answer(180);
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  EXPECT_EQ(b_media(rig).ip.text(), rig.c.ip());
  talk_and_end(rig);
  EXPECT_TRUE(rig.records.at(0).answered);
}

TEST(AnswerOfTheCallee, WithAnOfferIsHungUpWithARefusalInTheAck) {
  Told rig;
  rig.answer = made(Kind::HangUp, 488);
  rig.a.invite({});
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_TRUE(rig.a.has("488 INVITE"));
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.expect_offers_answered();
  end_well(rig);
}

TEST(Responses, HandlersMaySetTimers) {
  Told rig;
  rig.advisor.heard.insert(Handler::Timer);
  rig.advisor.timers = {{"slow", 20}};
  rig.ring();
  rig.pass(seconds(21));
  ASSERT_EQ(rig.advisor.timers_due.size(), 1U);
  EXPECT_EQ(rig.advisor.timers_due[0].name, "slow");
}

}  // namespace
}  // namespace sbc::call::test
