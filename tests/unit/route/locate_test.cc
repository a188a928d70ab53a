// RFC 3263 4.1 and 4.2, sentence by sentence.

#include "sbc/route/locate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "sbc/route/limits.h"

namespace sbc::route {
namespace {

using sip::Transport;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Type = Question::Type;
using Outcome = DnsAnswer::Outcome;

base::IpAddress ip(std::string_view text) {
  return *base::IpAddress::parse(text);
}

Listener listener(std::uint16_t index, Transport transport, const char* address) {
  return {.index = index, .transport = transport, .address = *base::Endpoint::parse(address)};
}

// A DNS that answers every question at once, from a table.
class Zone final : public Knowledge {
 public:
  const DnsAnswer* find(const Question& question) const override {
    asked.insert(question);
    const auto found = answers.find(question);
    return found != answers.end() ? &found->second : &nothing;
  }
  void naptr(const std::string& name, std::vector<NaptrRecord> records) {
    answers[{Type::Naptr, name}] = {.outcome = Outcome::Found, .naptr = std::move(records)};
  }
  void srv(const std::string& name, std::vector<SrvRecord> records) {
    answers[{Type::Srv, name}] = {.outcome = Outcome::Found, .srv = std::move(records)};
  }
  void host(const std::string& name, const std::vector<std::string>& addresses) {
    for (const auto& text : addresses) {
      auto& answer = answers[{ip(text).is_v4() ? Type::A : Type::Aaaa, name}];
      answer.outcome = Outcome::Found;
      answer.addresses.push_back(ip(text));
    }
  }
  bool asked_for(Type type) const {
    return std::ranges::any_of(asked, [type](const Question& q) { return q.type == type; });
  }
  std::map<Question, DnsAnswer> answers;
  DnsAnswer nothing;
  mutable std::set<Question> asked;
};

class Locate : public ::testing::Test {
 protected:
  Locate() {
    realm_.name = "core";
    realm_.listeners = {listener(0, Transport::Udp, "10.0.0.1:5060"), listener(1, Transport::Tcp, "10.0.0.1:5060"),
                        listener(2, Transport::Tls, "10.0.0.1:5061")};
  }
  std::vector<std::string> places(const std::string& uri_text) {
    const auto uri = sip::parse_uri(uri_text);
    located_ = locate(named_host(*uri).value(), realm_, zone_, random_);
    std::vector<std::string> texts;
    for (const Place& place : located_.places)
      texts.push_back(std::string(sip::name_of(place.transport)) + " " + place.remote.text());
    return texts;
  }
  Realm realm_;
  Zone zone_;
  base::SeededRandom random_{7};
  Located located_;
};

TEST_F(Locate, NumericHostsNeedNoDns) {
  const std::pair<const char*, const char*> cases[] = {
      {"sip:a@10.1.0.1", "UDP 10.1.0.1:5060"},   // 4.1: UDP for sip
      {"sips:a@10.1.0.1", "TLS 10.1.0.1:5061"},  // TCP, that is TLS, for sips
      {"sip:a@10.1.0.1:5080", "UDP 10.1.0.1:5080"},
      {"sip:a@10.1.0.1;transport=tcp", "TCP 10.1.0.1:5060"},   // the parameter decides
      {"sips:a@10.1.0.1;transport=tcp", "TLS 10.1.0.1:5061"},  // RFC 3261 26.2.2
      {"sip:a@10.1.0.1;transport=tls", "TLS 10.1.0.1:5061"},
      {"sip:a@example.net;maddr=10.1.0.9", "UDP 10.1.0.9:5060"},  // 4: maddr is the target
  };
  for (const auto& [uri, place] : cases) {
    EXPECT_THAT(places(uri), ElementsAre(place)) << uri;
    EXPECT_THAT(zone_.asked, IsEmpty()) << uri;
  }
}

TEST_F(Locate, APortSkipsSrvAndNaptr) {
  zone_.host("example.net", {"10.1.0.1", "10.1.0.2"});
  zone_.srv("_sip._udp.example.net", {{10, 1, 5999, "other.example.net"}});
  EXPECT_THAT(places("sip:example.net:5070"), ElementsAre("UDP 10.1.0.1:5070", "UDP 10.1.0.2:5070"));
  EXPECT_THAT(places("sips:example.net:5070"), ElementsAre("TLS 10.1.0.1:5070", "TLS 10.1.0.2:5070"));
  EXPECT_THAT(places("sip:example.net:5070;transport=tcp"), ElementsAre("TCP 10.1.0.1:5070", "TCP 10.1.0.2:5070"));
  EXPECT_FALSE(zone_.asked_for(Type::Srv));
  EXPECT_FALSE(zone_.asked_for(Type::Naptr));
}

TEST_F(Locate, ATransportSkipsNaptr) {
  zone_.naptr("example.net", {{10, 10, "SIP+D2U", "_sip._udp.example.net"}});
  zone_.srv("_sip._tcp.example.net", {{10, 1, 5070, "a.example.net"}});
  zone_.host("a.example.net", {"10.1.0.1"});
  EXPECT_THAT(places("sip:example.net;transport=tcp"), ElementsAre("TCP 10.1.0.1:5070"));
  EXPECT_FALSE(zone_.asked_for(Type::Naptr));
}

TEST_F(Locate, NaptrDecidesByOrderThenPreference) {
  zone_.naptr("example.net", {{20, 1, "SIP+D2T", "_sip._tcp.third.net"},
                              {10, 50, "SIP+D2U", "_sip._udp.example.net"},
                              {10, 40, "SIPS+D2T", "_sips._tcp.example.net"},
                              {5, 1, "SIP+D2S", "_sip._sctp.example.net"},   // a transport that we do not have
                              {6, 1, "E2U+sip", "_sip._udp.example.net"}});  // no SIP server at all
  zone_.srv("_sips._tcp.example.net", {{1, 1, 5061, "a.example.net"}});
  zone_.srv("_sip._udp.example.net", {{1, 1, 5060, "a.example.net"}});
  zone_.srv("_sip._tcp.third.net", {{1, 1, 5060, "a.example.net"}});
  zone_.host("a.example.net", {"10.1.0.1"});
  EXPECT_THAT(places("sip:example.net"), ElementsAre("TLS 10.1.0.1:5061", "UDP 10.1.0.1:5060"))
      << "RFC 3403 4.1: nothing of another order once one fits";
}

TEST_F(Locate, SipsTakesSipsServicesOnly) {  // trap 67: sips, SNI, and the names of certificates.
  zone_.naptr("example.net",
              {{10, 10, "SIP+D2T", "_sip._tcp.example.net"}, {10, 20, "SIPS+D2T", "_sips._tcp.example.net"}});
  zone_.srv("_sips._tcp.example.net", {{1, 1, 5061, "a.example.net"}});
  zone_.srv("_sip._tcp.example.net", {{1, 1, 5060, "a.example.net"}});
  zone_.host("a.example.net", {"10.1.0.1"});
  EXPECT_THAT(places("sips:example.net"), ElementsAre("TLS 10.1.0.1:5061"));
}

TEST_F(Locate, WithoutNaptrSrvShowsTheTransports) {
  zone_.srv("_sip._udp.example.net", {{10, 1, 5062, "a.example.net"}});
  zone_.srv("_sip._tcp.example.net", {{10, 1, 5063, "a.example.net"}});
  zone_.host("a.example.net", {"10.1.0.1"});
  EXPECT_THAT(places("sip:example.net"), ElementsAre("UDP 10.1.0.1:5062", "TCP 10.1.0.1:5063"));
  EXPECT_THAT(places("sips:example.net"), IsEmpty()) << "RFC 3263 4.1: never over what is not TLS";
}

TEST_F(Locate, WithoutAnySrvTheHostItselfIsAsked) {
  zone_.host("example.net", {"10.1.0.1"});
  EXPECT_THAT(places("sip:example.net"), ElementsAre("UDP 10.1.0.1:5060"));
  EXPECT_THAT(places("sips:example.net"), ElementsAre("TLS 10.1.0.1:5061"));
  EXPECT_THAT(places("sip:example.net;transport=tcp"), ElementsAre("TCP 10.1.0.1:5060"));
}

TEST_F(Locate, SrvGoesByPriorityThenWeight) {
  zone_.srv(
      "_sip._udp.example.net",
      {{20, 1, 5060, "last.example.net"}, {10, 90, 5060, "heavy.example.net"}, {10, 10, 5060, "light.example.net"}});
  zone_.host("last.example.net", {"10.1.0.3"});
  zone_.host("heavy.example.net", {"10.1.0.1"});
  zone_.host("light.example.net", {"10.1.0.2"});
  int heavy = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto found = places("sip:example.net;transport=udp");
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[2], "UDP 10.1.0.3:5060");
    if (found[0] == "UDP 10.1.0.1:5060") ++heavy;
  }
  EXPECT_NEAR(heavy, 900, 50);
}

