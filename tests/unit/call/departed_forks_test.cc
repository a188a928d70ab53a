// Phones that answer when whoever rang beside them has the call, or has left it already: by a transfer, by somebody who
// took its place.

#include <gtest/gtest.h>

#include "rig.h"

namespace sbc::call::test {
namespace {

constexpr std::string_view kToCarol = "Refer-To: <sip:carol@secret.invalid>\r\n";

// Another phone of the peer's answers the INVITE that rang there: it gets ACK and BYE, and the call goes on to its end.
void expect_hung_up(Rig& rig, Peer& peer, const sip::MessagePtr& invite) {
  peer.clear();
  peer.answer_to(invite, 200, sdp(peer.ip(), 6002), {}, "another");
  const auto ack = peer.take("ACK");
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->body().find("m=audio 0 RTP/AVP") != std::string_view::npos, invite->body().empty())
      << "an offer is refused, an answer needs none: " << ack->bytes();
  const auto bye = peer.take("BYE");
  ASSERT_NE(bye, nullptr);
  EXPECT_EQ(bye->to_tag(), "another");
  EXPECT_EQ(rig.calls.connected(), 1U);
  rig.a.bye();
  rig.pass(base::minutes(2));
  rig.expect_idle();
  rig.expect_no_half_call();
}

// a and b talk; what b was asked.
sip::MessagePtr talk(Rig& rig) {
  rig.ring();
  const auto invite = rig.b.log.front();
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  rig.a.clear();
  return invite;
}

TEST(DepartedForks, OfTheTargetOfATransfer) {
  Rig rig;
  talk(rig);
  rig.b.request("REFER", {}, kToCarol);
  const auto invite = rig.c.take("INVITE");
  ASSERT_NE(invite, nullptr);
  rig.c.answer_to(invite, 200, sdp(rig.c.ip(), 7000), {}, "first");
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
  expect_hung_up(rig, rig.c, invite);
}

TEST(DepartedForks, OfWhoHasTransferredTheCall) {
  Rig rig;
  const auto invite = talk(rig);
  rig.b.request("REFER", {}, kToCarol);
  rig.c.answer(200, sdp(rig.c.ip(), 7000));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
  ASSERT_TRUE(rig.b.has("BYE"));
  expect_hung_up(rig, rig.b, invite);
}

TEST(DepartedForks, OfWhoseCallWasTakenOver) {
  Rig rig;
  const auto invite = talk(rig);
  rig.b.request("OPTIONS");
  const auto named = rig.b.take("200 OPTIONS");
  ASSERT_NE(named, nullptr);
  rig.advisor.arrival_trunk = "t1";
  rig.c.invite({.body = sdp(rig.c.ip(), 7000),
                .headers = "Replaces: " + std::string(named->call_id()) + ";to-tag=" + std::string(named->to_tag()) +
                           ";from-tag=" + std::string(named->from_tag()) + "\r\n"});
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
  rig.c.ack();
  ASSERT_TRUE(rig.b.has("BYE"));
  expect_hung_up(rig, rig.b, invite);
}

}  // namespace
}  // namespace sbc::call::test
