// What each side learns of who and why on the other side: RFC 3323, 3325, 3326, 6432, 7044, 7544, 7989, 5031, 4412.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "sbc/call/room_for_help.h"
#include "sbc/identity/session_id.h"
#include "sbc/sip/values.h"

#include "places.h"

namespace sbc::call::test {
namespace {

using Values = std::vector<std::string>;

Values values_of(const sip::Message& message, std::string_view name) {
  Values values;
  for (const auto& field : message.headers())
    if (sip::header_id_from(name) != sip::HeaderId::Other ? field.id == sip::header_id_from(name) : field.name == name)
      values.emplace_back(field.value);
  return values;
}

// Changes the realms of the rig: "access" is where the caller is, "core" where t1 is.
void configure(Rig& rig, const std::function<void(route::Realm&)>& change) {
  change_places(rig, change, kAsItIs);
}

void trust(Rig& rig, std::set<std::string> names) {
  configure(rig, [&names](route::Realm& realm) {
    if (names.contains(realm.name)) realm.trust = route::Trust::Trusted;
  });
}

sip::MessagePtr invite_with(Rig& rig, const std::string& lines) {
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = lines});
  auto invite = rig.b.take("INVITE");
  EXPECT_NE(invite, nullptr);
  return invite;
}

const char* const kClaim = "P-Asserted-Identity: \"Ann\" <sip:+4311@10.1.1.1>\r\n";

TEST(Identity, AStrangersClaimDoesNotCross) {  // trap 80
  Rig rig;
  const auto invite = invite_with(rig, std::string(kClaim) + "P-Preferred-Identity: <sip:x@y>\r\n");
  EXPECT_TRUE(values_of(*invite, "P-Asserted-Identity").empty());
  EXPECT_TRUE(values_of(*invite, "P-Preferred-Identity").empty());
}

TEST(Identity, ATrustedClaimCrossesWithOurHost) {
  Rig rig;
  trust(rig, {"access", "core"});
  const auto invite = invite_with(rig, kClaim);
  EXPECT_EQ(values_of(*invite, "P-Asserted-Identity"), Values{"\"Ann\" <sip:+4311@203.0.113.1>"});
}

TEST(Identity, PrivateIdentityCrossesToTheTrustedOnly) {  // trap 80, RFC 3325 7
  for (const bool trusted : {true, false}) {
    Rig rig;
    trust(rig, trusted ? std::set<std::string>{"access", "core"} : std::set<std::string>{"access"});
    const auto invite = invite_with(rig, std::string(kClaim) + "Privacy: id;critical\r\nSubject: from Alice\r\n");
    EXPECT_EQ(values_of(*invite, "P-Asserted-Identity").size(), trusted ? 1U : 0U);
    EXPECT_EQ(values_of(*invite, "Privacy"), trusted ? Values{"id"} : Values{});
    EXPECT_EQ(invite->from().uri_text, trusted ? "sip:alice@203.0.113.1" : "sip:anonymous@anonymous.invalid");
    EXPECT_EQ(values_of(*invite, "Subject").size(), trusted ? 1U : 0U);
  }
}

TEST(Identity, CriticalPrivacyThatNobodyHereKnowsIs500) {  // trap 80, RFC 3323 5
  Rig rig;
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = "Privacy: x-cloak;critical\r\n"});
  const auto answer = rig.a.take("500");
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->reason_phrase(), "Privacy Not Available: x-cloak");
  EXPECT_EQ(rig.calls.counters().refused_privacy, 1U);
  EXPECT_FALSE(rig.b.has("INVITE"));
}

