// Requests that cross a call: what of them does, what their answers become, what is refused.

#include "sbc/call/crossing.h"

#include <gtest/gtest.h>

#include "sbc/call/limits.h"
#include "sbc/sip/contact.h"

#include "places.h"
#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;

std::string value(const sip::MessagePtr& message, sip::HeaderId id) {
  return std::string(message->find(id).value_or("(none)"));
}

TEST(Passing, InfoCrossesBothWaysWithItsBodyUnread) {
  for (const bool caller : {true, false}) {
    Rig rig;
    rig.connect();
    Peer& one = caller ? rig.a : rig.b;
    Peer& two = caller ? rig.b : rig.a;
    one.request("INFO", "Signal=5\r\nDuration=160\r\n", "Content-Type: application/dtmf-relay\r\n");
    const auto info = two.take("INFO");
    ASSERT_NE(info, nullptr);
    EXPECT_EQ(info->body(), "Signal=5\r\nDuration=160\r\n");
    EXPECT_EQ(value(info, sip::HeaderId::ContentType), "application/dtmf-relay");
    EXPECT_EQ(info->find(sip::HeaderId::Contact), std::nullopt) << "RFC 6086 7.1: INFO has none";
    EXPECT_EQ(info->max_forwards(), 69U);
    EXPECT_FALSE(one.has("200 INFO")) << "the answer is the other side's";
    two.answer_to(info, 200);
    const auto answer = one.take("200 INFO");
    ASSERT_NE(answer, nullptr);
    EXPECT_EQ(answer->reason_phrase(), "OK") << "the phrase is ours";
    EXPECT_EQ(rig.calls.counters().passed, 1U);
    EXPECT_EQ(rig.calls.connected(), 1U);
  }
}

TEST(Passing, OnlyListedHeadersCrossAndNothingNamesTheOtherSide) {
  Rig rig;
  rig.connect();
  rig.a.request("SUBSCRIBE", {},
                "Event: dialog;id=7;call-id=secret-call;from-tag=secret-tag\r\nExpires: 60\r\nAccept: text/plain\r\n"
                "User-Agent: secret-agent\r\nX-Secret: secret-header\r\nCall-Info: <http://secret.invalid/>\r\n"
                "P-Asserted-Identity: <sip:secret@secret.invalid>\r\nDate: Sat, 13 Nov 2010 23:29:00 GMT\r\n");
  const auto crossed = rig.b.take("SUBSCRIBE");
  ASSERT_NE(crossed, nullptr);
  EXPECT_EQ(crossed->bytes().find("secret"), std::string_view::npos) << crossed->bytes();
  EXPECT_EQ(crossed->bytes().find(rig.a.ip()), std::string_view::npos) << crossed->bytes();
  EXPECT_EQ(crossed->find(sip::HeaderId::Date), std::nullopt);
  EXPECT_EQ(value(crossed, sip::HeaderId::Event), "dialog;id=7");
  EXPECT_EQ(value(crossed, sip::HeaderId::Expires), "60");
  ASSERT_TRUE(sip::first_contact(*crossed).has_value()) << "RFC 6665: SUBSCRIBE refreshes the target";
  EXPECT_EQ(sip::first_contact(*crossed)->uri.host, "203.0.113.1");

  rig.b.answer_to(crossed, 202, {}, "Expires: 30\r\nWarning: 399 secret.invalid \"x\"\r\n");
  const auto answer = rig.a.take("202 SUBSCRIBE");
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(value(answer, sip::HeaderId::Expires), "30");
  EXPECT_EQ(answer->bytes().find("secret"), std::string_view::npos) << answer->bytes();
  EXPECT_EQ(answer->bytes().find(rig.b.ip()), std::string_view::npos) << answer->bytes();
  ASSERT_TRUE(sip::first_contact(*answer).has_value());
  EXPECT_EQ(sip::first_contact(*answer)->uri.host, "198.51.100.1");

  // trap 78: a NOTIFY may come at any time, and its fragment names the other dialog.
  rig.b.request("NOTIFY", "SIP/2.0 180 Ringing at secret.invalid\r\nVia: SIP/2.0/UDP secret.invalid\r\n",
                "Event: refer;id=93809824\r\nSubscription-State: active;expires=60\r\n"
                "Content-Type: message/sipfrag;version=2.0\r\n");
  const auto notify = rig.a.take("NOTIFY");
  ASSERT_NE(notify, nullptr);
  EXPECT_EQ(notify->body(), "SIP/2.0 180 Ringing\r\n");
  EXPECT_EQ(value(notify, sip::HeaderId::SubscriptionState), "active;expires=60");
  rig.a.answer_to(notify, 200);
  EXPECT_TRUE(rig.b.has("200 NOTIFY"));
}

