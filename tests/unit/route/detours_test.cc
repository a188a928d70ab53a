// RFC 3261 18.2.2 and RFC 3263 5, sentence by sentence.

#include "sbc/route/detours.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/route/limits.h"

namespace sbc::route {
namespace {

using sip::Transport;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

base::Endpoint at(const char* text) {
  return *base::Endpoint::parse(text);
}

// A realm of strangers with a trunk at 198.51.100.9, and a trusted one.
Table table() {
  const auto side = [](const char* name, std::uint16_t first, const char* udp, const char* tls, Trust trust) {
    return Realm{
        .name = name,
        .listeners = {{.index = first, .transport = Transport::Udp, .address = at(udp)},
                      {.index = static_cast<std::uint16_t>(first + 1), .transport = Transport::Tcp, .address = at(udp)},
                      {.index = static_cast<std::uint16_t>(first + 2),
                       .transport = Transport::Tls,
                       .address = at(tls)}},
        .media_network = name,
        .trust = trust};
  };
  std::vector<Realm> realms;
  realms.push_back(side("access", 0, "198.51.100.1:5060", "198.51.100.1:5061", Trust::Untrusted));
  realms.push_back(side("core", 3, "10.0.0.1:5060", "10.0.0.1:5061", Trust::Trusted));
  std::vector<Trunk> trunks{{.name = "partner",
                             .realm = "access",
                             .targets = {{.endpoint = at("198.51.100.9:5060"), .transport = Transport::Tcp}},
                             .sources = {},
                             .host = ""}};
  return *Table::build(std::move(realms), std::move(trunks), {});
}

class Lost : public ::testing::Test {
 protected:
  static constexpr sip::ConnectionId kConnection{7};

  // A response to a request that came from `source`, after an attempt over a new connection to it has failed.
  LostResponse response(const std::string& via, const char* tried = "10.0.0.7:5060",
                        Transport transport = Transport::Tcp, std::uint16_t listener = 4) {
    return {.hop = {.transport = transport, .listener = listener, .remote = at(tried), .connection = {}},
            .bytes = base::share("SIP/2.0 200 OK\r\nVia: SIP/2.0/" + std::string(sip::name_of(transport)) + " " + via +
                                 "\r\nCSeq: 1 INVITE\r\n\r\n"),
            .token = 42};
  }
  bool lose(LostResponse lost) {
    out_ = {};
    return detours_.on_lost(std::move(lost), table_, {}, now_, out_);
  }
  void located(std::vector<Place> places) {
    const auto number = out_.questions.at(0).number;
    out_ = {};
    detours_.on_located(number, places, table_, now_, out_);
  }
  static std::string text(const sip::Hop& hop) {
    return std::string(sip::name_of(hop.transport)) + " " + hop.remote.text();
  }
  std::vector<std::string> sent() const {
    std::vector<std::string> texts;
    for (const auto& send : out_.sends) texts.push_back(text(send.hop));
    return texts;
  }
  std::uint64_t count(Detour result) const { return detours_.count(result); }

