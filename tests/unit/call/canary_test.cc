// Canaries: words that stand in every place where a peer can write something about itself. Each is planted in a message
// of one side, and none of them comes out on the other; what passes by contract is listed too, and does come out.

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "rig.h"

namespace sbc::call::test {
namespace {

enum class Fate : std::uint8_t {
  Dropped,    // the other side gets no such header or line at all
  Rewritten,  // it gets one, and what stands in it is ours
  Passed,     // it gets this one, by contract: header_rules.h, crossing.h, sdp/attribute.h
};

// A line of a message, where # is a canary, % the first two numbers of an address that only this side knows, and &
// where the peer is.
struct Place {
  std::string line;
  Fate fate = Fate::Dropped;
};
using Places = std::vector<Place>;

const Places kHeaders = {
    {"Accept-Contact: *;canary=\"#\""},
    {"Alert-Info: <http://#.invalid/ring>"},
    {"Allow: INVITE, ACK, BYE, CANCEL, X-#", Fate::Rewritten},
    {"Answer-Mode: #"},
    {"Authorization: Digest username=\"#\", realm=\"#\", nonce=\"#\", uri=\"sip:#\", response=\"#\""},
    {"Call-Info: <http://#.invalid/photo>;purpose=icon"},
    {"Content-Disposition: session;handling=optional;#=1", Fate::Rewritten},
    {"Content-ID: <#@#.invalid>"},
    {"Date: Sat, 21 Nov 2026 03:00:00 #"},
    {"Diversion: <sip:#@#.invalid>;reason=user-busy"},
    {"Error-Info: <sip:#@#.invalid>"},
    {"Feature-Caps: *;+g.#"},
    {"Flow-Timer: 120;#"},
    {"Geolocation: <https://#.invalid/where>"},
    {"Geolocation-Error: 100;code=\"#\""},
    {"History-Info: <sip:#@#.invalid>;index=1"},
    {"Identity: #;info=<https://#.invalid/cert>;alg=ES256"},
    {"Identity-Info: <https://#.invalid/cert>;alg=rsa-sha1"},
    {"In-Reply-To: #@#.invalid"},
    {"Organization: # Ltd"},
    {"P-Access-Network-Info: IEEE-802.11;#=1"},
    {"P-Asserted-Identity: \"#\" <sip:#@#.invalid>"},
    {"P-Asserted-Service: urn:urn-7:3gpp-service.#"},
    {"P-Associated-URI: <sip:#@#.invalid>"},
    {"P-Called-Party-ID: <sip:#@#.invalid>"},
    {"P-Charging-Function-Addresses: ccf=%.1.9;ecf=#.invalid"},
    {"P-Charging-Vector: icid-value=#;icid-generated-at=#.invalid;orig-ioi=#"},
    {"P-DCS-LAES: %.1.10:5060;content=#"},
    {"P-Early-Media: #"},
    {"P-Media-Authorization: #"},
    {"P-Preferred-Identity: <sip:#@#.invalid>"},
    {"P-Profile-Key: <sip:#@#.invalid>"},
    {"P-Served-User: <sip:#@#.invalid>"},
    {"P-User-Database: <aaa://#.invalid>"},
    {"P-Visited-Network-ID: \"#\""},
    {"Path: <sip:#.invalid;lr>"},
    {"Permission-Missing: sip:#@#.invalid"},
    {"Proxy-Authorization: Digest username=\"#\", realm=\"#\""},
    {"Reason: Q.850;cause=16;text=\"#\"", Fate::Rewritten},
    {"Reason: #;cause=1", Fate::Rewritten},
    {"Record-Route: <sip:#@&;lr;#=1>", Fate::Rewritten},
    {"Refer-Sub: #"},
    {"Referred-By: <sip:#@#.invalid>"},
    {"Reject-Contact: *;canary=\"#\""},
    {"Remote-Party-ID: \"#\" <sip:#@#.invalid>;party=calling"},
    {"Reply-To: <sip:#@#.invalid>"},
    {"Request-Disposition: #"},
    {"Resource-Priority: #.1"},
    {"Retry-After: 5 (#);duration=9", Fate::Rewritten},
    {"Server: #/1.0"},
    {"Service-Route: <sip:#.invalid;lr>"},
    {"Session-ID: #;remote=#", Fate::Rewritten},  // no UUID: as if there were none
    {"SIP-ETag: #"},
    {"Subscription-State: active;#=1", Fate::Rewritten},
    {"Supported: x-#", Fate::Rewritten},
    {"Target-Dialog: #;local-tag=#;remote-tag=#"},
    {"Timestamp: 1 #", Fate::Rewritten},  // in our 100, to whoever sent it
    {"User-Agent: #/2.0 (# Linux)"},
    {"Via: SIP/2.0/UDP #.invalid:5099;branch=z9hG4bK-#;received=%.1.11", Fate::Rewritten},
    {"Warning: 399 #.invalid \"#\""},
    {"WWW-Authenticate: Digest realm=\"#\", nonce=\"#\""},
    {"X-#: #"},
};

// Of a description, before its first media line.
const Places kSdp = {
    {"o=# 77 78 IN IP4 %.1.12", Fate::Rewritten},
    {"s=#", Fate::Rewritten},
    {"i=#"},
    {"u=http://#.invalid/"},
    {"e=#@#.invalid"},
    {"p=+49 # 1"},
    {"c=IN IP4 %.1.13", Fate::Rewritten},
    {"b=X-#:5"},
    {"t=0 0", Fate::Rewritten},
    {"k=prompt:#"},
    {"a=tool:#"},
    {"a=charset:#"},
    {"a=cname-of:#"},
    {"a=fingerprint:sha-1 #"},
    {"a=ice-options:#"},
    {"a=ice-pwd:######"},
    {"a=ice-ufrag:#"},
    {"a=identity:#"},
    {"a=key-mgmt:mikey #"},
    {"a=msid-semantic: WMS #"},
    {"a=source-filter: incl IN IP4 * %.1.14"},
    {"a=tls-id:#"},
    {"a=x-#:1"},
};
// Of its media line.
const Places kMedia = {
    {"i=#"},
    {"k=clear:#"},
    {"a=alt:1 1 : # # %.1.15 5000"},
    {"a=candidate:# 1 UDP 2130706431 %.1.1 5000 typ host"},
    {"a=candidate:1 1 UDP 1694498815 %.1.2 5001 typ srflx raddr %.1.3 rport 5002"},
    {"a=candidate:2 1 UDP 1694498815 #.local 5001 typ host"},
    {"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:#"},
    {"a=extmap:1 urn:#"},
    {"a=label:#"},
    {"a=mid:#", Fate::Rewritten},
    {"a=msid:# #"},
    {"a=path:msrp://#.invalid:7777/#;tcp"},
    {"a=remote-candidates:1 %.1.5 5004"},
    {"a=rtcp:5003 IN IP4 %.1.4", Fate::Rewritten},
    {"a=ssrc:1234 cname:#@#.invalid"},
    {"a=ssrc:1234 msid:# #"},
    {"a=x-#"},
    {"a=zrtp-hash:1.10 #"},
};

std::string name_of(const Place& place) {
  return place.line.substr(0, place.line.find_first_of(place.line[1] == '=' && place.line[0] != 'a' ? "=" : ":"));
}

class Aviary {
 public:
  Aviary(std::string name, const Peer& peer) : name_(std::move(name)), peer_(peer) {
    net_ = name_ == "a" ? "10.91" : "10.92";
  }

