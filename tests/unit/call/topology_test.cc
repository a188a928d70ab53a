// Neither side learns anything about the other: every byte said to one is searched for every word that only the other
// can have said.

#include <gtest/gtest.h>

#include <set>

#include "rig.h"

namespace sbc::call::test {
namespace {

// What names the peer, its host, its software or its call, out of everything it has said.
std::set<std::string> secrets_of(const Peer& peer) {
  std::set<std::string> secrets{peer.ip(), std::to_string(peer.endpoint().port) + ">"};
  secrets.erase("5060>");
  const auto add = [&secrets](std::string_view text) {
    if (text.size() >= 5) secrets.emplace(text);
  };
  for (const auto& text : peer.sent) {
    // Values that it made itself, wherever they stand.
    for (const std::string& mark :
         {"branch=z9hG4bK-" + peer.name(), "tag=tag-of-" + peer.name(), "Call-ID: call-of-" + peer.name()}) {
      for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
        const auto value = text.find_first_of("=:", at) + 1;
        add(std::string_view(text).substr(value, text.find_first_of(";>\r\n ,", value + 1) - value));
      }
    }
    const auto body = text.find("\r\n\r\no=");
    const auto origin = text.find("\r\no=");
    if (body != std::string::npos || origin != std::string::npos) {
      const std::string line = text.substr(origin + 4, text.find("\r\n", origin + 2) - origin - 4);
      add(line.substr(0, line.find(' ')));
      add(std::string_view(line).substr(line.find(' ') + 1, 11));
    }
  }
  for (const char* word : {"contact-of-", "agent-of-", "header-of-", "reason-of-", "tag-of-"})
    secrets.insert(word + peer.name());
  secrets.insert(peer.name() + ".invalid");
  secrets.insert("session of");
  return secrets;
}

std::set<std::string> numbers_of(const Peer& peer) {
  std::set<std::string> numbers;
  for (const auto& text : peer.sent) {
    if (text.starts_with("SIP/2.0")) continue;
    const auto at = text.find("CSeq: ") + 6;
    numbers.insert(text.substr(at, text.find(' ', at) - at));
  }
  return numbers;
}

void expect_hidden(const Rig& rig, const Peer& from, const Peer& to) {
  auto secrets = secrets_of(from);
  for (const auto& number : numbers_of(from)) secrets.insert("CSeq: " + number);
  // What the border minted toward the one must not turn up at the other either.
  std::set<std::string> minted;
  for (const auto& text : rig.said_to(from)) {
    for (const char* mark : {";branch=", ";tag=", "Call-ID: ", "<sip:"}) {
      for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
        const std::string word = text.substr(
            at + std::string_view(mark).size(),
            text.find_first_of(";>@\r\n ", at + std::string_view(mark).size()) - at - std::string_view(mark).size());
        if (word.size() >= 16) minted.insert(word);
      }
    }
    const auto session = text.find("\r\no=- ");
    if (session != std::string::npos)
      minted.insert(text.substr(session + 6, text.find(' ', session + 6) - session - 6));
  }
  const auto said = rig.said_to(to);
  EXPECT_FALSE(said.empty());
  EXPECT_GT(secrets.size(), 8U);
  EXPECT_GT(minted.size(), 2U);
  for (const auto& text : said) {
    for (const auto& secret : secrets)
      EXPECT_EQ(text.find(secret), std::string::npos)
          << secret << " of " << from.name() << " reached " << to.name() << ":\n"
          << text;
    for (const auto& word : minted)
      EXPECT_EQ(text.find(word), std::string::npos)
          << word << ", said to " << from.name() << ", reached " << to.name() << ":\n"
          << text;
  }
  const auto own = rig.listener(to.name() == "alice" ? 1 : 0).ip.text();
  for (const auto& text : said)
    EXPECT_EQ(text.find(own), std::string::npos) << "our address on the other side:\n" << text;
}

void whole_call(Rig& rig, bool early_offer) {
  rig.a.invite({.body = early_offer ? sdp(rig.a.ip(), 4000) : "",
                .headers = "Organization: header-of-alice\r\nReferred-By: "
                           "<sip:x@alice.invalid>\r\nP-Asserted-Identity: <sip:x@alice.invalid>\r\nRecord-Route: "
                           "<sip:198.51.100.77:5066;lr>\r\nDate: Sat, 21 Nov 2026 03:00:00 GMT\r\n"});
  rig.b.answer(183, early_offer ? sdp(rig.b.ip(), 6000) : "");
  rig.b.answer(180);
  rig.b.answer(200, sdp(rig.b.ip(), 6000), "Warning: 399 bob.invalid \"reason-of-bob\"\r\n");
  rig.pass(base::seconds(1));
  rig.a.ack(early_offer ? "" : sdp(rig.a.ip(), 4000));
  rig.a.request("OPTIONS");
  rig.b.request("INFO");
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  rig.a.ack();
  rig.b.reinvite(sdp_two_lines(rig.b.ip(), 6000, 3));
  rig.a.answer(488, {}, "Warning: 304 alice.invalid \"reason-of-alice\"\r\n");
  rig.b.reinvite({});
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 3));
  rig.b.ack(sdp(rig.b.ip(), 6000, "sendrecv", 3));
  rig.a.repeat_accept();
  rig.b.repeat_accept();
  rig.a.request("BYE", {}, "Reason: Q.850;cause=16;text=\"reason-of-alice\"\r\n");
  rig.pass(base::minutes(2));
  rig.expect_idle();
}

TEST(Topology, NothingCrossesInAWholeCall) {
  for (const bool early_offer : {true, false}) {
    Rig rig;
    whole_call(rig, early_offer);
    expect_hidden(rig, rig.a, rig.b);
    expect_hidden(rig, rig.b, rig.a);
  }
}

TEST(Topology, NothingCrossesWhenTheCallFailsOrIsCancelled) {
  for (int way = 0; way < 3; ++way) {
    Rig rig;
    rig.advisor.trunks = {"t1", "t2"};
    rig.a.invite();
    rig.b.answer(183, sdp(rig.b.ip(), 6000), "Server: x\r\nRetry-After: 5\r\n");
    if (way == 0) rig.b.answer(486, {}, "Warning: 399 bob.invalid \"reason-of-bob\"\r\n");
    if (way == 1) rig.b.answer(302, {}, "Contact: <sip:contact-of-bob@203.0.113.10:5060>\r\n");
    if (way == 2) rig.a.cancel();
    rig.pass(base::minutes(2));
    expect_hidden(rig, rig.a, rig.b);
    expect_hidden(rig, rig.b, rig.a);
    rig.expect_idle();
  }
}

TEST(Topology, TheCallerIsNamedButNotItsHost) {
  Rig rig;
  rig.a.invite();
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_EQ(invite->from().uri_text, "sip:alice@203.0.113.1");
  EXPECT_EQ(invite->from().display_text(), "Alice");
  EXPECT_EQ(invite->request_uri().user, "5551234");
}

}  // namespace
}  // namespace sbc::call::test
