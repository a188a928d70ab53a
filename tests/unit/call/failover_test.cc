// RFC 3263 4.3 inside a dialog: a request whose next hop is a name goes to the next of its places upon 503, silence and
// failures of the transport; the dialog stays with the place that took it.

#include <gtest/gtest.h>

#include "sbc/call/limits.h"

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;

constexpr const char* kRoute = "Record-Route: <sip:proxy.example;lr>\r\n";

// A call to b whose dialog leads through a name with three places: c, d, b.
std::unique_ptr<Rig> talking() {
  auto rig = std::make_unique<Rig>();
  rig->names["proxy.example"] = {
      {.remote = rig->c.endpoint()}, {.remote = rig->d.endpoint()}, {.remote = rig->b.endpoint()}};
  rig->slow_names = true;
  rig->ring();
  rig->b.answer(200, sdp(rig->b.ip(), 6000), kRoute);
  rig->a.ack();
  // As if the peer had never been seen at one of them.
  rig->names["proxy.example"].pop_back();
  rig->release_lookups();
  return rig;
}

void over(Rig& rig) {
  rig.pass(minutes(4));
  rig.expect_idle();
}

std::string branch_of(const sip::MessagePtr& message) {
  return std::string(message->top_via().branch);
}

// "a new request, which is identical to the previous, but has a different value of the Via branch ID".
// trap 17: the next place gets the same request with a new branch.
TEST(PlaceFailover, TheNextPlaceGetsTheSameRequestAsANewTransaction) {
  auto rig = talking();
  rig->c.auto_bye_ok = false;
  rig->a.bye();
  const auto first = rig->c.take("BYE");
  ASSERT_NE(first, nullptr);
  rig->c.answer_to(first, 503);
  const auto second = rig->d.take("BYE");
  ASSERT_NE(second, nullptr);
  EXPECT_NE(branch_of(first), branch_of(second));
  EXPECT_EQ(first->cseq().number, second->cseq().number);
  EXPECT_EQ(first->call_id(), second->call_id());
  EXPECT_EQ(first->request_uri_text(), second->request_uri_text());
  EXPECT_EQ(first->find(sip::HeaderId::Route), second->find(sip::HeaderId::Route));
  EXPECT_EQ(first->find(sip::HeaderId::To), second->find(sip::HeaderId::To));
  EXPECT_EQ(rig->calls.counters().failovers, 1U);
  over(*rig);
}

// RFC 3261 21.5.4; trap 17: whoever says for how long it cannot be asked is not asked by new calls either.
TEST(PlaceFailover, RetryAfterInsideADialogKeepsNewCallsAway) {
  using Health = route::TrunkHealth::State;
  Rig rig;
  rig.connect();
  const auto state = [&rig] { return rig.calls.health().state(sip::Transport::Udp, rig.b.endpoint(), rig.now); };
  rig.a.reinvite(sdp(rig.a.ip(), 4002, "sendonly", 2));
  rig.b.answer(500, {}, "Retry-After: 60\r\n");
  EXPECT_EQ(state(), Health::Good) << "only a 503 is about the server";
  rig.a.request("INFO", "Signal=5", "Content-Type: application/dtmf-relay\r\n");
  rig.b.answer_to(rig.b.take("INFO"), 503, {}, "Retry-After: 60\r\n");
  EXPECT_EQ(state(), Health::Busy);
  rig.a.bye();
  EXPECT_TRUE(rig.b.has("BYE")) << "the dialog is there, and ends there";
  over(rig);
}

// "or a transport failure of some sort"; "times out without ever having received any response".
TEST(PlaceFailover, SilenceAndTransportFailuresLeadOnAsWell) {
  for (const bool silent : {true, false}) {
    auto rig = talking();
    rig->c.deaf = silent;
    rig->c.auto_bye_ok = false;
    rig->a.bye();
    if (silent) {
      rig->pass(seconds(31));
      EXPECT_FALSE(rig->d.has("BYE"));
      rig->pass(seconds(2));
    } else {
      rig->fail_last_send(rig->c);
    }
    EXPECT_TRUE(rig->d.has("BYE"));
    EXPECT_EQ(rig->calls.counters().failovers, 1U);
    over(*rig);
  }
}

// "without ever having received any response, provisional or final".
TEST(PlaceFailover, AProvisionalResponseSaysThatThePlaceHasIt) {
  auto rig = talking();
  rig->a.reinvite(sdp(rig->a.ip(), 4002, "sendonly", 2));
  ASSERT_TRUE(rig->c.has("INVITE"));
  rig->c.answer(180);
  rig->pass(minutes(4));
  EXPECT_EQ(rig->d.count("INVITE"), 0U);
  EXPECT_EQ(rig->calls.counters().failovers, 0U);
  rig->kill();
  over(*rig);
}

TEST(PlaceFailover, AnotherAnswerIsTheAnswer) {
  auto rig = talking();
  rig->a.reinvite(sdp(rig->a.ip(), 4002, "sendonly", 2));
  rig->c.answer(500);
  EXPECT_FALSE(rig->d.has("INVITE"));
  EXPECT_TRUE(rig->a.has("500"));
  rig->a.bye();
  over(*rig);
}