  std::string bird() const { return "kanari" + name_; }
  // Whole lines, each # a word that occurs nowhere else.
  std::string plant(const Places& places, const std::string& where) {
    std::string text;
    for (const auto& place : places) {
      ++positions_;
      const std::string word = bird() + std::to_string(++count_) + "q";
      words_.emplace_back(word, where + ": " + place.line);
      if (place.fate == Fate::Dropped && place.line.find('#') != 0)
        dropped_.insert("\r\n" + fill(name_of(place), word));
      text += fill(place.line, word) + "\r\n";
    }
    return text;
  }
  std::string description(int port) {
    return "v=0\r\n" + plant(kSdp, "SDP") + "m=audio " + std::to_string(port) + " RTP/AVP 8 0\r\n" +
           plant(kMedia, "SDP") + "c=IN IP4 " + peer_.ip() + "\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n";
  }

  void expect_none_in(const std::vector<std::string>& said, const std::string& to) const {
    EXPECT_FALSE(said.empty()) << to;
    for (const auto& message : said) {
      for (const auto& start : dropped_) {
        for (const char end : {':', '='})
          EXPECT_EQ(message.find(start + end), std::string::npos) << start << " is dropped, and reached " << to << "\n"
                                                                  << message;
      }
      EXPECT_EQ(message.find(net_), std::string::npos) << "an address reached " << to << "\n" << message;
      if (message.find(bird()) == std::string::npos) continue;
      for (const auto& [word, where] : words_)
        EXPECT_EQ(message.find(word), std::string::npos) << "from " << where << " to " << to << "\n" << message;
    }
  }
  std::size_t positions() const { return positions_; }

 private:
  std::string fill(const std::string& line, const std::string& word) const {
    std::string text;
    for (const char c : line) {
      if (c == '#') {
        text += word;
      } else if (c == '%') {
        text += net_;
      } else if (c == '&') {
        text += peer_.endpoint().text();
      } else {
        text += c;
      }
    }
    return text;
  }

  std::string name_;
  std::string net_;
  const Peer& peer_;
  std::size_t count_ = 0;
  std::size_t positions_ = 0;
  std::vector<std::pair<std::string, std::string>> words_;
  std::set<std::string> dropped_;
};

Places without(const Places& places, std::initializer_list<std::string_view> names) {
  Places kept;
  for (const auto& place : places)
    if (std::ranges::none_of(names, [&](const auto name) { return place.line.starts_with(name); }))
      kept.push_back(place);
  return kept;
}

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
    Aviary a("a", rig.a);
    Aviary b("b", rig.b);
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
  Aviary a("a", rig.a);
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