TEST_F(Locate, ADotMeansThatTheServiceIsNotThere) {  // RFC 2782
  zone_.srv("_sip._udp.example.net", {{0, 0, 0, ""}});
  zone_.host("example.net", {"10.1.0.1"});
  EXPECT_THAT(places("sip:example.net;transport=udp"), IsEmpty());
}

TEST_F(Locate, OnlyFamiliesOfTheRealm) {
  zone_.host("example.net", {"10.1.0.1", "2001:db8::1"});
  EXPECT_THAT(places("sip:example.net:5060"), ElementsAre("UDP 10.1.0.1:5060"));
  EXPECT_FALSE(zone_.asked_for(Type::Aaaa)) << "what cannot be reached is not asked for";
  realm_.listeners.push_back(listener(3, Transport::Udp, "[2001:db8::99]:5060"));
  EXPECT_THAT(places("sip:example.net:5060"), ElementsAre("UDP [2001:db8::1]:5060", "UDP 10.1.0.1:5060"));
}

TEST_F(Locate, AQuestionIsAskedOnceAndAllThatCanBeAskedTogether) {
  class Nothing final : public Knowledge {
    const DnsAnswer* find(const Question&) const override { return nullptr; }
  } nothing;
  const auto uri = sip::parse_uri("sip:Example.NET.");
  auto located = locate(*named_host(*uri), realm_, nothing, random_);
  EXPECT_THAT(located.missing, ElementsAre(Question{Type::Naptr, "example.net"}));
  Zone zone;  // NAPTR is answered with nothing; SRV of all transports come together
  class Partly final : public Knowledge {
   public:
    const DnsAnswer* find(const Question& q) const override { return q.type == Type::Naptr ? &none : nullptr; }
    DnsAnswer none;
  } partly;
  located = locate(*named_host(*uri), realm_, partly, random_);
  EXPECT_EQ(located.missing.size(), 3U);
  EXPECT_THAT(located.places, IsEmpty());
}

