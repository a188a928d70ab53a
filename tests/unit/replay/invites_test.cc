// Calls out of packets, and what a policy decides of them.

#include "sbc/replay/invites.h"

#include <gtest/gtest.h>

#include "sbc/json/write.h"
#include "sbc/replay/limits.h"
#include "sbc/replay/pcap.h"
#include "sbc/retell/retell.h"

#include "captures.h"

namespace sbc::replay {
namespace {

base::Endpoint endpoint(const char* text) {
  return *base::Endpoint::parse(text);
}

// access on 198.51.100.1:5060 (UDP and TCP), core on all addresses, port 5080, known outside as 203.0.113.1.
Border border() {
  auto calls = std::make_shared<call::Settings>();
  const route::Listener listeners[] = {
      {.index = 0, .transport = sip::Transport::Udp, .address = endpoint("198.51.100.1:5060")},
      {.index = 1, .transport = sip::Transport::Tcp, .address = endpoint("198.51.100.1:5060")},
      {.index = 2, .transport = sip::Transport::Udp, .address = endpoint("0.0.0.0:5080")},
      {.index = 3, .transport = sip::Transport::Tls, .address = endpoint("198.51.100.1:5061")},
      {.index = 4, .transport = sip::Transport::Ws, .address = endpoint("198.51.100.1:8080")}};
  for (const char* at : {"198.51.100.1", "198.51.100.1", "203.0.113.1", "198.51.100.1", "198.51.100.1"})
    calls->faces.push_back({.host = at, .sent_by = at, .address = *base::IpAddress::parse(at)});
  std::vector<route::Realm> realms;
  realms.push_back({.name = "access",
                    .listeners = {listeners[0], listeners[1], listeners[3], listeners[4]},
                    .media_network = "access"});
  realms.push_back(
      {.name = "core", .listeners = {listeners[2]}, .media_network = "core", .trust = route::Trust::Trusted});
  route::Trunk carrier;
  carrier.name = "carrier";
  carrier.realm = "core";
  carrier.targets.push_back({.endpoint = endpoint("203.0.113.10:5060")});
  calls->routes = std::make_shared<const route::Table>(*route::Table::build(realms, {carrier}, {}));
  calls->emergency_numbers = {"112"};
  Border made{.calls = calls};
  made.has_users = [](std::string_view realm) { return realm == "access"; };
  made.account = [](std::string_view aor) { return aor == "sip:bob@example.net"; };
  made.utc_offset = [](std::int64_t) { return 3600; };
  return made;
}

std::string invite(const std::string& call_id, const std::string& more = "", const std::string& to = "bob",
                   const std::string& to_tag = "") {
  return "INVITE sip:" + to + "@example.net SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.5:5070;branch=z9hG4bK" + call_id +
         "\r\nMax-Forwards: 70\r\nFrom: <sip:alice@example.net>;tag=a\r\nTo: <sip:" + to + "@example.net>" + to_tag +
         "\r\nCall-ID: " + call_id + "\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@192.0.2.5:5070>\r\n" + more +
         "Content-Length: 0\r\n\r\n";
}

constexpr const char* kCredentials =
    "Proxy-Authorization: Digest username=\"alice\", realm=\"example.net\", nonce=\"n\", uri=\"sip:bob@example.net\", "
    "response=\"00000000000000000000000000000000\"\r\n";

Packet packet(const std::string& payload, const char* from = "192.0.2.5:5070", const char* to = "198.51.100.1:5060") {
  return {.kind = Packet::Kind::Udp,
          .at_us = 1'700'000'000'250'000,
          .from = endpoint(from),
          .to = endpoint(to),
          .payload = payload};
}

TEST(Invites, AreThoseThatCameToTheBorder) {
  const auto at = border();
  Invites invites(at);
  const std::string one = invite("one"), two = invite("two"), three = invite("three"), four = invite("four");
  invites.add(packet(one));
  invites.add(packet(two, "203.0.113.10:5060", "203.0.113.1:5080"));
  invites.add(packet(three, "203.0.113.10:5060", "10.0.0.7:5080"));    // any address of ours
  invites.add(packet(four, "203.0.113.1:5080", "203.0.113.10:5080"));  // what we sent
  invites.add(packet(four, "192.0.2.5:5070", "192.0.2.9:5060"));
  invites.add(packet("OPTIONS sip:x SIP/2.0\r\n\r\n"));
  invites.add(packet("INVITE nonsense"));
  const std::string again = invite("one", "", "bob", ";tag=b");
  invites.add(packet(again));
  EXPECT_EQ(invites.counts().elsewhere, 2U);
  EXPECT_EQ(invites.counts().unreadable, 1U);
  EXPECT_EQ(invites.counts().inside, 1U);
  const auto taken = invites.take();
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_EQ(taken[0].message->call_id(), "one");
  EXPECT_EQ(taken[1].source.hop.listener, 2);
  EXPECT_EQ(taken[2].message->call_id(), "three");
}

TEST(Invites, OfAChallengedCallTheOneWithCredentialsCounts) {
  const auto at = border();
  Invites invites(at);
  const std::string plain = invite("one"), proved = invite("one", kCredentials);
  for (const auto& text : {plain, plain, proved, proved, plain}) invites.add(packet(text));
  EXPECT_EQ(invites.counts().repeated, 4U);
  const auto taken = invites.take();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_TRUE(taken[0].message->find(sip::HeaderId::ProxyAuthorization));
}

Packet segment(std::string_view payload, std::uint32_t sequence) {
  return {.kind = Packet::Kind::Tcp,
          .at_us = 1,
          .from = endpoint("192.0.2.5:5070"),
          .to = endpoint("198.51.100.1:5060"),
          .payload = payload,
          .sequence = sequence};
}

TEST(Invites, OverTcpMayComeInPieces) {
  const auto at = border();
  Invites invites(at);
  const std::string one = invite("one"), two = invite("two"), both = one + two;
  const std::uint32_t begin = 0xffffff80;  // numbers go round
  for (std::size_t i = 0; i < both.size(); i += 100)
    invites.add(segment(std::string_view(both).substr(i, 100), begin + static_cast<std::uint32_t>(i)));
  invites.add(segment(std::string_view(both).substr(0, 100), begin));  // again
  EXPECT_EQ(invites.take().size(), 2U);
  EXPECT_EQ(invites.counts().gaps, 0U);

  Invites torn(at);
  torn.add(segment(std::string_view(one).substr(0, 100), 1));
  torn.add(segment(std::string_view(one).substr(200), 201));
  const std::string three = invite("three");
  torn.add(segment(three, 5000));
  EXPECT_EQ(torn.counts().gaps, 1U);
  ASSERT_EQ(torn.take().size(), 1U);
}

// What nobody can read in a capture is counted, by connection; an agent of HEP tells it in clear.
TEST(Invites, OverTlsAreCountedAndTakenFromHep) {
  const auto at = border();
  Invites invites(at);
  const auto sealed = [](const char* from, const char* to, const std::string& payload,
                         std::optional<std::uint32_t> number) {
    return Packet{.kind = Packet::Kind::Tcp,
                  .at_us = 1,
                  .from = endpoint(from),
                  .to = endpoint(to),
                  .payload = payload,
                  .sequence = number};
  };
  const std::string hello = "\x16\x03\x01", one = invite("one"), two = invite("two");
  for (const char* from : {"192.0.2.5:40000", "192.0.2.6:40000", "192.0.2.5:40000"})
    invites.add(sealed(from, "198.51.100.1:5061", hello, 1));
  invites.add(sealed("198.51.100.1:5061", "192.0.2.5:40000", hello, 1));  // the answer
  invites.add(sealed("192.0.2.7:40000", "198.51.100.1:8080", "GET / HTTP/1.1", 1));
  EXPECT_EQ(invites.counts().tls, 2U);
  EXPECT_EQ(invites.counts().tls_packets, 3U);
  EXPECT_EQ(invites.counts().web_socket, 1U);
  EXPECT_EQ(invites.counts().web_socket_packets, 1U);
  invites.add(sealed("192.0.2.5:40000", "198.51.100.1:5061", one, std::nullopt));
  invites.add(sealed("192.0.2.7:40000", "198.51.100.1:8080", two, std::nullopt));
  const auto taken = invites.take();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].source.hop.transport, sip::Transport::Tls);
  EXPECT_EQ(taken[1].source.hop.transport, sip::Transport::Ws);
}

