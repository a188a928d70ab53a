// What a policy says of a call as a whole: its class, what its record says, which headers of the caller's are passed;
// and what is counted and told of its attempts.

#include <gmock/gmock.h>

#include "rig.h"

namespace sbc::call::test {
namespace {

using base::seconds;
using Of = Occupancy::Of;

// `trunks` in this order, with what a test changes.
policy::InviteDecision route_to(const std::vector<std::string>& trunks) {
  policy::InviteDecision decision;
  decision.kind = policy::InviteDecision::Kind::Route;
  for (const auto& trunk : trunks) {
    policy::Candidate candidate;
    candidate.kind = policy::Candidate::Kind::Trunk;
    candidate.name = trunk;
    decision.candidates.push_back(std::move(candidate));
  }
  decision.where = "test:1";
  return decision;
}

void over(Rig& rig) {
  rig.pass(base::minutes(4));
  rig.expect_idle();
}

TEST(Class, TheLastCallWithinItsLimitIsTakenAndTheNextIsNot) {
  Rig rig;
  rig.settings->classes["gold"] = 1;
  rig.advisor.decision = route_to({"t1"});
  rig.advisor.decision->call_class = "gold";
  rig.connect();
  EXPECT_EQ(rig.advisor.seats.count(Of::Class, "gold"), 1U);
  rig.c.invite();
  const auto busy = rig.c.take("503 INVITE");
  ASSERT_NE(busy, nullptr);
  EXPECT_TRUE(busy->find(sip::HeaderId::RetryAfter).has_value());
  EXPECT_EQ(rig.advisor.seats.refused(Of::Class, "gold"), 1U);
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].call_class, "gold");
  EXPECT_EQ(rig.records[0].cause, EndCause::Limit);
  rig.a.bye();
  EXPECT_EQ(rig.advisor.seats.count(Of::Class, "gold"), 0U);
  ASSERT_EQ(rig.records.size(), 2U);
  EXPECT_EQ(rig.records[1].call_class, "gold");
  rig.c.clear();
  rig.c.invite();
  EXPECT_FALSE(rig.c.has("503 INVITE")) << "one has left";
  rig.kill();
  over(rig);
}

TEST(Class, ACallForHelpIsNeverRefused) {
  Rig rig;
  rig.settings->classes["gold"] = 0;
  rig.advisor.decision = route_to({"t1"});
  rig.advisor.decision->call_class = "gold";
  rig.a.request_uri = "urn:service:sos";
  rig.a.invite();
  EXPECT_TRUE(rig.b.has("INVITE"));
  EXPECT_EQ(rig.advisor.seats.count(Of::Class, "gold"), 1U) << "but it counts";
  rig.kill();
  over(rig);
}

TEST(Record, HasWhatThePolicySaidOfTheCallAndOfThePlaceThatWasTriedLast) {
  Rig rig;
  auto decision = route_to({"t1", "t2"});
  decision.cdr = {{"account", "4711"}, {"price", 9.0}};
  decision.candidates[0].cdr = {{"price", 0.02}};
  decision.candidates[1].cdr = {{"price", 0.03}};
  rig.advisor.decision = decision;
  rig.advisor.failure_decision.kind = policy::FailureDecision::Kind::Next;
  rig.advisor.failure_decision.cdr = {{"failed_over", std::int64_t{1}}};
  rig.a.invite();
  rig.b.answer(503);
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  rig.a.ack();
  rig.a.bye();
  ASSERT_EQ(rig.records.size(), 1U);
  const std::vector<policy::CdrField> wanted = {{"account", "4711"}, {"price", 0.03}, {"failed_over", std::int64_t{1}}};
  EXPECT_EQ(rig.records[0].cdr, wanted);
  ASSERT_EQ(rig.advisor.ends.size(), 1U);
  EXPECT_EQ(rig.advisor.ends[0].cdr, wanted);
  over(rig);
}

TEST(Record, OfARefusedCallSaysWhy) {
  Rig rig;
  policy::InviteDecision no;
  no.status = 486;
  no.cdr = {{"why", "blocked"}};
  rig.advisor.decision = no;
  rig.a.invite();
  EXPECT_TRUE(rig.a.has("486 INVITE"));
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].cdr, no.cdr);
  over(rig);
}

