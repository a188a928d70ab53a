// RFC 3261 17.2.3, 8.2.2.2, 18.2.2: which transaction, merged requests, peers of RFC 2543, full tables, where responses
// go.

#include "media-relay/base/text.h"

#include "sbc/transaction/reply_hop.h"

#include "stage.h"

namespace sbc::transaction {
namespace {

const Lines kNothing;

TEST(MatchingTest, BranchSentByAndMethodNameATransaction) {
  Stage s;
  RequestText first{.method = "OPTIONS", .to_tag = "x"};
  s.arrive(first);
  RequestText other_host = first;
  other_host.sent_by = "192.0.2.11:5060";
  s.arrive(other_host);
  RequestText other_port = first;
  other_port.sent_by = "192.0.2.10:5062";
  s.arrive(other_port);
  RequestText other_method = first;
  other_method.method = "INFO";
  s.arrive(other_method);
  EXPECT_EQ(s.layer.server_count(), 4U);
  RequestText same = first;
  same.sent_by = "192.0.2.10";  // the default port
  same.call_id = "only.branch.and.sent-by.count";
  s.deliver(same);
  EXPECT_TRUE(s.events().empty());
}

TEST(MatchingTest, MergedRequestGets482AndTheFirstGoesOn) {  // trap 14: one INVITE over two ways.
  Stage s;
  const RequestText invite;
  const ServerId first = s.arrive(invite);
  s.lines();
  RequestText merged = invite;
  merged.branch = "z9hG4bKotherway";
  s.deliver(merged);
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 482 Loop Detected"}));
  EXPECT_TRUE(s.events().empty());
  EXPECT_EQ(s.layer.counters().merged_requests, 1U);
  s.deliver(merged);
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 482 Loop Detected"}));
  s.deliver(RequestText{.method = "ACK", .branch = merged.branch, .to_tag = "whatever"});
  EXPECT_TRUE(s.events().empty()) << "its ACK is the layer's business";
  EXPECT_TRUE(s.respond(first, 200));
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 200 OK"}));
}

TEST(MatchingTest, MergedWhileAcceptedMustNotStartASecondCall) {
  Stage s;
  const RequestText invite;
  s.respond(s.arrive(invite), 200);
  RequestText merged = invite;
  merged.branch = "z9hG4bKotherway";
  s.lines();
  s.deliver(merged);
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 482 Loop Detected"}));
}

TEST(MatchingTest, AnotherTryAfterAFailureIsNotMerged) {
  Stage s;
  RequestText invite;
  s.respond(s.arrive(invite), 503);
  invite.branch = "z9hG4bKnexthop";
  s.arrive(invite);
}

TEST(MatchingTest, WithinADialogNothingIsMerged) {
  Stage s;
  RequestText first{.method = "INFO", .to_tag = "our-tag"};
  const ServerId one = s.arrive(first);
  first.branch = "z9hG4bKagain";
  const ServerId two = s.arrive(first);
  EXPECT_NE(one, two);
  EXPECT_EQ(s.lines(), kNothing) << "no 482";
  EXPECT_EQ(s.layer.counters().merged_requests, 0U);
  EXPECT_EQ(s.layer.server_count(), 2U);
}

TEST(MatchingTest, NewCseqIsNotMerged) {
  Stage s;
  RequestText first;
  const ServerId one = s.arrive(first);
  first.branch = "z9hG4bKagain";
  first.cseq = 2;
  const ServerId two = s.arrive(first);
  EXPECT_NE(one, two);
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 100 Trying", "SIP/2.0 100 Trying"})) << "no 482";
  EXPECT_EQ(s.layer.counters().merged_requests, 0U);
}

TEST(LegacyTest, RequestsWithoutCookieMatchByTheirContent) {  // trap 64: peers of RFC 2543.
  for (const std::string& branch : {std::string(), std::string("1"), std::string("z9hG4bK")}) {
    Stage s;
    const RequestText invite{.branch = branch};
    const ServerId id = s.arrive(invite);
    s.lines();
    s.deliver(invite);
    EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 100 Trying"}));
    RequestText other = invite;
    other.call_id = "call-2";
    s.arrive(other);
    other.cseq = 2;
    s.arrive(other);
    other.uri = "sip:bob2@border.example.net";
    other.from_tag = "second";
    s.arrive(other);
    s.lines();
    EXPECT_TRUE(s.respond(id, 486));
    s.lines();
    s.deliver(invite);
    EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 486 Busy Here"}));
  }
}

TEST(LegacyTest, AckMustCarryTheTagOfTheResponse) {
  Stage s;
  const RequestText invite{.branch = ""};
  s.respond(s.arrive(invite), 486, "our-tag");
  s.lines();
  RequestText ack = invite;
  ack.method = "ACK";
  ack.to_tag = "not-ours";
  s.deliver(ack);
  EXPECT_EQ(s.instants_of_sends(milliseconds(500)).size(), 1U) << "still waits for its ACK";
  s.only<AckArrived>();
  ack.to_tag = "our-tag";
  s.deliver(ack);
  EXPECT_TRUE(s.events().empty());
  s.pass(seconds(5));
  EXPECT_EQ(s.layer.server_count(), 0U);
}

TEST(LegacyTest, CancelMatchesItsInvite) {
  Stage s;
  const RequestText invite{.branch = "", .from_tag = ""};
  const ServerId id = s.arrive(invite);
  s.lines();
  RequestText cancel = invite;
  cancel.method = "CANCEL";
  s.deliver(cancel);
  EXPECT_EQ(s.lines(), (Lines{"SIP/2.0 200 OK"}));
  EXPECT_EQ(s.only<CancelArrived>().invite, id);
}

TEST(LegacyTest, OtherMethodsMatchWithTheirToTag) {
  Stage s;
  RequestText bye{.method = "BYE", .branch = "", .to_tag = "one"};
  s.arrive(bye);
  s.deliver(bye);
  EXPECT_TRUE(s.events().empty());
  bye.to_tag = "two";
  s.arrive(bye);
}

TEST(LimitTest, ServersAtTheLimitAndOnePast) {
  Stage s({.max_servers = 2});
  RequestText request{.method = "OPTIONS"};
  s.arrive(request);
  request.branch = "z9hG4bK2";
  request.cseq = 2;
  s.arrive(request);
  EXPECT_EQ(s.lines(), kNothing);
  request.branch = "z9hG4bK3";
  request.cseq = 3;
  std::string tag;
  for (int i = 0; i < 2; ++i) {
    s.deliver(request);
    const sip::MessagePtr refused = message_of(*s.sends().at(0).bytes);
    EXPECT_EQ(refused->status(), 503);
    const auto seconds_to_wait = base::parse_unsigned(refused->find(sip::HeaderId::RetryAfter).value_or(""));
    ASSERT_TRUE(seconds_to_wait);
    EXPECT_GE(*seconds_to_wait, 5U);
    EXPECT_LE(*seconds_to_wait, 10U);
    if (i == 1) {
      EXPECT_EQ(refused->to_tag(), tag) << "8.2.7: the same tag for each repetition";
    }
    tag = refused->to_tag();
  }
  EXPECT_EQ(s.layer.counters().overload_rejects, 2U);
  EXPECT_TRUE(s.events().empty());
  s.deliver(RequestText{.method = "OPTIONS"});
  EXPECT_EQ(s.layer.counters().overload_rejects, 2U) << "who is in is served";
  s.pass(seconds(32));
  s.arrive(request);
}

TEST(LimitTest, AckToARefusalIsRecognised) {
  Stage s({.max_servers = 0});
  const RequestText invite;
  s.deliver(invite);
  const std::string tag(message_of(*s.sends().at(0).bytes)->to_tag());
  s.deliver(RequestText{.method = "ACK", .to_tag = tag});
  EXPECT_TRUE(s.events().empty());
  EXPECT_EQ(s.layer.counters().stray_acks, 1U);
}

TEST(LimitTest, ClientsAtTheLimitAndOnePast) {
  Stage s({.max_clients = 1});
  const ClientId first = s.start(sip::Method::Invite);
  EXPECT_TRUE(first);
  s.deliver(s.answer(180));
  s.lines();
  const std::string branch = s.branch;
  EXPECT_FALSE(s.start(sip::Method::Invite));
  EXPECT_EQ(s.lines(), kNothing);
  EXPECT_EQ(s.layer.counters().client_overloads, 1U);
  s.layer.cancel(first, "", s.now, s.out);
  EXPECT_EQ(s.lines().size(), 1U) << "what runs can always be cancelled";
}

struct ReplyCase {
  std::string sent_by;
  std::string params;
  std::uint16_t port;
};

TEST(ReplyTest, ResponsesOverUdpFindTheirWayBack) {
  sip::Source source = Stage::source();
  source.hop.remote.port = 40'000;
  for (const ReplyCase& c :
       {ReplyCase{"192.0.2.10:5070", ";rport", 40'000}, ReplyCase{"192.0.2.10:5070", "", 5070},
        ReplyCase{"192.0.2.10", "", 5060}, ReplyCase{"10.0.0.5:5062", "", 40'000},
        ReplyCase{"proxy.example.org:5080", "", 5080}, ReplyCase{"192.0.2.10:5070", ";maddr=203.0.113.99", 5070}}) {
    const sip::MessagePtr request = message_of(RequestText{.sent_by = c.sent_by, .via_params = c.params}.text());
    EXPECT_EQ(reply_port_of(*request, source), c.port) << c.sent_by << c.params;
  }
}

TEST(ReplyTest, ResponsesOverConnectionsKeepTheConnection) {
  Stage s;
  const sip::Source source = Stage::source(sip::Transport::Tcp);
  s.deliver(RequestText{.transport = "TCP"}, source);
  EXPECT_EQ(s.sends().at(0).hop.connection, source.hop.connection);
}

}  // namespace
}  // namespace sbc::transaction
