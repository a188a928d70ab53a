// An offer of the border's own for callers without one (RFC 3725 4.1), and preconditions that never cross (RFC 3312).

#include <gtest/gtest.h>

#include "places.h"

namespace sbc::call::test {
namespace {

void late_offer(Rig& rig, policy::LateOffer mode) {
  change_places(rig, kAsItIs, [mode](route::Trunk& trunk) { trunk.late_offer = mode; });
}

std::string rack(const sip::Message& response) {
  return "RAck: " + std::string(response.find(sip::HeaderId::RSeq).value_or("0")) + " " +
         std::to_string(response.cseq().number) + " INVITE\r\n";
}

bool says(std::string_view body, std::string_view line) {
  return body.find(line) != std::string_view::npos;
}

const char* const kReliable = "Supported: 100rel\r\nAllow: INVITE, PRACK, UPDATE\r\n";

// Several codecs, PCMA first.
std::string answer_of(const Peer& peer) {
  return "v=0\r\no=- 1 1 IN IP4 " + peer.ip() + "\r\ns=-\r\nc=IN IP4 " + peer.ip() +
         "\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
         "a=rtpmap:101 telephone-event/8000\r\n";
}

// --- late offer -------------------------------------------------------------------------------------------------

TEST(LateToEarly, TheCalleeGetsAnOfferOfOursAndTheCallerItsAnswerAsAnOffer) {  // trap 20
  Rig rig;
  late_offer(rig, policy::LateOffer::Offer);
  rig.a.invite({});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_TRUE(says(invite->body(), "m=audio ")) << invite->body();
  EXPECT_TRUE(says(invite->body(), " RTP/AVP 8 0 101\r\n")) << invite->body();
  EXPECT_FALSE(says(invite->body(), "192.0.2.1\r\n")) << "the relay's address, not the placeholder";
  rig.b.answer(200, answer_of(rig.b));
  EXPECT_TRUE(rig.b.has("ACK")) << "its exchange is complete";
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  // What the callee takes, down to what it will most likely send.
  EXPECT_TRUE(says(accepted->body(), " RTP/AVP 8 101\r\n")) << accepted->body();
  EXPECT_FALSE(says(accepted->body(), "PCMU"));
  rig.a.ack(sdp(rig.a.ip(), 4000));
  EXPECT_EQ(rig.calls.connected(), 1U);
  const auto& flow = rig.relay.sessions.begin()->second.flows.at(0);
  EXPECT_EQ(flow.a.remote_rtp->text(), rig.a.ip() + ":4000");
  EXPECT_EQ(flow.b.remote_rtp->text(), rig.b.ip() + ":6000");
  EXPECT_EQ(rig.b.count("ACK"), 1U) << "nothing of the caller's answer concerns the callee";
  // The call goes on as any other.
  rig.b.reinvite(sdp(rig.b.ip(), 6002, "sendonly", 2));
  const auto hold = rig.a.take("INVITE");
  ASSERT_NE(hold, nullptr);
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "recvonly", 2));
  EXPECT_TRUE(rig.b.has("200 INVITE"));
  rig.b.ack();
  rig.a.bye();
  end_well(rig);
}

TEST(LateToEarly, TheOfferMayComeInAReliableResponseAndItsAnswerInPrack) {  // trap 20
  Rig rig;
  late_offer(rig, policy::LateOffer::Offer);
  rig.a.invite({.body = {}, .headers = kReliable});
  rig.b.answer(183, answer_of(rig.b));
  const auto progress = rig.a.take("183");
  ASSERT_NE(progress, nullptr);
  ASSERT_TRUE(progress->find(sip::HeaderId::RSeq));
  EXPECT_TRUE(says(progress->body(), " RTP/AVP 8 101\r\n")) << progress->body();
  rig.b.answer(200);
  EXPECT_FALSE(rig.a.has("200 INVITE")) << "RFC 3262 5: not before the PRACK";
  rig.a.request("PRACK", sdp(rig.a.ip(), 4000), rack(*progress));
  EXPECT_TRUE(rig.a.has("200 PRACK"));
  EXPECT_FALSE(rig.b.has("PRACK")) << "the callee knows nothing of it";
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  EXPECT_TRUE(accepted->body().empty()) << "the exchange is over";
  rig.a.ack();
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_EQ(rig.relay.sessions.begin()->second.flows.at(0).a.remote_rtp->text(), rig.a.ip() + ":4000");
  rig.b.bye();
  end_well(rig);
}

