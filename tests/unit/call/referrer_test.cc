// REFER outside of the dialogs of the call that it is about (RFC 4538, RFC 7647 4).

#include <gtest/gtest.h>

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using base::seconds;

constexpr std::string_view kToCarol = "Refer-To: <sip:carol@secret.invalid>\r\n";

std::string value(const sip::MessagePtr& message, sip::HeaderId id) {
  return std::string(message->find(id).value_or("(none)"));
}

// A server beside the phones of the access realm (or beside the trunk), that knows of calls.
struct Server {
  explicit Server(Rig& its, std::uint16_t listener = 0)
      : rig(its), peer(its, "server", listener == 0 ? "198.51.100.78:5066" : "203.0.113.78:5066", listener) {
    rig.guest = &peer;
  }
  ~Server() { rig.guest = nullptr; }

  std::string text(const std::string& method, const std::string& headers, const std::string& to_tag = {}) {
    ++cseq;
    return method + " sip:border.example SIP/2.0\r\nVia: SIP/2.0/UDP " + peer.endpoint().text() +
           ";branch=z9hG4bKserver" + std::to_string(cseq) +
           "\r\nMax-Forwards: 70\r\nFrom: <sip:cti@example.org>;tag=servers\r\nTo: <sip:border.example>" +
           (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\nCall-ID: of-the-server\r\nCSeq: " + std::to_string(cseq) +
           " " + method + "\r\nContact: <sip:cti@" + peer.endpoint().text() + ">\r\n" + headers +
           "Content-Length: 0\r\n\r\n";
  }
  // What the REFER is answered.
  sip::MessagePtr refer(const std::string& headers) {
    peer.send_raw(text("REFER", headers));
    for (const char* status : {"200", "4", "5"})
      for (const auto& message : peer.log)
        if (message->is_response() && message->cseq().number == cseq &&
            std::to_string(message->status()).starts_with(status))
          return message;
    return nullptr;
  }
  int status_of(const std::string& headers) {
    const auto answer = refer(headers);
    return answer != nullptr ? answer->status() : 0;
  }
  // The next NOTIFY, answered; it must belong to the REFER's own dialog.
  std::string report() {
    const auto notify = peer.take("NOTIFY");
    if (notify == nullptr) return "(none)";
    EXPECT_EQ(notify->call_id(), "of-the-server");
    EXPECT_EQ(notify->to_tag(), "servers");
    EXPECT_EQ(value(notify, sip::HeaderId::Event), "refer");
    peer.answer_to(notify, 200);
    return std::string(notify->body()) + value(notify, sip::HeaderId::SubscriptionState);
  }

  Rig& rig;
  Peer peer;
  std::uint32_t cseq = 0;
};

// As a's side names its call: the border's tag is the local one of whoever gets the REFER.
std::string about_a(Rig& rig) {
  const auto near = rig.a.last_accepted();
  return "Target-Dialog: " + std::string(near->call_id()) + ";local-tag=" + std::string(near->to_tag()) +
         ";remote-tag=" + std::string(near->from_tag()) + "\r\n";
}

std::string about_b(Rig& rig) {
  rig.b.request("OPTIONS");
  const auto far = rig.b.take("200 OPTIONS");
  return "Target-Dialog: " + std::string(far->call_id()) + ";local-tag=" + std::string(far->to_tag()) +
         ";remote-tag=" + std::string(far->from_tag()) + "\r\n";
}

TEST(Referrer, OutsideOfTheCallIsAsTheTransferorInsideIt) {
  for (const bool caller : {true, false}) {
    Rig rig;
    rig.connect();
    Peer& leaves = caller ? rig.a : rig.b;
    Peer& stays = caller ? rig.b : rig.a;
    Server server(rig, caller ? 0 : 1);
    rig.advisor.authenticated = true;
    if (!caller) rig.advisor.arrival_trunk = "t1";
    const auto answer = server.refer(std::string(kToCarol) + (caller ? about_a(rig) : about_b(rig)));
    ASSERT_NE(answer, nullptr);
    EXPECT_EQ(answer->status(), 200) << "RFC 7647 5: not 202";
    EXPECT_TRUE(answer->find(sip::HeaderId::Contact));
    EXPECT_EQ(server.report(), "SIP/2.0 100 Trying\r\nactive;expires=600");
    EXPECT_EQ(rig.advisor.caller.uri, "sip:cti@example.org") << "who asks is who the policy decides on";
    EXPECT_EQ(rig.advisor.referred_by, "sip:cti@example.org");
    EXPECT_FALSE(leaves.has("NOTIFY"));

    ASSERT_TRUE(rig.c.has("INVITE"));
    rig.c.answer(180);
    EXPECT_EQ(server.report(), "SIP/2.0 180 Ringing\r\nactive;expires=600");
    rig.c.answer(200, sdp(rig.c.ip(), 7000));
    EXPECT_EQ(server.report(), "SIP/2.0 200 OK\r\nterminated;reason=noresource");
    EXPECT_TRUE(leaves.has("BYE"));
    ASSERT_TRUE(stays.has("INVITE"));
    stays.answer(200, sdp(stays.ip(), 4000, "sendrecv", 2));
    EXPECT_TRUE(rig.c.has("ACK"));
    rig.c.bye();
    rig.pass(minutes(2));
    rig.expect_idle();
  }
}

// The REFER's dialog is over with its last NOTIFY, and the server is neither of the call's parties.
TEST(Referrer, TeachesTheLeakGuardNothingWithItsLastAnswer) {
  Rig rig;
  rig.connect();
  Server server(rig);
  rig.advisor.authenticated = true;
  ASSERT_NE(server.refer(std::string(kToCarol) + about_a(rig)), nullptr);
  server.report();
  rig.c.answer(200, sdp(rig.c.ip(), 7000));
  const auto last = server.peer.take("NOTIFY");
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(value(last, sip::HeaderId::SubscriptionState), "terminated;reason=noresource");
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, sdp(rig.b.ip(), 4000, "sendrecv", 2));
  ASSERT_TRUE(rig.c.has("ACK"));
  server.peer.answer_to(last, 200, {}, "Contact: <sip:cti@192.0.2.61:5066>\r\n");
  for (const auto& [from, to] : {std::pair(&rig.b, &rig.c), std::pair(&rig.c, &rig.b)}) {
    from->request("MESSAGE", "call 192.0.2.61", "Content-Type: text/plain\r\n");
    const auto message = to->take("MESSAGE");
    ASSERT_NE(message, nullptr);
    EXPECT_EQ(message->body(), "call 192.0.2.61");
    to->answer_to(message, 200);
  }
  for (const auto count : rig.calls.leaks().by_kind) EXPECT_EQ(count, 0U);
  rig.c.bye();
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Referrer, MustBeKnown) {  // RFC 4538 4: the tags prove nothing where somebody can listen
  Rig rig;
  rig.connect();
  Server server(rig);
  const auto answer = server.refer(std::string(kToCarol) + about_a(rig));
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->status(), 407);
  EXPECT_NE(value(answer, sip::HeaderId::ProxyAuthenticate), "(none)");
  EXPECT_FALSE(rig.c.has("INVITE"));
  EXPECT_EQ(rig.calls.counters().refused_transfer, 1U);
}

