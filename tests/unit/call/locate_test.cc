// Candidates that are host names: the call waits for the resolver without blocking anybody, and goes through the places
// of a name as RFC 3263 4.3 says.

#include <gtest/gtest.h>

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;

std::unique_ptr<Rig> rig_with_name() {
  auto rig = std::make_unique<Rig>();
  rig->advisor.trunks = {"named"};
  rig->names["pbx.example"] = {{.remote = rig->b.endpoint()}, {.remote = rig->c.endpoint()}};
  return rig;
}

void over(Rig& rig) {
  rig.pass(minutes(3));
  rig.expect_idle();
}

// But for the branch, the number and what is left to the test.
void expect_same(const sip::Message& first, const sip::Message& second) {
  using enum sip::HeaderId;
  for (const auto id : {From, To, CallId, Contact, Allow, Supported}) EXPECT_EQ(first.find(id), second.find(id));
  EXPECT_NE(first.top_via().branch, second.top_via().branch);
}

TEST(Names, ACallWaitsForItsPlacesAndThenGoesOn) {
  auto rig = rig_with_name();
  rig->slow_names = true;
  rig->a.invite();
  rig->pass(seconds(1));
  EXPECT_TRUE(rig->a.has("100"));
  EXPECT_FALSE(rig->b.has("INVITE"));
  ASSERT_EQ(rig->lookups.size(), 1U);
  EXPECT_EQ(rig->lookups[0].realm, "core");
  rig->release_lookups();
  const auto invite = rig->b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_EQ(invite->request_uri().host, "pbx.example") << "RFC 3263 4: the Request-URI keeps the name";
  rig->b.answer(200, sdp(rig->b.ip(), 6000));
  rig->a.ack();
  rig->a.bye();
  over(*rig);
}

TEST(Names, TheCallerMayHangUpOrBeKilledWhileWaiting) {
  for (const bool cancel : {true, false}) {
    auto rig = rig_with_name();
    rig->slow_names = true;
    rig->a.invite();
    if (cancel) {
      rig->a.cancel();
      EXPECT_TRUE(rig->a.has("487"));
    } else {
      rig->kill();
      EXPECT_TRUE(rig->a.has("503"));
    }
    rig->release_lookups();
    EXPECT_FALSE(rig->b.has("INVITE")) << "the answer came for a call that is over";
    over(*rig);
  }
}

TEST(Names, ANameWithoutPlacesIsPassedOver) {
  auto rig = rig_with_name();
  rig->names.clear();
  rig->advisor.trunks = {"named", "t2"};
  rig->a.invite();
  EXPECT_TRUE(rig->c.has("INVITE"));
  ASSERT_EQ(rig->advisor.failures.size(), 1U);
  EXPECT_EQ(rig->advisor.failures[0].status, 503);
  rig->c.answer(486);
  EXPECT_TRUE(rig->a.has("486"));
  over(*rig);
}

TEST(Names, WithNoPlaceAndNoOtherTargetTheCallerGets503) {
  auto rig = rig_with_name();
  rig->names.clear();
  rig->a.invite();
  EXPECT_TRUE(rig->a.has("503"));
  over(*rig);
}

// trap 17: 503, silence and transport errors go on to the next place of the name.
TEST(Names, TheNextPlaceIsTriedAfter503AndSilence) {
  for (const bool silent : {true, false}) {
    auto rig = rig_with_name();
    rig->a.invite();
    ASSERT_TRUE(rig->b.has("INVITE"));
    if (silent) {
      rig->pass(seconds(9));
    } else {
      rig->b.answer(503);
    }
    EXPECT_TRUE(rig->c.has("INVITE"));
    rig->c.answer(486);
    over(*rig);
  }
}

// trap 17: "a new request, which is identical to the previous, but has a different value of the Via branch ID".
TEST(Names, TheNextPlaceGetsTheSameInviteWithANewBranch) {
  auto rig = rig_with_name();
  rig->a.invite();
  const auto first = rig->b.take("INVITE");
  ASSERT_NE(first, nullptr);
  rig->b.answer(180);
  const auto rang = rig->a.take("180");
  ASSERT_NE(rang, nullptr);
  rig->b.answer(503);
  const auto second = rig->c.take("INVITE");
  ASSERT_NE(second, nullptr);
  expect_same(*first, *second);
  EXPECT_EQ(first->cseq().number, second->cseq().number);
  EXPECT_EQ(first->body(), second->body());
  EXPECT_EQ(first->request_uri_text(), second->request_uri_text());
  // The callee behind both places may be the same one, and answer with the same tag.
  rig->c.answer(180, {}, {}, "tag-of-b");
  EXPECT_TRUE(rig->a.has("180"));
  rig->c.answer(200, sdp(rig->c.ip(), 6000), {}, "tag-of-b");
  const auto accepted = rig->a.take("200");
  ASSERT_NE(accepted, nullptr);
  EXPECT_EQ(accepted->to_tag(), rang->to_tag());
  rig->a.ack();
  rig->c.bye();
  EXPECT_TRUE(rig->a.has("BYE")) << "its dialog is known by the tag that both INVITEs had";
  over(*rig);
}

TEST(Names, APlaceThatCannotBeReachedLeadsToTheNextWithTheSameInvite) {  // trap 17
  auto rig = rig_with_name();
  rig->a.invite();
  const auto first = rig->b.take("INVITE");
  ASSERT_NE(first, nullptr);
  rig->fail_last_send(rig->b);
  const auto second = rig->c.take("INVITE");
  ASSERT_NE(second, nullptr);
  expect_same(*first, *second);
  EXPECT_EQ(first->cseq().number, second->cseq().number);
  rig->c.answer(486);
  over(*rig);
}

