// The policy that ships, run as an operator gets it, and its libraries.

#include <gmock/gmock.h>

#include "support.h"

namespace sbc::policy::testing {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Host> load_default(const Environment& what) {
  const auto bundle = Bundle::read(PARAPET_SOURCE_DIR "/policies/default.lua");
  EXPECT_TRUE(bundle.has_value()) << bundle.error().message();
  auto host = Host::load(*bundle, {}, what);
  EXPECT_TRUE(host.has_value()) << host.error().message();
  return std::move(*host);
}

class DefaultPolicy : public ::testing::Test {
 protected:
  InviteDecision invite(const InviteFacts& facts) {
    const auto outcome = host_->on_invite(facts, lookup_);
    EXPECT_EQ(outcome.error, "");
    return outcome.decision;
  }
  void use(const Environment& what) { host_ = load_default(what); }

  std::unique_ptr<Host> host_ = load_default(environment());
  FakeLookup lookup_;
};

TEST_F(DefaultPolicy, RegisteredUsersCallEachOther) {
  lookup_.add("sip:bob@example.net", 7, "sip:bob@10.0.0.1");
  const InviteDecision decision = invite(call());
  ASSERT_EQ(decision.kind, InviteDecision::Kind::Route);
  EXPECT_EQ(decision.candidates.at(0).contact, 7U);
  EXPECT_THAT(decision.where, HasSubstr("default.lua:"));
}

TEST_F(DefaultPolicy, UnknownCallersAreChallenged) {
  lookup_.add("sip:bob@example.net", 7, "sip:bob@10.0.0.1");
  InviteFacts facts = call();
  facts.authenticated = false;
  facts.auth_user.clear();
  EXPECT_EQ(invite(facts).kind, InviteDecision::Kind::Challenge);
}

TEST_F(DefaultPolicy, AnotherUsersPlaceInACallIsNotForTheTaking) {
  lookup_.add("sip:bob@example.net", 7, "sip:bob@10.0.0.1");
  InviteFacts facts = call();
  facts.replaces = "sip:alice@example.net";
  EXPECT_EQ(invite(facts).kind, InviteDecision::Kind::Route) << "her own, from another phone";
  facts.replaces = "sip:carol@example.net";
  EXPECT_EQ(invite(facts).status, 403);
  Environment open = environment();
  open.settings["allow_pickup"] = true;
  use(open);
  EXPECT_EQ(invite(facts).kind, InviteDecision::Kind::Route);
}

TEST_F(DefaultPolicy, TheFlowOfARegistrationIsKnown) {
  lookup_.add("sip:bob@example.net", 7, "sip:bob@10.0.0.1");
  InviteFacts facts = call();
  facts.authenticated = false;
  facts.auth_user.clear();
  facts.registered_source = true;
  facts.registered_aor = "sip:alice@example.net";
  EXPECT_EQ(invite(facts).kind, InviteDecision::Kind::Route);
  facts.from = address("carol", "example.net");
  EXPECT_EQ(invite(facts).kind, InviteDecision::Kind::Challenge);
}

TEST_F(DefaultPolicy, AForgeableAddressIsNotEnoughForACallThatCostsMoney) {
  InviteFacts facts = call();
  facts.to = address("0660123", "example.net");
  facts.authenticated = false;
  facts.auth_user.clear();
  facts.registered_source = true;
  facts.registered_aor = "sip:alice@example.net";
  facts.transport = "UDP";
  EXPECT_EQ(invite(facts).kind, InviteDecision::Kind::Challenge);
  facts.transport = "TCP";  // a connection cannot be forged
  EXPECT_EQ(invite(facts).kind, InviteDecision::Kind::Route);

  Environment trusting = environment();
  trusting.settings["trust_udp_addresses"] = true;
  use(trusting);
  facts.transport = "UDP";
  EXPECT_EQ(invite(facts).kind, InviteDecision::Kind::Route);
}

TEST_F(DefaultPolicy, ACallForHelpNeedsNoPasswordAndGoesOutAsDialled) {
  InviteFacts facts = call();
  facts.authenticated = false;
  facts.auth_user.clear();
  facts.emergency = true;
  const auto decision = invite(facts);
  ASSERT_EQ(decision.kind, InviteDecision::Kind::Route);
  EXPECT_EQ(decision.candidates.at(0).number, "");
}

TEST_F(DefaultPolicy, NobodyCallsUnderAnotherName) {
  InviteFacts facts = call();
  facts.auth_user = "eve";
  EXPECT_EQ(invite(facts).status, 403);
  facts.auth_user = "alice@example.net";
  EXPECT_NE(invite(facts).status, 403);
}

TEST_F(DefaultPolicy, AUserWithoutAPhoneIsUnavailableAndNotSentOutside) {
  lookup_.accounts["sip:bob@example.net"] = true;
  EXPECT_EQ(invite(call()).status, 480);
}

TEST_F(DefaultPolicy, EverythingElseGoesToTheGroup) {
  InviteFacts facts = call();
  facts.to = address("06601234567", "example.net");
  const InviteDecision decision = invite(facts);
  ASSERT_EQ(decision.kind, InviteDecision::Kind::Route);
  EXPECT_EQ(decision.candidates.at(0).kind, Candidate::Kind::Group);
  EXPECT_EQ(decision.candidates.at(0).name, "carriers");
  EXPECT_EQ(decision.candidates.at(0).number, "06601234567");
  EXPECT_EQ(decision.candidates.at(0).timeout_s, 4U);
}

TEST_F(DefaultPolicy, NumbersBecomeInternationalWhereTheCountryIsConfigured) {
  Environment what = environment();
  what.settings = {{"country", std::int64_t{43}}, {"area", std::string("1")}};
  use(what);
  InviteFacts facts = call();
  facts.to = address("06601234567", "example.net");
  EXPECT_EQ(invite(facts).candidates.at(0).number, "+436601234567");
  facts.to = address("5123456", "example.net");
  EXPECT_EQ(invite(facts).candidates.at(0).number, "+4315123456");
}

TEST_F(DefaultPolicy, WithoutGroupsTheFirstTrunkIsUsedAndWithoutTrunksNothing) {
  Environment what = environment();
  what.groups.clear();
  use(what);
  EXPECT_EQ(invite(call()).candidates.at(0).kind, Candidate::Kind::Trunk);
  EXPECT_EQ(invite(call()).candidates.at(0).name, "carrier_a");
  what.trunks.clear();
  use(what);
  EXPECT_EQ(invite(call()).status, 404);
}

TEST_F(DefaultPolicy, ATrunkReachesUsersByAddressAndByNumberButNeverAnotherTrunk) {
  lookup_.add("sip:+431234@example.net", 9, "sip:bob@10.0.0.1");
  InviteFacts facts = call();
  facts.realm = "core";
  facts.trunk = "carrier_a";
  facts.authenticated = false;
  facts.to = address("+431234", "192.0.2.1");
  ASSERT_EQ(invite(facts).kind, InviteDecision::Kind::Route);
  facts.to = address("+4399", "192.0.2.1");
  EXPECT_EQ(invite(facts).status, 404);
  facts.to = address("", "192.0.2.1");
  EXPECT_EQ(invite(facts).status, 404);
}

TEST_F(DefaultPolicy, KnownUsersMayWriteToEachOtherAndNobodyElse) {
  lookup_.add("sip:bob@example.net", 9, "sip:bob@10.0.0.1");
  RequestFacts message = call();
  message.method = "MESSAGE";
  EXPECT_EQ(host_->on_request(message, lookup_).decision.kind, RequestDecision::Kind::Route);
  message.to = address("+4366012345", "example.net");
  EXPECT_EQ(host_->on_request(message, lookup_).decision.status, 404);
  message.to = address("bob", "example.net");
  message.authenticated = false;
  EXPECT_EQ(host_->on_request(message, lookup_).decision.kind, RequestDecision::Kind::Challenge);
  message.method = "SUBSCRIBE";
  EXPECT_EQ(host_->on_request(message, lookup_).decision.kind, RequestDecision::Kind::Accept);
}

TEST_F(DefaultPolicy, PhonesMayTransferTheirOwnCallsFromOutside) {
  RequestFacts refer = call();
  refer.method = "REFER";
  const auto answer = [&] { return host_->on_request(refer, lookup_).decision; };
  refer.target_party = refer.from.aor;
  EXPECT_EQ(answer().kind, RequestDecision::Kind::Accept);
  refer.target_party = "sip:somebody@example.net";
  EXPECT_EQ(answer().status, 403);
  refer.registered_aor = refer.target_party;
  EXPECT_EQ(answer().kind, RequestDecision::Kind::Accept);
  refer.authenticated = false;
  EXPECT_EQ(answer().kind, RequestDecision::Kind::Challenge);
  refer.target_party = "";
  EXPECT_EQ(answer().kind, RequestDecision::Kind::Accept) << "the border refuses it by itself";
}

TEST_F(DefaultPolicy, ScannersGetNoAnswer) {
  for (const char* agent : {"friendly-scanner", "sipvicious", "sipcli/v1.8", "pplsip", "VOIP", "Cisco"}) {
    InviteFacts facts = call();
    facts.authenticated = false;
    facts.user_agent = agent;
    EXPECT_EQ(invite(facts).kind, InviteDecision::Kind::Drop) << agent;
    RequestFacts options = facts;
    options.method = "OPTIONS";
    EXPECT_EQ(host_->on_request(options, lookup_).decision.kind, RequestDecision::Kind::Drop);
    RegisterFacts registration;
    registration.user_agent = agent;
    EXPECT_EQ(host_->on_register(registration, lookup_).decision.kind, RegisterDecision::Kind::Drop);
  }
  InviteFacts facts = call();
  facts.authenticated = false;
  facts.from.display = "sipvicious";
  EXPECT_EQ(invite(facts).kind, InviteDecision::Kind::Drop);
}

TEST_F(DefaultPolicy, PhonesAreNoScanners) {
  for (const char* agent :
       {"", "baresip v1.0.0 (x86_64/linux)", "Cisco/SPA504G", "Asterisk PBX 20", "Zoiper", "PJSUA"}) {
    InviteFacts facts = call();
    facts.authenticated = false;
    facts.user_agent = agent;
    EXPECT_EQ(invite(facts).kind, InviteDecision::Kind::Challenge) << agent;
  }
}

TEST_F(DefaultPolicy, ManyRefusedRequestsSilenceTheStrangersOfAnAddress) {
  InviteFacts facts = call();
  facts.authenticated = false;
  facts.recent_failures = 29;
  EXPECT_EQ(invite(facts).kind, InviteDecision::Kind::Challenge);
  facts.recent_failures = 30;
  EXPECT_EQ(invite(facts).kind, InviteDecision::Kind::Drop);
  facts.authenticated = true;  // a customer behind the same address
  EXPECT_NE(invite(facts).kind, InviteDecision::Kind::Drop);
  RegisterFacts registration;
  registration.recent_failures = 30;
  EXPECT_EQ(host_->on_register(registration, lookup_).decision.kind, RegisterDecision::Kind::Drop);
  registration.authenticated = true;
  EXPECT_EQ(host_->on_register(registration, lookup_).decision.kind, RegisterDecision::Kind::Accept);
}

TEST_F(DefaultPolicy, RegistrationsNeedAPassword) {
  RegisterFacts facts;
  facts.to_header = address("alice", "example.net");
  EXPECT_EQ(host_->on_register(facts, lookup_).decision.kind, RegisterDecision::Kind::Challenge);
  facts.authenticated = true;
  EXPECT_EQ(host_->on_register(facts, lookup_).decision.kind, RegisterDecision::Kind::Accept);
  facts.trunk = "carrier_a";
  EXPECT_EQ(host_->on_register(facts, lookup_).decision.kind, RegisterDecision::Kind::Deny);
}

TEST_F(DefaultPolicy, PhonesBehindANatAreLearnedAndTrunksBelieved) {
  LegFacts leg;
  leg.behind_nat = true;
  EXPECT_EQ(host_->on_nat(leg).decision.latch, Latch::Learn);
  EXPECT_TRUE(host_->on_nat(leg).decision.symmetric_signalling);
  leg.trunk = "carrier_a";
  EXPECT_EQ(host_->on_nat(leg).decision.latch, Latch::Strict);
  leg = {};
  EXPECT_EQ(host_->on_nat(leg).decision.latch, Latch::Strict);
}

TEST_F(DefaultPolicy, FailuresTakeTheUsualWayExceptARefusalOfACarrier) {
  AttemptFacts attempt;
  attempt.status = 486;
  attempt.trunk = "carrier_a";
  EXPECT_EQ(host_->on_failure(call(), attempt, lookup_).decision.kind, FailureDecision::Kind::Usual);
  attempt.status = 403;
  EXPECT_EQ(host_->on_failure(call(), attempt, lookup_).decision.kind, FailureDecision::Kind::Next);
}

TEST_F(DefaultPolicy, LostMediaIsLogged) {
  EndFacts end;
  end.cause = "media_timeout";
  end.duration_ms = 90'000;
  const auto outcome = host_->on_end(call(), end, lookup_);
  EXPECT_EQ(outcome.error, "");
  EXPECT_THAT(outcome.log.at(0).text, HasSubstr("lost its media after 90 s"));
}

TEST_F(DefaultPolicy, ASettingThatNamesNoGroupStopsTheLoading) {
  const auto bundle = Bundle::read(PARAPET_SOURCE_DIR "/policies/default.lua");
  Environment what = environment();
  what.settings = {{"trunk_group", std::string("nobody")}};
  EXPECT_FALSE(Host::load(*bundle, {}, what).has_value());
}

// ---- the libraries ----------------------------------------------------------------------------------------------

std::string library_value(const std::string& expression) {
  const auto bundle = Bundle::read(PARAPET_SOURCE_DIR "/policies/default.lua");
  std::vector<BundleFile> files = bundle->files();
  files.push_back({"test.lua",
                   "local numbers, hours = require 'lib.numbers', require 'lib.hours'\n"
                   "return { on_invite = function(call) return reject(404, tostring(" +
                       expression + ")) end }"});
  const auto host = Host::load(Bundle("test.lua", std::move(files)));
  if (!host) return host.error().message();
  FakeLookup lookup;
  const auto outcome = (*host)->on_invite(call(), lookup);
  return outcome.failed() ? outcome.error : outcome.decision.reason;
}

TEST(NumbersLibrary, ReadsAndWritesNumbers) {
  EXPECT_EQ(library_value("numbers.e164('0660 123-45 67', '43')"), "+436601234567");
  EXPECT_EQ(library_value("numbers.e164('0049 30 1234567', '43')"), "+49301234567");
  EXPECT_EQ(library_value("numbers.e164('+1 (212) 555-0100', '43')"), "+12125550100");
  EXPECT_EQ(library_value("numbers.e164('144', '43')"), "144");
  EXPECT_EQ(library_value("numbers.e164('alice', '43')"), "alice");
  EXPECT_EQ(library_value("numbers.e164('2125550100', '1', { international = '011', national = '1', area = '' })"),
            "+12125550100");
  EXPECT_EQ(library_value("numbers.national('+436601234567', '43')"), "06601234567");
  EXPECT_EQ(library_value("numbers.national('+49301234567', '43')"), "0049301234567");
  EXPECT_EQ(library_value("numbers.plain('+43 1')"), "431");
  EXPECT_EQ(library_value("numbers.is_e164('+4312345')"), "true");
  EXPECT_EQ(library_value("numbers.is_e164('+0123456789')"), "false");
  EXPECT_EQ(library_value("numbers.digits('12a')"), "nil");
  EXPECT_EQ(library_value("numbers.prefixes { ['+43'] = 'at', ['+43720'] = 'services' }('+4372012')"), "services");
  EXPECT_EQ(library_value("numbers.prefixes { ['+43'] = 'at' }('+49')"), "nil");
  EXPECT_EQ(library_value("numbers.in_block('4315', '4310', '4319')"), "true");
}

TEST(HoursLibrary, KnowsSpansNightsAndDaysOff) {
  const std::string week = "hours.week { sat = '03:00-04:00', fri = '22:00-01:00', closed = { '2026-12-24' } }";
  EXPECT_EQ(library_value(week + "(call.time)"), "true");
  EXPECT_EQ(library_value(week + "{ date = '', weekday = 6, hour = 4, minute = 0 }"), "false");
  EXPECT_EQ(library_value(week + "{ date = '', weekday = 6, hour = 0, minute = 59 }"), "true");
  EXPECT_EQ(library_value(week + "{ date = '', weekday = 6, hour = 1, minute = 0 }"), "false");
  EXPECT_EQ(library_value(week + "{ date = '', weekday = 5, hour = 23, minute = 0 }"), "true");
  EXPECT_EQ(library_value(week + "{ date = '2026-12-24', weekday = 5, hour = 23, minute = 0 }"), "false");
  EXPECT_THAT(library_value("hours.week { monday = '08:00-09:00' }"), HasSubstr("there is no day monday"));
  EXPECT_THAT(library_value("hours.week { mon = '8-9' }"), HasSubstr("expected a time"));
}

}  // namespace
}  // namespace sbc::policy::testing
