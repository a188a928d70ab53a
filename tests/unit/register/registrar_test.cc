#include "sbc/register/registrar.h"

#include <algorithm>

#include "sbc/register/limits.h"

#include "stage.h"

namespace sbc::registrar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using RegistrarTest = Stage;

TEST_F(RegistrarTest, ABindingIsMadeAndListedWithItsExpiryAndDate) {
  const Plan plan = bind({"Contact: <sip:bob@10.0.0.5>;expires=120", "User-Agent: Phone/1.0"});
  EXPECT_EQ(plan.status, 200);
  EXPECT_THAT(values(plan, "Contact"), ElementsAre("<sip:bob@10.0.0.5>;expires=120"));
  EXPECT_THAT(values(plan, "Date"), ElementsAre("Sat, 13 Nov 2010 23:29:00 GMT"));
  const auto bindings = bob();
  ASSERT_THAT(bindings, SizeIs(1));
  EXPECT_EQ(bindings[0].aor, "sip:bob@example.org");
  EXPECT_EQ(bindings[0].flow, udp_source().hop) << "the way back is where it came from, not what it says";
  EXPECT_EQ(bindings[0].received_from, "198.51.100.7:40001");
  EXPECT_EQ(bindings[0].user_agent, "Phone/1.0");
  EXPECT_EQ(bindings[0].call_id, "boot-1");
  EXPECT_EQ(registrar.counters().bindings_added, 1U);
}

TEST_F(RegistrarTest, TheIntervalComesFromParameterThenHeaderThenDefault) {
  const Plan plan = bind({"Contact: <sip:bob@10.0.0.1>;expires=100, <sip:bob@10.0.0.2>", "Expires: 200"});
  EXPECT_THAT(values(plan, "Contact"),
              ::testing::UnorderedElementsAre("<sip:bob@10.0.0.1>;expires=100", "<sip:bob@10.0.0.2>;expires=200"));
  EXPECT_THAT(values(bind({"Contact: <sip:bob@10.0.0.1>", "Contact: <sip:bob@10.0.0.2>;expires=0"}), "Contact"),
              ElementsAre("<sip:bob@10.0.0.1>;expires=600"));
}

TEST_F(RegistrarTest, AMalformedIntervalCountsAsOneHour) {
  EXPECT_THAT(values(bind({"Contact: <sip:bob@10.0.0.1>;expires=soon"}), "Contact"),
              ElementsAre("<sip:bob@10.0.0.1>;expires=3600"));
  EXPECT_THAT(values(bind({"Contact: <sip:bob@10.0.0.1>", "Expires: soon"}), "Contact"),
              ElementsAre("<sip:bob@10.0.0.1>;expires=3600"));
}

TEST_F(RegistrarTest, TooLongIsShortened) {
  EXPECT_THAT(values(bind({"Contact: <sip:bob@10.0.0.1>;expires=99999999999"}), "Contact"),
              ElementsAre("<sip:bob@10.0.0.1>;expires=3600"));
}

TEST_F(RegistrarTest, TooBriefIs423WithMinExpiresAndBindsNothing) {
  Plan plan = bind({"Contact: <sip:bob@10.0.0.1>;expires=60, <sip:bob@10.0.0.2>;expires=59"});
  EXPECT_EQ(plan.status, 423);
  EXPECT_THAT(values(plan, "Min-Expires"), ElementsAre("60"));
  EXPECT_THAT(bob(), IsEmpty());
  EXPECT_EQ(bind({"Contact: <sip:bob@10.0.0.1>;expires=60"}).status, 200);
  EXPECT_EQ(registrar.counters().too_brief, 1U);
}

TEST_F(RegistrarTest, AnHourOrMoreIsNeverTooBrief) {
  realm.expiry.minimum = 7200;  // a setting past the ceiling
  realm.expiry.maximum = 7200;
  EXPECT_EQ(bind({"Contact: <sip:bob@10.0.0.1>;expires=3600"}).status, 200);
  const Plan plan = bind({"Contact: <sip:bob@10.0.0.1>;expires=3599"});
  EXPECT_EQ(plan.status, 423);
  EXPECT_THAT(values(plan, "Min-Expires"), ElementsAre("3600"));
}