std::unique_ptr<policy::Host> host(const std::string& body) {
  policy::Environment names{.realms = {"access", "core"},
                            .trunks = {"carrier"},
                            .groups = {},
                            .domain = "example.net",
                            .settings = {},
                            .tables = {}};
  auto loaded =
      policy::Host::load({"p.lua", {{"p.lua", "return { on_invite = function(call) " + body + "\nend }"}}}, {}, names);
  EXPECT_TRUE(loaded) << loaded.error().message();
  return *std::move(loaded);
}

retell::Invocation decided(const Border& at, policy::Host& by, const Packet& of) {
  Invites invites(at);
  invites.add(of);
  Decider decider(at, by);
  return decider.decide(invites.take().at(0));
}

TEST(Decider, TellsThePolicyWhatTheBorderWouldHave) {
  const auto at = border();
  const auto shows = host(
      "return reject(404, call.realm .. ' ' .. call.trunk .. ' ' .. tostring(call.authenticated) .. call.auth_user .. "
      "' ' "
      ".. call.source_ip .. ' ' .. call.transport .. ' ' .. tostring(call.emergency) .. ' ' .. call.time.clock)");
  const auto reason = [&](const Packet& of) {
    const auto made = decided(at, *shows, of);
    EXPECT_EQ(made.error, "");
    return std::get<std::string>(json::member(made.decision, "reason")->what);
  };
  const std::string plain = invite("one"), proved = invite("one", kCredentials), help = invite("one", "", "112");
  EXPECT_EQ(reason(packet(plain)), "access  false 192.0.2.5 UDP false 23:13");
  EXPECT_EQ(reason(packet(proved)), "access  truealice 192.0.2.5 UDP false 23:13");
  EXPECT_EQ(reason(packet(help)), "access  false 192.0.2.5 UDP true 23:13");
  EXPECT_EQ(reason(packet(proved, "203.0.113.10:5060", "203.0.113.1:5080")),
            "core carrier false 203.0.113.10 UDP false 23:13");
}

