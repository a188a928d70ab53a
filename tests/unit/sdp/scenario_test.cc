// Whole exchanges through two legs, as the B2BUA drives them: A calls B through us.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "sbc/sdp/offer_answer.h"
#include "sbc/sdp/remote_media.h"

#include "samples.h"

namespace sbc::sdp {
namespace {

using testing::HasSubstr;
using testing::Not;
using State = OfferAnswer::State;
using Anchors = std::vector<std::optional<Anchor>>;

class SdpScenario : public testing::Test {
 protected:
  // What arrives from one side goes to the other; gives what the other side then reads.
  static std::string relay_offer(OfferAnswer& from, OfferAnswer& to, const Anchors& toward, const std::string& text) {
    const auto taken = from.remote_offer(parsed(text));
    EXPECT_TRUE(taken) << (taken ? "" : taken.error().text);
    const auto body = to.offer({.from = *from.remote(), .anchors = toward});
    EXPECT_TRUE(body) << (body ? "" : body.error().text);
    return body.value_or("");
  }
  static std::string relay_answer(OfferAnswer& from, OfferAnswer& to, const Anchors& toward, const std::string& text,
                                  Finality finality) {
    const auto taken = from.remote_answer(parsed(text), finality);
    EXPECT_TRUE(taken) << (taken ? "" : taken.error().text);
    const auto body = to.answer({.from = *from.remote(), .anchors = toward}, finality);
    EXPECT_TRUE(body) << (body ? "" : body.error().text);
    return body.value_or("");
  }

  std::string a_offers(const std::string& text) { return relay_offer(a_, b_, toward_b_, text); }
  std::string b_offers(const std::string& text) { return relay_offer(b_, a_, toward_a_, text); }
  std::string a_answers(const std::string& text, Finality f = Finality::Final) {
    return relay_answer(a_, b_, toward_b_, text, f);
  }
  std::string b_answers(const std::string& text, Finality f = Finality::Final) {
    return relay_answer(b_, a_, toward_a_, text, f);
  }
  std::vector<Passage> passages() const { return passages_between(a_, b_); }
  void establish() {
    a_offers(audio("192.0.2.1", 4000));
    b_answers(audio("198.51.100.1", 5000));
    ASSERT_TRUE(passages()[0].both_ways());
  }