TEST(Passing, AnUnknownMethodCrossesOnlyWhenItIsListed) {
  Rig rig;
  rig.connect();
  rig.a.request("FOO");
  EXPECT_TRUE(rig.a.has("501 FOO"));
  EXPECT_FALSE(rig.b.has("FOO"));
  EXPECT_EQ(rig.calls.counters().refused_method, 1U);

  Rig open;
  open.settings->crossing["access"].methods = {"FOO"};
  open.connect();
  open.a.request("FOO");
  const auto foo = open.b.take("FOO");
  ASSERT_NE(foo, nullptr);
  open.b.answer_to(foo, 299);
  EXPECT_TRUE(open.a.has("299 FOO"));
  open.a.request("INFO");
  const auto refused = open.a.take("405 INFO");
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(value(refused, sip::HeaderId::Allow), "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, FOO, REFER");
}

// RFC 3903 4: inside a dialog it is about the dialog's other end, if it may get there.
TEST(Passing, APublicationCrossesWhereItIsListed) {
  Rig rig;
  rig.connect();
  rig.a.request("PUBLISH", {}, "Event: presence\r\n");
  EXPECT_TRUE(rig.a.has("405 PUBLISH"));
  EXPECT_FALSE(rig.b.has("PUBLISH"));

  Rig open;
  open.settings->crossing["access"].methods = {"PUBLISH"};
  open.connect();
  open.a.request("PUBLISH", {}, "Event: presence\r\nExpires: 600\r\nSIP-If-Match: tag1\r\n");
  const auto publish = open.b.take("PUBLISH");
  ASSERT_NE(publish, nullptr);
  EXPECT_EQ(value(publish, sip::HeaderId::Event), "presence");
  EXPECT_EQ(value(publish, sip::HeaderId::SipIfMatch), "tag1");
  EXPECT_EQ(value(publish, sip::HeaderId::Expires), "600");
  open.b.answer_to(publish, 200, {}, "SIP-ETag: tag2\r\nExpires: 500\r\n");
  const auto published = open.a.take("200 PUBLISH");
  ASSERT_NE(published, nullptr);
  EXPECT_EQ(value(published, sip::HeaderId::SipETag), "tag2");
  EXPECT_EQ(value(published, sip::HeaderId::Expires), "500");
  open.a.request("INFO", {}, "SIP-If-Match: tag1\r\n");
  EXPECT_TRUE(open.a.has("405 INFO"));
}

// trap 86: INFO packages.
TEST(Passing, AnInfoPackageThatTheOtherSideDoesNotWantIsAnswered469) {
  Rig rig;
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = "Recv-Info: foo, bar;x=1\r\n"});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_EQ(value(invite, sip::HeaderId::RecvInfo), "foo, bar;x=1");
  rig.b.answer(200, sdp(rig.b.ip(), 6000), "Recv-Info: nil\r\n");
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  EXPECT_EQ(value(accepted, sip::HeaderId::RecvInfo), "nil");
  rig.a.ack();

  rig.b.request("INFO", {}, "Info-Package: bar;y=2\r\n");
  const auto wanted = rig.a.take("INFO");
  ASSERT_NE(wanted, nullptr);
  EXPECT_EQ(value(wanted, sip::HeaderId::InfoPackage), "bar;y=2");
  rig.b.request("INFO", {}, "Info-Package: BAR\r\n");
  const auto refused = rig.b.take("469 INFO");
  ASSERT_NE(refused, nullptr) << "names are case-sensitive";
  EXPECT_EQ(value(refused, sip::HeaderId::RecvInfo), "foo, bar;x=1");
  rig.a.request("INFO", {}, "Info-Package: foo\r\n");
  EXPECT_TRUE(rig.a.has("469 INFO")) << "what one side wants says nothing of the other";
  EXPECT_EQ(rig.calls.counters().refused_package, 2U);
  EXPECT_EQ(rig.calls.connected(), 1U) << "RFC 6086 4.2.2: the call goes on";

  // A re-INVITE changes the set, and only its 2xx answers with the other one's.
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendrecv", 2), "Recv-Info:\r\n");
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  const auto changed = rig.a.take("200 INVITE");
  ASSERT_NE(changed, nullptr);
  EXPECT_EQ(value(changed, sip::HeaderId::RecvInfo), "nil");
  rig.a.ack();
  rig.b.request("INFO", {}, "Info-Package: bar\r\n");
  EXPECT_TRUE(rig.b.has("469 INFO"));
}

