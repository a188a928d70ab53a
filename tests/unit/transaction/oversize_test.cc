// RFC 3261 18.1.1: requests that are too large for UDP.

#include "sbc/transaction/oversize.h"

#include "sbc/transaction/limits.h"

#include "stage.h"

namespace sbc::transaction {
namespace {

// The request that the stage writes is a little below 400 bytes.
class OversizeTest : public ::testing::Test {
 protected:
  static std::vector<std::optional<TcpTwin>> twins(std::size_t limit) {
    return {TcpTwin{.limit = limit, .listener = 4, .sent_by = "198.51.100.1:5070"}};
  }
  static bool over_udp(const Send& send) {
    return send.hop.transport == sip::Transport::Udp && send.hop.listener == 0 &&
           send.bytes->contains("Via: SIP/2.0/UDP 198.51.100.1;");
  }
  static bool over_tcp(const Send& send) {
    return send.hop.transport == sip::Transport::Tcp && send.hop.listener == 4 &&
           send.bytes->contains("Via: SIP/2.0/TCP 198.51.100.1:5070;");
  }

  Stage stage;
};

// trap 62
TEST_F(OversizeTest, ALargeRequestGoesOverTcpAndItsViaSaysSo) {
  stage.layer.use_twins(twins(200));
  for (const auto method : {sip::Method::Invite, sip::Method::Bye, sip::Method::Message}) {
    stage.start(method);
    const auto sends = stage.sends();
    ASSERT_EQ(sends.size(), 1U);
    EXPECT_TRUE(over_tcp(sends[0])) << *sends[0].bytes;
    EXPECT_TRUE(sends[0].bytes->contains(stage.branch));
    EXPECT_EQ(sends[0].hop.remote.text(), "203.0.113.5:5060");
  }
  EXPECT_EQ(stage.layer.counters().over_tcp, 3U);
  EXPECT_TRUE(stage.instants_of_sends(seconds(20)).empty()) << "a reliable transport: nothing is repeated";
}

TEST_F(OversizeTest, TheLimitItselfStaysOnUdpAndOneByteMoreDoesNot) {
  stage.start(sip::Method::Options);
  const std::size_t size = stage.last_request.size();
  stage.sends();
  stage.layer.use_twins(twins(size));
  stage.start(sip::Method::Options);
  EXPECT_TRUE(over_udp(stage.sends().at(0)));
  stage.layer.use_twins(twins(size - 1));
  stage.start(sip::Method::Options);
  EXPECT_TRUE(over_tcp(stage.sends().at(0)));
}

TEST_F(OversizeTest, NothingMovesWithoutALimitOrATwin) {
  stage.layer.use_twins(twins(0));
  stage.start(sip::Method::Invite);
  EXPECT_TRUE(over_udp(stage.sends().at(0)));
  stage.layer.use_twins({std::nullopt});
  stage.start(sip::Method::Invite);
  EXPECT_TRUE(over_udp(stage.sends().at(0)));
  EXPECT_EQ(stage.layer.counters().over_tcp, 0U);
}

TEST_F(OversizeTest, AFlowIsNotLeft) {
  Oversize oversize;
  oversize.use(twins(10));
  sip::Hop hop;
  hop.remote = *base::Endpoint::parse("203.0.113.5:5060");
  const std::string text = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP us;branch=z9hG4bK1\r\n\r\n";
  EXPECT_TRUE(oversize.over_tcp(hop, text, stage.now));
  EXPECT_FALSE(oversize.held_by_flow(hop, text.size()));
  hop.flow = true;
  EXPECT_FALSE(oversize.over_tcp(hop, text, stage.now));
  EXPECT_TRUE(oversize.held_by_flow(hop, 11));
  EXPECT_FALSE(oversize.held_by_flow(hop, 10));
  hop.flow = false;
  hop.unsure = true;
  ASSERT_TRUE(oversize.over_tcp(hop, text, stage.now));
  EXPECT_TRUE(oversize.over_tcp(hop, text, stage.now)->hop.unsure) << "its connection is given up early";
}

// trap 62: the peer has no TCP.
TEST_F(OversizeTest, RefusedTcpMeansUdpAtOnceAndForTheNextOnes) {
  stage.layer.use_twins(twins(200));
  const ClientId id = stage.start(sip::Method::Invite);
  const auto token = stage.sends().at(0).token;
  stage.pass(seconds(3));
  stage.layer.on_transport_error(token, stage.now, stage.out);
  EXPECT_TRUE(stage.events().empty()) << "nobody has failed";
  const auto again = stage.sends();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_TRUE(over_udp(again[0])) << *again[0].bytes;
  EXPECT_EQ(*again[0].bytes, stage.last_request);
  EXPECT_EQ(stage.instants_of_sends(seconds(4)), in_milliseconds({500, 1500, 3500})) << "timer A begins here";
  EXPECT_TRUE(stage.layer.is_live(id));
  stage.deliver(stage.answer(486));
  EXPECT_EQ(stage.only<ResponseArrived>().hop.transport, sip::Transport::Udp);
  const auto ack = stage.sends();
  ASSERT_EQ(ack.size(), 1U);
  EXPECT_TRUE(over_udp(ack[0])) << "the ACK goes as its INVITE";

  stage.start(sip::Method::Invite);
  EXPECT_TRUE(over_udp(stage.sends().at(0)));
  EXPECT_EQ(stage.layer.counters().tcp_fallbacks, 1U);
  stage.pass(kWithoutTcpFor);
  stage.start(sip::Method::Options);
  EXPECT_TRUE(over_tcp(stage.sends().back())) << "asked again after a while";
}

TEST_F(OversizeTest, APeerThatHasAnsweredIsNotAskedTwice) {
  stage.layer.use_twins(twins(200));
  stage.start(sip::Method::Invite);
  const auto token = stage.sends().at(0).token;
  stage.deliver(stage.answer(180), Stage::source(sip::Transport::Tcp));
  stage.events();
  stage.layer.on_transport_error(token, stage.now, stage.out);
  EXPECT_TRUE(stage.sends().empty());
  EXPECT_EQ(stage.layer.counters().tcp_fallbacks, 0U);
}

TEST_F(OversizeTest, AHeldCancelGoesTheWayOfItsInvite) {
  stage.layer.use_twins(twins(200));
  const ClientId id = stage.start(sip::Method::Invite);
  const auto token = stage.sends().at(0).token;
  stage.layer.cancel(id, "Reason: SIP;cause=200\r\n", stage.now, stage.out);
  stage.layer.on_transport_error(token, stage.now, stage.out);
  EXPECT_EQ(stage.sends().size(), 1U);
  stage.deliver(stage.answer(100));
  const auto cancel = stage.sends();
  ASSERT_EQ(cancel.size(), 1U);
  EXPECT_TRUE(cancel[0].bytes->starts_with("CANCEL "));
  EXPECT_TRUE(over_udp(cancel[0])) << *cancel[0].bytes;
  EXPECT_TRUE(cancel[0].bytes->contains("Reason: SIP;cause=200"));
}

TEST_F(OversizeTest, TheSecondFailureIsOne) {
  stage.layer.use_twins(twins(200));
  stage.start(sip::Method::Bye);
  stage.layer.on_transport_error(stage.sends().at(0).token, stage.now, stage.out);
  stage.layer.on_transport_error(stage.sends().at(0).token, stage.now, stage.out);
  EXPECT_EQ(stage.only<ClientFailed>().reason, ClientFailed::Reason::Transport);
}

TEST_F(OversizeTest, PeersWithoutTcpAreForgottenTheOldestFirst) {
  Oversize oversize;
  oversize.use(twins(10));
  const std::string text = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP us;branch=z9hG4bK1\r\n\r\n";
  const auto hop = [](std::size_t n) {
    sip::Hop made;
    made.remote = {base::IpAddress::v4(0xcb007100U + static_cast<std::uint32_t>(n)), 5060};
    return made;
  };
  for (std::size_t n = 0; n <= kMaxWithoutTcp; ++n) {
    const auto when = stage.now + milliseconds(static_cast<std::int64_t>(n));
    EXPECT_EQ(oversize.refused(hop(n).remote, when), n < kMaxWithoutTcp);
  }
  EXPECT_TRUE(oversize.over_tcp(hop(0), text, stage.now));
  EXPECT_FALSE(oversize.over_tcp(hop(1), text, stage.now));
  EXPECT_FALSE(oversize.over_tcp(hop(kMaxWithoutTcp), text, stage.now));
}

}  // namespace
}  // namespace sbc::transaction
