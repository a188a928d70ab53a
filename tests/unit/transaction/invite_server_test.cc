// RFC 3261 17.2.1 and RFC 6026, server side of INVITE.

#include "stage.h"

namespace sbc::transaction {
namespace {

const Lines kNothing;

RequestText ack_of(const RequestText& invite, std::string to_tag = "our-tag") {
  RequestText ack = invite;
  ack.method = "ACK";
  ack.to_tag = std::move(to_tag);
  return ack;
}

TEST(InviteServerTest, TryingGoesOutAtOnceAndToTheSource) {
  Stage s;
  s.deliver(RequestText{});
  const std::vector<Send> sends = s.sends();
  ASSERT_EQ(sends.size(), 1U);
  EXPECT_TRUE(sends[0].bytes->starts_with("SIP/2.0 100 "));
  EXPECT_EQ(sends[0].hop, Stage::source().hop);
  const auto event = s.only<RequestArrived>();
  EXPECT_EQ(event.source, Stage::source());
  EXPECT_EQ(s.layer.request_of(event.transaction), event.message.get());
}

TEST(InviteServerTest, TryingMayWaitForTheUser) {
  Stage s({.trying_after = milliseconds(200)});
  const ServerId id = s.arrive({});
  EXPECT_EQ(s.lines(), kNothing);
  s.pass(milliseconds(199));
  EXPECT_EQ(s.lines(), kNothing);
  s.pass(milliseconds(1));
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 100 Trying"}));
  s.respond(id, 180);
  s.lines();
  s.pass(seconds(20));
  EXPECT_EQ(s.lines(), kNothing);

  RequestText other{.branch = "z9hG4bKother", .call_id = "call-2"};
  s.respond(s.arrive(other), 180);
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 180 Ringing"}));
  s.pass(seconds(1));
  EXPECT_EQ(s.lines(), kNothing) << "the user answered in time: no 100";
}

TEST(InviteServerTest, RepeatedInviteGetsTheLastProvisionalAndDoesNotReachTheUser) {
  Stage s;
  const ServerId id = s.arrive({});
  s.lines();
  s.deliver(RequestText{});
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 100 Trying"}));
  s.respond(id, 183);
  s.respond(id, 180);
  s.lines();
  s.deliver(RequestText{});
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 180 Ringing"}));
  EXPECT_TRUE(s.events().empty());
}

TEST(InviteServerTest, TimerGDoublesUpToT2AndTimerHEndsIt) {
  Stage s;
  const ServerId id = s.arrive({});
  s.layer.set_owner(id, 9);
  EXPECT_TRUE(s.respond(id, 486));
  EXPECT_EQ(s.instants_of_sends(milliseconds(31'999), "SIP/2.0 486"),
            in_milliseconds({500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}));
  EXPECT_EQ(s.layer.server_count(), 1U);
  s.pass(milliseconds(1));
  const auto failed = s.only<ServerFailed>();
  EXPECT_EQ(failed.reason, ServerFailed::Reason::NoAck);
  EXPECT_EQ(failed.owner, 9U);
  EXPECT_EQ(failed.transaction, id);
  EXPECT_EQ(s.layer.server_count(), 0U);
  EXPECT_EQ(s.layer.counters().acks_missing, 1U);
}

TEST(InviteServerTest, AckEndsRetransmissionAndTimerIAbsorbsMoreAcks) {
  Stage s;
  const RequestText invite;
  s.respond(s.arrive(invite), 486);
  s.pass(milliseconds(600));
  s.lines();
  s.deliver(ack_of(invite));
  s.deliver(ack_of(invite));
  s.deliver(invite);
  s.pass(milliseconds(4999));
  EXPECT_EQ(s.lines(), kNothing);
  EXPECT_TRUE(s.events().empty()) << "ACK to non-2xx is the layer's business";
  EXPECT_EQ(s.layer.server_count(), 1U);
  s.pass(milliseconds(1));
  EXPECT_EQ(s.layer.server_count(), 0U);
  EXPECT_EQ(s.layer.next_deadline(), base::kNever);
}

TEST(InviteServerTest, OverConnectionsNoTimerGAndTimerIIsZero) {
  Stage s;
  RequestText invite{.transport = "TCP"};
  s.respond(s.arrive(invite, Stage::source(sip::Transport::Tcp)), 404);
  EXPECT_EQ(s.instants_of_sends(seconds(20)), in_milliseconds({}));
  s.deliver(ack_of(invite), Stage::source(sip::Transport::Tcp));
  EXPECT_EQ(s.layer.server_count(), 0U);

  invite.branch = "z9hG4bKsecond";
  s.respond(s.arrive(invite, Stage::source(sip::Transport::Tcp)), 404);
  s.pass(seconds(32));
  EXPECT_EQ(s.only<ServerFailed>().reason, ServerFailed::Reason::NoAck) << "timer H runs on every transport";
}

TEST(InviteServerTest, AcceptedAbsorbsInvitesUntilTimerL) {
  Stage s;
  const RequestText invite;
  const ServerId id = s.arrive(invite);
  s.lines();
  EXPECT_TRUE(s.respond(id, 200));
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 200 OK"}));
  EXPECT_EQ(s.layer.request_of(id), nullptr) << "the request is not kept after the final response";
  s.pass(milliseconds(31'999));
  s.deliver(invite);
  EXPECT_EQ(s.lines(), kNothing) << "the layer does not repeat a 2xx (RFC 6026)";
  EXPECT_TRUE(s.events().empty());
  EXPECT_EQ(s.layer.server_count(), 1U);
  s.pass(milliseconds(1));
  EXPECT_EQ(s.layer.server_count(), 0U);
  EXPECT_TRUE(s.events().empty());
}

TEST(InviteServerTest, AcceptedLastsAsLongOnConnections) {
  Stage s;
  s.respond(s.arrive({.transport = "TCP"}, Stage::source(sip::Transport::Tcp)), 200);
  s.pass(milliseconds(31'999));
  EXPECT_EQ(s.layer.server_count(), 1U);
  s.pass(milliseconds(1));
  EXPECT_EQ(s.layer.server_count(), 0U);
}

TEST(InviteServerTest, UserMayRepeatA2xxButNothingElseAfterIt) {
  Stage s;
  const ServerId id = s.arrive({});
  s.respond(id, 200);
  s.lines();
  EXPECT_TRUE(s.layer.respond(id, 200, base::share("SIP/2.0 200 OK\r\n\r\n"), s.now, s.out));
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 200 OK"}));
  EXPECT_FALSE(s.respond(id, 180));
  EXPECT_FALSE(s.respond(id, 500));
  EXPECT_EQ(s.lines(), kNothing);
  EXPECT_EQ(s.layer.counters().late_responses, 2U);
}

TEST(InviteServerTest, AckInAcceptedGoesToTheUser) {
  Stage s;
  const RequestText invite;
  s.respond(s.arrive(invite), 200);
  s.deliver(ack_of(invite));
  EXPECT_EQ(s.only<AckArrived>().message->method(), sip::Method::Ack);
}

TEST(InviteServerTest, AckWithItsOwnBranchGoesToTheUser) {
  Stage s;
  const RequestText invite;
  s.respond(s.arrive(invite), 200);
  RequestText ack = ack_of(invite);
  ack.branch = "z9hG4bKack";
  s.deliver(ack);
  EXPECT_EQ(s.only<AckArrived>().message->to_tag(), "our-tag");
}

TEST(InviteServerTest, StrayAckIsDroppedAndCounted) {  // trap 88: strays are never reflected.
  Stage s;
  s.deliver(RequestText{.method = "ACK"});
  const RequestText invite;
  s.arrive(invite);
  s.lines();
  s.deliver(ack_of(invite));  // nothing to acknowledge yet
  EXPECT_EQ(s.lines(), kNothing);
  EXPECT_TRUE(s.events().empty());
  EXPECT_EQ(s.layer.counters().stray_acks, 2U);
}

TEST(InviteServerTest, FinalResponsesAfterAFailureAreRefused) {
  Stage s;
  const RequestText invite;
  const ServerId id = s.arrive(invite);
  s.respond(id, 486);
  s.lines();
  for (const int status : {180, 200, 500}) EXPECT_FALSE(s.respond(id, status));
  s.deliver(ack_of(invite));
  for (const int status : {180, 200, 500}) EXPECT_FALSE(s.respond(id, status));
  EXPECT_EQ(s.lines(), kNothing);
  s.pass(seconds(6));
  EXPECT_FALSE(s.respond(id, 200)) << "gone";
}

TEST(InviteServerTest, TransportErrorTellsTheUserAndTheStateStays) {
  Stage s;
  const ServerId id = s.arrive({});
  const std::uint64_t token = s.sends().at(0).token;
  s.layer.on_transport_error(token, s.now, s.out);
  EXPECT_EQ(s.only<ServerFailed>().reason, ServerFailed::Reason::Transport);
  EXPECT_TRUE(s.respond(id, 180)) << "RFC 6026 8.8: the transaction remains";
  s.respond(id, 200);
  s.layer.on_transport_error(token, s.now, s.out);
  EXPECT_EQ(s.only<ServerFailed>().reason, ServerFailed::Reason::Transport);
  s.pass(seconds(32));
  s.layer.on_transport_error(token, s.now, s.out);
  s.layer.on_transport_error(0, s.now, s.out);
  EXPECT_TRUE(s.events().empty()) << "stale tokens are harmless";
}

TEST(InviteServerTest, ForgottenInviteIsAnsweredInTheEnd) {
  Stage s({.invite_unanswered = seconds(100)});
  const ServerId id = s.arrive({});
  s.pass(seconds(99));
  s.respond(id, 180);
  s.lines();
  s.pass(seconds(99));
  EXPECT_EQ(s.lines(), kNothing);
  s.pass(seconds(1));
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 500 Server Internal Error"}));
  EXPECT_EQ(s.only<ServerFailed>().reason, ServerFailed::Reason::Unanswered);
  s.pass(seconds(32));
  EXPECT_EQ(s.layer.server_count(), 0U);
}

TEST(InviteServerTest, TimersFollowT1) {
  Stage s({.t1 = milliseconds(100), .t2 = milliseconds(300)});
  s.respond(s.arrive({}), 600);
  EXPECT_EQ(s.instants_of_sends(milliseconds(1200)), in_milliseconds({100, 300, 600, 900, 1200}));
  s.pass(milliseconds(5200));
  EXPECT_EQ(s.layer.server_count(), 0U);
}

}  // namespace
}  // namespace sbc::transaction