// trap 86: INFO never before there is a dialog to carry it.
// RFC 8840: candidates of one leg are of no use on the other, and say where it is.
TEST(Passing, CandidatesThatTrickleStayOnTheirLegEvenBetweenThoseWhoTrustEachOther) {
  Rig rig;
  change_places(rig, [](route::Realm& realm) { realm.trust = route::Trust::Trusted; }, kAsItIs);
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = "Recv-Info: trickle-ice, foo\r\n"});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_EQ(value(invite, sip::HeaderId::RecvInfo), "foo");
  rig.b.answer(200, sdp(rig.b.ip(), 6000), "Recv-Info: trickle-ice\r\n");
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  EXPECT_EQ(value(accepted, sip::HeaderId::RecvInfo), "");
  rig.a.ack();

  const std::string candidates = "a=ice-ufrag:x\r\na=candidate:1 1 UDP 2130706431 10.0.0.7 5000 typ host\r\n";
  const std::string type = "Content-Type: application/trickle-ice-sdpfrag\r\n";
  for (Peer* one : {&rig.a, &rig.b}) {
    one->request("INFO", candidates, "Info-Package: trickle-ice\r\nContent-Disposition: Info-Package\r\n" + type);
    EXPECT_TRUE(one->has("469 INFO"));
    one->request("INFO", candidates, type);
    EXPECT_TRUE(one->has("415 INFO"));
  }
  EXPECT_FALSE(rig.a.has("INFO"));
  EXPECT_FALSE(rig.b.has("INFO"));
}

// trap 86
TEST(Passing, BeforeTheOtherLegHasADialogItIsPutOff) {
  Rig rig;
  rig.ring();
  rig.a.request("INFO");
  const auto later = rig.a.take("500 INFO");
  ASSERT_NE(later, nullptr);
  EXPECT_TRUE(later->find(sip::HeaderId::RetryAfter).has_value());
  EXPECT_FALSE(rig.b.has("INFO"));
  EXPECT_EQ(rig.calls.counters().refused_passing, 1U);
}

TEST(Passing, AnswersThatMeanTheBorderDoNotReachTheAskingSideAsTheyAre) {
  const std::pair<int, int> cases[] = {{401, 403}, {407, 403}, {302, 500}, {483, 500}, {503, 500},
                                       {420, 500}, {404, 404}, {488, 488}, {603, 603}};
  Rig rig;
  rig.connect();
  for (const auto& [told, passed] : cases) {
    rig.a.request("MESSAGE", "hello", "Content-Type: text/plain\r\n");
    const auto message = rig.b.take("MESSAGE");
    ASSERT_NE(message, nullptr);
    rig.b.answer_to(message, told, {}, "WWW-Authenticate: Digest realm=\"secret\", nonce=\"1\"\r\n");
    const auto answer = rig.a.take(std::to_string(passed) + " MESSAGE");
    ASSERT_NE(answer, nullptr) << told;
    EXPECT_EQ(answer->find(sip::HeaderId::WwwAuthenticate), std::nullopt);
    EXPECT_EQ(answer->bytes().find("secret"), std::string_view::npos);
  }
  EXPECT_EQ(rig.calls.connected(), 1U);
}

