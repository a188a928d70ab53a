// Connections that end under a request or response (RFC 3261 17.1.4, 17.2.4, 18.2.2).

#include "stage.h"

namespace sbc::transaction {
namespace {

TEST(ReopenedTest, ARequestWhoseConnectionEndedIsSentOnceMoreAsItWas) {
  for (const auto method : {sip::Method::Invite, sip::Method::Bye}) {
    Stage s;
    const ClientId id = s.start(method, sip::Transport::Tcp);
    const Send first = s.sends().at(0);
    s.pass(seconds(2));
    s.layer.on_connection_lost(first.token, true, s.now, s.out);
    EXPECT_TRUE(s.events().empty());
    const auto again = s.sends();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].hop, first.hop);
    EXPECT_EQ(*again[0].bytes, *first.bytes) << "with its branch: who had it absorbs it (17.2.3)";
    EXPECT_TRUE(s.layer.is_live(id));
    EXPECT_EQ(s.layer.counters().requests_reopened, 1U);
    // The second time it is the peer.
    s.layer.on_connection_lost(again[0].token, false, s.now, s.out);
    EXPECT_TRUE(s.sends().empty());
    EXPECT_EQ(s.only<ClientFailed>().reason, ClientFailed::Reason::Transport);
  }
}

TEST(ReopenedTest, NoTimerBeginsAnew) {
  Stage s;
  s.start(sip::Method::Invite, sip::Transport::Tls);
  const auto token = s.sends().at(0).token;
  s.pass(seconds(20));
  s.layer.on_connection_lost(token, false, s.now, s.out);
  s.sends();
  s.pass(milliseconds(11'999));
  EXPECT_TRUE(s.events().empty());
  s.pass(milliseconds(1));
  EXPECT_EQ(s.only<ClientFailed>().reason, ClientFailed::Reason::Timeout) << "timer B";
}

TEST(ReopenedTest, WhoeverHasAnsweredHadTheRequest) {
  for (const auto method : {sip::Method::Invite, sip::Method::Options}) {
    Stage s;
    const ClientId id = s.start(method, sip::Transport::Tcp);
    const auto token = s.sends().at(0).token;
    s.deliver(s.answer(100, sip::name_of(method)), Stage::source(sip::Transport::Tcp));
    s.events();
    s.layer.on_connection_lost(token, true, s.now, s.out);
    EXPECT_TRUE(s.sends().empty());
    EXPECT_TRUE(s.events().empty());
    EXPECT_TRUE(s.layer.is_live(id)) << "its answer may come over another connection (18.2.2)";
  }
}

// RFC 5626 5.3: nothing else leads to a phone behind a NAT; RFC 7118 5: nor to a browser.
TEST(ReopenedTest, AFlowIsNotReplaced) {
  Stage s;
  ClientRequest request;
  request.method = sip::Method::Options;
  request.branch = s.minter.branch(s.random);
  request.hop.transport = sip::Transport::Tcp;
  request.hop.remote = *base::Endpoint::parse("203.0.113.5:40000");
  request.hop.connection.value = 5;
  request.bytes = base::share("OPTIONS sip:a@b SIP/2.0\r\n\r\n");
  s.layer.request(request, s.now, s.out);
  s.layer.on_connection_lost(s.sends().at(0).token, false, s.now, s.out);
  EXPECT_TRUE(s.sends().empty());
  EXPECT_EQ(s.only<ClientFailed>().reason, ClientFailed::Reason::Transport);

  s.start(sip::Method::Invite, sip::Transport::Wss);
  s.layer.on_connection_lost(s.sends().at(0).token, false, s.now, s.out);
  EXPECT_TRUE(s.sends().empty());
  EXPECT_EQ(s.only<ClientFailed>().reason, ClientFailed::Reason::Transport);
}

// RFC 3261 18.1.1: it has TCP, so it is asked again over it before UDP.
TEST(ReopenedTest, ALargeRequestTriesTcpAgainBeforeUdp) {
  Stage s;
  s.layer.use_twins({TcpTwin{.limit = 200, .listener = 4, .sent_by = "198.51.100.1:5070"}});
  s.start(sip::Method::Invite);
  const auto token = s.sends().at(0).token;
  s.layer.on_connection_lost(token, true, s.now, s.out);
  const auto again = s.sends();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].hop.transport, sip::Transport::Tcp);
  s.layer.on_connection_lost(token, true, s.now, s.out);
  const auto last = s.sends();
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0].hop.transport, sip::Transport::Udp);
  EXPECT_EQ(s.layer.counters().tcp_fallbacks, 1U);
}

TEST(ReopenedTest, AResponseThatHasPerhapsArrivedEndsNothing) {
  Stage s;
  RequestText invite;
  invite.transport = "TCP";
  const ServerId id = s.arrive(invite, Stage::source(sip::Transport::Tcp));
  s.sends();
  s.respond(id, 180);
  const auto token = s.sends().at(0).token;
  s.layer.on_connection_lost(token, true, s.now, s.out);
  EXPECT_TRUE(s.events().empty());
  s.layer.on_connection_lost(token, false, s.now, s.out);
  EXPECT_EQ(s.only<ServerFailed>().reason, ServerFailed::Reason::Transport);
}

}  // namespace
}  // namespace sbc::transaction
