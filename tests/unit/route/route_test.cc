// The table of realms and peers, and targets from candidates.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/route/limits.h"
#include "sbc/route/order.h"
#include "sbc/route/resolve.h"
#include "sbc/route/table.h"

namespace sbc::route {
namespace {

using policy::Candidate;
using sip::Transport;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

base::Endpoint at(const char* text) {
  return *base::Endpoint::parse(text);
}

std::vector<Realm> realms() {
  return {{.name = "access",
           .listeners = {{.index = 0, .transport = Transport::Udp, .address = at("198.51.100.1:5060")}},
           .media_network = "access",
           .trust = Trust::Untrusted},
          {.name = "core",
           .listeners = {{.index = 1, .transport = Transport::Udp, .address = at("10.0.0.1:5060")},
                         {.index = 2, .transport = Transport::Tcp, .address = at("10.0.0.1:5060")},
                         {.index = 3, .transport = Transport::Udp, .address = at("[fd00::1]:5060")}},
           .media_network = "core",
           .trust = Trust::Trusted}};
}

Trunk trunk(const std::string& name, std::vector<TrunkTarget> targets) {
  return {.name = name, .realm = "core", .targets = std::move(targets), .sources = {}, .host = ""};
}

std::vector<Trunk> trunks() {
  return {trunk("a", {{.endpoint = at("10.1.0.1:5060")}, {.endpoint = at("10.1.0.2:5080"), .priority = 20}}),
          trunk("b", {{.endpoint = at("10.2.0.1:5060"), .transport = Transport::Tcp}})};
}

std::vector<Group> groups() {
  return {{.name = "all", .members = {{.trunk = "b", .priority = 20}, {.trunk = "a", .priority = 10}}}};
}

Table table() {
  return *Table::build(realms(), trunks(), groups());
}

TEST(Table, FindsByName) {
  const Table t = table();
  EXPECT_EQ(t.realm("core")->listeners.size(), 3U);
  EXPECT_EQ(t.trunk("b")->targets.size(), 1U);
  EXPECT_EQ(t.group("all")->members.size(), 2U);
  EXPECT_EQ(t.trunk("c"), nullptr);
  EXPECT_EQ(t.realm_of(2)->name, "core");
  EXPECT_EQ(t.realm_of(9), nullptr);
}

TEST(Table, MistakesNameTheirObject) {
  const auto error = [](std::vector<Realm> r, std::vector<Trunk> t, std::vector<Group> g) {
    auto built = Table::build(std::move(r), std::move(t), std::move(g));
    return built ? std::string() : built.error();
  };
  auto t = trunks();
  t[0].realm = "cor";
  EXPECT_EQ(error(realms(), t, {}), "trunk \"a\": no realm \"cor\"; nearest is \"core\"");
  t = trunks();
  t[1].name = "a";
  EXPECT_EQ(error(realms(), t, {}), "trunk \"a\": defined twice");
  t = trunks();
  t[0].targets.clear();
  EXPECT_EQ(error(realms(), t, {}), "trunk \"a\": no target");
  t = trunks();
  t[0].targets[0].endpoint = at("0.0.0.0:5060");
  EXPECT_THAT(error(realms(), t, {}), HasSubstr("expected the address and port of one host"));
  t = trunks();
  t[0].targets[0].endpoint.port = 0;
  EXPECT_THAT(error(realms(), t, {}), HasSubstr("expected the address and port of one host"));
  t = trunks();
  t[1].targets[0].endpoint = at("[fd00::2]:5060");
  EXPECT_THAT(error(realms(), t, {}), HasSubstr("realm \"core\" has no TCP listener for IPv6"));
  auto g = groups();
  g[0].members[0].trunk = "bb";
  EXPECT_THAT(error(realms(), trunks(), g), HasSubstr("group \"all\": no trunk \"bb\""));
  g[0].members.clear();
  EXPECT_EQ(error(realms(), trunks(), g), "group \"all\": no trunk");

  auto redirecting = trunks();
  redirecting[0].redirect_to = {"all", redirecting[0].name + "x"};
  EXPECT_THAT(error(realms(), redirecting, groups()), HasSubstr("redirect_to: no trunk or group"));
  auto r = realms();
  r[1].listeners[0].index = 0;
  EXPECT_THAT(error(r, trunks(), groups()), HasSubstr("listener 0 already belongs to realm \"access\""));
  r = realms();
  r[0].name = "a b";
  EXPECT_THAT(error(r, trunks(), groups()), HasSubstr("expected a name"));
}

TEST(Table, LimitsHoldAtTheLimitAndNotOnePast) {
  auto t = trunks();
  t[0].targets.assign(kMaxTargetsPerTrunk, t[0].targets[0]);
  EXPECT_TRUE(Table::build(realms(), t, groups()).has_value());
  t[0].targets.push_back(t[0].targets[0]);
  EXPECT_FALSE(Table::build(realms(), t, groups()).has_value());
  auto g = groups();
  g[0].members.assign(kMaxMembersPerGroup, g[0].members[0]);
  EXPECT_TRUE(Table::build(realms(), trunks(), g).has_value());
  g[0].members.push_back(g[0].members[0]);
  EXPECT_FALSE(Table::build(realms(), trunks(), g).has_value());
  auto r = realms();
  r[0].name = std::string(kMaxName, 'x');
  EXPECT_TRUE(Table::build(r, trunks(), groups()).has_value());
  r[0].name += 'x';
  EXPECT_FALSE(Table::build(r, trunks(), groups()).has_value());
  t = trunks();
  t[0].sources.assign(kMaxSourcesPerTrunk + 1, *base::Prefix::parse("10.0.0.0/8"));
  EXPECT_FALSE(Table::build(realms(), t, groups()).has_value());
}

TEST(Identify, TakesTheMostSpecificSourceInItsRealm) {
  auto t = trunks();
  t[0].sources = {*base::Prefix::parse("10.9.0.0/16")};
  t[1].sources = {*base::Prefix::parse("10.9.1.0/24"), *base::Prefix::parse("10.1.0.0/16")};
  const Table built = *Table::build(realms(), t, groups());
  const auto name = [&](const char* realm, const char* ip) {
    const Trunk* found = built.identify(realm, *base::IpAddress::parse(ip));
    return found == nullptr ? std::string("none") : found->name;
  };
  EXPECT_EQ(name("core", "10.9.2.2"), "a");
  EXPECT_EQ(name("core", "10.9.1.2"), "b");
  EXPECT_EQ(name("core", "10.1.0.1"), "a");  // its own target beats the other's prefix
  EXPECT_EQ(name("core", "10.1.0.9"), "b");
  EXPECT_EQ(name("core", "10.8.0.1"), "none");
  EXPECT_EQ(name("access", "10.9.1.2"), "none");
}

TEST(Order, PriorityFirstThenChanceByWeight) {
  struct Item {
    int id;
    std::uint16_t priority;
    std::uint16_t weight;
  };
  const std::vector<Item> items = {{1, 20, 1}, {2, 10, 1}, {3, 10, 3}, {4, 10, 0}};
  base::SeededRandom random(7);
  int three_first = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto order = in_order(items, random);
    ASSERT_EQ(order.size(), 4U);
    ASSERT_EQ(order[2]->id, 4);  // weight 0 behind those that have one
    ASSERT_EQ(order[3]->id, 1);
    three_first += order[0]->id == 3 ? 1 : 0;
  }
  EXPECT_NEAR(three_first, 3000, 150);
}

class NoContacts : public Contacts {
 public:
  std::optional<ContactWay> way_to(std::uint64_t token) override {
    if (token != 7) return std::nullopt;
    return ContactWay{
        .hop = {.transport = Transport::Tcp, .listener = 0, .remote = at("203.0.113.4:4321"), .connection = {5}},
        .realm = "access",
        .request_uri = "sip:bob@192.168.1.4:5060;transport=tcp;line=x"};
  }
};

class Resolve : public ::testing::Test {
 protected:
  Plan plan(const std::vector<Candidate>& candidates) {
    return resolve(table_, candidates, {.dialled = "123", .now = now_}, contacts_, health_, random_);
  }
  static Candidate to(Candidate::Kind kind, const std::string& name) {
    Candidate candidate;
    candidate.kind = kind;
    candidate.name = name;
    return candidate;
  }
  static std::vector<std::string> texts(const Plan& plan) {
    std::vector<std::string> texts;
    for (const Target& target : plan.targets) texts.push_back(target.text());
    return texts;
  }