TEST(Referrer, MayBeToldByThePolicyToGoAway) {
  Rig rig;
  rig.connect();
  Server server(rig);
  rig.advisor.authenticated = true;
  rig.advisor.decision.emplace();  // a rejection
  rig.advisor.decision->status = 403;
  EXPECT_EQ(server.status_of(std::string(kToCarol) + about_a(rig)), 403);
  EXPECT_FALSE(server.peer.has("NOTIFY"));
}

TEST(Referrer, WhoNamesNoDialogOfThatSideMayDoNothing) {  // RFC 4538 4
  Rig rig;
  rig.connect();
  rig.advisor.authenticated = true;
  const auto near = rig.a.last_accepted();
  const std::string call_id(near->call_id()), ours(near->to_tag()), alices(near->from_tag());
  {
    Server server(rig);
    const auto status = [&](const std::string& named) {
      return server.status_of(std::string(kToCarol) + "Target-Dialog: " + named + "\r\n");
    };
    EXPECT_EQ(status("nobody;local-tag=a;remote-tag=b"), 403);
    EXPECT_EQ(status(call_id + ";local-tag=" + ours), 403);
    EXPECT_EQ(status(call_id + ";local-tag=" + ours + ";remote-tag=x"), 403);
    EXPECT_EQ(status("x;local-tag=" + ours + ";remote-tag=" + alices), 403);
    EXPECT_EQ(status(call_id + ";local-tag=" + alices + ";remote-tag=" + ours), 403) << "from the reader's side";
    EXPECT_EQ(server.status_of(std::string(kToCarol) + about_b(rig)), 403) << "the other side's names";
    rig.advisor.arrival_trunk = "t1";
    EXPECT_EQ(server.status_of(std::string(kToCarol) + about_a(rig)), 403) << "a trunk is no phone";
  }
  Server server(rig, 1);
  rig.advisor.arrival_trunk = "t2";
  EXPECT_EQ(server.status_of(std::string(kToCarol) + about_b(rig)), 403) << "another trunk";
  EXPECT_FALSE(rig.c.has("INVITE"));
}