  Anchors toward_a_{anchor("203.0.113.1:20000", "203.0.113.1:20001"), anchor("203.0.113.1:20002", "203.0.113.1:20003")};
  Anchors toward_b_{anchor("203.0.113.2:30000", "203.0.113.2:30001"), anchor("203.0.113.2:30002", "203.0.113.2:30003")};
  OfferAnswer a_{{.username = "-", .session_id = 1, .first_version = 1, .address = ip("203.0.113.1")}};
  OfferAnswer b_{{.username = "-", .session_id = 2, .first_version = 1, .address = ip("203.0.113.2")}};
};

TEST_F(SdpScenario, BasicCall) {
  EXPECT_EQ(a_offers(audio("192.0.2.1", 4000)),
            lines({"v=0", "o=- 2 1 IN IP4 203.0.113.2", "s=-", "c=IN IP4 203.0.113.2", "t=0 0",
                   "m=audio 30000 RTP/AVP 0 8", "a=sendrecv"}));
  EXPECT_EQ(b_answers(audio("198.51.100.1", 5000)),
            lines({"v=0", "o=- 1 1 IN IP4 203.0.113.1", "s=-", "c=IN IP4 203.0.113.1", "t=0 0",
                   "m=audio 20000 RTP/AVP 0 8", "a=sendrecv"}));
  EXPECT_TRUE(a_.established());
  EXPECT_TRUE(b_.established());
  EXPECT_EQ(remote_media(*a_.remote(), 0).rtp, endpoint("192.0.2.1:4000"));
  EXPECT_EQ(remote_media(*b_.remote(), 0).rtcp, endpoint("198.51.100.1:5001"));
  EXPECT_FALSE(on_hold(passages()));
}

TEST_F(SdpScenario, EarlyAnswerThenAnotherInThe200) {  // trap 26: the 200 says something else than the 183.
  a_offers(audio("192.0.2.1", 4000));
  const auto early = b_answers(audio("198.51.100.1", 5000), Finality::Early);
  EXPECT_EQ(a_.state(), State::OfferReceived);
  EXPECT_TRUE(passages()[0].both_ways());
  // Another place, same codecs: the relay re-points, and A reads the same words.
  EXPECT_EQ(b_answers(audio("198.51.100.9", 5900), Finality::Early), early);
  EXPECT_EQ(remote_media(*b_.remote(), 0).rtp, endpoint("198.51.100.9:5900"));
  // Another codec: A reads a new version, from the same port.
  const auto final = b_answers(
      lines({"v=0", "o=- 5 5 IN IP4 198.51.100.7", "s=-", "c=IN IP4 198.51.100.7", "t=0 0", "m=audio 5700 RTP/AVP 8"}));
  EXPECT_THAT(final, HasSubstr("o=- 1 2 IN"));
  EXPECT_THAT(final, HasSubstr("m=audio 20000 RTP/AVP 8\r\n"));
  EXPECT_EQ(a_.state(), State::Stable);
}

TEST_F(SdpScenario, EarlyAnswerThenThe200HasNone) {
  a_offers(audio("192.0.2.1", 4000));
  b_answers(audio("198.51.100.1", 5000), Finality::Early);
  a_.commit();
  b_.commit();
  EXPECT_TRUE(a_.established());
  EXPECT_EQ(b_.agreed_remote()->media[0].port, 5000);
}

TEST_F(SdpScenario, FailoverAfterEarlyMediaKeepsTheCallersOriginMovingForward) {
  a_offers(audio("192.0.2.1", 4000));
  EXPECT_THAT(b_answers(audio("198.51.100.1", 5000, {"a=ptime:20"}), Finality::Early), HasSubstr("o=- 1 1 IN"));
  // B fails; the next target is a new leg with its own origin.
  OfferAnswer second({.username = "-", .session_id = 3, .first_version = 1, .address = ip("203.0.113.2")});
  const auto offer = second.offer({.from = *a_.remote(), .anchors = toward_b_});
  EXPECT_THAT(offer.value(), HasSubstr("o=- 3 1 IN"));
  EXPECT_THAT(relay_answer(second, a_, toward_a_, audio("198.51.100.2", 5000), Finality::Final),
              HasSubstr("o=- 1 2 IN"));
}

TEST_F(SdpScenario, LateOffer) {
  // INVITE without a description, previewed in a 183, then in the 200; A answers in its ACK.
  const auto preview = b_offers(audio("198.51.100.1", 5000));
  EXPECT_THAT(preview, HasSubstr("m=audio 20000 RTP/AVP 0 8"));
  EXPECT_EQ(b_offers(audio("198.51.100.1", 5000)), preview);
  const auto in_ack = a_answers(
      lines({"v=0", "o=- 5 5 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0", "m=audio 4000 RTP/AVP 8"}));
  EXPECT_THAT(in_ack, HasSubstr("m=audio 30000 RTP/AVP 8\r\n"));
  EXPECT_TRUE(a_.established());
  EXPECT_TRUE(b_.established());
  EXPECT_TRUE(passages()[0].both_ways());
}

TEST_F(SdpScenario, HoldAndResume) {
  establish();
  EXPECT_THAT(a_offers(audio("192.0.2.1", 4000, {"a=sendonly"})),
              HasSubstr("o=- 2 2 IN IP4 203.0.113.2\r\ns=-\r\nc=IN IP4 203.0.113.2\r\nt=0 0\r\n"
                        "m=audio 30000 RTP/AVP 0 8\r\na=sendonly\r\n"));
  EXPECT_THAT(b_answers(audio("198.51.100.1", 5000, {"a=recvonly"})), HasSubstr("a=recvonly\r\n"));
  EXPECT_TRUE(passages()[0].a_to_b) << "music from A";
  EXPECT_FALSE(passages()[0].b_to_a);
  EXPECT_TRUE(on_hold(passages()));
  EXPECT_THAT(a_offers(audio("192.0.2.1", 4000)), HasSubstr("o=- 2 3 IN"));
  EXPECT_THAT(b_answers(audio("198.51.100.1", 5000)), HasSubstr("o=- 1 3 IN"));
  EXPECT_FALSE(on_hold(passages()));
}

TEST_F(SdpScenario, HoldTheOldWayAndHoldOfHold) {
  establish();
  const auto offer = a_offers(audio("0.0.0.0", 4000));
  EXPECT_THAT(offer, HasSubstr("a=sendonly\r\n"));
  EXPECT_THAT(offer, Not(HasSubstr("0.0.0.0")));
  EXPECT_THAT(b_answers(audio("198.51.100.1", 5000, {"a=recvonly"})), HasSubstr("m=audio 20000"));
  EXPECT_EQ(remote_media(*a_.remote(), 0).rtp, std::nullopt);
  EXPECT_FALSE(passages()[0].b_to_a);
  // B holds as well; A is still at 0.0.0.0.
  EXPECT_THAT(b_offers(audio("198.51.100.1", 5000, {"a=sendonly"})), HasSubstr("a=sendonly\r\n"));
  EXPECT_THAT(a_answers(audio("0.0.0.0", 4000)), HasSubstr("a=inactive\r\n"));
  EXPECT_TRUE(passages()[0].none());
  // A resumes, B does not yet (RFC 6337 5.3).
  EXPECT_THAT(a_offers(audio("192.0.2.1", 4000)), HasSubstr("a=sendrecv\r\n"));
  EXPECT_THAT(b_answers(audio("198.51.100.1", 5000, {"a=sendonly"})), HasSubstr("a=sendonly\r\n"));
  EXPECT_TRUE(passages()[0].b_to_a);
  EXPECT_FALSE(passages()[0].a_to_b);
  b_offers(audio("198.51.100.1", 5000));
  a_answers(audio("192.0.2.1", 4000));
  EXPECT_TRUE(passages()[0].both_ways());
}

TEST_F(SdpScenario, ReinviteWithoutOffer) {
  establish();
  // A re-INVITE from A without a description asks B for everything it has; versions move only on change.
  EXPECT_THAT(b_offers(audio("198.51.100.1", 5000, {"a=rtpmap:0 PCMU/8000"})), HasSubstr("o=- 1 2 IN"));
  EXPECT_THAT(a_answers(audio("192.0.2.1", 4000)), HasSubstr("o=- 2 1 IN")) << "as the first offer to B";
  EXPECT_TRUE(passages()[0].both_ways());
}

TEST_F(SdpScenario, RefreshChangesNothing) {
  establish();
  EXPECT_EQ(a_offers(audio("192.0.2.1", 4000)), *b_.agreed_local()->text);
  EXPECT_EQ(b_answers(audio("198.51.100.1", 5000)), *a_.agreed_local()->text);
  EXPECT_EQ(a_.version(), 1U);
}

TEST_F(SdpScenario, RefusedReinviteRollsBothLegsBack) {
  establish();
  a_offers(audio("192.0.2.1", 4100, {"a=sendonly"}));
  EXPECT_EQ(remote_media(*a_.remote(), 0).rtp, endpoint("192.0.2.1:4100"));
  b_.rollback();  // 488
  a_.rollback();
  EXPECT_EQ(remote_media(*a_.remote(), 0).rtp, endpoint("192.0.2.1:4000"));
  EXPECT_TRUE(passages()[0].both_ways());
  EXPECT_THAT(a_offers(audio("192.0.2.1", 4000)), HasSubstr("o=- 2 3 IN")) << "B has seen version 2";
}

TEST_F(SdpScenario, BothSidesReinviteAtOnce) {
  establish();
  a_offers(audio("192.0.2.1", 4000, {"a=sendonly"}));
  const auto crossed = b_.remote_offer(parsed(audio("198.51.100.1", 5000, {"a=sendonly"})));
  ASSERT_FALSE(crossed);
  EXPECT_EQ(status_for(crossed.error().kind), 491);
  b_answers(audio("198.51.100.1", 5000, {"a=recvonly"}));
  EXPECT_TRUE(passages()[0].a_to_b);
}

TEST_F(SdpScenario, AddedVideoIsRefusedAndKeepsItsPlace) {
  establish();
  toward_b_[1] = std::nullopt;
  toward_a_[1] = std::nullopt;
  const std::string video = "m=video 4002 RTP/AVP 96";
  EXPECT_THAT(a_offers(audio("192.0.2.1", 4000, {video, "a=rtpmap:96 VP8/90000"})),
              testing::EndsWith("a=sendrecv\r\nm=video 0 RTP/AVP 96\r\n"));
  EXPECT_THAT(b_answers(audio("198.51.100.1", 5000, {"m=video 0 RTP/AVP 96"})),
              testing::EndsWith("a=sendrecv\r\nm=video 0 RTP/AVP 96\r\n"));
  EXPECT_TRUE(passages()[0].both_ways());
  EXPECT_TRUE(passages()[1].refused);
  // Later offers keep two lines; one fewer is refused.
  EXPECT_FALSE(b_.remote_offer(parsed(audio("198.51.100.1", 5000))));
  EXPECT_THAT(b_offers(audio("198.51.100.1", 5000, {"m=video 0 RTP/AVP 96"})), HasSubstr("m=video 0"));
}

TEST_F(SdpScenario, VideoThatBRefuses) {
  EXPECT_THAT(a_offers(audio("192.0.2.1", 4000, {"m=video 4002 RTP/AVP 96"})), HasSubstr("m=video 30002 RTP/AVP 96"));
  EXPECT_THAT(b_answers(audio("198.51.100.1", 5000, {"m=video 0 RTP/AVP 96"})), HasSubstr("m=video 0 RTP/AVP 96"));
  EXPECT_TRUE(passages()[1].refused);
}

TEST_F(SdpScenario, ALineThatWeRefusedStaysRefusedWhateverTheAnswerSays) {
  EXPECT_TRUE(passages().empty());
  toward_b_[1] = std::nullopt;
  a_offers(audio("192.0.2.1", 4000, {"m=video 4002 RTP/AVP 96"}));
  EXPECT_TRUE(passages().empty());
  toward_a_[1] = std::nullopt;
  b_answers(audio("198.51.100.1", 5000, {"m=video 5002 RTP/AVP 96"}));
  EXPECT_TRUE(passages()[1].refused);
  EXPECT_EQ(b_.media(1).refusal, Refusal::Disabled);
  // Asked again, and anchored this time: what was refused before does not bind.
  toward_a_[1] = anchor("203.0.113.1:20002");
  toward_b_[1] = anchor("203.0.113.2:30002");
  a_offers(audio("192.0.2.1", 4000, {"m=video 4002 RTP/AVP 96"}));
  EXPECT_EQ(a_.media(1).refusal, Refusal::None);
  b_answers(audio("198.51.100.1", 5000, {"m=video 5002 RTP/AVP 96"}));
  EXPECT_TRUE(passages()[1].both_ways());
}

TEST_F(SdpScenario, Ipv4CallsIpv6) {
  toward_b_ = {anchor("[2001:db8::2]:30000", "[2001:db8::2]:30001")};
  b_ = OfferAnswer({.username = "-", .session_id = 2, .first_version = 1, .address = ip("2001:db8::2")});
  EXPECT_EQ(a_offers(audio("192.0.2.1", 4000)),
            lines({"v=0", "o=- 2 1 IN IP6 2001:db8::2", "s=-", "c=IN IP6 2001:db8::2", "t=0 0",
                   "m=audio 30000 RTP/AVP 0 8", "a=sendrecv"}));
  const auto answer = b_answers(audio("2001:db8:f::1", 5000));
  EXPECT_THAT(answer, HasSubstr("c=IN IP4 203.0.113.1\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("IP6")));
  EXPECT_EQ(remote_media(*b_.remote(), 0).rtp, endpoint("[2001:db8:f::1]:5000"));
  // Hold by the unspecified address of the other family.
  EXPECT_THAT(b_offers(audio("::", 5000)), HasSubstr("a=sendonly\r\n"));
}

TEST_F(SdpScenario, ADataChannelAloneHasNothingToAnchor) {
  const auto offer = parsed(lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0",
                                   "m=application 4000 UDP/DTLS/SCTP webrtc-datachannel", "a=setup:actpass"}));
  EXPECT_FALSE(any_usable(*offer));
}

TEST_F(SdpScenario, TransferToAPeerWithFewerLines) {
  a_offers(audio("192.0.2.1", 4000, {"m=video 4002 RTP/AVP 96"}));
  b_answers(audio("198.51.100.1", 5000, {"m=video 5002 RTP/AVP 96"}));
  // C knows audio only; A keeps two lines, and C gets an answer of one.
  OfferAnswer c({.username = "-", .session_id = 3, .first_version = 1, .address = ip("203.0.113.3")});
  const Anchors toward_c{anchor("203.0.113.3:40000")};
  EXPECT_THAT(relay_offer(c, a_, toward_a_, audio("198.51.100.9", 6000)), HasSubstr("m=video 0 RTP/AVP 96\r\n"));
  const auto answer =
      relay_answer(a_, c, toward_c, audio("192.0.2.1", 4000, {"m=video 0 RTP/AVP 96"}), Finality::Final);
  EXPECT_THAT(answer, HasSubstr("m=audio 40000"));
  EXPECT_THAT(answer, Not(HasSubstr("m=video")));
}

}  // namespace
}  // namespace sbc::sdp
