// Canaries in calls.

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "canaries.h"
#include "rig.h"

namespace sbc::call::test {
namespace {

// A response must not have more Via than its request (RFC 3261 8.1.3.3), and only some ask for a later time.
const Places kOfRequests = without(kHeaders, {"Retry-After"});
const Places kOfResponses = without(kHeaders, {"Via"});
const Places kInDialogs = without(kOfRequests, {"Record-Route"});

struct Case {
  const char* name;
  void (*run)(Rig& rig, Aviary& a, Aviary& b);
};

void answered_call(Rig& rig, Aviary& a, Aviary& b) {
  rig.a.invite({.body = a.description(4000), .headers = a.plant(kOfRequests, "INVITE")});
  rig.b.answer(183, b.description(6000), b.plant(kOfResponses, "183"));
  rig.b.answer(180, {}, b.plant(kOfResponses, "180"));
  rig.b.answer(200, b.description(6000), b.plant(kOfResponses, "200"));
  rig.a.ack();
  ASSERT_EQ(rig.calls.connected(), 1U);
  for (const char* method : {"INFO", "OPTIONS", "MESSAGE", "NOTIFY", "SUBSCRIBE", "REFER", "PUBLISH", "STRANGE"}) {
    rig.a.request(method, {}, a.plant(kInDialogs, method));
    if (const auto passed = rig.b.take(method)) rig.b.answer_to(passed, 200, {}, b.plant(kOfResponses, method));
    rig.b.request(method, {}, b.plant(kInDialogs, method));
    if (const auto passed = rig.a.take(method)) rig.a.answer_to(passed, 406, {}, a.plant(kOfResponses, method));
  }
  rig.a.reinvite(a.description(4000), a.plant(kInDialogs, "re-INVITE"));
  if (rig.b.pending_invites() != 0) rig.b.answer(488, {}, b.plant(kOfResponses, "488"));
  rig.b.reinvite(b.description(6000), b.plant(kInDialogs, "re-INVITE"));
  if (rig.a.pending_invites() != 0) rig.a.answer(200, a.description(4000), a.plant(kOfResponses, "200 re-INVITE"));
  rig.b.ack();
  rig.a.request("UPDATE", a.description(4000), a.plant(kInDialogs, "UPDATE"));
  if (const auto update = rig.b.take("UPDATE"))
    rig.b.answer_to(update, 200, b.description(6000), b.plant(kOfResponses, "200"));
  rig.pass(base::seconds(5));
  rig.a.request("BYE", {}, a.plant(kInDialogs, "BYE"));
}

void called_party_hangs_up(Rig& rig, Aviary& a, Aviary& b) {
  rig.a.invite({.body = a.description(4000), .headers = a.plant(kOfRequests, "INVITE")});
  rig.b.answer(200, b.description(6000), b.plant(kOfResponses, "200"));
  rig.a.ack();
  rig.b.request("BYE", {}, b.plant(kInDialogs, "BYE"));
}

void late_offer(Rig& rig, Aviary& a, Aviary& b) {
  rig.a.invite({.body = "", .headers = a.plant(kOfRequests, "INVITE")});
  rig.b.answer(200, b.description(6000), b.plant(kOfResponses, "200"));
  rig.a.ack(a.description(4000));
  rig.a.bye();
}

void refused_call(Rig& rig, Aviary& a, Aviary& b) {
  rig.advisor.trunks = {"t1", "t2"};
  rig.a.invite({.body = a.description(4000), .headers = a.plant(kOfRequests, "INVITE")});
  rig.b.answer(503, {}, b.plant(kOfResponses, "503"));
  rig.c.answer(404, {}, b.plant(without(kOfResponses, {"Record-Route"}), "404"));
}

void redirected_call(Rig& rig, Aviary& a, Aviary& b) {
  rig.a.invite({.body = a.description(4000), .headers = a.plant(kOfRequests, "INVITE")});
  rig.b.answer(302, {}, b.plant(kOfResponses, "302") + b.plant({{"Contact: <sip:#@%.2.9>", Fate::Rewritten}}, "302"));
}

void challenged_call(Rig& rig, Aviary& a, Aviary& b) {
  rig.a.invite({.body = a.description(4000), .headers = a.plant(kOfRequests, "INVITE")});
  rig.b.answer(
      407, {},
      b.plant(kOfResponses, "407") + b.plant({{"Proxy-Authenticate: Digest realm=\"#\", nonce=\"#\""}}, "407"));
}

void cancelled_call(Rig& rig, Aviary& a, Aviary& b) {
  rig.a.invite({.body = a.description(4000), .headers = a.plant(kOfRequests, "INVITE")});
  rig.b.answer(180, {}, b.plant(kOfResponses, "180"));
  rig.a.cancel(a.plant(without(kInDialogs, {"Via"}), "CANCEL"));
}

void losing_fork(Rig& rig, Aviary& a, Aviary& b) {
  rig.a.invite({.body = a.description(4000), .headers = a.plant(kOfRequests, "INVITE")});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  for (const char* tag : {"fork-1", "fork-2"})
    rig.b.answer_to(invite, 200, b.description(6000), b.plant(kOfResponses, "200 of a fork"), tag);
  EXPECT_TRUE(rig.b.has("BYE"));
  rig.a.ack();
  rig.a.bye();
}

constexpr Case kCases[] = {
    {"losing fork", losing_fork},    {"answered", answered_call},   {"hung up by the callee", called_party_hangs_up},
    {"late offer", late_offer},      {"refused", refused_call},     {"redirected", redirected_call},
    {"challenged", challenged_call}, {"cancelled", cancelled_call},
};

// traps 47, 82
TEST(Canaries, NoneOfNinetyPositionsComesOutOnTheOtherSide) {
  std::size_t positions = 0;
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    Rig rig;
    Aviary a("a", rig.a.endpoint());
    Aviary b("b", rig.b.endpoint());
    c.run(rig, a, b);
    rig.pass(base::minutes(3));
    auto said = rig.said_to(rig.b);
    std::ranges::copy(rig.said_to(rig.c), std::back_inserter(said));
    a.expect_none_in(said, "the callees");
    b.expect_none_in(rig.said_to(rig.a), "the caller");
    positions += a.positions() + b.positions();
    rig.expect_idle(c.name);
  }
  EXPECT_GE(kHeaders.size() + kSdp.size() + kMedia.size(), 95U);
  EXPECT_GT(positions, 2000U);
}

// What names the dialog and its ends, in the headers that every message has.
TEST(Canaries, TheNamesOfADialogStayOnTheirSide) {
  Rig rig;
  rig.a.send_raw(
      "INVITE sip:5551234@198.51.100.1;kanaria1q=1;kanaria2q SIP/2.0\r\n"
      "Via: SIP/2.0/UDP kanaria3q.invalid;branch=z9hG4bKkanaria4q;kanaria5q=1;rport\r\n"
      "Via: SIP/2.0/UDP 10.91.0.1;branch=z9hG4bKkanaria6q\r\n"
      "Route: <sip:198.51.100.1;lr;kanaria7q>\r\nMax-Forwards: 70\r\n"
      "From: \"Alice\" <sip:alice@kanaria8q.invalid;kanaria9q=1;kanaria10q>;tag=kanaria11q;kanaria12q=1\r\n"
      "To: \"kanaria13q\" <sip:5551234@kanaria14q.invalid;kanaria15q>;kanaria16q=1\r\n"
      "Call-ID: kanaria17q@10.91.0.2\r\nCSeq: 9919919 INVITE\r\n"
      "Contact: \"kanaria18q\" <sip:kanaria19q@198.51.100.77:5066;kanaria20q=1>;expires=60;kanaria21q=1\r\n"
      "Content-Type: application/sdp;kanaria22q=1\r\nContent-Disposition: session;kanaria23q=1\r\n"
      "Content-Length: " +
      std::to_string(sdp("10.91.0.3", 4000).size()) + "\r\n\r\n" + sdp("10.91.0.3", 4000));
  ASSERT_TRUE(rig.b.has("INVITE")) << rig.said_to(rig.a).at(0);
  rig.b.answer(180, {}, "Contact: <sip:kanarib1q@203.0.113.10:5060;kanarib2q=1>;kanarib3q=1\r\n", "kanarib4q");
  rig.b.answer(200, sdp("10.92.0.3", 6000),
               "Contact: \"kanarib5q\" <sip:kanarib6q@203.0.113.10:5060;kanarib7q=1>;kanarib8q=1\r\n", "kanarib9q");
  rig.pass(base::minutes(3));
  EXPECT_FALSE(rig.said_to(rig.b).empty());
  EXPECT_TRUE(rig.a.has("200 INVITE"));
  for (const auto& message : rig.said_to(rig.b)) {
    EXPECT_EQ(message.find("kanaria"), std::string::npos) << message;
    EXPECT_EQ(message.find("10.91."), std::string::npos) << message;
    EXPECT_EQ(message.find("9919919"), std::string::npos) << message;
  }
  for (const auto& message : rig.said_to(rig.a)) {
    EXPECT_EQ(message.find("kanarib"), std::string::npos) << message;
    EXPECT_EQ(message.find("10.92."), std::string::npos) << message;
  }
}

struct Document {
  const char* method;
  const char* headers;
  const char* body;
};

// trap 78
TEST(Canaries, NoneInABodyComesOut) {
  const Document documents[] = {
      {"NOTIFY", "Event: refer\r\nSubscription-State: active\r\nContent-Type: message/sipfrag\r\n",
       "SIP/2.0 180 kanariaq\r\nVia: SIP/2.0/UDP kanariaq.invalid\r\nContact: <sip:kanariaq@10.91.0.1>\r\n"
       "Call-ID: kanariaq\r\nServer: kanariaq\r\n"},
      {"NOTIFY",
       "Event: dialog;call-id=kanariaq\r\nSubscription-State: active\r\nContent-Type: application/dialog-info+xml\r\n",
       "<?xml version=\"1.0\"?><!-- kanariaq --><dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" "
       "version=\"1\" "
       "state=\"full\" entity=\"sip:1@kanariaq.invalid\"><dialog id=\"kanariaq\" call-id=\"kanariaq@10.91.0.1\" "
       "local-tag=\"kanariaq\" remote-tag=\"kanariaq2\" direction=\"initiator\"><state>confirmed</state>"
       "<local><identity>sip:1@kanariaq.invalid</identity><target "
       "uri=\"sip:2@10.91.0.2\"/></local>"
       "<remote><target uri=\"sip:kanariaq.invalid\"/></remote><x:kanariaq "
       "xmlns:x=\"urn:kanariaq\">kanariaq</x:kanariaq>"
       "</dialog></dialog-info>\r\n"},
      {"NOTIFY",
       "Event: message-summary\r\nSubscription-State: active\r\nContent-Type: application/simple-message-summary\r\n",
       "Messages-Waiting: yes\r\nMessage-Account: sip:1@kanariaq.invalid\r\nVoice-Message: 1/0\r\n\r\n"
       "From: sip:kanariaq@10.91.0.1\r\nSubject: kanariaq\r\nMessage-ID: kanariaq\r\n"},
      {"NOTIFY", "Event: reg\r\nSubscription-State: active\r\nContent-Type: application/reginfo+xml\r\n",
       "<?xml version=\"1.0\"?><reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"1\" state=\"full\">"
       "<registration aor=\"sip:1@kanariaq.invalid\" id=\"kanariaq\" state=\"active\"><contact id=\"kanariaq\" "
       "state=\"active\" event=\"registered\" callid=\"kanariaq\"><uri>sip:1@10.91.0.1;kanariaq=1</uri>"
       "<unknown-param name=\"kanariaq\">kanariaq</unknown-param></contact></registration></reginfo>\r\n"},
      {"NOTIFY", "Event: presence\r\nSubscription-State: active\r\nContent-Type: application/pidf+xml\r\n",
       "<?xml version=\"1.0\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"pres:1@kanariaq.invalid\">"
       "<tuple id=\"kanariaq\"><status><basic>open</basic></status><contact>sip:1@10.91.0.1</contact>"
       "<note>kanariaq</note></tuple></presence>\r\n"},
      {"INFO", "Content-Type: application/sdp\r\n",
       "v=0\r\no=kanariaq 1 1 IN IP4 10.91.0.1\r\ns=kanariaq\r\nt=0 0\r\n"},
      {"INFO", "Content-Type: application/x-kanariaq\r\n", "kanariaq 10.91.0.1"},
      {"INFO", "Content-Type: application/dtmf-relay;kanariaq=1\r\n", "Signal=5\r\nDuration=160\r\n"},
      {"MESSAGE", "Content-Type: text/plain;kanariaq=1\r\n", "hello"},
      {"MESSAGE", "Content-Type: multipart/mixed;boundary=xx;kanariaq=1\r\n",
       "kanariaq\r\n--xx\r\nContent-Type: text/plain\r\nX-Kanariaq: kanariaq\r\n\r\nhello\r\n--xx\r\n"
       "Content-Type: application/x-kanariaq\r\n\r\nkanariaq\r\n--xx--\r\nkanariaq"},
      {"MESSAGE", "Content-Type: text/plain\r\nContent-Encoding: x-kanariaq\r\n", "kanariaq"},
  };
  for (const auto& document : documents) {
    for (const bool caller : {true, false}) {
      Rig rig;
      rig.connect();
      Peer& from = caller ? rig.a : rig.b;
      Peer& to = caller ? rig.b : rig.a;
      from.request(document.method, document.body, document.headers);
      for (const auto& message : rig.said_to(to)) {
        EXPECT_EQ(message.find("anariaq"), std::string::npos) << message;
        EXPECT_EQ(message.find("10.91."), std::string::npos) << message;
      }
    }
  }
}

// The other half of the contract: these say something about the call or about who calls, not about its network.
TEST(Canaries, WhatPassesByContractIsThisAlone) {
  const Places in_invite = {
      {"Subject: #", Fate::Passed},         {"Priority: #", Fate::Passed},
      {"Accept-Language: #", Fate::Passed}, {"User-to-User: #;encoding=hex", Fate::Passed},
      {"Recv-Info: #", Fate::Passed},
  };
  const Places in_dialog = {
      {"Accept: application/#", Fate::Passed}, {"Accept-Language: #", Fate::Passed}, {"Allow-Events: #", Fate::Passed},
      {"Content-Language: #", Fate::Passed},   {"Priority: #", Fate::Passed},        {"Subject: #", Fate::Passed},
  };
  const Places in_media = {
      {"a=fmtp:8 #", Fate::Passed},
      {"a=gpmd:8 #", Fate::Passed},
  };
  Rig rig;
  Aviary a("a", rig.a.endpoint());
  std::vector<std::pair<std::string, std::string>> expected;
  const auto plant = [&](const Places& places) {
    const std::string text = a.plant(places, "");
    for (std::size_t at = 0; at < text.size(); at = text.find("\r\n", at) + 2)
      expected.emplace_back("\r\n" + text.substr(at, text.find("\r\n", at) - at) + "\r\n", "");
    return text;
  };
  rig.a.invite({.body = sdp(rig.a.ip(), 4000) + plant(in_media), .headers = plant(in_invite)});
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  rig.a.ack();
  rig.a.request("MESSAGE", "words of a human: " + a.bird(), plant(in_dialog) + "Content-Type: text/plain\r\n");
  std::string all;
  for (const auto& message : rig.said_to(rig.b)) all += message;
  for (const auto& [line, nothing] : expected) EXPECT_NE(all.find(line), std::string::npos) << line;
  EXPECT_NE(all.find("words of a human: " + a.bird()), std::string::npos);
  EXPECT_NE(all.find("From: \"Alice\" <sip:alice@203.0.113.1>"), std::string::npos) << "the caller's name and number";
}

}  // namespace
}  // namespace sbc::call::test