TEST_F(RegistrarTest, ThePolicyMayReplaceTheIntervals) {
  accept.min_expires = 10;
  accept.max_expires = 30;
  EXPECT_THAT(values(bind({"Contact: <sip:bob@10.0.0.1>;expires=600"}), "Contact"),
              ElementsAre("<sip:bob@10.0.0.1>;expires=30"));
  EXPECT_THAT(values(bind({"Contact: <sip:bob@10.0.0.1>"}), "Contact"), ElementsAre("<sip:bob@10.0.0.1>;expires=30"));
  EXPECT_EQ(bind({"Contact: <sip:bob@10.0.0.1>;expires=9"}).status, 423);
  accept.max_contacts = 1;
  EXPECT_EQ(bind({"Contact: <sip:bob@10.0.0.2>;expires=10"}).status, 403);
}

TEST_F(RegistrarTest, APolicyWithAMaximumBelowTheMinimumDoesNotContradictItself) {
  accept.max_expires = 10;  // the realm demands 60
  EXPECT_THAT(values(bind({"Contact: <sip:bob@10.0.0.1>;expires=600"}), "Contact"),
              ElementsAre("<sip:bob@10.0.0.1>;expires=60"));
  accept.max_expires = 0;
  accept.min_expires = 0;
  accept.default_expires = 0;
  EXPECT_THAT(values(bind({"Contact: <sip:bob@10.0.0.1>"}), "Contact"), ElementsAre("<sip:bob@10.0.0.1>;expires=1"));
}

TEST_F(RegistrarTest, AllBindingsAreListedNotOnlyTheOnesOfThisRequest) {
  bind({"Contact: <sip:bob@10.0.0.1>;q=0.5"}, "one");
  const Plan plan = bind({"Contact: \"Bob\" <sip:bob@10.0.0.2>;methods=\"INVITE, BYE\";q=1.0;expires=90"}, "two");
  EXPECT_THAT(values(plan, "Contact"), ElementsAre("<sip:bob@10.0.0.2>;methods=\"INVITE, BYE\";q=1.000;expires=90",
                                                   "<sip:bob@10.0.0.1>;q=0.500;expires=600"));
}

TEST_F(RegistrarTest, AQueryChangesNothingAndShowsTheTimeThatIsLeft) {
  bind({"Contact: <sip:bob@10.0.0.1>;expires=120"});
  pass(base::seconds(20));
  EXPECT_THAT(values(bind({}), "Contact"), ElementsAre("<sip:bob@10.0.0.1>;expires=100"));
  EXPECT_EQ(registrar.counters().queries, 1U);
  pass(base::seconds(100));
  const Plan plan = bind({});
  EXPECT_EQ(plan.status, 200);
  EXPECT_THAT(values(plan, "Contact"), IsEmpty());
}

TEST_F(RegistrarTest, StarWithExpiresZeroRemovesEverything) {
  bind({"Contact: <sip:bob@10.0.0.1>, <sip:bob@10.0.0.2>"});
  const Plan plan = bind({"Contact: *", "Expires: 0"});
  EXPECT_EQ(plan.status, 200);
  EXPECT_THAT(values(plan, "Contact"), IsEmpty());
  EXPECT_THAT(bob(), IsEmpty());
  EXPECT_EQ(registrar.counters().bindings_removed, 2U);
}

TEST_F(RegistrarTest, StarWithAnythingElseIsInvalid) {
  bind({"Contact: <sip:bob@10.0.0.1>"});
  EXPECT_EQ(bind({"Contact: *"}).status, 400);
  EXPECT_EQ(bind({"Contact: *", "Expires: 60"}).status, 400);
  EXPECT_THAT(bob(), SizeIs(1));
}