TEST(Identity, TheConnectedPartyIsNamedInTheAnswer) {
  Rig rig;
  trust(rig, {"core"});
  rig.a.invite();
  rig.b.answer(180, {}, "P-Asserted-Identity: <sip:+4399@10.2.2.2>\r\n");
  const auto ringing = rig.a.take("180");
  ASSERT_NE(ringing, nullptr);
  EXPECT_EQ(values_of(*ringing, "P-Asserted-Identity"), Values{"<sip:+4399@198.51.100.1>"});
  rig.b.answer(200, sdp(rig.b.ip(), 6000), "P-Asserted-Identity: <sip:+4399@10.2.2.2>\r\nPrivacy: id\r\n");
  const auto ok = rig.a.take("200");
  ASSERT_NE(ok, nullptr);
  EXPECT_TRUE(values_of(*ok, "P-Asserted-Identity").empty());
}

// --- signed identities: trap 84 ----------------------------------------------------------------------------------

const std::string kSigned =
    "Date: Sat, 21 Nov 2026 03:00:00 GMT\r\n"
    "Identity: aa.bb.cc;info=<https://certs.example.net/1>;alg=ES256;ppt=\"shaken\"\r\n"
    "Identity: ..dd;info=<https://certs.example.org/2>;alg=ES256;ppt=\"div\"\r\n";

// Whoever calls is a telephone number, unless it is an address of record that is wanted.
sip::MessagePtr signed_invite(Rig& rig, const std::string& lines, const std::string& caller = "43660123") {
  Peer peer(rig, caller, "198.51.100.78:5066", 0);
  rig.guest = &peer;
  peer.invite({.body = sdp(peer.ip(), 4400), .headers = lines});
  rig.guest = nullptr;
  auto invite = rig.b.take("INVITE");
  EXPECT_NE(invite, nullptr);
  return invite;
}

TEST(Signed, CrossInTheirOrderWithTheirDateWhileBothNumbersStand) {  // trap 84; RFC 8224 6.2.4, 8.3
  Rig rig;
  trust(rig, {"access", "core"});
  const auto invite = signed_invite(rig, kSigned);
  const auto values = values_of(*invite, "Identity");
  ASSERT_EQ(values.size(), 2U);
  EXPECT_TRUE(values[0].starts_with("aa.bb.cc;info=<https://certs.example.net/1>")) << values[0];
  EXPECT_TRUE(values[1].ends_with("ppt=\"div\"")) << values[1];
  EXPECT_EQ(values_of(*invite, "Date"), Values{"Sat, 21 Nov 2026 03:00:00 GMT"});
  EXPECT_EQ(invite->from().uri.user, "43660123");
  EXPECT_EQ(invite->to().uri.user, "5551234");
}

TEST(Signed, AreRemovedWhenANumberIsChanged) {  // trap 84
  const auto removed = [](const std::function<void(policy::Candidate&)>& change, const std::string& caller) {
    Rig rig;
    trust(rig, {"access", "core"});
    policy::Candidate candidate;
    candidate.kind = policy::Candidate::Kind::Trunk;
    candidate.name = "t1";
    change(candidate);
    rig.advisor.decision.emplace();
    rig.advisor.decision->kind = policy::InviteDecision::Kind::Route;
    rig.advisor.decision->candidates = {candidate};
    const auto invite = signed_invite(rig, kSigned, caller);
    return values_of(*invite, "Identity").empty() && values_of(*invite, "Date").empty();
  };
  const std::string number = "43660123";
  EXPECT_FALSE(removed([](auto&) {}, number));
  EXPECT_TRUE(removed([](auto& candidate) { candidate.number = "999"; }, number));
  EXPECT_TRUE(removed([](auto& candidate) { candidate.from_user = "+4311"; }, number));
  EXPECT_TRUE(removed([](auto&) {}, "carol")) << "an address of record is signed with its host";
}

TEST(Signed, CrossOnlyBetweenThoseWhoTrustEachOtherAndNotFromWhoIsHidden) {  // trap 84
  for (const auto& names : {std::set<std::string>{"access"}, {"core"}, {}}) {
    Rig rig;
    trust(rig, names);
    EXPECT_TRUE(values_of(*signed_invite(rig, kSigned), "Identity").empty());
  }
  Rig rig;
  trust(rig, {"access", "core"});
  const auto hidden = signed_invite(rig, kSigned + "Privacy: user\r\n");
  EXPECT_EQ(hidden->from().uri.host, "anonymous.invalid");
  EXPECT_TRUE(values_of(*hidden, "Identity").empty());
}