TEST(Referrer, IsNotServedWhereTheBorderCarriesNothingOut) {
  Rig rig;
  rig.connect();
  Server server(rig);
  rig.advisor.authenticated = true;
  EXPECT_EQ(server.status_of(std::string(kToCarol)), 481) << "left to whoever asked the calls";
  for (const auto how : {Transfers::Refuse, Transfers::Pass}) {
    rig.settings->crossing["access"].transfers = how;
    EXPECT_EQ(server.status_of(std::string(kToCarol) + about_a(rig)), 481);
  }
}

TEST(Referrer, WhoAsksForWhatCannotBeDoneHearsIt) {  // RFC 3515 2, 2.4.2, RFC 3261 8.2.2.3
  Rig rig;
  rig.connect();
  Server server(rig);
  rig.advisor.authenticated = true;
  const std::string about = about_a(rig);
  EXPECT_EQ(server.status_of(about), 400);
  EXPECT_EQ(server.status_of(about + "Refer-To: <sip:a@x.example>, <sip:b@x.example>\r\n"), 400);
  EXPECT_EQ(server.status_of(about + "Refer-To: <sip:a@x.example;method=BYE>\r\n"), 403);
  EXPECT_EQ(server.status_of(about + "Refer-To: <http://x.example/>\r\n"), 416);
  const auto answer = server.refer(about + std::string(kToCarol) + "Require: tdialog, nosub\r\n");
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->status(), 420);
  EXPECT_EQ(value(answer, sip::HeaderId::Unsupported), "nosub");
  auto text = server.text("REFER", about + std::string(kToCarol));
  const auto contact = text.find("Contact:");
  text.erase(contact, text.find("\r\n", contact) + 2 - contact);
  server.peer.send_raw(text);
  EXPECT_TRUE(server.peer.has("400 REFER"));
  EXPECT_FALSE(rig.c.has("INVITE"));
}

TEST(Referrer, HearsOfFailureAndTheCallGoesOn) {
  Rig rig;
  rig.connect();
  Server server(rig);
  rig.advisor.authenticated = true;
  EXPECT_EQ(server.status_of(std::string(kToCarol) + about_a(rig) + "Require: tdialog\r\n"), 200);
  server.report();
  rig.c.answer(486);
  EXPECT_EQ(server.report(), "SIP/2.0 486 Busy Here\r\nterminated;reason=noresource");
  EXPECT_EQ(rig.calls.connected(), 1U);
  EXPECT_EQ(rig.calls.dialogs(), 2U) << "that of the REFER is over";
  EXPECT_EQ(server.status_of(std::string(kToCarol) + about_a(rig)), 200) << "once more";
}

TEST(Referrer, HearsWhenTheCallEndsMeanwhile) {
  Rig rig;
  rig.connect();
  Server server(rig);
  rig.advisor.authenticated = true;
  server.refer(std::string(kToCarol) + about_a(rig));
  server.report();
  rig.c.answer(180);
  server.report();
  rig.b.bye();
  EXPECT_EQ(server.report(), "SIP/2.0 487 Request Terminated\r\nterminated;reason=noresource");
  EXPECT_TRUE(rig.c.has("CANCEL"));
  rig.pass(minutes(2));
  rig.expect_idle();
}