TEST_F(RegistrarTest, AnOldRequestFailsAndChangesNothing) {
  send({.cseq = 10, .headers = {"Contact: <sip:bob@10.0.0.1>;expires=100"}});
  EXPECT_EQ(send({.cseq = 10, .headers = {"Contact: <sip:bob@10.0.0.1>;expires=200"}}).status, 500);
  EXPECT_EQ(send({.cseq = 9, .headers = {"Contact: *", "Expires: 0"}}).status, 500);
  EXPECT_EQ(send({.cseq = 9, .headers = {"Contact: <sip:bob@10.0.0.2>, <sip:bob@10.0.0.1>"}}).status, 500);
  ASSERT_THAT(bob(), SizeIs(1));
  EXPECT_EQ(bob()[0].expires_in(now.instant), 100U);
  EXPECT_EQ(registrar.counters().out_of_order, 3U);
}

TEST_F(RegistrarTest, ARebootedPhoneBehindANatReplacesItsBindingAndItsFlow) {  // trap 72
  const std::string instance = ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\";reg-id=1";
  bind({"Contact: <sip:bob@10.0.0.5:5060>" + instance}, "boot-1", tcp_source(5, "198.51.100.7:40001"));
  const Plan plan =
      bind({"Contact: <sip:bob@10.0.0.5:7000>" + instance}, "boot-2", tcp_source(6, "198.51.100.7:40002"));
  EXPECT_THAT(values(plan, "Contact"), ElementsAre("<sip:bob@10.0.0.5:7000>" + instance + ";expires=600"));
  ASSERT_THAT(bob(), SizeIs(1));
  EXPECT_EQ(bob()[0].flow, tcp_source(6, "198.51.100.7:40002").hop);
  EXPECT_EQ(bob()[0].instance, "<urn:uuid:00000000-0000-1000-8000-000a95a0e128>");
  EXPECT_EQ(bob()[0].reg_id, "1");
  EXPECT_EQ(store.remove_flow(sip::ConnectionId{5}), 0U);
}

TEST_F(RegistrarTest, RegIdNeedsAnInstanceAndTheFirstHop) {
  bind({"Contact: <sip:bob@10.0.0.5>;reg-id=1"});
  EXPECT_EQ(bob()[0].reg_id, "");
  send({.call_id = "x", .headers = {"Contact: <sip:bob@10.0.0.5>;reg-id=1;+sip.instance=\"<i>\""}, .vias = 2});
  EXPECT_EQ(bob()[0].reg_id, "");
  for (std::string_view wrong : {"0", "2147483648", "x", "-1"}) {
    send({.call_id = std::string(wrong),
          .headers = {"Contact: <sip:bob@10.0.0.5>;+sip.instance=\"<i>\";reg-id=" + std::string(wrong)}});
    EXPECT_EQ(bob()[0].reg_id, "") << wrong;
  }
}

TEST_F(RegistrarTest, SeveralContactsWithRegIdAreABadRequest) {
  EXPECT_EQ(bind({"Contact: <sip:bob@10.0.0.5>;+sip.instance=\"<i>\";reg-id=1, <sip:bob@10.0.0.6>"}).status, 400);
  EXPECT_EQ(bind({"Contact: <sip:bob@10.0.0.5>;+sip.instance=\"<i>\";reg-id=1, <sip:bob@10.0.0.6>;expires=0"}).status,
            200);
}

TEST_F(RegistrarTest, MalformedContactsNameTheHeader) {
  for (const char* contact : {"Contact: <tel:+431234>", "Contact: <sip:bob@10.0.0.5>;q=2"}) {
    const Plan plan = bind({contact});
    EXPECT_EQ(plan.status, 400) << contact;
    EXPECT_TRUE(plan.reason.starts_with("Contact: expected ")) << plan.reason;
  }
  EXPECT_EQ(registrar.counters().malformed, 2U);
}

TEST_F(RegistrarTest, RequireOfWhatWeDoNotKnowIs420) {  // trap 79: each leg requires of us, not of the other.
  const Plan plan = bind({"Contact: <sip:bob@10.0.0.5>", "Require: early-session, path", "Require: 100rel"});
  EXPECT_EQ(plan.status, 420);
  EXPECT_THAT(values(plan, "Unsupported"), ElementsAre("early-session, 100rel"));
  EXPECT_EQ(bind({"Contact: <sip:bob@10.0.0.5>", "Require: path"}).status, 200);
}