TEST_F(Locate, AServerThatCannotSayIsOneWithoutTheRecord) {
  zone_.answers[{Type::Naptr, "example.net"}].outcome = Outcome::Failed;
  zone_.answers[{Type::Srv, "_sip._udp.example.net"}].outcome = Outcome::Failed;
  zone_.host("example.net", {"10.1.0.1"});
  EXPECT_THAT(places("sip:example.net"), ElementsAre("UDP 10.1.0.1:5060"));
}

TEST_F(Locate, SilenceEndsTheSearch) {
  zone_.answers[{Type::Naptr, "example.net"}].outcome = Outcome::Silent;
  zone_.host("example.net", {"10.1.0.1"});
  EXPECT_THAT(places("sip:example.net"), IsEmpty());
  EXPECT_EQ(located_.problem, "no DNS server answers");
  EXPECT_EQ(zone_.asked.size(), 1U);
}

TEST_F(Locate, PlacesAreFewAndDifferent) {
  std::vector<SrvRecord> records;
  for (std::uint16_t i = 0; i < 60; ++i) {
    const std::string name = "h" + std::to_string(i) + ".example.net";
    records.push_back({10, 1, 5060, name});
    zone_.host(name, {"10.2.0." + std::to_string(i), "10.9.9.9"});
  }
  zone_.srv("_sip._udp.example.net", records);
  EXPECT_EQ(places("sip:example.net;transport=udp").size(), kMaxTargets);
}

TEST_F(Locate, WhatIsNoHostNameIsSaid) {
  EXPECT_EQ(host_name("Example.NET."), "example.net");
  EXPECT_EQ(host_name("a..b"), "");
  EXPECT_EQ(host_name(std::string(64, 'a') + ".net"), "") << "a label of 64";
  EXPECT_EQ(host_name(std::string(63, 'a') + ".net").size(), 67U);
  EXPECT_EQ(host_name(std::string(256, 'a')), "");
  EXPECT_EQ(host_name("a b"), "");
  EXPECT_FALSE(named_host(*sip::parse_uri("sip:example.net;transport=sctp")).has_value());
  EXPECT_FALSE(named_host(*sip::parse_uri("tel:+431")).has_value());
}

}  // namespace
}  // namespace sbc::route