TEST(LateToEarly, AnUnreliableResponseCarriesNoOffer) {
  Rig rig;
  late_offer(rig, policy::LateOffer::Offer);
  rig.a.invite({});
  rig.b.answer(183, answer_of(rig.b));
  const auto progress = rig.a.take("183");
  ASSERT_NE(progress, nullptr);
  EXPECT_TRUE(progress->body().empty());
  rig.b.answer(200);
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  EXPECT_TRUE(says(accepted->body(), "m=audio "));
  rig.a.ack(sdp(rig.a.ip(), 4000));
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  end_well(rig);
}

TEST(LateToEarly, AnAckWithoutAnAnswerEndsBothLegs) {
  Rig rig;
  late_offer(rig, policy::LateOffer::Offer);
  rig.a.invite({});
  rig.b.answer(200, answer_of(rig.b));
  rig.a.ack();
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_TRUE(rig.b.has("BYE"));
  EXPECT_EQ(rig.b.count("ACK"), 1U);
  end_well(rig);
}

TEST(LateToEarly, APrackWithoutAnAnswerEndsTheCall) {
  Rig rig;
  late_offer(rig, policy::LateOffer::Offer);
  rig.a.invite({.body = {}, .headers = kReliable});
  rig.b.answer(183, answer_of(rig.b));
  const auto progress = rig.a.take("183");
  ASSERT_NE(progress, nullptr);
  rig.a.request("PRACK", {}, rack(*progress));
  EXPECT_TRUE(rig.a.has("488"));
  EXPECT_TRUE(rig.b.has("CANCEL"));
  end_well(rig);
}

TEST(LateToEarly, TheNextTargetGetsItsOfferToo) {
  Rig rig;
  late_offer(rig, policy::LateOffer::Offer);
  rig.advisor.trunks = {"t1", "t2", "far"};
  rig.a.invite({});
  rig.b.answer(503);
  const auto second = rig.c.take("INVITE");
  ASSERT_NE(second, nullptr);
  EXPECT_TRUE(says(second->body(), "m=audio "));
  rig.c.answer(503);
  const auto third = rig.d.take("INVITE");
  ASSERT_NE(third, nullptr) << "in another network";
  rig.d.answer(200, answer_of(rig.d));
  rig.a.ack(sdp(rig.a.ip(), 4000));
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  end_well(rig);
}

TEST(LateToEarly, ACancelledCallLeavesNothing) {
  Rig rig;
  late_offer(rig, policy::LateOffer::Offer);
  rig.a.invite({});
  rig.b.answer(183, answer_of(rig.b));
  rig.a.cancel();
  EXPECT_TRUE(rig.a.has("487"));
  end_well(rig);
}

TEST(LateToEarly, OrThePolicyRefusesWith488) {  // trap 20
  Rig rig;
  late_offer(rig, policy::LateOffer::Refuse);
  rig.a.invite({});
  EXPECT_FALSE(rig.b.has("INVITE"));
  EXPECT_TRUE(rig.a.has("488"));
  EXPECT_EQ(rig.calls.counters().refused_media, 1U);
  rig.a.invite();
  EXPECT_TRUE(rig.b.has("INVITE")) << "with an offer all is well";
  rig.a.cancel();
  end_well(rig);
}

TEST(LateToEarly, TheCandidateMaySayOtherwise) {
  Rig rig;
  late_offer(rig, policy::LateOffer::Refuse);
  policy::InviteDecision decision;
  decision.kind = policy::InviteDecision::Kind::Route;
  policy::Candidate candidate;
  candidate.kind = policy::Candidate::Kind::Trunk;
  candidate.name = "t1";
  candidate.late_offer = policy::LateOffer::Pass;
  decision.candidates.push_back(candidate);
  rig.advisor.decision = decision;
  rig.a.invite({});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_TRUE(invite->body().empty());
  rig.a.cancel();
  end_well(rig);
}