TEST_F(RegistrarTest, PathIsKeptAndGivenBackToWhoKnowsIt) {
  Plan plan = bind({"Contact: <sip:bob@10.0.0.5>", "Path: <sip:p1;lr>,<sip:p2;lr>", "Supported: path"});
  EXPECT_THAT(values(plan, "Path"), ElementsAre("<sip:p1;lr>", "<sip:p2;lr>"));
  EXPECT_EQ(bob()[0].path, "<sip:p1;lr>, <sip:p2;lr>");
  plan = bind({"Contact: <sip:bob@10.0.0.5>", "Path: <sip:p1;lr>"});
  EXPECT_THAT(values(plan, "Path"), IsEmpty());
}

TEST_F(RegistrarTest, DomainsThatAreNotOursAreRefused) {
  EXPECT_EQ(send({.uri = "sip:elsewhere.org", .headers = {"Contact: <sip:bob@10.0.0.5>"}}).status, 403);
  EXPECT_EQ(registrar.counters().not_served, 1U);
  EXPECT_EQ(send({.to = "<sip:bob@elsewhere.org>", .headers = {"Contact: <sip:bob@10.0.0.5>"}}).status, 404);
  EXPECT_EQ(send({.to = "<sip:bob@example.net>", .headers = {"Contact: <sip:bob@10.0.0.5>"}}).status, 404)
      << "not valid for the domain of the Request-URI";
  EXPECT_EQ(send({.to = "<sip:example.org>", .headers = {"Contact: <sip:bob@10.0.0.5>"}}).status, 400);
  EXPECT_EQ(send({.to = "<tel:+431234>", .headers = {"Contact: <sip:bob@10.0.0.5>"}}).status, 400);
  EXPECT_EQ(store.size(), 0U);
}

TEST_F(RegistrarTest, APhoneMayCallUsByOurAddress) {
  EXPECT_EQ(
      send({.uri = "sip:192.0.2.1", .to = "<sip:bob@192.0.2.1>", .headers = {"Contact: <sip:bob@10.0.0.5>"}}).status,
      200);
  EXPECT_THAT(bob(), SizeIs(1));
  EXPECT_EQ(
      send({.uri = "sip:192.0.2.1", .to = "<sip:carol@example.net>", .headers = {"Contact: <sip:c@10.0.0.6>"}}).status,
      200);
  EXPECT_THAT(store.lookup("sip:carol@example.net", now.instant), SizeIs(1));
}

TEST_F(RegistrarTest, TheAddressOfRecordIsCanonical) {
  send({.to = "\"Bob\" <sip:%62ob@EXAMPLE.org:5060;user=phone>", .headers = {"Contact: <sip:bob@10.0.0.5>"}});
  EXPECT_THAT(bob(), SizeIs(1));
}

TEST_F(RegistrarTest, ThePolicyDeniesOrDropsInItsOwnWords) {
  policy::RegisterDecision deny;
  deny.status = 480;
  deny.reason = "Not Tonight";
  deny.headers = {{"Retry-After", "3600"}};
  const Plan denied = send({.headers = {"Contact: <sip:bob@10.0.0.5>"}}, deny);
  EXPECT_EQ(denied.status, 480);
  EXPECT_EQ(denied.reason, "Not Tonight");
  EXPECT_THAT(values(denied, "Retry-After"), ElementsAre("3600"));
  policy::RegisterDecision drop;
  drop.kind = policy::RegisterDecision::Kind::Drop;
  EXPECT_EQ(send({.headers = {"Contact: <sip:bob@10.0.0.5>"}}, drop).status, 0);
  EXPECT_EQ(store.size(), 0U);
}