// The INVITE that is being given up may have got through: an equal one would be refused as merged (RFC 3261 8.2.2.2).
TEST(Names, AfterSilenceTheNextPlaceGetsAHigherNumberAndNoLateAnswerIsMistaken) {
  auto rig = rig_with_name();
  rig->a.invite();
  const auto first = rig->b.take("INVITE");
  rig->b.answer_to(first, 100);
  rig->b.auto_terminate = false;
  rig->pass(seconds(9));
  const auto second = rig->c.take("INVITE");
  ASSERT_NE(second, nullptr);
  expect_same(*first, *second);
  EXPECT_GT(second->cseq().number, first->cseq().number);
  rig->c.answer(200, sdp(rig->c.ip(), 6000));
  EXPECT_TRUE(rig->a.has("200"));
  rig->a.ack();
  rig->b.answer(200, sdp(rig->b.ip(), 6000));
  EXPECT_TRUE(rig->b.has("ACK"));
  EXPECT_TRUE(rig->b.has("BYE"));
  rig->pass(minutes(2));
  rig->c.bye();
  EXPECT_TRUE(rig->a.has("BYE")) << "the first place's end has not taken the tag of the second one's dialog";
  over(*rig);
}

TEST(Names, AfterALongerSessionWasWantedTheNextPlaceIsAskedForItAtOnce) {  // RFC 3263 4.3, RFC 4028 7.3
  auto rig = rig_with_name();
  rig->a.invite();
  const auto first = rig->b.take("INVITE");
  rig->b.answer_to(first, 422, {}, "Min-SE: 7200\r\n");
  const auto longer = rig->b.take("INVITE");
  ASSERT_NE(longer, nullptr);
  rig->b.answer_to(longer, 503);
  const auto second = rig->c.take("INVITE");
  ASSERT_NE(second, nullptr);
  expect_same(*longer, *second);
  EXPECT_EQ(longer->cseq().number, second->cseq().number);
  EXPECT_EQ(second->find(sip::HeaderId::MinSe), "7200");
  rig->c.answer(486);
  over(*rig);
}

// RFC 3263 4.3 names the failures that lead to the next place of a name; a 500 is an answer of the name.
TEST(Names, AnotherAnswerSpeaksForAllPlacesOfTheName) {
  auto rig = rig_with_name();
  rig->advisor.trunks = {"named", "far"};
  rig->a.invite();
  rig->b.answer(500);
  EXPECT_FALSE(rig->c.has("INVITE"));
  EXPECT_TRUE(rig->d.has("INVITE")) << "another target may still help";
  rig->d.answer(486);
  over(*rig);
}

TEST(Names, APlaceThatAskedForPeaceIsLeftOut) {
  auto rig = rig_with_name();
  rig->a.invite();
  rig->b.answer(503, "", "Retry-After: 60\r\n");
  rig->c.answer(486);
  rig->pass(minutes(0) + seconds(40));
  rig->b.clear();
  rig->c.clear();
  rig->a.clear();
  rig->a.invite();
  EXPECT_FALSE(rig->b.has("INVITE")) << "Retry-After has not passed";
  EXPECT_TRUE(rig->c.has("INVITE"));
  rig->c.answer(486);
  over(*rig);
}

TEST(Names, AFirstRouteThatIsANameIsKnownBeforeTheByeNeedsIt) {
  Rig rig;
  rig.names["proxy.example"] = {{.remote = rig.c.endpoint()}};
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000), "Record-Route: <sip:proxy.example;lr>\r\n");
  rig.a.ack();
  rig.a.bye();
  EXPECT_TRUE(rig.c.has("BYE"));
  EXPECT_FALSE(rig.b.has("BYE"));
  over(rig);
}

TEST(Names, ANewContactThatIsANameIsFollowed) {
  Rig rig;
  rig.names["proxy.example"] = {{.remote = rig.c.endpoint()}};
  rig.connect();
  rig.a.reinvite(sdp(rig.a.ip(), 4002, "sendonly", 2));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2), "Contact: <sip:b@proxy.example>\r\n");
  rig.a.ack();
  rig.a.bye();
  EXPECT_TRUE(rig.c.has("BYE"));
  over(rig);
}

TEST(Names, AnEarlyDialogsNameIsKnownForItsPrack) {
  Rig rig;
  rig.names["proxy.example"] = {{.remote = rig.c.endpoint()}};
  rig.a.invite();
  rig.b.answer(180, {}, "Record-Route: <sip:proxy.example;lr>\r\n");
  rig.b.answer(183, {}, "Require: 100rel\r\nRSeq: 1\r\nRecord-Route: <sip:proxy.example;lr>\r\n");
  EXPECT_TRUE(rig.c.has("PRACK"));
  rig.b.answer(486);
  over(rig);
}

TEST(Names, WithoutAnAnswerRequestsGoWhereThePeerWasSeen) {
  Rig rig;
  rig.ring();
  rig.b.answer(200, sdp(rig.b.ip(), 6000), "Record-Route: <sip:proxy.example;lr>\r\n");
  rig.a.ack();
  rig.a.bye();
  EXPECT_TRUE(rig.b.has("BYE"));
  over(rig);
}

}  // namespace
}  // namespace sbc::call::test
