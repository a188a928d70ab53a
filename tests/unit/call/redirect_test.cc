// Redirections of the far side: refused, followed or passed (RFC 3261 8.1.3.4, 21.3).

#include <gtest/gtest.h>

#include "sbc/call/limits.h"
#include "sbc/sip/contact.h"

#include "places.h"

namespace sbc::call::test {
namespace {

using base::minutes;
using policy::OnRedirect;

// t1 redirects as the test says, and may do so to t2 when `to_t2`.
void configure(Rig& rig, OnRedirect wish, bool to_t2 = true) {
  change_places(rig, kAsItIs, [&](route::Trunk& trunk) {
    trunk.on_redirect = wish;
    if (to_t2) trunk.redirect_to = {"t2"};
  });
}

void trust_everyone(Rig& rig, route::Redirects form) {
  std::vector<route::Realm> realms = rig.settings->routes->realms();
  for (auto& realm : realms) {
    realm.trust = route::Trust::Trusted;
    realm.redirects = form;
  }
  auto built = route::Table::build(std::move(realms), rig.settings->routes->trunks(), {});
  ASSERT_TRUE(built) << built.error();
  rig.settings->routes = std::make_shared<const route::Table>(*std::move(built));
}

std::string contact(const std::string& values) {
  return "Contact: " + values + "\r\n";
}

const std::string kToC = "<sip:600@203.0.113.11>";  // an address of t2

TEST(Redirect, IsAFailureUnlessTheOperatorWantsMore) {  // trap 19
  Rig rig;
  rig.a.invite();
  rig.b.answer(302, {}, contact(kToC));
  EXPECT_TRUE(rig.b.has("ACK"));
  EXPECT_FALSE(rig.c.has("INVITE")) << "who answers must not choose whom we call";
  const auto refusal = rig.a.take("480");
  ASSERT_NE(refusal, nullptr);
  EXPECT_FALSE(refusal->find(sip::HeaderId::Contact));
  EXPECT_EQ(rig.calls.counters().refused_redirects, 1U);
  rig.pass(minutes(3));
  rig.expect_idle();
}

TEST(Redirect, IsFollowedToTheTrunkThatTheOperatorNames) {  // trap 19
  Rig rig;
  configure(rig, OnRedirect::Follow);
  rig.a.invite();
  const auto first = rig.b.take("INVITE");
  rig.b.answer(302, {}, contact(kToC));
  const auto second = rig.c.take("INVITE");
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->request_uri().user, "600");
  EXPECT_NE(second->call_id(), first->call_id()) << "a leg of its own";
  EXPECT_FALSE(rig.a.has("302"));
  rig.c.answer(200, sdp(rig.c.ip(), 6000));
  ASSERT_TRUE(rig.a.has("200 INVITE"));
  rig.a.ack();
  rig.a.bye();
  EXPECT_EQ(rig.advisor.failures.at(0).usual, "follow");
  EXPECT_EQ(rig.calls.counters().followed_redirects, 1U);
  end_well(rig);
}

TEST(Redirect, LeadsNowhereThatNobodyAllowed) {  // trap 19: 21.3 says where the user may be, not whom to pay for
  Rig rig;
  configure(rig, OnRedirect::Follow, false);
  rig.a.invite();
  const std::string before = std::to_string(rig.said_to(rig.c).size() + rig.said_to(rig.d).size());
  rig.b.answer(302, {}, contact(kToC + ", <sip:premium@192.0.2.200>, <sip:x@somewhere.example>, <http://x.example>"));
  EXPECT_EQ(std::to_string(rig.said_to(rig.c).size() + rig.said_to(rig.d).size()), before);
  EXPECT_TRUE(rig.lookups.empty()) << "no name is even looked up";
  EXPECT_TRUE(rig.a.has("480"));
  end_well(rig);
}

constexpr const char* kToCarol = "Refer-To: <sip:5551234@border.example>\r\n";

// trap 19: whoever a REFER leads to redirects as anybody who is called.
TEST(Redirect, OfATransfersTargetIsFollowedToTheTrunkThatTheOperatorNames) {
  Rig rig;
  configure(rig, OnRedirect::Follow);
  rig.advisor.trunks = {"far"};
  rig.advisor.transfer_trunks = {"t1"};
  rig.a.invite();
  rig.d.answer(200, sdp(rig.d.ip(), 6000));
  rig.a.ack();
  rig.d.request("REFER", {}, kToCarol);
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(302, {}, contact(kToC));
  EXPECT_TRUE(rig.b.has("ACK"));
  const auto second = rig.c.take("INVITE");
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->request_uri().user, "600");
  // Each place once (RFC 3261 8.1.3.4).
  rig.c.answer(302, {}, contact(kToC));
  EXPECT_FALSE(rig.c.has("INVITE"));
  EXPECT_EQ(rig.calls.connected(), 1U) << "the call stays as it was";
  EXPECT_EQ(rig.calls.counters().followed_redirects, 1U);
  EXPECT_EQ(rig.calls.counters().refused_redirects, 1U);
  rig.d.request("REFER", {}, kToCarol);
  rig.b.answer(302, {}, contact(kToC));
  ASSERT_TRUE(rig.c.has("INVITE"));
  rig.c.answer(200, sdp(rig.c.ip(), 7000));
  rig.a.answer(200, sdp(rig.a.ip(), 4000, "sendrecv", 2));
  rig.c.bye();
  EXPECT_TRUE(rig.a.has("BYE"));
  end_well(rig);
}