class AuthenticatedTest : public Stage {
 protected:
  // A whole round: refused with a challenge, answered, the answer to the answer.
  Plan round(RegisterText text, std::string_view user, std::string_view password) {
    const Plan first = send(text, demand);
    EXPECT_EQ(first.status, 401);
    const auto challenge = auth::parse_challenge(values(first, "WWW-Authenticate").at(0));
    const auto value = auth::answer(
        *challenge,
        {.method = "REGISTER", .uri = text.uri, .username = user, .cnonce = "c", .nonce_count = 1, .body = {}},
        auth::Secret::from_password(std::string(password)));
    text.headers.push_back("Authorization: " + *value);
    ++text.cseq;
    return send(text, demand);
  }
};

TEST_F(AuthenticatedTest, AChallengeThatIsAnsweredBinds) {
  EXPECT_EQ(round({.headers = {"Contact: <sip:bob@10.0.0.5>"}}, "bob", "secret").status, 200);
  EXPECT_THAT(bob(), SizeIs(1));
  EXPECT_EQ(registrar.counters().challenged, 1U);
}

TEST_F(AuthenticatedTest, TheStoredMd5UserBindsToo) {
  EXPECT_EQ(round({.uri = "sip:example.net", .to = "<sip:carol@example.net>", .headers = {"Contact: <sip:c@10.0.0.5>"}},
                  "phone7", "geheim")
                .status,
            200);
}

TEST_F(AuthenticatedTest, AWrongAnswerIsChallengedAgainAndBindsNothing) {
  EXPECT_EQ(round({.headers = {"Contact: <sip:bob@10.0.0.5>"}}, "bob", "guess").status, 401);
  EXPECT_EQ(store.size(), 0U);
}

TEST_F(AuthenticatedTest, NobodyRegistersForAnother) {
  EXPECT_EQ(
      round({.to = "<sip:alice@example.org>", .headers = {"Contact: <sip:bob@10.0.0.5>"}}, "bob", "secret").status,
      403);
  EXPECT_EQ(
      round({.to = "<sip:bob@elsewhere.org>", .headers = {"Contact: <sip:bob@10.0.0.5>"}}, "bob", "secret").status,
      403);
  EXPECT_EQ(registrar.counters().forbidden, 2U);
  EXPECT_EQ(store.size(), 0U);
}

TEST_F(RegistrarTest, LimitsOfWhatABindingKeepsHoldAtTheLimitAndOnePast) {
  const std::string host = "@10.0.0.5";
  const std::string uri = "sip:" + std::string(kMaxContactUriBytes - 4 - host.size(), 'a');
  EXPECT_EQ(bind({"Contact: <" + uri + host + ">"}, "u").status, 200);
  EXPECT_EQ(bind({"Contact: <" + uri + "a" + host + ">"}, "u").status, 400);
  const std::string param(kMaxContactParamBytes, 'p');
  EXPECT_EQ(bind({"Contact: <sip:b@10.0.0.6>;" + param}, "p").status, 200);
  EXPECT_EQ(bind({"Contact: <sip:b@10.0.0.6>;" + param + "p"}, "p").status, 400);
  const std::string call_id(kMaxCallIdBytes, 'c');
  EXPECT_EQ(bind({"Contact: <sip:b@10.0.0.7>"}, call_id).status, 200);
  EXPECT_EQ(bind({"Contact: <sip:b@10.0.0.7>"}, call_id + "c").status, 400);
  const std::string path = "Path: <sip:" + std::string(kMaxPathBytes - 9, 'p') + ";lr>";
  EXPECT_EQ(bind({"Contact: <sip:b@10.0.0.8>", path}, "path").status, 200);
  EXPECT_EQ(bind({"Contact: <sip:b@10.0.0.8>", path + ";x"}, "path").status, 400);
  bind({"Contact: <sip:b@10.0.0.9>", "User-Agent: " + std::string(kMaxUserAgentBytes + 1, 'x')}, "ua");
  EXPECT_TRUE(std::ranges::any_of(bob(), [](const Binding& b) { return b.user_agent.size() == kMaxUserAgentBytes; }));
}