TEST(Seats, ACallCountsForItsRealmsTrunksAndUsers) {
  Rig rig;
  rig.advisor.arrival_trunk = "t2";
  rig.ring();
  const auto& seats = rig.advisor.seats;
  EXPECT_EQ(seats.count(Of::Realm, "access"), 1U);
  EXPECT_EQ(seats.count(Of::Trunk, "t2"), 1U);
  EXPECT_EQ(seats.count(Of::Trunk, "t1"), 1U);
  rig.b.answer(486);
  EXPECT_EQ(seats.count(Of::Trunk, "t1"), 0U);
  over(rig);
}

TEST(Attempts, AreToldWithTheirTimesAndThoseBeforeThem) {
  Rig rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.a.invite();
  rig.pass(seconds(1));
  rig.b.answer(180);
  rig.pass(seconds(3));
  rig.b.answer(503);
  rig.c.answer(503);
  ASSERT_EQ(rig.advisor.failures.size(), 2U);
  const auto& first = rig.advisor.failures[0];
  EXPECT_EQ(first.next, "t2");
  EXPECT_EQ(first.pdd_ms, 1000U);
  EXPECT_EQ(first.rung_ms, 3000U);
  const auto& second = rig.advisor.failures[1];
  EXPECT_EQ(second.next, "");
  EXPECT_FALSE(second.pdd_ms);
  EXPECT_THAT(rig.advisor.histories, ::testing::ElementsAre(0, 1));
  ASSERT_EQ(rig.advisor.last_attempts.size(), 2U) << "on_end is told of all that failed";
  EXPECT_EQ(rig.advisor.last_attempts[0].trunk, "t1");
  EXPECT_EQ(rig.advisor.ends.at(0).pdd_ms, 1000U);
  over(rig);
}

// What the callee's INVITE says of the caller's headers.
std::string passed(std::vector<policy::HeaderOp> ops, const char* name) {
  Rig rig;
  rig.leaks_are_wanted = true;
  auto decision = route_to({"t1"});
  decision.candidates[0].headers = std::move(ops);
  rig.advisor.decision = decision;
  rig.a.invite({.body = sdp(rig.a.ip(), 4000),
                .headers = "X-Tenant-Name: blue\r\nx-tenant-id: 7\r\nX-Other: o\r\nSubject: lunch\r\nAlert-Info: "
                           "<urn:alert:service:normal>\r\n"});
  const auto invite = rig.b.take("INVITE");
  std::string found = invite != nullptr ? std::string(invite->find(name).value_or("-")) : "no INVITE";
  rig.kill();
  over(rig);
  return found;
}

TEST(Headers, OfTheCallerArePassedByNameOrPattern) {
  using Kind = policy::HeaderOp::Kind;
  EXPECT_EQ(passed({}, "X-Tenant-Name"), "-");
  EXPECT_EQ(passed({{Kind::Pass, "X-Tenant-*", ""}}, "X-Tenant-Name"), "blue");
  EXPECT_EQ(passed({{Kind::Pass, "X-Tenant-*", ""}}, "X-Tenant-Id"), "7");
  EXPECT_EQ(passed({{Kind::Pass, "X-Tenant-*", ""}}, "X-Other"), "-");
  EXPECT_EQ(passed({{Kind::Pass, "Alert-Info", ""}}, "Alert-Info"), "<urn:alert:service:normal>");
  EXPECT_EQ(passed({{Kind::Pass, "Alert-*", ""}}, "Alert-Info"), "-") << "known ones are passed by their own name";
  EXPECT_EQ(passed({{Kind::Set, "X-Other", "mine"}, {Kind::Pass, "X-Other", ""}}, "X-Other"), "o");
  EXPECT_EQ(passed({{Kind::Pass, "X-*", ""}, {Kind::Remove, "X-Ten*", ""}}, "X-Tenant-Name"), "-");
  EXPECT_EQ(passed({{Kind::Remove, "Sub*", ""}}, "Subject"), "-");
}

}  // namespace
}  // namespace sbc::call::test