TEST(Redirect, OfATransfersTargetIsAFailureUnlessTheOperatorWantsMore) {  // trap 19
  for (const auto wish : {OnRedirect::Refuse, OnRedirect::Pass}) {
    Rig rig;
    configure(rig, wish);
    rig.advisor.trunks = {"far"};
    rig.advisor.transfer_trunks = {"t1"};
    rig.a.invite();
    rig.d.answer(200, sdp(rig.d.ip(), 6000));
    rig.a.ack();
    rig.d.request("REFER", {}, kToCarol);
    rig.d.clear();
    rig.b.answer(302, {}, contact(kToC));
    EXPECT_FALSE(rig.c.has("INVITE"));
    const auto report = rig.d.take("NOTIFY");
    ASSERT_NE(report, nullptr);
    // RFC 3515 2.4.5: passed is the status, and nothing of where it leads.
    EXPECT_EQ(report->body(), wish == OnRedirect::Pass ? "SIP/2.0 302 Moved Temporarily\r\n"
                                                       : "SIP/2.0 480 Temporarily Unavailable\r\n");
    EXPECT_EQ(rig.calls.counters().passed_redirects, wish == OnRedirect::Pass ? 1U : 0U);
    EXPECT_EQ(rig.calls.connected(), 1U);
    rig.kill();
    end_well(rig);
  }
}

TEST(Redirect, TheTargetOfATransferHearsWhoRedirected) {  // RFC 5806
  Rig rig;
  configure(rig, OnRedirect::Follow);
  trust_everyone(rig, route::Redirects::Diversion);
  rig.advisor.trunks = {"far"};
  rig.advisor.transfer_trunks = {"t1"};
  rig.a.invite();
  rig.d.answer(200, sdp(rig.d.ip(), 6000));
  rig.a.ack();
  rig.d.request("REFER", {}, kToCarol);
  EXPECT_FALSE(rig.b.take("INVITE")->find(sip::HeaderId::Diversion));
  rig.b.answer(302, {}, contact(kToC));
  const auto second = rig.c.take("INVITE");
  ASSERT_NE(second, nullptr);
  EXPECT_TRUE(second->find(sip::HeaderId::Diversion).value_or("").contains("5551234"));
  rig.kill();
  end_well(rig);
}

TEST(Redirect, ContactsAreTriedByTheirQOneAfterTheOther) {
  Rig rig;
  configure(rig, OnRedirect::Follow);
  rig.a.invite();
  rig.b.answer(300, {},
               contact("<sip:601@203.0.113.11>;q=0.2, <sip:602@203.0.113.11>;q=0.9, <sip:603@203.0.113.11>;q=0.5"));
  for (const char* user : {"602", "603", "601"}) {
    const auto invite = rig.c.take("INVITE");
    ASSERT_NE(invite, nullptr) << user;
    EXPECT_EQ(invite->request_uri().user, user);
    rig.c.answer(486);
  }
  EXPECT_FALSE(rig.c.has("INVITE"));
  EXPECT_TRUE(rig.a.has("486"));
  end_well(rig);
}

TEST(Redirect, ToWhoRedirectedGoesToAnotherUserThereAndNeverTwiceToOne) {
  Rig rig;
  configure(rig, OnRedirect::Follow);
  rig.a.invite();
  rig.b.take("INVITE");
  rig.b.answer(302, {}, contact("<sip:5551234@203.0.113.10>, <sip:777@203.0.113.10>"));
  const auto again = rig.b.take("INVITE");
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->request_uri().user, "777") << "RFC 3261 8.1.3.4: a URI MUST NOT be tried more than once";
  rig.b.answer(302, {}, contact("<sip:777@203.0.113.10>, <sip:5551234@203.0.113.10>"));
  EXPECT_FALSE(rig.b.has("INVITE"));
  EXPECT_TRUE(rig.a.has("480"));
  end_well(rig);
}