TEST_F(RegistrarTest, ContactsOfOneUserAreLimited) {
  realm.max_contacts = 2;
  EXPECT_EQ(bind({"Contact: <sip:bob@10.0.0.1>, <sip:bob@10.0.0.2>"}).status, 200);
  const Plan plan = bind({"Contact: <sip:bob@10.0.0.3>"});
  EXPECT_EQ(plan.status, 403);
  EXPECT_EQ(plan.reason, "Too Many Contacts");
  EXPECT_THAT(bob(), SizeIs(2));
  EXPECT_EQ(registrar.counters().too_many_contacts, 1U);
  realm.max_contacts = 1000;  // past the ceiling
  std::string many = "Contact: <sip:bob@10.1.0.0>";
  for (std::size_t i = 3; i < kMaxContactsCeiling; ++i) many += ", <sip:bob@10.1.0." + std::to_string(i) + ">";
  EXPECT_EQ(bind({many}).status, 200);
  EXPECT_THAT(bob(), SizeIs(kMaxContactsCeiling));
  EXPECT_EQ(bind({"Contact: <sip:bob@10.2.0.1>"}).status, 403);
}

TEST_F(RegistrarTest, AFullStoreAsksToComeBackLater) {
  MemoryLocationStore small(1);
  Registrar of_small(small, identities, gruus);
  const auto send_small = [&](const char* contact) {
    const RegisterText text{.cseq = ++cseq, .headers = {contact}};
    return of_small.handle(realm, *text.parse(), udp_source(), {}, accept, now, random);
  };
  EXPECT_EQ(send_small("Contact: <sip:bob@10.0.0.1>").status, 200);
  const Plan plan = send_small("Contact: <sip:bob@10.0.0.2>");
  EXPECT_EQ(plan.status, 503);
  EXPECT_THAT(values(plan, "Retry-After"), ElementsAre("60"));
  EXPECT_EQ(of_small.counters().store_full, 1U);
}

class BrokenStore final : public LocationStore {
 public:
  std::vector<Binding> lookup(std::string_view, base::Instant) override { return {}; }
  bool report(std::string_view, std::string_view, std::string_view, FlowReport) override { return false; }
  std::vector<Binding> lookup_gruu(std::uint64_t, base::Instant) override { return {}; }
  std::expected<Merged, UpdateError> apply(const Update&, base::Instant) override {
    return std::unexpected(UpdateError::StoreFailed);
  }
  std::size_t remove_flow(sip::ConnectionId) override { return 0; }
  std::size_t remove_aor(std::string_view) override { return 0; }
  std::size_t expire(base::Instant) override { return 0; }
  std::size_t size() const override { return 0; }
};

TEST_F(RegistrarTest, AStoreThatCannotCommitIs500) {
  BrokenStore broken;
  Registrar of_broken(broken, identities, gruus);
  const RegisterText text{.headers = {"Contact: <sip:bob@10.0.0.1>"}};
  EXPECT_EQ(of_broken.handle(realm, *text.parse(), udp_source(), {}, accept, now, random).status, 500);
  EXPECT_EQ(of_broken.counters().store_failed, 1U);
}

TEST_F(RegistrarTest, ThePolicyIsToldWhatIsAskedFor) {
  policy::RegisterFacts facts;
  Registrar::describe(
      *RegisterText{.headers = {"Contact: <sip:bob@10.0.0.1>;expires=30, <sip:bob@10.0.0.2>", "Expires: 90"}}.parse(),
      realm, facts);
  EXPECT_THAT(facts.contacts, ElementsAre("sip:bob@10.0.0.1", "sip:bob@10.0.0.2"));
  EXPECT_EQ(facts.expires, 90U);
  EXPECT_FALSE(facts.removes_all);
  policy::RegisterFacts star;
  Registrar::describe(*RegisterText{.headers = {"Contact: *", "Expires: 0"}}.parse(), realm, star);
  EXPECT_TRUE(star.removes_all);
  policy::RegisterFacts query;
  Registrar::describe(*RegisterText{}.parse(), realm, query);
  EXPECT_THAT(query.contacts, IsEmpty());
  EXPECT_EQ(query.expires, 0U);
}

}  // namespace
}  // namespace sbc::registrar
