// Codec policy of realms, trunks and decisions (sdp/codec_filter.h), in calls.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec_rig.h"

namespace sbc::call::test {
namespace {

using testing::HasSubstr;
using testing::Not;

policy::Candidate place(const char* trunk, std::optional<sdp::CodecRules> codecs = {}) {
  policy::Candidate out;
  out.kind = policy::Candidate::Kind::Trunk;
  out.name = trunk;
  out.codecs = std::move(codecs);
  return out;
}

policy::InviteDecision route_to(std::vector<policy::Candidate> places) {
  policy::InviteDecision out;
  out.kind = policy::InviteDecision::Kind::Route;
  out.candidates = std::move(places);
  return out;
}

TEST(Codecs, OffersAndAnswersHaveOnlyWhatBothSidesMayUse) {
  Rig rig;
  configure(rig, {.deny = {"G722"}}, {.allow = {"PCMA", "PCMU"}, .order = {"PCMA"}, .ptime = 20});
  rig.a.invite({.body = body(rig.a, 4000, "9 18 0 8 101", std::string(kEvents) + "a=ptime:30\r\n")});
  const auto offer = text(rig.b.take("INVITE"));
  EXPECT_THAT(offer, HasSubstr(" RTP/AVP 8 0 101\r\n"));
  EXPECT_THAT(offer, HasSubstr("a=ptime:20\r\n"));
  EXPECT_THAT(offer, Not(HasSubstr("a=ptime:30")));
  // What it may not use is not passed on, wherever it comes from.
  rig.b.answer(200, body(rig.b, 6000, "8 9 101", kEvents));
  const auto answer = text(rig.a.take("200 INVITE"));
  EXPECT_THAT(answer, HasSubstr(" RTP/AVP 8 101\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("ptime"))) << "the trunk's packets are the trunk's business";
  rig.a.ack();
  rig.a.bye();
  end_well(rig);
}

TEST(Codecs, RulesOfBothSidesHoldInAReinviteOfEither) {
  Rig rig;
  configure(rig, {.deny = {"PCMU"}}, {.deny = {"G729"}});
  rig.a.invite({.body = body(rig.a, 4000, "18 0 8")});
  EXPECT_THAT(text(rig.b.take("INVITE")), HasSubstr(" RTP/AVP 8\r\n"));
  rig.b.answer(200, body(rig.b, 6000, "8"));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.b.reinvite(body(rig.b, 6000, "0 18 9 8", "", 2));
  EXPECT_THAT(text(rig.a.take("INVITE")), HasSubstr(" RTP/AVP 9 8\r\n"));
  rig.a.answer(200, body(rig.a, 4000, "9 8", "", 2));
  EXPECT_THAT(text(rig.b.take("200 INVITE")), HasSubstr(" RTP/AVP 9 8\r\n"));
  rig.b.ack();
  // A re-INVITE that leaves nothing is refused, and the call stays as it is.
  rig.b.reinvite(body(rig.b, 6000, "0 18", "", 3));
  EXPECT_TRUE(rig.b.has("488 INVITE"));
  EXPECT_FALSE(rig.a.has("INVITE"));
  EXPECT_EQ(rig.relay.sessions.size(), 1U);
  rig.b.bye();
  end_well(rig);
}

TEST(Codecs, AnOfferThatLeavesNothingIsRefusedAndCounted) {
  Rig rig;
  configure(rig, {.allow = {"opus"}}, {});
  rig.a.invite({.body = body(rig.a, 4000, "0 8")});
  EXPECT_TRUE(rig.a.has("488 INVITE"));
  EXPECT_FALSE(rig.b.has("INVITE"));
  EXPECT_EQ(rig.calls.counters().refused_media, 1U);
  end_well(rig);
}

TEST(Codecs, ATargetThatMayUseNothingOfItRefusesTheCallLikeAnyOther) {
  Rig rig;
  configure(rig, {}, {});
  rig.advisor.trunks = {"t1", "t2"};
  rig.advisor.decision = route_to({place("t1", sdp::CodecRules{.force = {"opus"}}), place("t2")});
  rig.advisor.failure_decision.kind = policy::FailureDecision::Kind::Next;
  rig.a.invite({.body = body(rig.a, 4000, "0 8")});
  EXPECT_FALSE(rig.b.has("INVITE"));
  ASSERT_EQ(rig.advisor.failures.size(), 1U);
  EXPECT_EQ(rig.advisor.failures[0].status, 488);
  ASSERT_TRUE(rig.c.has("INVITE"));
  rig.c.answer(200, body(rig.c, 6000, "0"));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.bye();
  end_well(rig);
}

TEST(Codecs, ALineThatOneTargetMayNotHaveIsOfferedToTheNext) {
  Rig rig;
  rig.advisor.decision = route_to({place("t1", sdp::CodecRules{.deny = {"video"}}), place("t2")});
  const std::string video = "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n";
  rig.a.invite({.body = body(rig.a, 4000, "0") + video});
  EXPECT_THAT(text(rig.b.take("INVITE")), HasSubstr("m=video 0 "));
  rig.b.answer(503);
  const auto offer = text(rig.c.take("INVITE"));
  EXPECT_THAT(offer, HasSubstr("m=video "));
  EXPECT_THAT(offer, Not(HasSubstr("m=video 0 ")));
  EXPECT_EQ(rig.relay.opened, 1U) << "the session has grown";
  rig.a.cancel();
  end_well(rig);
}

TEST(Codecs, ADecisionReplacesTheTrunksRules) {
  Rig rig;
  configure(rig, {}, {.allow = {"PCMU"}});
  rig.advisor.decision = route_to({place("t1", sdp::CodecRules{.force = {"G729", "PCMA"}})});
  rig.a.invite({.body = body(rig.a, 4000, "0 8 101", kEvents)});
  EXPECT_THAT(text(rig.b.take("INVITE")), HasSubstr(" RTP/AVP 8 101\r\n"));
  rig.b.answer(200, body(rig.b, 6000, "8 101", kEvents));
  EXPECT_THAT(text(rig.a.take("200 INVITE")), HasSubstr(" RTP/AVP 8 101\r\n"));
  rig.a.ack();
  rig.a.bye();
  end_well(rig);
}

// RFC 3264 6.1: at least one of the codecs that were offered.
TEST(Codecs, AnAnswerWithNothingThatWasOfferedEndsTheCall) {
  Rig rig;
  configure(rig, {}, {.allow = {"PCMA", "PCMU"}, .force = {"PCMA"}});
  rig.a.invite({.body = body(rig.a, 4000, "0 8")});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, body(rig.b, 6000, "0"));
  EXPECT_TRUE(rig.a.has("488 INVITE"));
  EXPECT_TRUE(rig.b.has("BYE"));
  end_well(rig);
}

TEST(Codecs, ALineThatLosesItsCodecsIsRefusedInItsPlace) {
  Rig rig;
  configure(rig, {}, {.deny = {"video"}});
  const std::string video = "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n";
  rig.a.invite({.body = body(rig.a, 4000, "0") + video});
  EXPECT_THAT(text(rig.b.take("INVITE")), HasSubstr("m=video 0 RTP/AVP 96\r\n"));
  ASSERT_EQ(rig.relay.sessions.size(), 1U);
  EXPECT_EQ(rig.relay.sessions.begin()->second.flows.size(), 1U) << "no ports for a line that is refused";
  rig.b.answer(200, body(rig.b, 6000, "0") + "m=video 0 RTP/AVP 96\r\n");
  EXPECT_THAT(text(rig.a.take("200 INVITE")), HasSubstr("m=video 0 RTP/AVP 96\r\n"));
  rig.a.ack();
  rig.a.bye();
  end_well(rig);
}

TEST(Codecs, TheOfferInTheNameOfACallerKeepsTheRules) {
  Rig rig;
  configure(rig, {}, {.deny = {"PCMU"}});
  std::vector<route::Trunk> trunks = rig.settings->routes->trunks();
  for (auto& trunk : trunks) trunk.late_offer = policy::LateOffer::Offer;
  auto built = route::Table::build(rig.settings->routes->realms(), std::move(trunks), {});
  ASSERT_TRUE(built);
  rig.settings->routes = std::make_shared<const route::Table>(*std::move(built));
  rig.a.invite({});
  EXPECT_THAT(text(rig.b.take("INVITE")), HasSubstr(" RTP/AVP 8 101\r\n"));
  rig.b.answer(200, body(rig.b, 6000, "8 101", kEvents));
  EXPECT_THAT(text(rig.a.take("200 INVITE")), HasSubstr(" RTP/AVP 8 101\r\n"));
  rig.a.ack(body(rig.a, 4000, "8 101", kEvents));
  rig.a.bye();
  end_well(rig);
}

TEST(Codecs, KindsThatAreNotAnchoredAreRefusedAndCounted) {
  Rig rig;
  const std::string others =
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nm=message 2855 TCP/MSRP *\r\na=path:msrp://" + rig.a.ip() +
      ":2855/x;tcp\r\nm=audio 4002 TCP/RTP/AVP 0\r\n";
  rig.a.invite({.body = body(rig.a, 4000, "0") + others});
  const auto offer = text(rig.b.take("INVITE"));
  EXPECT_THAT(offer, HasSubstr("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
  EXPECT_THAT(offer, HasSubstr("m=message 0 TCP/MSRP *\r\n"));
  EXPECT_THAT(offer, HasSubstr("m=audio 0 TCP/RTP/AVP 0\r\n"));
  const auto& refused = rig.calls.counters().refused_lines;
  EXPECT_EQ(refused[static_cast<std::size_t>(sdp::Refusal::DataChannel)], 1U);
  EXPECT_EQ(refused[static_cast<std::size_t>(sdp::Refusal::Message)], 1U);
  EXPECT_EQ(refused[static_cast<std::size_t>(sdp::Refusal::Profile)], 1U);
  rig.a.cancel();
  end_well(rig);
}

}  // namespace
}  // namespace sbc::call::test