  Table table_ = table();
  NoContacts contacts_;
  TrunkHealth health_;
  base::SeededRandom random_{1};
  base::Instant now_ = base::Instant{} + base::hours{1};
};

TEST_F(Resolve, AGroupUnfoldsByPriorityIntoTargetsOfItsTrunks) {
  const Plan p = plan({to(Candidate::Kind::Group, "all")});
  EXPECT_THAT(texts(p), ElementsAre("UDP 10.1.0.1:5060", "UDP 10.1.0.2:5080", "TCP 10.2.0.1:5060"));
  EXPECT_EQ(p.targets[0].request_uri, "sip:123@10.1.0.1");
  EXPECT_EQ(p.targets[1].request_uri, "sip:123@10.1.0.2:5080");
  EXPECT_EQ(p.targets[2].request_uri, "sip:123@10.2.0.1;transport=tcp");
  EXPECT_EQ(p.targets[2].to_uri, "sip:123@10.2.0.1");
  EXPECT_EQ(p.targets[2].hop.listener, 2);
  EXPECT_EQ(p.targets[0].trunk, "a");
  EXPECT_EQ(p.targets[0].group, "all");
  EXPECT_EQ(p.targets[0].realm, "core");
}

TEST_F(Resolve, NumberAndHostOfTheTrunkGoIntoTheUri) {
  auto t = trunks();
  t[1].host = "carrier.example";
  table_ = *Table::build(realms(), t, groups());
  Candidate candidate = to(Candidate::Kind::Trunk, "b");
  candidate.number = "+43#1";
  const Plan p = plan({candidate});
  EXPECT_EQ(p.targets.at(0).to_uri, "sip:+43%231@carrier.example");
}

TEST_F(Resolve, AContactKeepsItsOwnUriAndFlow) {
  Candidate candidate = to(Candidate::Kind::Contact, "sip:bob@192.168.1.4");
  candidate.contact = 7;
  const Plan p = plan({candidate});
  ASSERT_EQ(p.targets.size(), 1U);
  EXPECT_EQ(p.targets[0].request_uri, "sip:bob@192.168.1.4:5060;transport=tcp;line=x");
  EXPECT_EQ(p.targets[0].to_uri, "sip:bob@192.168.1.4:5060");
  EXPECT_EQ(p.targets[0].hop.connection.value, 5U);
  EXPECT_EQ(p.targets[0].realm, "access");
}

TEST_F(Resolve, UrisLeaveByTheNamedRealm) {
  Candidate candidate = to(Candidate::Kind::Uri, "sip:mail@10.3.0.1:5070;transport=tcp");
  candidate.realm = "core";
  Plan p = plan({candidate});
  ASSERT_EQ(p.targets.size(), 1U);
  EXPECT_EQ(p.targets[0].text(), "TCP 10.3.0.1:5070");
  EXPECT_EQ(p.targets[0].request_uri, "sip:mail@10.3.0.1:5070;transport=tcp");
  candidate.name = "sip:[fd00::9]";
  p = plan({candidate});
  EXPECT_EQ(p.targets.at(0).text(), "UDP [fd00::9]:5060");
  EXPECT_EQ(p.targets.at(0).hop.listener, 3);
}

TEST_F(Resolve, HostNamesStayOneTargetUntilTheirPlacesAreKnown) {
  Candidate candidate = to(Candidate::Kind::Uri, "sip:mail@example.net;transport=tcp");
  candidate.realm = "core";
  const Plan p = plan({candidate});
  ASSERT_EQ(p.targets.size(), 1U);
  EXPECT_TRUE(p.targets[0].awaits_name());
  EXPECT_EQ(p.targets[0].text(), "example.net;transport=tcp");
  EXPECT_EQ(p.targets[0].request_uri, "sip:mail@example.net;transport=tcp");
  const std::vector<Place> places = {{Transport::Tcp, at("10.3.0.1:5060")}, {Transport::Tcp, at("10.3.0.2:5060")}};
  health_.mark_dead(Transport::Tcp, at("10.3.0.1:5060"), now_);
  const auto unfolded =
      unfold(p.targets[0], places, {.realm = *table_.realm("core"), .health = health_, .now = now_}, Down::LeftOut);
  ASSERT_EQ(unfolded.size(), 2U);
  EXPECT_EQ(unfolded[0].text(), "TCP 10.3.0.2:5060");
  EXPECT_EQ(unfolded[1].text(), "TCP 10.3.0.1:5060") << "dead places last";
  EXPECT_EQ(unfolded[0].hop.listener, 2);
  EXPECT_EQ(unfolded[0].request_uri, "sip:mail@example.net;transport=tcp");
}

TEST_F(Resolve, WhatCannotBeReachedIsSkippedWithItsReason) {
  Candidate gone = to(Candidate::Kind::Contact, "sip:bob@x");
  gone.contact = 8;
  std::vector<Candidate> candidates = {gone, to(Candidate::Kind::Trunk, "zzz"), to(Candidate::Kind::Group, "zzz")};
  for (const char* uri : {"tel:+431", "sip:", "sips:a@10.3.0.1", "sip:a@10.3.0.1;transport=sctp"}) {
    Candidate candidate = to(Candidate::Kind::Uri, uri);
    candidate.realm = "core";
    candidates.push_back(candidate);
  }
  const Plan p = plan(candidates);
  EXPECT_TRUE(p.targets.empty());
  ASSERT_EQ(p.skipped.size(), candidates.size());
  EXPECT_EQ(p.skipped[0].why, "its registration is gone");
  EXPECT_EQ(p.skipped[1].why, "there is no such trunk");
  EXPECT_EQ(p.skipped[3].why, "it is no sip URI");
  EXPECT_THAT(p.skipped[5].why, HasSubstr("no TLS listener"));
  EXPECT_FALSE(p.retry_after.has_value());
}

TEST_F(Resolve, DeadTargetsComeLastAndBusyOnesNotAtAll) {
  health_.mark_dead(Transport::Udp, at("10.1.0.1:5060"), now_);
  health_.mark_busy(Transport::Tcp, at("10.2.0.1:5060"), base::seconds{12}, now_);
  Plan p = plan({to(Candidate::Kind::Group, "all")});
  EXPECT_THAT(texts(p), ElementsAre("UDP 10.1.0.2:5080", "UDP 10.1.0.1:5060"));
  ASSERT_EQ(p.skipped.size(), 1U);
  EXPECT_EQ(p.skipped[0].what, "trunk b TCP 10.2.0.1:5060");
  EXPECT_EQ(p.skipped[0].why, "asked for no calls for another 12 s");
  EXPECT_FALSE(p.retry_after.has_value());
  p = plan({to(Candidate::Kind::Trunk, "b")});
  EXPECT_TRUE(p.targets.empty());
  EXPECT_EQ(p.retry_after, base::Duration{base::seconds{12}});
  now_ += base::seconds{12};
  EXPECT_EQ(plan({to(Candidate::Kind::Trunk, "b")}).targets.size(), 1U);
}

TEST_F(Resolve, TargetsThatAreDownArePassedOverAsLongAsThereIsAnother) {
  const TrunkHealth::Key first{Transport::Udp, at("10.1.0.1:5060")};
  const TrunkHealth::Key second{Transport::Udp, at("10.1.0.2:5080")};
  health_.watch({first, second});
  health_.apply({.key = first, .kind = TrunkHealth::Change::Kind::Down}, now_);
  Plan p = plan({to(Candidate::Kind::Trunk, "a")});
  EXPECT_THAT(texts(p), ElementsAre("UDP 10.1.0.2:5080"));
  ASSERT_EQ(p.skipped.size(), 1U);
  EXPECT_EQ(p.skipped[0].what, "trunk a UDP 10.1.0.1:5060");
  EXPECT_EQ(p.skipped[0].why, "it is down");
  health_.apply({.key = second, .kind = TrunkHealth::Change::Kind::Down}, now_);
  EXPECT_THAT(texts(plan({to(Candidate::Kind::Trunk, "a")})), ElementsAre("UDP 10.1.0.1:5060", "UDP 10.1.0.2:5080"))
      << "all are down: all are tried";
  health_.apply({.key = first, .kind = TrunkHealth::Change::Kind::Up}, now_);
  EXPECT_THAT(texts(plan({to(Candidate::Kind::Trunk, "a")})), ElementsAre("UDP 10.1.0.1:5060"));
}

TEST_F(Resolve, PlacesThatAreDownAreTriedOnlyWhenAskedFor) {
  Candidate candidate = to(Candidate::Kind::Uri, "sip:mail@example.net;transport=tcp");
  candidate.realm = "core";
  const Plan p = plan({candidate});
  const TrunkHealth::Key key{Transport::Tcp, at("10.3.0.1:5060")};
  health_.watch({key});
  health_.apply({.key = key, .kind = TrunkHealth::Change::Kind::Down}, now_);
  const Standing standing{.realm = *table_.realm("core"), .health = health_, .now = now_};
  const std::vector<Place> one = {{Transport::Tcp, at("10.3.0.1:5060")}};
  const std::vector<Place> two = {one[0], {Transport::Tcp, at("10.3.0.2:5060")}};
  EXPECT_TRUE(unfold(p.targets[0], one, standing, Down::LeftOut).empty());
  EXPECT_EQ(unfold(p.targets[0], one, standing, Down::Tried).size(), 1U);
  EXPECT_EQ(unfold(p.targets[0], two, standing, Down::Tried).size(), 1U) << "another one is there";
}

// trap 69; RFC 3261 19.1.6.
TEST_F(Resolve, GlobalNumbersThatWereDialledAsTelephoneNumbersLeaveAsSuch) {
  const auto uris = [this](std::string_view number, bool as_phone) {
    const Plan p = resolve(table_, {to(Candidate::Kind::Trunk, "b")},
                           {.dialled = number, .now = now_, .as_phone = as_phone}, contacts_, health_, random_);
    return p.targets.at(0).request_uri + " " + p.targets.at(0).to_uri;
  };
  EXPECT_EQ(uris("+4312345", true), "sip:+4312345@10.2.0.1;user=phone;transport=tcp sip:+4312345@10.2.0.1;user=phone");
  EXPECT_EQ(uris("+4312345", false), "sip:+4312345@10.2.0.1;transport=tcp sip:+4312345@10.2.0.1");
  EXPECT_EQ(uris("112", true), "sip:112@10.2.0.1;transport=tcp sip:112@10.2.0.1");
  EXPECT_TRUE(is_phone(*sip::parse_uri("tel:112;phone-context=+43")));
  EXPECT_TRUE(is_phone(*sip::parse_uri("sip:+43@example.net;user=phone")));
  EXPECT_FALSE(is_phone(*sip::parse_uri("sip:+43@example.net;user=ip")));
}

// trap 85: nobody who calls for help is told to wait.
TEST_F(Resolve, WhoCallsForHelpReachesThoseThatAskedForPeaceAndThatAreDownLast) {
  const TrunkHealth::Key first{Transport::Udp, at("10.1.0.1:5060")};
  health_.watch({first});
  health_.apply({.key = first, .kind = TrunkHealth::Change::Kind::Down}, now_);
  health_.mark_busy(Transport::Tcp, at("10.2.0.1:5060"), base::seconds{12}, now_);
  const auto help = [this](const Candidate& candidate) {
    return resolve(table_, {candidate}, {.dialled = "112", .now = now_, .for_help = true}, contacts_, health_, random_);
  };
  Plan p = help(to(Candidate::Kind::Group, "all"));
  EXPECT_THAT(texts(p), ElementsAre("UDP 10.1.0.2:5080", "UDP 10.1.0.1:5060", "TCP 10.2.0.1:5060"));
  EXPECT_TRUE(p.skipped.empty());
  p = help(to(Candidate::Kind::Trunk, "b"));
  EXPECT_THAT(texts(p), ElementsAre("TCP 10.2.0.1:5060"));
  EXPECT_FALSE(p.retry_after.has_value());
  // The same of the places of a name.
  Candidate named = to(Candidate::Kind::Uri, "sip:mail@example.net;transport=tcp");
  named.realm = "core";
  p = help(named);
  EXPECT_TRUE(p.targets.at(0).for_help);
  const std::vector<Place> places = {{Transport::Tcp, at("10.2.0.1:5060")}, {Transport::Tcp, at("10.3.0.2:5060")}};
  const Standing standing{.realm = *table_.realm("core"), .health = health_, .now = now_};
  EXPECT_EQ(unfold(p.targets[0], places, standing, Down::Tried).size(), 1U);
  const auto unfolded = unfold(p.targets[0], places, standing, Down::Last);
  ASSERT_EQ(unfolded.size(), 2U);
  EXPECT_EQ(unfolded[1].text(), "TCP 10.2.0.1:5060");
}

TEST_F(Resolve, KeepsALimitOfTargets) {
  auto t = trunks();
  t[0].targets.assign(kMaxTargets, t[0].targets[0]);
  table_ = *Table::build(realms(), t, groups());
  EXPECT_EQ(plan({to(Candidate::Kind::Trunk, "a")}).targets.size(), kMaxTargets);
  const Plan p = plan({to(Candidate::Kind::Trunk, "a"), to(Candidate::Kind::Trunk, "b")});
  EXPECT_EQ(p.targets.size(), kMaxTargets);
  EXPECT_EQ(p.skipped.size(), 1U);
}

}  // namespace
}  // namespace sbc::route