TEST(Reasons, CrossOnByeWithOurText) {  // trap 82
  for (const bool caller : {true, false}) {
    Rig rig;
    rig.connect();
    Peer& from = caller ? rig.a : rig.b;
    Peer& to = caller ? rig.b : rig.a;
    from.request("BYE", {}, "Reason: Q.850;cause=16;text=\"pbx.inner says goodbye\"\r\n");
    const auto bye = to.take("BYE");
    ASSERT_NE(bye, nullptr);
    EXPECT_EQ(values_of(*bye, "Reason"), Values{"Q.850;cause=16;text=\"Normal call clearing\""});
  }
}

TEST(Reasons, CrossOnCancel) {  // RFC 3326 3.1
  Rig rig;
  rig.ring();
  rig.a.cancel("Reason: SIP;cause=200;text=\"secret\"\r\n");
  const auto cancel = rig.b.take("CANCEL");
  ASSERT_NE(cancel, nullptr);
  EXPECT_EQ(values_of(*cancel, "Reason"), Values{"SIP;cause=200;text=\"Call completed elsewhere\""});
}

TEST(Reasons, AFailureCarriesItsQ850Cause) {  // RFC 6432
  Rig rig;
  rig.a.invite();
  rig.b.answer(480, {}, "Reason: Q.850;cause=20;text=\"gw7\", SIP;cause=480\r\n");
  const auto answer = rig.a.take("480");
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(values_of(*answer, "Reason"), Values{"Q.850;cause=20;text=\"Subscriber absent\""});
}

TEST(Reasons, AStatusAloneBecomesACauseWhereThatIsWanted) {  // RFC 3398 8.2.6.1
  for (const bool wanted : {true, false}) {
    Rig rig;
    configure(rig, [wanted](route::Realm& realm) { realm.q850_from_status = wanted && realm.name == "access"; });
    rig.a.invite();
    rig.b.answer(486);
    const auto answer = rig.a.take("486");
    ASSERT_NE(answer, nullptr);
    EXPECT_EQ(values_of(*answer, "Reason"), wanted ? Values{"Q.850;cause=17;text=\"User busy\""} : Values{});
  }
}

TEST(Reasons, OfTheBestFailureAreToldThoughAnotherTargetFailedLater) {  // RFC 3261 16.7 step 6, RFC 6432
  Rig rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.a.invite();
  rig.b.answer(500, {}, "Reason: Q.850;cause=41;text=\"gw7\"\r\n");
  rig.c.answer(503, {}, "Reason: Q.850;cause=34\r\n");
  const auto answer = rig.a.take("500");
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(values_of(*answer, "Reason"), Values{"Q.850;cause=41;text=\"Temporary failure\""});
}

TEST(Reasons, OfATargetThatWasTriedBeforeAreForgotten) {
  Rig rig;
  rig.advisor.trunks = {"t1", "t2"};
  rig.a.invite();
  rig.b.answer(503, {}, "Reason: Q.850;cause=34\r\n");
  rig.c.answer(486);
  const auto answer = rig.a.take("486");
  ASSERT_NE(answer, nullptr);
  EXPECT_TRUE(values_of(*answer, "Reason").empty());
}

// trap 81
TEST(Forwarded, DiversionBecomesHistoryInfoWhereTheFarSideWantsThat) {
  Rig rig;
  trust(rig, {"access", "core"});
  configure(rig, [](route::Realm& realm) { realm.redirects = route::Redirects::HistoryInfo; });
  const auto invite = invite_with(rig, "Diversion: <sip:bob@10.1.1.1>;reason=user-busy;privacy=full\r\n");
  EXPECT_TRUE(values_of(*invite, "Diversion").empty());
  EXPECT_EQ(values_of(*invite, "History-Info"), (Values{"<sip:bob@203.0.113.1?Privacy=history>;index=1",
                                                        "<sip:5551234@203.0.113.1;cause=486>;index=1.1;mp=1"}));
}

