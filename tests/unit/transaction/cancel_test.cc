// RFC 3261 9: CANCEL on both sides, and its races.

#include "stage.h"

namespace sbc::transaction {
namespace {

const Lines kNothing;
const Lines kCancel{"CANCEL sip:carol@203.0.113.5 SIP/2.0"};

RequestText cancel_of(const RequestText& invite) {
  RequestText cancel = invite;
  cancel.method = "CANCEL";
  return cancel;
}

TEST(CancelServerTest, IsAnsweredByTheLayerAndToldOnce) {
  Stage s;
  const RequestText invite;
  const ServerId id = s.arrive(invite);
  s.layer.set_owner(id, 17);
  s.respond(id, 180, "ring-tag");
  s.lines();
  s.deliver(cancel_of(invite));
  const std::vector<Send> sends = s.sends();
  ASSERT_EQ(sends.size(), 1U);
  const sip::MessagePtr ok = message_of(*sends[0].bytes);
  EXPECT_EQ(ok->status(), 200);
  EXPECT_EQ(ok->method(), sip::Method::Cancel);
  EXPECT_EQ(ok->to_tag(), "ring-tag") << "9.2: the same To tag as in the response to the INVITE";
  const auto event = s.only<CancelArrived>();
  EXPECT_EQ(event.invite, id);
  EXPECT_EQ(event.owner, 17U);
  s.deliver(cancel_of(invite));
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 200 OK"}));
  EXPECT_TRUE(s.events().empty());
  EXPECT_TRUE(s.respond(id, 487));
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 487 Request Terminated"}));
}

TEST(CancelServerTest, BeforeAnyTagOfOursStillGetsOne) {
  Stage s;
  const RequestText invite;
  s.arrive(invite);
  s.lines();
  s.deliver(cancel_of(invite));
  EXPECT_FALSE(message_of(*s.sends().at(0).bytes)->to_tag().empty());
}

TEST(CancelServerTest, AfterAFinalResponseIt200AndNothingElse) {
  for (const int status : {200, 486}) {
    Stage s;
    const RequestText invite;
    s.respond(s.arrive(invite), status);
    s.lines();
    s.deliver(cancel_of(invite));
    EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 200 OK"}));
    EXPECT_TRUE(s.events().empty()) << "9.2: no effect after the final response";
  }
}

TEST(CancelServerTest, ForAnotherMethodIs200WithoutEffect) {
  Stage s;
  RequestText info{.method = "INFO", .to_tag = "our-tag"};
  const ServerId id = s.arrive(info);
  s.deliver(cancel_of(info));
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 200 OK"}));
  EXPECT_TRUE(s.events().empty());
  EXPECT_TRUE(s.respond(id, 200));
}

TEST(CancelServerTest, StrayIsNeverReflectedOverUdpAnd481OnAConnection) {  // trap 88: strays are never reflected.
  Stage s;
  const RequestText invite;
  s.arrive(invite);
  s.lines();
  RequestText other = cancel_of(invite);
  other.branch = "z9hG4bKother";
  s.deliver(other);
  RequestText other_host = cancel_of(invite);
  other_host.sent_by = "192.0.2.66:5060";
  s.deliver(other_host);
  EXPECT_EQ(s.lines(), kNothing);
  EXPECT_TRUE(s.events().empty());
  other.transport = "TCP";
  s.deliver(other, Stage::source(sip::Transport::Tcp));
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 481 Call/Transaction Does Not Exist"}));
  EXPECT_EQ(s.layer.counters().stray_cancels, 3U);
  EXPECT_EQ(s.layer.server_count(), 1U);
}

TEST(CancelClientTest, IsHeldUntilTheFirstProvisional) {
  Stage s;
  const ClientId id = s.start(sip::Method::Invite, sip::Transport::Udp, "Route: <sip:p.example.com;lr>\r\n");
  s.sends();
  s.layer.cancel(id, "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n", s.now, s.out);
  s.layer.cancel(id, "", s.now, s.out);
  EXPECT_EQ(s.lines(), kNothing);
  s.pass(milliseconds(500));
  EXPECT_EQ(s.lines(), (Lines{"INVITE sip:carol@203.0.113.5 SIP/2.0"})) << "the INVITE is still to be delivered";
  s.deliver(s.answer(100));
  const std::vector<Send> sends = s.sends();
  ASSERT_EQ(sends.size(), 1U);
  EXPECT_EQ(*sends[0].bytes,
            "CANCEL sip:carol@203.0.113.5 SIP/2.0\r\n"
            "Via: SIP/2.0/UDP 198.51.100.1;branch=" +
                s.branch +
                ";rport\r\n"
                "Max-Forwards: 70\r\n"
                "Route: <sip:p.example.com;lr>\r\n"
                "From: <sip:us@border.example.net>;tag=local-tag\r\n"
                "To: <sip:carol@example.com>\r\n"
                "Call-ID: leg-b\r\n"
                "CSeq: 7 CANCEL\r\n"
                "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n"
                "Content-Length: 0\r\n\r\n");
  s.events();
  s.layer.cancel(id, "", s.now, s.out);
  EXPECT_EQ(s.lines(), kNothing) << "one CANCEL";
}

TEST(CancelClientTest, IsNotSentWhenAFinalResponseComesFirst) {
  for (const int status : {200, 486}) {
    Stage s;
    const ClientId id = s.start(sip::Method::Invite);
    s.layer.cancel(id, "", s.now, s.out);
    s.lines();
    s.deliver(s.answer(status));
    EXPECT_EQ(s.lines(), status == 200 ? kNothing : (Lines{"ACK sip:carol@203.0.113.5 SIP/2.0"}));
    EXPECT_EQ(s.only<ResponseArrived>().message->status(), status);
    s.layer.cancel(id, "", s.now, s.out);
    EXPECT_EQ(s.lines(), kNothing);
  }
}

TEST(CancelClientTest, HeldCancelOfAnInviteThatNobodyAnswersDiesWithIt) {
  Stage s;
  s.layer.cancel(s.start(sip::Method::Invite), "", s.now, s.out);
  s.pass(seconds(32));
  EXPECT_EQ(s.only<ClientFailed>().reason, ClientFailed::Reason::Timeout);
  EXPECT_EQ(s.layer.client_count(), 0U);
}

TEST(CancelClientTest, LeavesAtOnceWhenRingingAndItsOwnResponsesStayBelow) {
  Stage s;
  const ClientId id = s.start(sip::Method::Invite);
  s.deliver(s.answer(180));
  s.events();
  s.lines();
  s.layer.cancel(id, "", s.now, s.out);
  EXPECT_EQ(s.lines(), kCancel);
  s.deliver(s.answer(200, "CANCEL"));
  EXPECT_TRUE(s.events().empty());
  s.deliver(s.answer(487));
  EXPECT_EQ(s.only<ResponseArrived>().message->status(), 487);
  EXPECT_EQ(s.lines(), (Lines{"ACK sip:carol@203.0.113.5 SIP/2.0"}));
}

TEST(CancelClientTest, IsRetransmittedAsANonInvite) {
  Stage s;
  const ClientId id = s.start(sip::Method::Invite);
  s.deliver(s.answer(180));
  s.layer.cancel(id, "", s.now, s.out);
  s.lines();
  EXPECT_EQ(s.instants_of_sends(seconds(8), "CANCEL"), in_milliseconds({500, 1500, 3500, 7500}));
}

TEST(CancelClientTest, Crossing2xxIsToldLikeAnyOther) {
  Stage s;
  const ClientId id = s.start(sip::Method::Invite);
  s.deliver(s.answer(180));
  s.events();
  s.layer.cancel(id, "", s.now, s.out);
  s.deliver(s.answer(200));
  EXPECT_EQ(s.only<ResponseArrived>().message->status(), 200);
  s.deliver(s.answer(200, "CANCEL"));
  s.pass(seconds(33));
  EXPECT_TRUE(s.events().empty());
  EXPECT_EQ(s.layer.client_count(), 0U);
}

TEST(CancelClientTest, WithoutAFinalResponseTheInviteEndsAfter64T1) {
  Stage s;
  const ClientId id = s.start(sip::Method::Invite);
  s.deliver(s.answer(180));
  s.pass(seconds(10));
  s.layer.cancel(id, "", s.now, s.out);
  s.deliver(s.answer(200, "CANCEL"));
  s.events();
  s.pass(seconds(20));
  s.deliver(s.answer(180));  // a provisional response does not give it more time
  s.events();
  s.pass(milliseconds(11'999));
  EXPECT_TRUE(s.events().empty());
  s.pass(milliseconds(1));
  EXPECT_EQ(s.only<ClientFailed>().reason, ClientFailed::Reason::Timeout);
  EXPECT_EQ(s.layer.client_count(), 0U);
}

TEST(CancelClientTest, ExtraHeadersBeyondTheLimitAreLeftOut) {
  for (const std::size_t size : {kMaxCancelHeaders, kMaxCancelHeaders + 1}) {
    Stage s;
    const ClientId id = s.start(sip::Method::Invite);
    s.deliver(s.answer(180));
    s.sends();
    const std::string reason = "Reason: " + std::string(size - 10, 'x') + "\r\n";
    s.layer.cancel(id, reason, s.now, s.out);
    EXPECT_EQ(s.sends().at(0).bytes->contains("Reason:"), size == kMaxCancelHeaders);
    EXPECT_EQ(s.layer.counters().limits[limit::Reached::CancelHeaders], size == kMaxCancelHeaders ? 0U : 1U);
  }
}

TEST(CancelClientTest, NothingToCancel) {
  Stage s;
  s.layer.cancel(ClientId{}, "", s.now, s.out);
  s.layer.cancel(ClientId{77, 5}, "", s.now, s.out);
  const ClientId bye = s.start(sip::Method::Bye);
  s.lines();
  s.layer.cancel(bye, "", s.now, s.out);
  EXPECT_EQ(s.lines(), kNothing) << "9.1: INVITE only";
}

}  // namespace
}  // namespace sbc::transaction