TEST(Referrer, WhoWantsNoReportsGetsNone) {  // RFC 4488 4
  Rig rig;
  rig.connect();
  Server server(rig);
  rig.advisor.authenticated = true;
  const auto answer =
      server.refer(std::string(kToCarol) + about_a(rig) + "Refer-Sub: false\r\nRequire: norefersub\r\n");
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->status(), 200);
  EXPECT_EQ(answer->find("Refer-Sub"), "false");
  rig.c.answer(200, sdp(rig.c.ip(), 7000));
  EXPECT_FALSE(server.peer.has("NOTIFY"));
}

TEST(Referrer, MayAskForMoreReportsOrNone) {  // RFC 3515 2.4.4: the transfer goes on without them
  Rig rig;
  rig.connect();
  Server server(rig);
  rig.advisor.authenticated = true;
  const auto answer = server.refer(std::string(kToCarol) + about_a(rig));
  ASSERT_NE(answer, nullptr);
  const std::string tag(answer->to_tag());
  server.report();
  rig.c.answer(180);
  server.report();
  const auto subscribe = [&](const std::string& headers) {
    server.peer.send_raw(server.text("SUBSCRIBE", headers, tag));
  };
  subscribe("Event: refer\r\nExpires: 60\r\n");
  const auto more = server.peer.take("200 SUBSCRIBE");
  ASSERT_NE(more, nullptr);
  EXPECT_EQ(value(more, sip::HeaderId::Expires), "60");
  EXPECT_EQ(server.report(), "SIP/2.0 180 Ringing\r\nactive;expires=600") << "as it stands";
  subscribe("Event: dialog\r\n");
  EXPECT_TRUE(server.peer.has("489 SUBSCRIBE"));
  server.peer.send_raw(server.text("REFER", std::string(kToCarol), tag));
  EXPECT_TRUE(server.peer.has("405 REFER")) << "RFC 7647 4";
  subscribe("Event: refer\r\nExpires: 0\r\n");
  EXPECT_EQ(server.report(), "SIP/2.0 180 Ringing\r\nterminated;reason=timeout");
  server.peer.clear();
  subscribe("Event: refer\r\nExpires: 60\r\n");
  EXPECT_TRUE(server.peer.has("481 SUBSCRIBE"));
  rig.c.answer(200, sdp(rig.c.ip(), 7000));
  EXPECT_TRUE(rig.a.has("BYE"));
  EXPECT_FALSE(server.peer.has("NOTIFY"));
}

TEST(Referrer, AttendedJoinsTheFarPartiesOfBothCalls) {  // trap 77
  Rig rig;
  rig.connect();
  rig.advisor.trunks = {"far"};
  rig.c.invite();
  rig.d.answer(200, sdp(rig.d.ip(), 8000));
  rig.c.ack();
  const auto second = rig.c.last_accepted();
  rig.c.clear();
  rig.d.clear();
  const std::string refer_to = "Refer-To: <sip:dave@secret.invalid?Replaces=" + std::string(second->call_id()) +
                               "%3Bto-tag%3D" + std::string(second->to_tag()) + "%3Bfrom-tag%3D" +
                               std::string(second->from_tag()) + ">\r\n";
  const std::string about = about_b(rig);
  Server server(rig, 1);
  rig.advisor.arrival_trunk = "t1";
  EXPECT_EQ(server.status_of(refer_to + about), 200);
  EXPECT_EQ(server.report(), "SIP/2.0 100 Trying\r\nactive;expires=600");
  EXPECT_EQ(server.report(), "SIP/2.0 200 OK\r\nterminated;reason=noresource");
  EXPECT_TRUE(rig.b.has("BYE"));
  EXPECT_TRUE(rig.c.has("BYE"));
  EXPECT_TRUE(rig.d.has("INVITE"));
}

}  // namespace
}  // namespace sbc::call::test
