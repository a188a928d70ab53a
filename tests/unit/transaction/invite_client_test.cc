// RFC 3261 17.1.1 and RFC 6026, client side of INVITE.

#include "stage.h"

namespace sbc::transaction {
namespace {

const Lines kNothing;
const Lines kInvite{"INVITE sip:carol@203.0.113.5 SIP/2.0"};
const Lines kAck{"ACK sip:carol@203.0.113.5 SIP/2.0"};

TEST(InviteClientTest, TimerADoublesWithoutBoundAndTimerBEndsIt) {
  Stage s;
  const ClientId id = s.start(sip::Method::Invite);
  EXPECT_EQ(s.lines(), kInvite);
  EXPECT_EQ(s.instants_of_sends(milliseconds(31'999)), in_milliseconds({500, 1500, 3500, 7500, 15500, 31500}));
  EXPECT_TRUE(s.layer.is_live(id));
  s.pass(milliseconds(1));
  const auto failed = s.only<ClientFailed>();
  EXPECT_EQ(failed.reason, ClientFailed::Reason::Timeout);
  EXPECT_EQ(failed.owner, 42U);
  EXPECT_EQ(failed.transaction, id);
  EXPECT_FALSE(s.layer.is_live(id));
  EXPECT_EQ(s.layer.next_deadline(), base::kNever);
}

TEST(InviteClientTest, OverConnectionsNoTimerAButTimerB) {
  Stage s;
  s.start(sip::Method::Invite, sip::Transport::Tcp);
  s.lines();
  EXPECT_EQ(s.instants_of_sends(milliseconds(31'999)), in_milliseconds({}));
  s.pass(milliseconds(1));
  EXPECT_EQ(s.only<ClientFailed>().reason, ClientFailed::Reason::Timeout);
}

TEST(InviteClientTest, EveryProvisionalGoesUpAndStopsRetransmission) {
  Stage s;
  const ClientId id = s.start(sip::Method::Invite);
  s.lines();
  for (const int status : {100, 183, 180, 180}) {
    s.deliver(s.answer(status));
    const auto event = s.only<ResponseArrived>();
    EXPECT_EQ(event.message->status(), status);
    EXPECT_EQ(event.transaction, id);
    EXPECT_EQ(event.owner, 42U);
  }
  EXPECT_EQ(s.instants_of_sends(seconds(100)), in_milliseconds({}));
  EXPECT_TRUE(s.events().empty()) << "timer B ended with the first provisional";
}

TEST(InviteClientTest, FailureIsAcknowledgedAsTheRfcBuildsIt) {  // trap 10
  Stage s;
  s.start(sip::Method::Invite, sip::Transport::Udp,
          "Route: <sip:p1.example.com;lr>\r\nRoute: <sip:p2.example.com;lr>\r\n");
  s.sends();
  s.deliver(s.answer(486));
  EXPECT_EQ(s.only<ResponseArrived>().message->status(), 486);
  const std::vector<Send> sends = s.sends();
  ASSERT_EQ(sends.size(), 1U);
  EXPECT_EQ(*sends[0].bytes,
            "ACK sip:carol@203.0.113.5 SIP/2.0\r\n"
            "Via: SIP/2.0/UDP 198.51.100.1;branch=" +
                s.branch +
                ";rport\r\n"
                "Max-Forwards: 70\r\n"
                "Route: <sip:p1.example.com;lr>\r\n"
                "Route: <sip:p2.example.com;lr>\r\n"
                "From: <sip:us@border.example.net>;tag=local-tag\r\n"
                "To: <sip:carol@example.com>;tag=carol-tag\r\n"
                "Call-ID: leg-b\r\n"
                "CSeq: 7 ACK\r\n"
                "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(sends[0].hop.remote.text(), "203.0.113.5:5060");
  EXPECT_TRUE(message_of(*sends[0].bytes) != nullptr);
}

TEST(InviteClientTest, RepeatedFailureIsAcknowledgedAgainUntilTimerDAndNotToldTwice) {
  Stage s;
  s.start(sip::Method::Invite);
  s.deliver(s.answer(503));
  s.only<ResponseArrived>();
  s.lines();
  s.pass(milliseconds(31'999));
  s.deliver(s.answer(503));
  EXPECT_EQ(s.lines(), kAck);
  s.deliver(s.answer(180));
  s.deliver(s.answer(200));
  EXPECT_EQ(s.lines(), kNothing);
  EXPECT_TRUE(s.events().empty());
  s.pass(milliseconds(1));
  EXPECT_EQ(s.layer.client_count(), 0U);
  s.deliver(s.answer(503));
  EXPECT_EQ(s.lines(), kNothing);
  EXPECT_EQ(s.layer.counters().stray_responses, 1U);
}

TEST(InviteClientTest, TimerDIsAtLeast32SecondsAndZeroOnConnections) {
  Stage s({.t1 = milliseconds(100)});
  s.start(sip::Method::Invite);
  s.deliver(s.answer(404));
  s.pass(milliseconds(31'999));
  EXPECT_EQ(s.layer.client_count(), 1U);
  s.pass(milliseconds(1));
  EXPECT_EQ(s.layer.client_count(), 0U);

  s.start(sip::Method::Invite, sip::Transport::Tcp);
  s.lines();
  s.deliver(s.answer(404));
  EXPECT_EQ(s.lines(), kAck);
  EXPECT_EQ(s.layer.client_count(), 0U);
}

TEST(InviteClientTest, Every2xxGoesUpUntilTimerMAndTheLayerSendsNoAck) {  // trap 10
  Stage s;
  s.start(sip::Method::Invite);
  s.lines();
  s.deliver(s.answer(180));
  s.only<ResponseArrived>();
  for (const std::string_view tag : {"carol-tag", "carol-tag", "other-fork"}) {
    s.deliver(s.answer(200, "INVITE", tag));
    EXPECT_EQ(s.only<ResponseArrived>().message->to_tag(), tag);
  }
  s.deliver(s.answer(180));
  s.deliver(s.answer(486, "INVITE", "third-fork"));
  EXPECT_TRUE(s.events().empty()) << "RFC 6026: only 2xx in Accepted";
  EXPECT_EQ(s.lines(), kNothing);
  s.pass(milliseconds(31'999));
  s.deliver(s.answer(200));
  s.only<ResponseArrived>();
  s.pass(milliseconds(1));
  EXPECT_EQ(s.layer.client_count(), 0U);
  s.deliver(s.answer(200));
  EXPECT_TRUE(s.events().empty());
}

TEST(InviteClientTest, AcceptedLastsAsLongOnConnections) {
  Stage s;
  s.start(sip::Method::Invite, sip::Transport::Tls);
  s.deliver(s.answer(200));
  s.pass(milliseconds(31'999));
  EXPECT_EQ(s.layer.client_count(), 1U);
  s.pass(milliseconds(1));
  EXPECT_EQ(s.layer.client_count(), 0U);
}

TEST(InviteClientTest, TransportErrorBeforeAnyResponseFails) {
  Stage s;
  const ClientId id = s.start(sip::Method::Invite);
  s.layer.on_transport_error(s.sends().at(0).token, s.now, s.out);
  EXPECT_EQ(s.only<ClientFailed>().reason, ClientFailed::Reason::Transport);
  EXPECT_FALSE(s.layer.is_live(id));
}

TEST(InviteClientTest, TransportErrorAfterAResponseDoesNot) {
  Stage s;
  s.start(sip::Method::Invite);
  const std::uint64_t token = s.sends().at(0).token;
  s.deliver(s.answer(180));
  s.events();
  s.layer.on_transport_error(token, s.now, s.out);
  EXPECT_TRUE(s.events().empty());
  s.deliver(s.answer(486));
  s.events();
  s.layer.on_transport_error(token, s.now, s.out);
  EXPECT_TRUE(s.events().empty()) << "the user has its final response";
  EXPECT_EQ(s.layer.client_count(), 0U);
}

TEST(InviteClientTest, TimerCCancelsWhatRingsForever) {
  Stage s({.timer_c = seconds(185)});
  s.start(sip::Method::Invite);
  s.deliver(s.answer(100));
  s.pass(seconds(100));
  s.deliver(s.answer(180));  // starts it again
  s.pass(seconds(100));
  s.deliver(s.answer(100));  // does not
  s.events();
  s.lines();
  s.pass(milliseconds(84'999));
  EXPECT_EQ(s.lines(), kNothing);
  s.pass(milliseconds(1));
  EXPECT_EQ(s.lines(), (Lines{"CANCEL sip:carol@203.0.113.5 SIP/2.0"}));
  EXPECT_EQ(s.layer.counters().ring_timeouts, 1U);
  s.deliver(s.answer(200, "CANCEL"));
  s.deliver(s.answer(487));
  EXPECT_EQ(s.only<ResponseArrived>().message->status(), 487);
  s.pass(seconds(40));
  EXPECT_EQ(s.layer.client_count(), 0U);
}

TEST(InviteClientTest, AbandonedMachineRunsOnSilently) {
  Stage s;
  const ClientId id = s.start(sip::Method::Invite);
  s.lines();
  s.layer.abandon(id);
  s.deliver(s.answer(486));
  EXPECT_EQ(s.lines(), kAck);
  EXPECT_TRUE(s.events().empty());
  EXPECT_EQ(s.layer.counters().orphaned_events, 1U);
  s.layer.abandon(s.start(sip::Method::Invite));
  s.pass(seconds(33));
  EXPECT_TRUE(s.events().empty());
  EXPECT_EQ(s.layer.client_count(), 0U);
}

TEST(InviteClientTest, ResponsesOfStrangersAreDropped) {  // trap 88: strays are never reflected.
  Stage s;
  s.start(sip::Method::Invite);
  s.lines();
  std::string foreign = s.answer(200);
  foreign.replace(foreign.find(s.branch), s.branch.size(), s.minter.branch(s.random));
  s.deliver(foreign);
  s.deliver(s.answer(200, "BYE"));  // right branch, other method (17.1.3)
  std::string two_vias = s.answer(200);
  two_vias.insert(two_vias.find("From:"), "Via: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKdeeper\r\n");
  s.deliver(two_vias);  // 8.1.3.3
  EXPECT_TRUE(s.events().empty());
  EXPECT_EQ(s.lines(), kNothing);
  EXPECT_EQ(s.layer.counters().stray_responses, 3U);
}

}  // namespace
}  // namespace sbc::transaction
