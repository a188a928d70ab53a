// Which places of a list can be called at once, and what follows them.

#include "sbc/route/at_once.h"

#include <gtest/gtest.h>

#include "sbc/route/hunt.h"
#include "sbc/route/limits.h"
#include "sbc/route/resolve.h"

namespace sbc::route {
namespace {

using policy::Candidate;
using sip::Transport;
using Cause = Failure::Cause;

base::Endpoint at(const std::string& text) {
  return *base::Endpoint::parse(text);
}

Trunk trunk(const std::string& name, const std::string& realm, std::vector<std::string> targets) {
  Trunk made;
  made.name = name;
  made.realm = realm;
  for (const auto& target : targets) {
    if (target.find(':') != std::string::npos) {
      made.targets.push_back(
          {.endpoint = at(target), .priority = static_cast<std::uint16_t>(10 + made.targets.size())});
    } else {
      made.targets.push_back({.endpoint = {}, .name = NamedHost{.host = target}});
    }
  }
  return made;
}

Table table() {
  const auto realm = [](const char* name, std::uint16_t index, const char* address, const char* network) {
    return Realm{.name = name,
                 .listeners = {{.index = index, .transport = Transport::Udp, .address = at(address)}},
                 .media_network = network,
                 .trust = Trust::Untrusted};
  };
  return *Table::build({realm("core", 0, "10.0.0.1:5060", "inside"), realm("far", 1, "10.9.0.1:5060", "outside")},
                       {trunk("a", "core", {"10.1.0.1:5060", "10.1.0.2:5060"}), trunk("b", "core", {"10.2.0.1:5060"}),
                        trunk("c", "core", {"10.3.0.1:5060"}), trunk("named", "core", {"pbx.example"}),
                        trunk("far", "far", {"10.9.0.2:5060"})},
                       {});
}

// Phones at one address each: token 1 is 10.5.0.1. An odd one and the even one behind it are flows of one phone.
class Phones final : public Contacts {
 public:
  std::optional<ContactWay> way_to(std::uint64_t token) override {
    const std::string remote = "10.5.0." + std::to_string(token) + ":5060";
    ContactWay way{.hop = {.transport = Transport::Udp, .listener = 0, .remote = at(remote), .connection = {}},
                   .realm = "core",
                   .request_uri = "sip:x@" + remote};
    if (flows) way.instance = "bob " + std::to_string((token + 1) / 2);
    return way;
  }
  bool flows = false;
};

Candidate to(const std::string& name, std::uint32_t at_once = 1) {
  Candidate candidate;
  candidate.kind = Candidate::Kind::Trunk;
  candidate.name = name;
  candidate.at_once = at_once;
  return candidate;
}

Candidate phone(std::uint64_t token) {
  Candidate candidate;
  candidate.contact = token;
  candidate.name = "sip:phone";
  candidate.at_once = 1;
  return candidate;
}

struct AtOnce : ::testing::Test {
  // "10.1.0.1/1 10.2.0.1/1 10.1.0.2": those of one number are called together.
  std::string planned(const std::vector<Candidate>& candidates) {
    plan = resolve(table(), candidates, {.dialled = "1", .now = now, .together = together}, phones, health, random);
    std::string text;
    for (const Target& target : plan.targets) {
      text += (text.empty() ? "" : " ") + (target.awaits_name() ? target.name->host : target.hop.remote.ip.text());
      if (target.at_once != 0) text += "/" + std::to_string(target.at_once);
    }
    return text;
  }
  std::string apart() const {
    std::string text;
    for (const auto& one : plan.apart) text += one.what + ": " + one.why + "\n";
    return text;
  }
  std::size_t together = kMaxAtOnce;
  Phones phones;
  TrunkHealth health;
  base::SeededRandom random{1};
  base::Instant now = base::Instant{} + base::hours{1};
  Plan plan;
};

TEST_F(AtOnce, ThePlacesOfAListHaveANumberInCommon) {
  EXPECT_EQ(planned({to("b"), to("c")}), "10.2.0.1/1 10.3.0.1/1");
  EXPECT_EQ(planned({to("b", 0), to("c", 0)}), "10.2.0.1 10.3.0.1");
  EXPECT_EQ(planned({to("b"), to("c", 0), to("b", 2), to("c", 2)}), "10.2.0.1 10.3.0.1 10.2.0.1/1 10.3.0.1/1")
      << "one alone is one by itself";
  EXPECT_EQ(planned({to("nobody"), to("c")}), "10.3.0.1");
}

TEST_F(AtOnce, FurtherTargetsOfATrunkFollow) {
  EXPECT_EQ(planned({to("a"), to("b"), to("c", 0)}), "10.1.0.1/1 10.2.0.1/1 10.1.0.2 10.3.0.1");
  EXPECT_TRUE(plan.apart.empty()) << "that is what a trunk is for";
}

TEST_F(AtOnce, NamesAndOtherNetworksFollow) {
  EXPECT_EQ(planned({to("named"), to("b"), to("far"), to("c")}), "10.2.0.1/1 10.3.0.1/1 10.9.0.2 pbx.example");
  EXPECT_NE(apart().find("its name has to be looked up"), std::string::npos);
  EXPECT_NE(apart().find("trunk far UDP 10.9.0.2:5060: its media is in another network"), std::string::npos);
}

// RFC 5626 5.3, 7: several flows of one phone are ways to it, not phones.
TEST_F(AtOnce, OnePhoneRingsOverOneOfItsFlows) {
  phones.flows = true;
  EXPECT_EQ(planned({phone(1), phone(2), phone(3)}), "10.5.0.1/1 10.5.0.3/1 10.5.0.2");
  EXPECT_NE(apart().find("another way to the same phone"), std::string::npos);
  phones.flows = false;
  EXPECT_EQ(planned({phone(1), phone(2), phone(3)}), "10.5.0.1/1 10.5.0.2/1 10.5.0.3/1");
}

TEST_F(AtOnce, NoMoreThanTheLimitAndTheRestAfterThem) {
  std::vector<Candidate> many;
  for (std::uint64_t i = 1; i <= kMaxAtOnce; ++i) many.push_back(phone(i));
  planned(many);
  EXPECT_EQ(plan.beyond, 0U);
  for (std::uint64_t i = 9; i <= 10; ++i) many.push_back(phone(i));
  const std::string text = planned(many);
  EXPECT_TRUE(text.ends_with("10.5.0.8/1 10.5.0.9/2 10.5.0.10/2")) << text;
  EXPECT_EQ(plan.beyond, 2U);
  EXPECT_NE(apart().find("more than 8 at once"), std::string::npos);
  together = 1;
  EXPECT_EQ(planned({to("b"), to("c")}), "10.2.0.1 10.3.0.1") << "whoever asks may not have several";
}

TEST_F(AtOnce, OneThatDidNotAnswerBeforeIsCalledWithTheOthers) {
  health.mark_dead(Transport::Udp, at("10.2.0.1:5060"), now);
  EXPECT_EQ(planned({to("b"), to("c"), to("a", 0)}), "10.2.0.1/1 10.3.0.1/1 10.1.0.1 10.1.0.2")
      << "nobody waits for it";
  EXPECT_EQ(planned({to("b", 0), to("c", 0)}), "10.3.0.1 10.2.0.1");
  health.mark_busy(Transport::Udp, at("10.3.0.1:5060"), base::seconds(10), now);
  EXPECT_EQ(planned({to("b"), to("c"), to("a")}), "10.2.0.1/1 10.1.0.1/1 10.1.0.2");
}

// --- the hunt ---------------------------------------------------------------------------------------------------

struct Several : ::testing::Test {
  // Three at once and one more.
  Several() {
    std::vector<Target> targets;
    for (int i = 1; i <= 4; ++i) {
      Target made;
      made.hop = {.transport = Transport::Udp,
                  .listener = 0,
                  .remote = at("10.0.0." + std::to_string(i) + ":5060"),
                  .connection = {}};
      made.candidate.kind = Candidate::Kind::Trunk;
      made.at_once = i < 4 ? 1 : 0;
      targets.push_back(std::move(made));
    }
    hunt = Hunt(std::move(targets));
  }
  Verdict fail(std::uint16_t status, bool early_media = false) {
    return hunt.failed({.cause = Cause::Response, .status = status, .reason = "x", .early_media = early_media}, health,
                       now);
  }
  std::string current() const { return hunt.current() == nullptr ? "" : hunt.current()->hop.remote.ip.text(); }
  Hunt hunt;
  TrunkHealth health;
  base::Instant now = base::Instant{} + base::hours{1};
};

TEST_F(Several, AreBegunBesideEachOtherAndGoneBehind) {
  EXPECT_EQ(hunt.together(), 3U);
  ASSERT_TRUE(hunt.next_joins());
  hunt.join();
  ASSERT_TRUE(hunt.next_joins());
  hunt.join();
  EXPECT_FALSE(hunt.next_joins());
  EXPECT_EQ(hunt.attempt(), 3U);
  EXPECT_EQ(hunt.remaining(), 1U);
  hunt.turn_to(0);
  EXPECT_EQ(current(), "10.0.0.1");
  EXPECT_EQ(hunt.attempt(), 1U);
  EXPECT_EQ(fail(486), Verdict::Next) << "whatever one of several says";
  hunt.turn_to(2);
  EXPECT_EQ(fail(404), Verdict::Next);
  hunt.turn_to(1);
  EXPECT_EQ(fail(503), Verdict::Next);
  EXPECT_EQ(hunt.next()->hop.remote.ip.text(), "10.0.0.4");
  hunt.advance();
  EXPECT_EQ(current(), "10.0.0.4");
  EXPECT_EQ(hunt.attempt(), 4U);
  EXPECT_EQ(fail(486), Verdict::Stop) << "alone";
  EXPECT_EQ(hunt.answer().status, 486);
}

TEST_F(Several, StopForARefusalThatSpeaksForAll) {
  hunt.join();
  EXPECT_EQ(fail(603), Verdict::Stop);
  hunt.leave_out_joining();
  EXPECT_FALSE(hunt.next_joins());
  EXPECT_EQ(hunt.remaining(), 1U);
  hunt.advance();
  EXPECT_EQ(current(), "10.0.0.4");
}

TEST_F(Several, StopWhenOneOfThemHadEarlyMedia) {
  hunt.join();
  EXPECT_EQ(fail(486, true), Verdict::Stop);
  hunt.turn_to(0);
  EXPECT_EQ(fail(503), Verdict::Stop) << "the caller's media was tied by one of them";
}

TEST_F(Several, OneThatCannotJoinFollowsThoseThatCan) {
  hunt.join();
  hunt.put_off(0);
  EXPECT_EQ(current(), "10.0.0.1");
  ASSERT_TRUE(hunt.next_joins());
  hunt.join();
  EXPECT_EQ(current(), "10.0.0.3");
  EXPECT_FALSE(hunt.next_joins());
  fail(486);
  hunt.advance();
  EXPECT_EQ(current(), "10.0.0.2");
  EXPECT_EQ(hunt.together(), 1U);
}

TEST_F(Several, OfANewRouteAreNoneOfThoseBefore) {
  hunt.join();
  hunt.join();
  fail(486);
  std::vector<Target> fresh(2, *hunt.current());
  policy::FailureDecision route;
  route.kind = policy::FailureDecision::Kind::Route;
  EXPECT_EQ(hunt.decide(Verdict::Stop, route, fresh), Verdict::Next);
  EXPECT_FALSE(hunt.next_joins());
  hunt.advance();
  EXPECT_EQ(hunt.together(), 2U);
  EXPECT_TRUE(hunt.next_joins());
}

TEST(SaysMore, IsByRfc3261) {  // 16.7 step 6
  const auto says = [](std::uint16_t status) { return Failure{.cause = Cause::Response, .status = status}; };
  EXPECT_TRUE(says_more(says(603), says(486)));
  EXPECT_TRUE(says_more(says(486), says(503)));
  EXPECT_TRUE(says_more(says(486), {.cause = Cause::RingTimeout}));
  EXPECT_TRUE(says_more({.cause = Cause::Timeout}, says(500)));
  EXPECT_FALSE(says_more(says(486), says(480))) << "the first one stays";
}

}  // namespace
}  // namespace sbc::route