TEST(Forwarded, IsDroppedUnlessConfiguredAndNeverBelievedOfStrangers) {
  for (const bool trusted : {true, false}) {
    Rig rig;
    trust(rig, {trusted ? "access" : "far"});
    configure(rig, [trusted](route::Realm& r) {
      r.redirects = trusted ? route::Redirects::Drop : route::Redirects::Diversion;
    });
    const auto invite = invite_with(rig, "Diversion: <sip:bob@10.1.1.1>\r\nHistory-Info: <sip:x@y>;index=1\r\n");
    EXPECT_TRUE(values_of(*invite, "Diversion").empty());
    EXPECT_TRUE(values_of(*invite, "History-Info").empty());
  }
}

constexpr std::string_view kAlice = "ab30317f1a784dc48ff824d0d3715d86";
constexpr std::string_view kBob = "47755a9de7794ba387653f2099600ef2";

std::string session(std::string_view from, std::string_view to) {
  return identity::session_id_value(from, to);
}

TEST(SessionIds, GoFromEndToEndThroughTheWholeCall) {  // RFC 7989 7
  Rig rig;
  const auto invite = invite_with(rig, "Session-ID: " + session(kAlice, "") + "\r\n");
  EXPECT_EQ(values_of(*invite, "Session-ID"), Values{session(kAlice, "")});
  rig.b.answer(180, {}, "Session-ID: " + session(kBob, kAlice) + "\r\n");
  EXPECT_EQ(values_of(*rig.a.take("180"), "Session-ID"), Values{session(kBob, kAlice)});
  rig.b.answer(200, sdp(rig.b.ip(), 6000), "Session-ID: " + session(kBob, kAlice) + "\r\n");
  EXPECT_EQ(values_of(*rig.a.take("200"), "Session-ID"), Values{session(kBob, kAlice)});
  EXPECT_EQ(values_of(*rig.b.take("ACK"), "Session-ID"), Values{session(kAlice, kBob)});
  rig.a.ack();
  rig.a.reinvite(sdp(rig.a.ip(), 4000, "sendonly", 2));  // without the header: nothing is forgotten
  EXPECT_EQ(values_of(*rig.b.take("INVITE"), "Session-ID"), Values{session(kAlice, kBob)});
  rig.b.answer(200, sdp(rig.b.ip(), 6000, "recvonly", 2));
  EXPECT_EQ(values_of(*rig.a.take("200"), "Session-ID"), Values{session(kBob, kAlice)});
  rig.a.ack();
  rig.b.bye();
  EXPECT_EQ(values_of(*rig.a.take("BYE"), "Session-ID"), Values{session(kBob, kAlice)});
  rig.pass(base::minutes(2));
  ASSERT_EQ(rig.records.size(), 1U);
  EXPECT_EQ(rig.records[0].session_id, session(kAlice, kBob));
}

TEST(SessionIds, AreMadeForPhonesThatHaveNone) {
  Rig rig;
  const auto invite = invite_with(rig, "");
  const auto first = identity::parse_session_id(values_of(*invite, "Session-ID").at(0));
  ASSERT_TRUE(first);
  EXPECT_NE(first->local, identity::kNilUuid);
  EXPECT_EQ(first->remote, identity::kNilUuid);
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  const auto back = identity::parse_session_id(values_of(*rig.a.take("200"), "Session-ID").at(0));
  ASSERT_TRUE(back);
  EXPECT_NE(back->local, identity::kNilUuid);
  EXPECT_EQ(back->remote, first->local);
}

TEST(SessionIds, ACancelHasTheOneOfItsInvite) {  // RFC 7989 7
  Rig rig;
  const auto invite = invite_with(rig, "");
  rig.b.answer(180, {}, "Session-ID: " + session(kBob, kAlice) + "\r\n");
  rig.a.cancel();
  EXPECT_EQ(values_of(*rig.b.take("CANCEL"), "Session-ID"), values_of(*invite, "Session-ID"));
}