TEST(Redirect, EndsAfterAFewInARow) {
  Rig rig;
  configure(rig, OnRedirect::Follow);
  rig.a.invite();
  std::size_t followed = 0;
  for (int user = 1000; rig.b.take("INVITE") != nullptr && user < 1100; ++user) {
    rig.b.answer(302, {}, contact("<sip:" + std::to_string(user) + "@203.0.113.10>"));
    ++followed;
  }
  EXPECT_EQ(followed, kMaxRedirections + 1);
  EXPECT_TRUE(rig.a.has("480"));
  end_well(rig);
}

TEST(Redirect, ContactsBeyondTheLimitAreLeftOut) {
  Rig rig;
  configure(rig, OnRedirect::Follow);
  rig.a.invite();
  std::string many;
  for (std::size_t i = 0; i <= kMaxRedirectContacts; ++i)
    many += (many.empty() ? "<sip:" : ", <sip:") + std::to_string(600 + i) + "@203.0.113.11>";
  rig.b.answer(300, {}, contact(many));
  std::size_t tried = 0;
  while (rig.c.take("INVITE") != nullptr) {
    ++tried;
    rig.c.answer(486);
  }
  EXPECT_EQ(tried, kMaxRedirectContacts);
  end_well(rig);
}

TEST(Redirect, ATelUriIsANumberForTheTrunkThatRedirected) {
  Rig rig;
  configure(rig, OnRedirect::Follow);
  rig.a.invite();
  rig.b.take("INVITE");
  rig.b.answer(302, {}, contact("<tel:+43123>"));
  const auto again = rig.b.take("INVITE");
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->request_uri().user, "+43123");
  rig.a.cancel();
  end_well(rig);
}

TEST(Redirect, WhatIsFollowedIsToldAsAForwarding) {
  for (const auto form : {route::Redirects::Diversion, route::Redirects::HistoryInfo}) {
    Rig rig;
    configure(rig, OnRedirect::Follow);
    trust_everyone(rig, form);
    rig.a.invite();
    rig.b.answer(302, {}, contact(kToC));
    const auto invite = rig.c.take("INVITE");
    ASSERT_NE(invite, nullptr);
    if (form == route::Redirects::Diversion) {
      const auto said = invite->find(sip::HeaderId::Diversion).value_or("");
      EXPECT_TRUE(said.starts_with("<sip:5551234@203.0.113.1>;reason=unconditional")) << said;
    } else {
      const auto said = invite->find(sip::HeaderId::HistoryInfo).value_or("");
      EXPECT_TRUE(said.starts_with("<sip:5551234@203.0.113.1>;index=1")) << said;
      EXPECT_NE(invite->bytes().find("<sip:600@203.0.113.1;cause=302>;index=1.1"), std::string_view::npos);
    }
    rig.a.cancel();
    end_well(rig);
  }
}

TEST(Redirect, IsNotFollowedOnceTheCallerHeardTheOneWhoSendsItAway) {  // trap 16
  Rig rig;
  configure(rig, OnRedirect::Follow);
  rig.a.invite();
  rig.b.answer(183, sdp(rig.b.ip(), 6000));
  rig.b.answer(302, {}, contact(kToC));
  EXPECT_FALSE(rig.c.has("INVITE"));
  EXPECT_TRUE(rig.a.has("480"));
  end_well(rig);
}

TEST(Redirect, IsNotFollowedForACallerWhoIsGone) {
  Rig rig;
  configure(rig, OnRedirect::Follow);
  rig.b.auto_terminate = false;
  rig.ring();
  rig.a.cancel();
  rig.b.answer(302, {}, contact(kToC));
  EXPECT_FALSE(rig.c.has("INVITE"));
  end_well(rig);
}

TEST(Redirect, PassedKeepsUsersAndQAndHidesHosts) {  // trap 19
  Rig rig;
  configure(rig, OnRedirect::Pass);
  rig.a.invite();
  rig.b.answer(
      301, {},
      contact("\"Inner PBX\" "
              "<sip:601;npdi;rn=+4311;phone-context=inside.example@10.9.8.7:5070;transport=tcp>;q=0.25;expires=60, "
              "<sip:602@pbx.inside.example>, <sips:602@other.inside.example>;q=0.1, <tel:+43123>;q=0.3, "
              "<tel:7;phone-context=inside.example>, <sip:10.1.1.1>, <sip:;phone-context=inside.example@10.1.1.2>, "
              "<sip:;npdi@10.1.1.3>"));
  const auto redirect = rig.a.take("301");
  ASSERT_NE(redirect, nullptr);
  const auto contacts = sip::parse_contacts(*redirect);
  ASSERT_TRUE(contacts);
  std::vector<std::string> texts;
  for (const auto& value : contacts->values) texts.emplace_back(value.address.text);
  EXPECT_EQ(texts, (std::vector<std::string>{"<sip:602@198.51.100.1>", "<tel:+43123>;q=0.300",
                                             "<sip:601;npdi;rn=+4311@198.51.100.1>;q=0.250"}));
  EXPECT_EQ(redirect->bytes().find("inside"), std::string_view::npos);
  EXPECT_EQ(redirect->bytes().find("10."), std::string_view::npos);
  EXPECT_EQ(rig.calls.counters().passed_redirects, 1U);
  EXPECT_EQ(rig.records.empty() ? 0 : rig.records.back().status, 301);
  end_well(rig);
}

