#include "sbc/sdp/offer_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "samples.h"

namespace sbc::sdp {
namespace {

using testing::HasSubstr;
using State = OfferAnswer::State;

class OfferAnswerTest : public testing::Test {
 protected:
  static OriginIdentity identity() {
    return {.username = "-", .session_id = 9, .first_version = 100, .address = ip("203.0.113.1")};
  }
  std::expected<std::string, Error> offer(const std::string& from) {
    const auto session = parsed(from);
    return leg_.offer({.from = *session, .anchors = anchors_});
  }
  std::expected<std::string, Error> answer(const std::string& from, Finality finality = Finality::Final) {
    const auto session = parsed(from);
    return leg_.answer({.from = *session, .anchors = anchors_}, finality);
  }
  // One completed exchange, our offer.
  void establish() {
    ASSERT_TRUE(offer(audio("10.0.0.1", 4000)));
    ASSERT_TRUE(leg_.remote_answer(parsed(audio("192.0.2.1", 5000)), Finality::Final));
  }
  template <typename T>
  static ErrorKind kind_of(const std::expected<T, Error>& result) {
    EXPECT_FALSE(result.has_value());
    return result ? ErrorKind::Syntax : result.error().kind;
  }

  std::vector<std::optional<Anchor>> anchors_{anchor("203.0.113.9:20000"), anchor("203.0.113.9:20002")};
  OfferAnswer leg_{identity()};
};

TEST_F(OfferAnswerTest, AnAnsweredOfferOfOursIsAgreed) {
  const auto body = offer(audio("10.0.0.1", 4000));
  ASSERT_TRUE(body);
  EXPECT_THAT(*body, HasSubstr("o=- 9 100 IN IP4 203.0.113.1\r\n"));
  EXPECT_EQ(leg_.state(), State::OfferSent);
  EXPECT_FALSE(leg_.established());
  ASSERT_TRUE(leg_.remote_answer(parsed(audio("192.0.2.1", 5000)), Finality::Final));
  EXPECT_EQ(leg_.state(), State::Stable);
  EXPECT_TRUE(leg_.established());
  EXPECT_EQ(leg_.agreed_remote()->media[0].port, 5000);
  EXPECT_EQ(leg_.agreed_local()->media[0].port, 20000);
  EXPECT_EQ(*leg_.local()->text, *body);
}

TEST_F(OfferAnswerTest, AnOfferOfTheirsThatWeAnswerIsAgreed) {
  ASSERT_TRUE(leg_.remote_offer(parsed(audio("192.0.2.1", 5000))));
  EXPECT_EQ(leg_.state(), State::OfferReceived);
  EXPECT_EQ(leg_.local(), nullptr);
  ASSERT_TRUE(answer(audio("10.0.0.1", 4000)));
  EXPECT_EQ(leg_.state(), State::Stable);
  EXPECT_TRUE(leg_.established());
}

// RFC 3264 4: neither side offers while an offer is open.
TEST_F(OfferAnswerTest, OffersDoNotCross) {
  ASSERT_TRUE(offer(audio("10.0.0.1", 4000)));
  EXPECT_EQ(kind_of(leg_.remote_offer(parsed(audio("192.0.2.1", 5000)))), ErrorKind::Glare);
  EXPECT_EQ(status_for(ErrorKind::Glare), 491);
  leg_.rollback();
  ASSERT_TRUE(leg_.remote_offer(parsed(audio("192.0.2.1", 5000))));
  EXPECT_EQ(kind_of(offer(audio("10.0.0.1", 4000))), ErrorKind::Glare);
}

TEST_F(OfferAnswerTest, AnswersWithoutAnOfferAreUnexpected) {
  EXPECT_EQ(kind_of(leg_.remote_answer(parsed(audio("192.0.2.1", 5000)), Finality::Final)), ErrorKind::Unexpected);
  EXPECT_EQ(kind_of(answer(audio("10.0.0.1", 4000))), ErrorKind::Unexpected);
  establish();
  // RFC 3261 13.2.1: what follows the answer is ignored.
  EXPECT_EQ(kind_of(leg_.remote_answer(parsed(audio("192.0.2.1", 5002)), Finality::Final)), ErrorKind::Unexpected);
  EXPECT_EQ(leg_.remote()->media[0].port, 5000);
}

// RFC 3264 6: as many m-lines, in the order of the offer.
TEST_F(OfferAnswerTest, AnAnswerMatchesTheOffersLines) {
  const std::string video = "m=video 4002 RTP/AVP 31";
  ASSERT_TRUE(offer(audio("10.0.0.1", 4000, {video})));
  EXPECT_EQ(kind_of(leg_.remote_answer(parsed(audio("192.0.2.1", 5000)), Finality::Final)), ErrorKind::AnswerMismatch);
  EXPECT_EQ(kind_of(leg_.remote_answer(parsed(audio("192.0.2.1", 5000, {video, video})), Finality::Final)),
            ErrorKind::AnswerMismatch);
  EXPECT_EQ(kind_of(leg_.remote_answer(parsed(audio("192.0.2.1", 5000, {"m=text 1 RTP/AVP 98"})), Finality::Final)),
            ErrorKind::AnswerMismatch);
  EXPECT_EQ(leg_.state(), State::OfferSent);
  EXPECT_EQ(leg_.remote(), nullptr);
  EXPECT_TRUE(leg_.remote_answer(parsed(audio("192.0.2.1", 5000, {video})), Finality::Final));
}

// RFC 3264 8: the number of m-lines never shrinks, in either direction.
TEST_F(OfferAnswerTest, TheNumberOfLinesNeverShrinks) {  // trap 30: m-lines keep their number and their order.
  ASSERT_TRUE(leg_.remote_offer(parsed(audio("192.0.2.1", 5000, {"m=video 5002 RTP/AVP 31"}))));
  ASSERT_TRUE(answer(audio("10.0.0.1", 4000, {"m=video 0 RTP/AVP 31"})));
  EXPECT_EQ(kind_of(leg_.remote_offer(parsed(audio("192.0.2.1", 5000)))), ErrorKind::TooFewMedia);
  EXPECT_EQ(status_for(ErrorKind::TooFewMedia), 488);
  EXPECT_EQ(leg_.state(), State::Stable);
  const auto body = offer(audio("10.0.0.1", 4000));
  ASSERT_TRUE(body);
  EXPECT_THAT(*body, HasSubstr("m=video 0 RTP/AVP 31\r\n"));
}

TEST_F(OfferAnswerTest, VersionGrowsByOneOnlyWhenSomethingElseChanged) {
  establish();
  EXPECT_EQ(leg_.version(), 100U);
  const auto same = offer(audio("10.0.0.7", 4444));  // what changed does not show on this side
  EXPECT_THAT(*same, HasSubstr("o=- 9 100 IN IP4 203.0.113.1\r\n"));
  leg_.rollback();
  const auto held = offer(audio("10.0.0.1", 4000, {"a=sendonly"}));
  EXPECT_THAT(*held, HasSubstr("o=- 9 101 IN IP4 203.0.113.1\r\n"));
  EXPECT_EQ(leg_.version(), 101U);
}

TEST_F(OfferAnswerTest, VersionGainsADigitWithoutHarm) {
  OriginIdentity nine = identity();
  nine.first_version = 9;
  leg_ = OfferAnswer(nine);
  establish();
  const auto body = offer(audio("10.0.0.1", 4000, {"a=sendonly"}));
  EXPECT_THAT(*body, testing::StartsWith("v=0\r\no=- 9 10 IN IP4 203.0.113.1\r\ns=-\r\n"));
  ASSERT_TRUE(leg_.remote_answer(parsed(audio("192.0.2.1", 5000, {"a=recvonly"})), Finality::Final));
  EXPECT_EQ(*offer(audio("10.0.0.1", 4000, {"a=sendonly"})), *body);
}

// Trap: after a failed re-INVITE the old description returns, but not its version.
TEST_F(OfferAnswerTest, VersionNeverGoesBack) {  // trap 31
  establish();
  ASSERT_TRUE(offer(audio("10.0.0.1", 4000, {"a=sendonly"})));
  leg_.rollback();
  EXPECT_EQ(leg_.agreed_local()->origin.version, "100");
  EXPECT_THAT(*offer(audio("10.0.0.1", 4000)), HasSubstr("o=- 9 102 IN"));
}

TEST_F(OfferAnswerTest, RollbackRestoresWhatWasAgreed) {
  establish();
  const auto local = leg_.local();
  const auto remote = leg_.remote();
  ASSERT_TRUE(leg_.remote_offer(parsed(audio("192.0.2.1", 5008))));
  EXPECT_EQ(leg_.remote()->media[0].port, 5008);
  leg_.rollback();
  EXPECT_EQ(leg_.state(), State::Stable);
  EXPECT_EQ(leg_.local(), local);
  EXPECT_EQ(leg_.remote(), remote);
  leg_.rollback();  // harmless when stable
  EXPECT_EQ(leg_.remote(), remote);
}

TEST_F(OfferAnswerTest, RollbackAfterAnEarlyAnswerRestoresToo) {
  establish();
  const auto remote = leg_.remote();
  ASSERT_TRUE(offer(audio("10.0.0.1", 4000, {"a=sendonly"})));
  ASSERT_TRUE(leg_.remote_answer(parsed(audio("192.0.2.1", 5008)), Finality::Early));
  leg_.rollback();
  EXPECT_FALSE(leg_.early());
  EXPECT_EQ(leg_.remote(), remote);
}

TEST_F(OfferAnswerTest, AnEarlyAnswerMayBeReplacedUntilFinal) {
  ASSERT_TRUE(offer(audio("10.0.0.1", 4000)));
  ASSERT_TRUE(leg_.remote_answer(parsed(audio("192.0.2.1", 5000)), Finality::Early));
  EXPECT_TRUE(leg_.early());
  EXPECT_FALSE(leg_.established());
  EXPECT_EQ(leg_.remote()->media[0].port, 5000);
  ASSERT_TRUE(leg_.remote_answer(parsed(audio("192.0.2.2", 6000)), Finality::Final));
  EXPECT_EQ(leg_.agreed_remote()->media[0].port, 6000);
}

TEST_F(OfferAnswerTest, CommitMakesAnEarlyAnswerFinalAndDoesNothingElse) {
  leg_.commit();
  EXPECT_FALSE(leg_.established());
  ASSERT_TRUE(offer(audio("10.0.0.1", 4000)));
  leg_.commit();
  EXPECT_EQ(leg_.state(), State::OfferSent);
  ASSERT_TRUE(leg_.remote_answer(parsed(audio("192.0.2.1", 5000)), Finality::Early));
  leg_.commit();
  EXPECT_EQ(leg_.state(), State::Stable);
  EXPECT_TRUE(leg_.established());
}

TEST_F(OfferAnswerTest, AnOfferMayBeRepeatedUntilItIsAnswered) {
  const auto first = offer(audio("10.0.0.1", 4000));
  EXPECT_EQ(*offer(audio("10.0.0.1", 4000)), *first);
  EXPECT_THAT(*offer(audio("10.0.0.1", 4000, {"a=sendonly"})), HasSubstr("o=- 9 101 IN"));
  ASSERT_TRUE(leg_.remote_answer(parsed(audio("192.0.2.1", 5000)), Finality::Early));
  EXPECT_EQ(kind_of(offer(audio("10.0.0.1", 4000))), ErrorKind::OfferPending);
}

TEST_F(OfferAnswerTest, TheirOfferMayBeRepeatedUntilWeAnswered) {
  ASSERT_TRUE(leg_.remote_offer(parsed(audio("192.0.2.1", 5000))));
  ASSERT_TRUE(leg_.remote_offer(parsed(audio("192.0.2.1", 5002))));
  EXPECT_EQ(leg_.remote()->media[0].port, 5002);
  ASSERT_TRUE(answer(audio("10.0.0.1", 4000), Finality::Early));
  EXPECT_EQ(kind_of(leg_.remote_offer(parsed(audio("192.0.2.1", 5004)))), ErrorKind::OfferPending);
  EXPECT_EQ(status_for(ErrorKind::OfferPending), 500);
  EXPECT_TRUE(leg_.remote_offer(parsed(audio("192.0.2.1", 5002)))) << "the same once more is no second offer";
  EXPECT_TRUE(leg_.early());
}

// trap 48.
TEST_F(OfferAnswerTest, MuxNeedsBothSides) {
  anchors_ = {anchor("203.0.113.9:20000", "203.0.113.9:20001", true)};
  ASSERT_TRUE(offer(audio("10.0.0.1", 4000)));
  ASSERT_TRUE(leg_.remote_answer(parsed(audio("192.0.2.1", 5000)), Finality::Early));
  EXPECT_FALSE(leg_.mux_agreed(0));
  ASSERT_TRUE(leg_.remote_answer(parsed(audio("192.0.2.1", 5000, {"a=rtcp-mux"})), Finality::Final));
  EXPECT_TRUE(leg_.mux_agreed(0));
  EXPECT_FALSE(leg_.mux_agreed(1));
}

TEST_F(OfferAnswerTest, TheLargestDescriptionStillCrosses) {
  std::string text = audio("192.0.2.1", 4000);
  for (std::size_t i = 1; i < Limits{}.media; ++i) text += "m=audio 4000 RTP/AVP 0\r\n";
  for (std::size_t i = 6 + Limits{}.media - 1; i < Limits{}.lines; ++i) text += "a=ptime:20\r\n";
  anchors_.assign(Limits{}.media, anchor("[2001:db8::1]:20000", "[2001:db8::1]:30000", true));
  EXPECT_TRUE(offer(text));
}

TEST_F(OfferAnswerTest, ACopyGoesOnWhereTheOriginalWas) {
  establish();
  ASSERT_TRUE(offer(audio("10.0.0.1", 4000, {"a=sendonly"})));
  OfferAnswer copy = leg_;
  ASSERT_TRUE(copy.remote_answer(parsed(audio("192.0.2.1", 5000, {"a=recvonly"})), Finality::Final));
  EXPECT_EQ(copy.version(), 101U);
  EXPECT_EQ(leg_.state(), State::OfferSent);
}

}  // namespace
}  // namespace sbc::sdp