// trap 85
TEST(Emergency, TheServiceUrnIsRoutedAndNothingOfTheCallerIsHidden) {
  Rig rig;
  trust(rig, {"access"});
  rig.a.request_uri = "urn:service:sos.fire";
  const auto invite = invite_with(rig, std::string(kClaim) +
                                           "Privacy: id;user\r\nResource-Priority: esnet.1\r\nGeolocation: "
                                           "<https://lis.example.net/x>\r\nGeolocation-Routing: yes\r\n");
  EXPECT_EQ(invite->request_uri_text(), "urn:service:sos.fire");
  EXPECT_EQ(values_of(*invite, "P-Asserted-Identity").size(), 1U);
  EXPECT_EQ(invite->from().uri.user, "alice");
  EXPECT_EQ(values_of(*invite, "Resource-Priority"), Values{"esnet.1"});
  EXPECT_EQ(values_of(*invite, "Geolocation"), Values{"<https://lis.example.net/x>"});
  EXPECT_EQ(values_of(*invite, "Geolocation-Routing"), Values{"yes"});
  EXPECT_TRUE(rig.advisor.last_invite_emergency);
}

TEST(Emergency, NeitherLimitNorDrainKeepsItOut) {  // trap 85: neither a limit nor a drain keeps a call for help out.
  Rig rig({.max_calls = 1});
  rig.settings->emergency_numbers = {"5551234"};
  rig.connect();
  rig.calls.drain();
  rig.c.invite();
  EXPECT_TRUE(rig.b.has("INVITE"));
}

// trap 85: the room that is kept for them is bounded, too, and nobody else's.
TEST(Emergency, FarMoreThanOtherCallsAreTakenAndBeyondThatNone) {
  static_assert(most_with_help(1) == 1001 && most_with_help(1000) == 2000 && most_with_help(50'000) == 100'000);
  Rig rig({.max_calls = 2});
  rig.settings->emergency_numbers = {"5551234"};
  const std::size_t most = most_with_help(2);
  while (rig.calls.size() < most && rig.calls.counters().refused_help == 0) {
    rig.a.invite();
    rig.a.clear();
    rig.b.clear();
  }
  EXPECT_EQ(rig.calls.size(), most);
  EXPECT_EQ(rig.calls.counters().refused_help, 0U);

  rig.a.invite();
  const auto refusal = rig.a.take("503");
  ASSERT_TRUE(refusal);
  EXPECT_TRUE(refusal->find(sip::HeaderId::RetryAfter));
  EXPECT_EQ(rig.calls.counters().refused_help, 1U);
  EXPECT_EQ(rig.calls.size(), most) << "those that are there go on";
  const bool noted = std::ranges::any_of(rig.notes, [](const auto& note) {
    return note.level == Note::Level::Error && note.text.starts_with("a call for help was refused");
  });
  EXPECT_TRUE(noted);

  rig.settings->emergency_numbers.clear();
  rig.c.invite();
  EXPECT_TRUE(rig.c.has("503"));
  EXPECT_EQ(rig.calls.counters().refused_limit, 1U);

  // One that ends makes room for one.
  rig.settings->emergency_numbers = {"5551234"};
  rig.b.answer(486);
  rig.a.clear();
  rig.a.invite();
  EXPECT_FALSE(rig.a.has("503"));
  EXPECT_EQ(rig.calls.size(), most);
}

// trap 85: nor an interval that would get every other call a 422.
TEST(Emergency, AShortSessionIntervalDoesNotKeepItOut) {
  Rig rig;
  rig.settings->emergency_numbers = {"5551234"};
  rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = "Supported: timer\r\nSession-Expires: 60\r\n"});
  EXPECT_FALSE(rig.a.has("422"));
  EXPECT_TRUE(rig.b.has("INVITE"));
}