TEST(Decider, SaysWhatACaptureDoesNotKnow) {
  const auto at = border();
  const auto by = host(
      "local n = counter.incr('calls', 60) local phones = location.lookup(call.to.aor)\n"
      "local _, why = http.get('http://db.example/')\n"
      "return reject(404, n .. tostring(location.known(call.to.aor)) .. tostring(phones) .. why)");
  Invites invites(at);
  const std::string one = invite("one"), two = invite("two");
  invites.add(packet(one));
  invites.add(packet(two));
  Decider decider(at, *by);
  const auto taken = invites.take();
  decider.decide(taken.at(0));
  const auto second = decider.decide(taken.at(1));
  EXPECT_EQ(second.error, "");
  EXPECT_EQ(std::get<std::string>(json::member(second.decision, "reason")->what), "2truenilunavailable");
  EXPECT_EQ(decider.unknown(), (std::map<std::string, std::uint64_t>{{"http GET http://db.example/", 2},
                                                                     {"location sip:bob@example.net", 2}}));
  const auto again = retell::retell(*by, second);
  ASSERT_TRUE(again);
  EXPECT_TRUE(retell::identical(second, *again));
  EXPECT_TRUE(again->unanswered.empty());
}

TEST(Invites, AllTheWayFromAPcap) {
  const auto at = border();
  testing::Pcap file;
  file.add(testing::ethernet(testing::ipv4(testing::udp(invite("one")))));
  file.add(testing::ethernet(testing::ipv4(testing::tcp(invite("two"), 1), 6)));
  Invites invites(at);
  PcapReader reader(file.bytes);
  while (const auto record = reader.next())
    if (const auto unwrapped = unwrap(*record); unwrapped.packet) invites.add(*unwrapped.packet);
  const auto taken = invites.take();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[1].source.hop.transport, sip::Transport::Tcp);
}

}  // namespace
}  // namespace sbc::replay
