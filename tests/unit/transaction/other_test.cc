// RFC 3261 17.1.2 and 17.2.2 with RFC 4320: everything but INVITE.

#include "stage.h"

namespace sbc::transaction {
namespace {

const Lines kNothing;

TEST(OtherClientTest, TimerEDoublesUpToT2AndTimerFEndsIt) {
  Stage s;
  const ClientId id = s.start(sip::Method::Options);
  s.lines();
  EXPECT_EQ(s.instants_of_sends(milliseconds(31'999)),
            in_milliseconds({500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}));
  s.pass(milliseconds(1));
  EXPECT_EQ(s.only<ClientFailed>().reason, ClientFailed::Reason::Timeout);
  EXPECT_FALSE(s.layer.is_live(id));
}

TEST(OtherClientTest, AfterAProvisionalTimerEIsT2AndTimerFRunsOn) {
  Stage s;
  s.start(sip::Method::Bye);
  s.pass(milliseconds(600));
  s.lines();
  s.deliver(s.answer(100, "BYE"));
  EXPECT_EQ(s.only<ResponseArrived>().message->status(), 100);
  // The timer that runs comes due at 1500; from there on every 4 s.
  EXPECT_EQ(s.instants_of_sends(milliseconds(31'399)),
            in_milliseconds({900, 4900, 8900, 12900, 16900, 20900, 24900, 28900}));
  s.pass(milliseconds(1));
  EXPECT_EQ(s.only<ClientFailed>().reason, ClientFailed::Reason::Timeout);
}

TEST(OtherClientTest, FinalGoesUpOnceAndTimerKAbsorbs) {
  Stage s;
  s.start(sip::Method::Register);
  s.lines();
  s.deliver(s.answer(401, "REGISTER"));
  EXPECT_EQ(s.only<ResponseArrived>().message->status(), 401);
  s.deliver(s.answer(401, "REGISTER"));
  s.deliver(s.answer(200, "REGISTER"));
  s.deliver(s.answer(100, "REGISTER"));
  EXPECT_TRUE(s.events().empty());
  EXPECT_EQ(s.layer.counters().responses_absorbed, 3U);
  s.pass(milliseconds(4999));
  EXPECT_EQ(s.layer.client_count(), 1U);
  s.pass(milliseconds(1));
  EXPECT_EQ(s.layer.client_count(), 0U);
  EXPECT_EQ(s.lines(), kNothing);
}

TEST(OtherClientTest, OverConnectionsNoTimerEAndTimerKIsZero) {
  Stage s;
  s.start(sip::Method::Info, sip::Transport::Tcp);
  s.lines();
  EXPECT_EQ(s.instants_of_sends(seconds(10)), in_milliseconds({}));
  s.deliver(s.answer(200, "INFO"));
  s.only<ResponseArrived>();
  EXPECT_EQ(s.layer.client_count(), 0U);
  s.start(sip::Method::Info, sip::Transport::Tcp);
  s.pass(seconds(32));
  EXPECT_EQ(s.only<ClientFailed>().reason, ClientFailed::Reason::Timeout);
}

TEST(OtherClientTest, TransportErrorFailsWhileUnanswered) {
  Stage s;
  s.start(sip::Method::Bye);
  const std::uint64_t first = s.sends().at(0).token;
  s.deliver(s.answer(100, "BYE"));
  s.events();
  s.layer.on_transport_error(first, s.now, s.out);
  EXPECT_EQ(s.only<ClientFailed>().reason, ClientFailed::Reason::Transport);
  s.start(sip::Method::Bye);
  const std::uint64_t second = s.sends().at(0).token;
  s.deliver(s.answer(200, "BYE"));
  s.events();
  s.layer.on_transport_error(second, s.now, s.out);
  EXPECT_TRUE(s.events().empty());
}

TEST(OtherServerTest, RepeatedRequestIsAbsorbedThenAnsweredAgainUntilTimerJ) {
  Stage s;
  const RequestText options{.method = "OPTIONS"};
  const ServerId id = s.arrive(options);
  s.deliver(options);
  EXPECT_EQ(s.lines(), kNothing) << "no 100 to a fresh non-INVITE (RFC 4320)";
  EXPECT_TRUE(s.respond(id, 200));
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 200 OK"}));
  EXPECT_EQ(s.layer.request_of(id), nullptr);
  s.deliver(options);
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 200 OK"}));
  EXPECT_TRUE(s.events().empty());
  EXPECT_FALSE(s.respond(id, 404)) << "one final response";
  s.pass(milliseconds(31'999));
  EXPECT_EQ(s.layer.server_count(), 1U);
  s.pass(milliseconds(1));
  EXPECT_EQ(s.layer.server_count(), 0U);
  EXPECT_EQ(s.lines(), kNothing);
}

TEST(OtherServerTest, TimerJIsZeroOnConnections) {
  Stage s;
  const ServerId id = s.arrive({.method = "OPTIONS", .transport = "TCP"}, Stage::source(sip::Transport::Tcp));
  EXPECT_TRUE(s.respond(id, 200));
  EXPECT_EQ(s.layer.server_count(), 0U);
  EXPECT_EQ(s.layer.next_deadline(), base::kNever);
}

TEST(OtherServerTest, SlowUserGets100SentWhenTheClientsTimerReachesT2) {
  Stage s;
  const ServerId id = s.arrive({.method = "INFO", .to_tag = "our-tag"});
  EXPECT_EQ(s.instants_of_sends(seconds(20)), in_milliseconds({3500}));  // RFC 4320 4.1
  s.deliver(RequestText{.method = "INFO", .to_tag = "our-tag"});
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 100 Trying"}));
  EXPECT_TRUE(s.respond(id, 200));
}

TEST(OtherServerTest, No408AndNoProvisionalBut100) {  // trap 18
  Stage s;
  const ServerId id = s.arrive({.method = "INFO", .to_tag = "our-tag"});
  EXPECT_FALSE(s.respond(id, 408));
  EXPECT_FALSE(s.respond(id, 180));
  EXPECT_EQ(s.lines(), kNothing);
  EXPECT_TRUE(s.respond(id, 100));
  EXPECT_TRUE(s.respond(id, 504));
  EXPECT_EQ(s.layer.counters().late_responses, 2U);
}

TEST(OtherServerTest, UnansweredRequestEndsSilently) {
  Stage s;
  const ServerId id = s.arrive({.method = "MESSAGE"});
  s.pass(seconds(5));
  s.lines();
  s.pass(seconds(27));
  EXPECT_EQ(s.layer.server_count(), 0U);
  EXPECT_EQ(s.lines(), kNothing);
  EXPECT_TRUE(s.events().empty());
  EXPECT_EQ(s.layer.counters().servers_unanswered, 1U);
  EXPECT_FALSE(s.respond(id, 200));
}

TEST(OtherServerTest, TransportErrorTellsTheUserAndTheAnswerIsKept) {
  Stage s;
  const RequestText bye{.method = "BYE", .to_tag = "our-tag"};
  const ServerId id = s.arrive(bye);
  s.layer.set_owner(id, 5);
  s.respond(id, 200);
  s.layer.on_transport_error(s.sends().at(0).token, s.now, s.out);
  const auto failed = s.only<ServerFailed>();
  EXPECT_EQ(failed.reason, ServerFailed::Reason::Transport);
  EXPECT_EQ(failed.owner, 5U);
  s.deliver(bye);
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 200 OK"}));
}

TEST(OtherServerTest, UnknownMethodsAreKeptApartByTheirText) {
  Stage s;
  s.arrive({.method = "DANCE"});
  s.deliver(RequestText{.method = "DANCE"});
  EXPECT_TRUE(s.events().empty());
  s.arrive({.method = "SING"});
  EXPECT_EQ(s.layer.server_count(), 2U);
}

}  // namespace
}  // namespace sbc::transaction