TEST(Emergency, OtherCallsAreRefusedMeanwhile) {
  Rig rig({.max_calls = 1});
  rig.connect();
  rig.c.invite();
  EXPECT_FALSE(rig.b.has("INVITE"));
  EXPECT_TRUE(rig.c.has("503"));
}

TEST(Priority, CrossesBetweenTrustedSidesOnly) {  // RFC 4412
  for (const bool trusted : {true, false}) {
    Rig rig;
    trust(rig, trusted ? std::set<std::string>{"access", "core"} : std::set<std::string>{"core"});
    const auto invite = invite_with(rig, "Resource-Priority: wps.0, dsn.flash\r\n");
    EXPECT_EQ(values_of(*invite, "Resource-Priority"), trusted ? (Values{"wps.0", "dsn.flash"}) : Values{});
  }
}

TEST(Priority, IsNeitherHeldUpByALimitNorByADrainWhereItIsTrusted) {  // RFC 4412
  for (const bool trusted : {true, false}) {
    Rig rig({.max_calls = 1});
    if (trusted) trust(rig, {"access"});
    rig.connect();
    rig.calls.drain();
    rig.b.clear();
    rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = "Resource-Priority: wps.0\r\n"});
    EXPECT_EQ(rig.b.has("INVITE"), trusted);
    EXPECT_EQ(rig.a.has("503"), !trusted);
    EXPECT_TRUE(!trusted || rig.relay.history.back().first) << "nor by the relay's";
  }
}

TEST(SessionIds, AreInWhatIsSaidBeforeTheAnswerAndInWhatCrosses) {  // RFC 7989 7
  Rig rig;
  trust(rig, {"access", "core"});
  const auto invite = invite_with(
      rig, "Supported: 100rel\r\nAllow: INVITE, PRACK, UPDATE\r\nSession-ID: " + session(kAlice, "") + "\r\n" + kClaim);
  const std::string bobs = "Session-ID: " + session(kBob, kAlice) + "\r\n";
  rig.b.answer(183, sdp(rig.b.ip(), 6000), "Require: 100rel\r\nRSeq: 1\r\nAllow: INVITE, PRACK, UPDATE\r\n" + bobs);
  EXPECT_EQ(values_of(*rig.b.take("PRACK"), "Session-ID"), Values{session(kAlice, kBob)});
  const auto progress = rig.a.take("183");
  ASSERT_NE(progress, nullptr);
  rig.a.request("PRACK", {},
                "RAck: " + std::string(progress->find(sip::HeaderId::RSeq).value_or("0")) + " " +
                    std::to_string(progress->cseq().number) + " INVITE\r\n");
  rig.a.request("UPDATE", sdp(rig.a.ip(), 4000, "sendonly", 2));
  const auto update = rig.b.take("UPDATE");
  ASSERT_NE(update, nullptr);
  EXPECT_EQ(values_of(*update, "Session-ID"), Values{session(kAlice, kBob)});
  EXPECT_EQ(values_of(*update, "P-Asserted-Identity").size(), 1U);
  rig.b.answer_to(update, 200, sdp(rig.b.ip(), 6000, "recvonly", 2), bobs);
  rig.b.answer(200, {}, bobs);
  rig.a.ack();
  for (const char* method : {"INFO", "MESSAGE", "NOTIFY"}) {
    rig.a.request(method);
    const auto there = rig.b.take(method);
    ASSERT_NE(there, nullptr) << method;
    EXPECT_EQ(values_of(*there, "Session-ID"), Values{session(kAlice, kBob)}) << method;
    rig.b.answer_to(there, 200);
    EXPECT_EQ(values_of(*rig.a.take(std::string("200 ") + method), "Session-ID"), Values{session(kBob, kAlice)})
        << method;
    rig.b.request(method);
    const auto back = rig.a.take(method);
    ASSERT_NE(back, nullptr) << method;
    EXPECT_EQ(values_of(*back, "Session-ID"), Values{session(kBob, kAlice)}) << method;
    rig.a.answer_to(back, 200);
  }
}

}  // namespace
}  // namespace sbc::call::test