TEST(PlaceFailover, TheDialogStaysWithThePlaceThatWorks) {
  auto rig = talking();
  rig->a.reinvite(sdp(rig->a.ip(), 4002, "sendonly", 2));
  rig->c.answer(503);
  rig->d.answer(200, sdp(rig->d.ip(), 6000, "recvonly", 2), kRoute);
  EXPECT_TRUE(rig->a.take("200"));
  rig->a.ack();
  EXPECT_TRUE(rig->d.has("ACK")) << "of the 2xx";
  rig->c.clear();
  rig->a.bye();
  EXPECT_TRUE(rig->d.has("BYE"));
  EXPECT_FALSE(rig->c.has("BYE"));
  EXPECT_EQ(rig->calls.counters().failovers, 1U);
  over(*rig);
}

TEST(PlaceFailover, WhenNoPlaceTakesItTheLastAnswerCounts) {
  auto rig = talking();
  rig->a.reinvite(sdp(rig->a.ip(), 4002, "sendonly", 2));
  rig->c.answer(503);
  rig->d.answer(503);
  EXPECT_EQ(rig->c.count("INVITE"), 1U) << "each place once";
  EXPECT_TRUE(rig->a.has("500")) << "RFC 3261 16.7: a 503 would speak of the border";
  // The next request tries them again.
  rig->c.auto_bye_ok = rig->d.auto_bye_ok = false;
  rig->a.bye();
  rig->d.answer_to(rig->d.take("BYE"), 503);
  EXPECT_TRUE(rig->c.has("BYE"));
  over(*rig);
}

TEST(PlaceFailover, RequestsThatCrossLeadOnAsWell) {
  auto rig = talking();
  rig->a.request("INFO", "Signal=5", "Content-Type: application/dtmf-relay\r\n");
  rig->a.request("INFO", "Signal=6", "Content-Type: application/dtmf-relay\r\n");
  const auto first = rig->c.take("INFO");
  const auto second = rig->c.take("INFO");
  ASSERT_NE(second, nullptr);
  rig->c.answer_to(first, 503);
  rig->c.answer_to(second, 503);
  const auto first_again = rig->d.take("INFO");
  const auto second_again = rig->d.take("INFO");
  ASSERT_NE(second_again, nullptr) << "both, though the place failed for the first one already";
  EXPECT_EQ(first_again->body(), first->body());
  EXPECT_EQ(second_again->body(), second->body());
  rig->d.answer_to(first_again, 200);
  rig->d.answer_to(second_again, 200);
  EXPECT_EQ(rig->a.count("200 INFO"), 2U);
  rig->a.bye();
  over(*rig);
}

TEST(PlaceFailover, AnEarlyDialogsRequestsLeadOnAsWell) {
  Rig rig;
  rig.names["proxy.example"] = {{.remote = rig.c.endpoint()}, {.remote = rig.d.endpoint()}};
  rig.a.invite();
  rig.b.answer(180, {}, kRoute);
  rig.b.answer(183, {}, std::string("Require: 100rel\r\nRSeq: 1\r\n") + kRoute);
  const auto prack = rig.c.take("PRACK");
  ASSERT_NE(prack, nullptr);
  rig.c.answer_to(prack, 503);
  const auto again = rig.d.take("PRACK");
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(prack->find(sip::HeaderId::RAck), again->find(sip::HeaderId::RAck));
  rig.d.answer_to(again, 200);
  rig.b.answer(486);
  over(rig);
}

TEST(PlaceFailover, AReinviteThatNobodyAnswersLeadsOn) {
  auto rig = talking();
  rig->c.deaf = true;
  rig->c.auto_bye_ok = false;
  rig->a.reinvite(sdp(rig->a.ip(), 4002, "sendonly", 2));
  rig->pass(seconds(33));
  EXPECT_TRUE(rig->d.has("INVITE"));
  rig->d.answer(200, sdp(rig->d.ip(), 6000, "recvonly", 2), kRoute);
  EXPECT_TRUE(rig->a.has("200"));
  rig->a.ack();
  rig->a.bye();
  over(*rig);
}

TEST(PlaceFailover, WhatTheBorderSaysByItselfLeadsOnAsWell) {
  auto rig = talking();
  rig->b.request("REFER", {}, "Refer-To: <sip:2000@example.org>\r\n");
  const auto notify = rig->c.take("NOTIFY");
  ASSERT_NE(notify, nullptr);
  rig->c.answer_to(notify, 503);
  const auto again = rig->d.take("NOTIFY");
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(notify->body(), again->body());
  EXPECT_EQ(notify->cseq().number, again->cseq().number);
  rig->kill();
  over(*rig);
}

TEST(PlaceFailover, SoManyPlacesAreTriedAndNotOneMore) {
  Rig rig;
  auto& places = rig.names["other.example"];
  for (std::uint16_t port = 1; port < 10; ++port)
    places.push_back({.remote = {*base::IpAddress::parse("10.9.9.9"), port}});
  rig.connect();
  rig.a.reinvite(sdp(rig.a.ip(), 4002, "sendonly", 2));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2), "Contact: <sip:b@other.example>\r\n");
  rig.a.ack();
  rig.a.bye();
  rig.pass(minutes(10));
  EXPECT_EQ(rig.calls.counters().failovers, kMaxFailovers);
  rig.expect_idle();
}

}  // namespace
}  // namespace sbc::call::test