  Table table_ = table();
  Detours detours_;
  Detours::Output out_;
  base::Instant now_{};
};

const std::string kName = "pbx.example.net;branch=z9hG4bK1;received=10.0.0.7";

// 18.2.2: "If that connection is no longer open, the server SHOULD open a connection to the IP address in the
// "received" parameter, if present, using the port in the "sent-by" value".
// trap 66: the connection is gone: open one to the source, then to sent-by.
TEST_F(Lost, FirstGoesOverANewConnectionToItsSource) {
  auto lost = response(kName);
  lost.hop.connection = kConnection;
  EXPECT_TRUE(lose(std::move(lost)));
  EXPECT_THAT(sent(), ElementsAre("TCP 10.0.0.7:5060"));
  EXPECT_FALSE(out_.sends[0].hop.connection);
  EXPECT_EQ(out_.sends[0].token, 42U);
  EXPECT_THAT(out_.questions, IsEmpty());
  EXPECT_EQ(count(Detour::Reopened), 1U);
}

// 5: "If it contains a numeric IP address, the server attempts to send the response to that address, using the
// transport protocol from the Via header, and the port from sent-by".
TEST_F(Lost, AnAddressInSentByIsTriedAsItIs) {
  EXPECT_TRUE(lose(response("10.0.0.8:5070;branch=z9hG4bK1;received=10.0.0.7")));
  EXPECT_EQ(out_.questions.at(0).host, (NamedHost{.host = "10.0.0.8", .port = 5070, .transport = Transport::Tcp}));
  EXPECT_EQ(out_.questions.at(0).realm, "core");
  located({{Transport::Tcp, at("10.0.0.8:5070")}});
  EXPECT_THAT(sent(), ElementsAre("TCP 10.0.0.8:5070"));
}

// 5: "a domain name and a port number": A or AAAA, with that port; without: SRV. Both are what locate() does with a
// transport that is given (locate_test.cc).
TEST_F(Lost, ANameIsAskedForWithItsPortAndTheTransportOfVia) {
  EXPECT_TRUE(lose(response("PBX.example.net:5070;branch=z9hG4bK1;received=10.0.0.7")));
  EXPECT_EQ(out_.questions.at(0).host,
            (NamedHost{.host = "pbx.example.net", .port = 5070, .transport = Transport::Tcp}));
  EXPECT_TRUE(lose(response(kName)));
  EXPECT_EQ(out_.questions.at(0).host, (NamedHost{.host = "pbx.example.net", .transport = Transport::Tcp}));
}

// 5: "When this value [TLS] is present, the server MUST use TLS over TCP to send the response."
TEST_F(Lost, TlsStaysTlsAndMustReachWhomSentByNames) {
  EXPECT_TRUE(lose(response(kName, "10.0.0.7:5061", Transport::Tls, 5)));
  EXPECT_EQ(out_.questions.at(0).host.transport, Transport::Tls);
  located({{Transport::Tcp, at("10.0.0.8:5060")}, {Transport::Tls, at("10.0.0.8:5061")}});
  EXPECT_THAT(sent(), ElementsAre("TLS 10.0.0.8:5061"));
  EXPECT_EQ(out_.sends[0].hop.tls_name, "pbx.example.net");
  EXPECT_EQ(out_.sends[0].hop.listener, 5);
}

// 5: "the next entry in the list is tried if the one before it results in a failure."
TEST_F(Lost, PlaceAfterPlaceIsTried) {
  lose(response(kName));
  located({{Transport::Tcp, at("10.0.0.8:5060")}, {Transport::Tcp, at("10.0.0.9:5060")}});
  EXPECT_TRUE(lose(std::move(out_.sends[0])));
  EXPECT_THAT(sent(), ElementsAre("TCP 10.0.0.9:5060"));
  EXPECT_TRUE(lose(std::move(out_.sends[0])));
  EXPECT_THAT(sent(), IsEmpty());
  ASSERT_EQ(out_.dropped.size(), 1U);
  EXPECT_EQ(out_.dropped[0].token, 42U);
  EXPECT_EQ(count(Detour::Unreachable), 1U);
}

TEST_F(Lost, WhereNobodyWasIsNotTriedTwice) {
  lose(response(kName));
  located({{Transport::Tcp, at("10.0.0.7:5060")}, {Transport::Tcp, at("10.0.0.9:5060")}});
  EXPECT_THAT(sent(), ElementsAre("TCP 10.0.0.9:5060"));
  lose(response("other.example.net;branch=z9hG4bK1;received=10.0.0.7"));
  located({{Transport::Tcp, at("10.0.0.7:5060")}});
  EXPECT_EQ(count(Detour::NotFound), 1U);
  EXPECT_EQ(out_.dropped.size(), 1U);
}

TEST_F(Lost, LaterResponsesTakeThePlaceThatIsKnown) {
  lose(response(kName));
  EXPECT_FALSE(detours_.known(response(kName).hop, *response(kName).bytes, table_, now_)) << "not found yet";
  located({{Transport::Tcp, at("10.0.0.8:5060")}, {Transport::Tcp, at("10.0.0.9:5060")}});
  const auto known = detours_.known(response(kName).hop, *response(kName).bytes, table_, now_);
  ASSERT_TRUE(known);
  EXPECT_EQ(text(*known), "TCP 10.0.0.8:5060");
  EXPECT_TRUE(lose(response(kName)));
  EXPECT_THAT(sent(), ElementsAre("TCP 10.0.0.8:5060"));
  EXPECT_FALSE(
      detours_.known(response(kName, "10.0.0.7:5060", Transport::Tls).hop, *response(kName).bytes, table_, now_))
      << "over another transport it is another sender";
}

TEST_F(Lost, ResponsesOfOneSenderWaitTogetherAndInOrder) {
  lose(response(kName));
  const auto question = out_.questions;
  auto second = response(kName);
  second.token = 43;
  EXPECT_TRUE(lose(std::move(second)));
  EXPECT_THAT(out_.questions, IsEmpty());
  out_.questions = question;
  located({{Transport::Tcp, at("10.0.0.8:5060")}, {Transport::Tcp, at("10.0.0.9:5060")}});
  ASSERT_EQ(out_.sends.size(), 2U);
  EXPECT_EQ(out_.sends[0].token, 42U);
  EXPECT_EQ(out_.sends[1].token, 43U);
  auto both = std::move(out_.sends);
  for (auto& lost : both) {
    lose(std::move(lost));
    EXPECT_THAT(sent(), ElementsAre("TCP 10.0.0.9:5060")) << "one failure of a place is counted once";
  }
}

TEST_F(Lost, PlacesThatFailedAreTriedAgainLater) {
  lose(response(kName));
  located({{Transport::Tcp, at("10.0.0.8:5060")}});
  lose(std::move(out_.sends[0]));
  lose(response(kName));
  EXPECT_EQ(count(Detour::Unreachable), 2U);
  now_ += kDeadFor;
  lose(response(kName));
  EXPECT_EQ(out_.questions.size(), 1U);
}

// What a datagram claims is followed nowhere; a WebSocket has no other way (RFC 7118 5), nor has a name that cannot be.
TEST_F(Lost, OnlyStreamsHaveAnotherWay) {
  EXPECT_FALSE(lose(response(kName, "10.0.0.7:5060", Transport::Udp, 3)));
  EXPECT_FALSE(lose(response(kName, "10.0.0.7:5060", Transport::Ws, 4)));
  EXPECT_FALSE(lose(response(kName, "10.0.0.7:5060", Transport::Wss, 4)));
  auto request = response(kName);
  request.bytes = base::share("BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP pbx.example.net;branch=z9hG4bK1\r\n\r\n");
  EXPECT_FALSE(lose(std::move(request)));
  EXPECT_TRUE(lose(response("df7jal23ls0d.invalid;branch=z9hG4bK1;received=10.0.0.7")));
  EXPECT_EQ(count(Detour::Unusable), 1U);
  EXPECT_THAT(out_.questions, IsEmpty());
}

// Who may say anything must not make us connect to anything.
TEST_F(Lost, StrangersAreNotFollowed) {
  EXPECT_TRUE(
      lose(response("10.0.0.8:25;branch=z9hG4bK1;received=198.51.100.7", "198.51.100.7:5060", Transport::Tcp, 1)));
  EXPECT_EQ(count(Detour::Untrusted), 1U);
  EXPECT_THAT(out_.questions, IsEmpty());
  EXPECT_EQ(out_.dropped.size(), 1U);
  EXPECT_TRUE(
      lose(response("pbx.example.net;branch=z9hG4bK1;received=198.51.100.9", "198.51.100.9:5060", Transport::Tcp, 1)))
      << "a trunk is";
  EXPECT_EQ(out_.questions.size(), 1U);
}

TEST_F(Lost, WhatWaitsIsBounded) {
  for (std::size_t i = 0; i < kMaxLostResponses; ++i) lose(response(kName));
  EXPECT_EQ(count(Detour::Full), 0U);
  lose(response(kName));
  EXPECT_EQ(count(Detour::Full), 1U);
  lose(response("other.example.net;branch=z9hG4bK1;received=10.0.0.7"));
  EXPECT_EQ(count(Detour::Full), 2U);
}

TEST_F(Lost, WhatIsRememberedIsBounded) {
  for (std::size_t i = 0; i < kMaxDetours; ++i) {
    lose(response("h" + std::to_string(i) + ".example.net;branch=z9hG4bK1;received=10.0.0.7"));
    located({{Transport::Tcp, at("10.0.0.8:5060")}});
  }
  lose(response(kName));
  EXPECT_EQ(count(Detour::Full), 1U);
  now_ += kWayFor;
  lose(response(kName));
  EXPECT_EQ(count(Detour::Full), 1U) << "what has not been used for long makes room";
}

}  // namespace
}  // namespace sbc::route
