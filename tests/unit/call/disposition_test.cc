// Content-Disposition of a description that is the whole body (RFC 3261 20.11, RFC 3959 3): only the session's is an
// offer or an answer.

#include <gtest/gtest.h>

#include "early.h"

namespace sbc::call::test {
namespace {

TEST(Disposition, OfTheSessionIsAsGoodAsNone) {
  for (const char* header :
       {"Content-Disposition: session\r\n", "Content-Disposition: Session;handling=required\r\n"}) {
    Rig rig;
    rig.a.invite(offer(rig, header));
    const auto invite = rig.b.take("INVITE");
    ASSERT_NE(invite, nullptr);
    EXPECT_NE(invite->body(), "");
    rig.b.answer(486);
    end_well(rig);
  }
}

TEST(Disposition, OfAnotherKindIsNoOfferAndAnswered415) {
  for (const char* kind : {"early-session", "render", "early-session;handling=required", "unheard-of"}) {
    Rig rig;
    rig.a.invite(offer(rig, "Content-Disposition: " + std::string(kind) + "\r\n"));
    EXPECT_TRUE(rig.a.has("415 INVITE")) << kind;
    EXPECT_FALSE(rig.b.has("INVITE")) << kind;
    end_well(rig);
  }
}

TEST(Disposition, OfAnotherKindThatIsOptionalIsPassedOver) {
  Rig rig;
  rig.a.invite(offer(rig, "Content-Disposition: early-session;handling=optional\r\n"));
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_EQ(invite->body(), "") << "the caller has made no offer";
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  const auto accepted = rig.a.take("200 INVITE");
  ASSERT_NE(accepted, nullptr);
  EXPECT_NE(accepted->body(), "");
  rig.a.ack(sdp(rig.a.ip(), 4000));
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  end_well(rig);
}

TEST(Disposition, OfAChangeIsReadAsThatOfTheBeginning) {
  Rig rig;
  rig.connect();
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2), "Content-Disposition: early-session\r\n");
  EXPECT_TRUE(rig.a.has("415 INVITE"));
  EXPECT_FALSE(rig.b.has("INVITE"));
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  end_well(rig);
}

// RFC 3959 4: what a callee says of early media has an offer and an answer of its own.
TEST(Disposition, OfEarlyMediaInAResponseAnswersNothing) {
  Rig rig;
  rig.a.invite();
  rig.b.answer(183, sdp(rig.b.ip(), 6100), "Content-Disposition: early-session\r\n");
  const auto progress = rig.a.take("183");
  ASSERT_NE(progress, nullptr);
  EXPECT_EQ(progress->body(), "");
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  ASSERT_NE(rig.a.take("200 INVITE"), nullptr);
  EXPECT_EQ(b_media(rig).port, 6000);
  rig.a.ack();
  rig.a.bye();
  end_well(rig);
}

}  // namespace
}  // namespace sbc::call::test