TEST(Redirect, PassedKeepsDiversionBetweenThoseWhoTrustEachOther) {  // trap 19
  const std::string diversion = "Diversion: <sip:700@10.9.8.7>;reason=user-busy;counter=1;privacy=off\r\n";
  for (const bool trusted : {true, false}) {
    Rig rig;
    configure(rig, OnRedirect::Pass);
    if (trusted) trust_everyone(rig, route::Redirects::Diversion);
    rig.a.invite();
    rig.b.answer(302, {}, contact(kToC) + diversion);
    const auto redirect = rig.a.take("302");
    ASSERT_NE(redirect, nullptr);
    const auto said = redirect->find(sip::HeaderId::Diversion);
    EXPECT_EQ(said.has_value(), trusted);
    if (said) {
      EXPECT_TRUE(said->starts_with("<sip:700@198.51.100.1>;reason=user-busy")) << *said;
    }
    end_well(rig);
  }
}

TEST(Redirect, WithoutAContactThatCanBePassedIsARefusal) {
  Rig rig;
  configure(rig, OnRedirect::Pass);
  rig.a.invite();
  rig.b.answer(302, {}, contact("<sip:10.1.1.1>"));
  EXPECT_TRUE(rig.a.has("480"));
  rig.a.invite();
  rig.b.answer(302);
  EXPECT_TRUE(rig.a.has("480"));
  end_well(rig);
}

TEST(Redirect, ToAProxyOrToAnotherServiceIsARefusal) {
  Rig rig;
  configure(rig, OnRedirect::Follow);
  for (const int status : {305, 380, 399}) {
    rig.a.invite();
    rig.b.answer(status, {}, contact(kToC));
    EXPECT_TRUE(rig.a.has("480")) << status;
    EXPECT_FALSE(rig.c.has("INVITE")) << status;
    rig.a.clear();
  }
  end_well(rig);
}

TEST(Redirect, TheCandidatesOwnWishCountsMore) {
  Rig rig;
  configure(rig, OnRedirect::Follow);
  policy::InviteDecision decision;
  decision.kind = policy::InviteDecision::Kind::Route;
  policy::Candidate candidate;
  candidate.kind = policy::Candidate::Kind::Trunk;
  candidate.name = "t1";
  candidate.redirects = OnRedirect::Pass;
  decision.candidates.push_back(candidate);
  rig.advisor.decision = decision;
  rig.a.invite();
  rig.b.answer(302, {}, contact(kToC));
  EXPECT_TRUE(rig.a.has("302"));
  EXPECT_FALSE(rig.c.has("INVITE"));
  end_well(rig);
}

TEST(Redirect, ThePolicySeesTheContactsAndChooses) {
  using Kind = policy::FailureDecision::Kind;
  for (const Kind kind : {Kind::Follow, Kind::Pass, Kind::Route, Kind::GiveUp}) {
    Rig rig;
    configure(rig, kind == Kind::Pass ? OnRedirect::Follow : OnRedirect::Refuse);
    rig.advisor.failure_decision.kind = kind;
    if (kind == Kind::GiveUp) rig.advisor.failure_decision.status = 403;
    if (kind == Kind::Route) {  // a place that the policy names needs no leave
      policy::Candidate candidate;
      candidate.kind = policy::Candidate::Kind::Trunk;
      candidate.name = "far";
      rig.advisor.failure_decision.candidates = {candidate};
    }
    rig.a.invite();
    rig.b.answer(302, {}, contact(kToC + ";q=0.5, <sip:700@203.0.113.11>"));
    const auto& facts = rig.advisor.failures.at(0);
    ASSERT_EQ(facts.contacts.size(), 2U);
    EXPECT_EQ(facts.contacts[0].user, "700") << "best first";
    EXPECT_EQ(facts.contacts[1].host, "203.0.113.11");
    EXPECT_EQ(rig.c.has("INVITE"), kind == Kind::Follow);
    EXPECT_EQ(rig.a.has("302"), kind == Kind::Pass);
    EXPECT_EQ(rig.d.has("INVITE"), kind == Kind::Route);
    EXPECT_EQ(rig.a.has("403"), kind == Kind::GiveUp);
    rig.advisor.failure_decision = {};
    rig.a.cancel();
    end_well(rig);
  }
}

}  // namespace
}  // namespace sbc::call::test