// --- preconditions ----------------------------------------------------------------------------------------------

std::string with_preconditions(const Peer& peer, std::string_view have, int version = 1,
                               std::string_view where = "local") {
  return sdp(peer.ip(), 4000, "sendrecv", version) + "a=curr:qos " + std::string(where) + " " + std::string(have) +
         "\r\na=curr:qos remote none\r\na=des:qos mandatory " + std::string(where) +
         " sendrecv\r\na=des:qos mandatory remote sendrecv\r\n";
}

const std::string kDemands = std::string(kReliable) + "Require: precondition\r\n";

TEST(Preconditions, StayOnTheirSideAndAreAnsweredForOurs) {  // trap 29
  Rig rig;
  rig.a.invite({.body = with_preconditions(rig.a, "none"), .headers = kDemands});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_FALSE(says(invite->body(), "qos"));
  EXPECT_FALSE(invite->find(sip::HeaderId::Require));
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  const auto progress = rig.a.take("183");
  ASSERT_NE(progress, nullptr);
  // RFC 3312 5.2, table 4, and 6: what is ours is there, and we ask to be told of theirs.
  for (const char* line :
       {"a=curr:qos local sendrecv\r\n", "a=curr:qos remote none\r\n", "a=des:qos mandatory local sendrecv\r\n",
        "a=des:qos mandatory remote sendrecv\r\n", "a=conf:qos remote sendrecv\r\n"})
    EXPECT_TRUE(says(progress->body(), line)) << line << progress->body();
  rig.a.request("PRACK", {}, rack(*progress));
  ASSERT_TRUE(rig.a.has("200 PRACK"));
  // Its resources are there: answered at the border, whatever the callee can.
  rig.a.request("UPDATE", with_preconditions(rig.a, "sendrecv", 2));
  const auto updated = rig.a.take("200 UPDATE");
  ASSERT_NE(updated, nullptr);
  EXPECT_TRUE(says(updated->body(), "a=curr:qos remote sendrecv\r\n")) << updated->body();
  EXPECT_FALSE(says(updated->body(), "a=conf"));
  EXPECT_FALSE(rig.b.has("UPDATE"));
  rig.b.answer(200);
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  EXPECT_EQ(rig.calls.connected(), 1U);
  // In the call as well.
  rig.b.clear();
  rig.a.request("UPDATE", with_preconditions(rig.a, "none", 3));
  EXPECT_TRUE(rig.a.has("200 UPDATE"));
  EXPECT_TRUE(rig.b.inbox.empty());
  rig.a.bye();
  end_well(rig);
}

TEST(Preconditions, AreRefusedWith580WhereTheOperatorWantsThat) {  // trap 29
  Rig rig;
  change_places(rig, kAsItIs, [](route::Trunk& trunk) { trunk.preconditions = policy::Preconditions::Refuse; });
  rig.a.invite({.body = with_preconditions(rig.a, "none"), .headers = kDemands});
  EXPECT_FALSE(rig.b.has("INVITE"));
  EXPECT_TRUE(rig.a.has("580"));
  rig.a.invite();
  EXPECT_TRUE(rig.b.has("INVITE"));
  rig.a.cancel();
  end_well(rig);
}

TEST(Preconditions, ThatTheBorderCannotMeetAreRefusedWith580) {
  Rig rig;
  rig.a.invite({.body = with_preconditions(rig.a, "none", 1, "e2e"), .headers = kDemands});
  EXPECT_FALSE(rig.b.has("INVITE"));
  EXPECT_TRUE(rig.a.has("580"));
  rig.connect();
  rig.a.request("UPDATE", with_preconditions(rig.a, "none", 2, "e2e"));
  EXPECT_TRUE(rig.a.has("580"));
  EXPECT_EQ(rig.calls.connected(), 1U) << "the session stays as it was";
  rig.a.bye();
  end_well(rig);
}

}  // namespace
}  // namespace sbc::call::test