TEST(Passing, SilenceAnd408OfTheOtherSideAreSilenceHere) {
  Rig rig;
  rig.connect();
  rig.a.request("INFO");
  rig.b.answer_to(rig.b.take("INFO"), 408);
  EXPECT_EQ(rig.a.count("408"), 0U) << "RFC 4320 4.2";
  rig.a.request("INFO");
  rig.pass(seconds(40));
  for (const auto& message : rig.a.inbox) EXPECT_LT(message->status(), 200) << line_of(*message);
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Passing, AFailedTransportIsToldAtOnce) {
  Rig rig;
  rig.connect();
  rig.a.request("INFO");
  rig.fail_last_send(rig.b);
  EXPECT_TRUE(rig.a.has("500 INFO"));
  EXPECT_EQ(rig.calls.connected(), 1U);
}

// RFC 5057: a usage of its own dies alone; INFO belongs to the call.
TEST(Passing, A481EndsTheCallForInfoAndOnlyTheSubscriptionForNotify) {
  Rig rig;
  rig.connect();
  rig.a.request("NOTIFY", {}, "Event: refer\r\nSubscription-State: active\r\n");
  rig.b.answer_to(rig.b.take("NOTIFY"), 481);
  EXPECT_TRUE(rig.a.has("481 NOTIFY"));
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.request("INFO");
  rig.b.answer_to(rig.b.take("INFO"), 481);
  EXPECT_TRUE(rig.a.has("481 INFO"));
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_FALSE(rig.b.has("BYE")) << "it has no such dialog";
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Passing, TheEndOfTheCallAnswersWhatIsStillOnItsWay) {
  Rig rig;
  rig.connect();
  rig.a.request("INFO");
  rig.b.bye();
  EXPECT_TRUE(rig.a.has("487 INFO")) << "RFC 3261 15.1.2";
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Passing, TooManyAtOnceArePutOff) {
  Rig rig;
  rig.connect();
  for (std::size_t i = 0; i < kMaxPassing + 3; ++i) rig.a.request("INFO");
  EXPECT_EQ(rig.b.count("INFO"), kMaxPassing);
  EXPECT_EQ(rig.a.count("500 INFO"), 3U);
  EXPECT_EQ(rig.calls.counters().refused_passing, 3U);
}

TEST(Passing, MaxForwardsThatIsUsedUpIsAnswered483) {
  Rig rig;
  rig.connect();
  std::string text = rig.a.request_text("INFO", 9'000'000, {}, {}, "z9hG4bK-x");
  text.replace(text.find("Max-Forwards: 70"), 16, "Max-Forwards: 0");
  rig.a.send_raw(text);
  EXPECT_TRUE(rig.a.has("483 INFO"));
  EXPECT_FALSE(rig.b.has("INFO"));
}

// trap 78: bodies that carry identifiers are rewritten or refused.
TEST(Passing, BodiesThatTellAboutTheOtherSideAreRefused) {
  Rig rig;
  rig.connect();
  for (const std::string_view type : {"application/x-unheard-of", "application/dialog-info+xml", "application/sdp",
                                      "multipart/mixed;boundary=x", "message/sip", "message/sipfrag"}) {
    rig.a.request("INFO", "INVITE sip:secret@secret.invalid SIP/2.0\r\n",
                  "Content-Type: " + std::string(type) + "\r\n");
    const auto refused = rig.a.take("415 INFO");
    ASSERT_NE(refused, nullptr) << type;
    EXPECT_TRUE(refused->find(sip::HeaderId::Accept).has_value());
  }
  EXPECT_FALSE(rig.b.has("INFO"));
  EXPECT_EQ(rig.calls.counters().refused_body, 6U);
}

TEST(Crossing, TheEventKeepsItsPackageAndId) {
  EXPECT_EQ(crossing_event("refer"), "refer");
  EXPECT_EQ(crossing_event("refer ; id=12"), "refer;id=12");
  EXPECT_EQ(crossing_event("dialog;call-id=\"a@b\";ID=x;sla"), "dialog;ID=x");
}

}  // namespace
}  // namespace sbc::call::test
