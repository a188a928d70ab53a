// What handlers may answer, and what is refused.

#include <gmock/gmock.h>

#include "support.h"

namespace sbc::policy::testing {
namespace {

using ::testing::HasSubstr;

TEST(Decision, RejectCarriesStatusReasonHeadersAndPlace) {
  const auto outcome = invite("\n  return reject(486, 'Busy', { ['X-Why'] = 'lunch' })");
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  EXPECT_EQ(outcome.decision.kind, InviteDecision::Kind::Reject);
  EXPECT_EQ(outcome.decision.status, 486);
  EXPECT_EQ(outcome.decision.reason, "Busy");
  ASSERT_EQ(outcome.decision.headers.size(), 1U);
  EXPECT_EQ(outcome.decision.headers[0].name, "X-Why");
  EXPECT_EQ(outcome.decision.headers[0].value, "lunch");
  EXPECT_EQ(outcome.decision.where, "p.lua:2");
}

// RFC 3261 8.3, 20.10.
TEST(Decision, RedirectSaysWhereToCallInstead) {
  const auto one = invite("\n  return redirect('sip:bob@example.org')");
  ASSERT_FALSE(one.failed()) << one.error;
  EXPECT_EQ(one.decision.kind, InviteDecision::Kind::Reject);
  EXPECT_EQ(one.decision.status, 302);
  ASSERT_EQ(one.decision.headers.size(), 1U);
  EXPECT_EQ(one.decision.headers[0].name, "Contact");
  EXPECT_EQ(one.decision.headers[0].value, "<sip:bob@example.org>");
  EXPECT_EQ(one.decision.where, "p.lua:2");
  const auto several =
      invite("return redirect({ 'sips:bob@example.org', 'tel:+4312345' }, 300, 'Choose', { ['X-Why'] = 'moved' })");
  ASSERT_FALSE(several.failed()) << several.error;
  EXPECT_EQ(several.decision.status, 300);
  EXPECT_EQ(several.decision.reason, "Choose");
  EXPECT_EQ(several.decision.headers[0].value, "<sips:bob@example.org>;q=1.0, <tel:+4312345>;q=0.9");
  EXPECT_EQ(several.decision.headers[1].name, "X-Why");
}

TEST(Decision, RedirectIsRefusedWhereNobodyCanBeCalledInstead) {
  for (const char* to :
       {"'bob'", "'http://example.org'", "'sip:'", "'sip:a@b>,<sip:c@d'", "'sip:a b@c'", "{}", "4312345", "nil",
        "{ 'sip:a@b', 'sip:a@b', 'sip:a@b', 'sip:a@b', 'sip:a@b', 'sip:a@b', 'sip:a@b', 'sip:a@b', 'sip:a@b' }"})
    EXPECT_THAT(invite("return redirect(" + std::string(to) + ")").error, HasSubstr("redirect")) << to;
  EXPECT_THAT(invite("return redirect('sip:a@b', 404)").error, HasSubstr("from 300 to 302"));
  EXPECT_THAT(invite("return redirect('sip:a@b', 302, 'x', { Contact = '<sip:c@d>' })").error,
              HasSubstr("belongs to the border"));
  FakeLookup lookup;
  const auto host = load(
      "return { on_invite = function() return drop() end, on_register = function() return redirect('sip:a@b') end,\n"
      "on_screen = function() return redirect('sip:a@b') end,\n"
      "on_request = function() return redirect('sip:a@b') end,\n"
      "on_failure = function() return redirect('sip:a@b') end }");
  EXPECT_THAT(host->on_register(RegisterFacts{}, lookup).error, HasSubstr("on_register cannot answer redirect"));
  EXPECT_THAT(host->on_screen(RequestFacts{}, lookup).error, HasSubstr("on_screen cannot answer redirect"));
  const auto request = host->on_request(RequestFacts{}, lookup);
  EXPECT_EQ(request.error, "");
  EXPECT_EQ(request.decision.status, 302);
  const auto failure = host->on_failure(InviteFacts{}, AttemptFacts{}, lookup);
  EXPECT_EQ(failure.error, "");
  EXPECT_EQ(failure.decision.kind, FailureDecision::Kind::GiveUp);
  EXPECT_EQ(failure.decision.headers.at(0).value, "<sip:a@b>");
}

TEST(Decision, SoundsAreNamedOrSpelledOut) {
  const auto busy = invite("return reject(486, nil, nil, { announcement = 'busy' })");
  ASSERT_FALSE(busy.failed()) << busy.error;
  EXPECT_EQ(busy.decision.announcement, "busy");
  const auto music = invite(
      "return route { { trunk = 'carrier_a', music_on_hold = 'tone:425/200,0/200' },"
      " { trunk = 'carrier_a', ringback = 'ring' }, music_on_hold = '' }");
  ASSERT_FALSE(music.failed()) << music.error;
  ASSERT_EQ(music.decision.candidates.size(), 2U);
  EXPECT_EQ(music.decision.candidates[0].music_on_hold, "tone:425/200,0/200");
  EXPECT_FALSE(music.decision.candidates[0].ringback);
  EXPECT_EQ(music.decision.candidates[1].ringback, "ring");
  EXPECT_EQ(music.decision.candidates[1].music_on_hold, "") << "none, whatever the trunk has";
}

TEST(Decision, OnlyACallHasAnAnnouncement) {
  FakeLookup lookup;
  const auto host = load(
      "return { on_invite = function() return drop() end, on_request = function()\n"
      "return reject(404, nil, nil, { announcement = 'busy' }) end }");
  EXPECT_THAT(host->on_request(RequestFacts{}, lookup).error,
              HasSubstr("only on_invite and on_failure can have an announcement"));
}

TEST(Decision, PlainOnesAreTakenAsTheyAre) {
  EXPECT_EQ(invite("return challenge()").decision.kind, InviteDecision::Kind::Challenge);
  EXPECT_EQ(invite("return drop()").decision.kind, InviteDecision::Kind::Drop);
  EXPECT_EQ(invite("return deny()").decision.status, 403);
}

TEST(Decision, RouteToContactsTriesThemInTheOrderOfTheLookup) {
  FakeLookup lookup;
  lookup.add("sip:bob@example.net", 7, "sip:bob@10.0.0.1");
  lookup.add("sip:bob@example.net", 8, "sip:bob@10.0.0.2");
  const auto host = load_body("return route(location.lookup(call.to.aor))");
  const auto outcome = host->on_invite(call(), lookup);
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  ASSERT_EQ(outcome.decision.kind, InviteDecision::Kind::Route);
  ASSERT_EQ(outcome.decision.candidates.size(), 2U);
  EXPECT_EQ(outcome.decision.candidates[0].kind, Candidate::Kind::Contact);
  EXPECT_EQ(outcome.decision.candidates[0].contact, 7U);
  EXPECT_EQ(outcome.decision.candidates[1].contact, 8U);
  EXPECT_EQ(outcome.decision.candidates[1].name, "sip:bob@10.0.0.2");
}

TEST(Decision, RouteToOneContactOfSeveral) {
  FakeLookup lookup;
  lookup.add("sip:bob@example.net", 7, "sip:bob@10.0.0.1");
  lookup.add("sip:bob@example.net", 8, "sip:bob@10.0.0.2");
  const auto host = load_body(
      "local c = location.lookup('bob')\n"
      "assert(#c == 2 and c[3] == nil and c[1].uri == 'sip:bob@10.0.0.1' and c[2].q == 0.5 and c[1].expires_in == 60)\n"
      "return route(c[2])");
  const auto outcome = host->on_invite(call(), lookup);
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  ASSERT_EQ(outcome.decision.candidates.size(), 1U);
  EXPECT_EQ(outcome.decision.candidates[0].contact, 8U);
}

TEST(Decision, RouteToGroupWithEverything) {
  const auto outcome = invite(
      "return route { group = 'carriers', number = '+431234', timeout = 4, ring_timeout = 60,\n"
      "  max_duration = 604800,\n"
      "  from = { user = '100', display = 'Office' },\n"
      "  headers = { ['X-Tenant'] = 'blue', Subject = false } }");
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  ASSERT_EQ(outcome.decision.candidates.size(), 1U);
  const Candidate& candidate = outcome.decision.candidates[0];
  EXPECT_EQ(candidate.kind, Candidate::Kind::Group);
  EXPECT_EQ(candidate.name, "carriers");
  EXPECT_EQ(candidate.number, "+431234");
  EXPECT_EQ(candidate.timeout_s, 4U);
  EXPECT_EQ(candidate.ring_timeout_s, 60U);
  EXPECT_EQ(candidate.max_duration_s, 604'800U);
  EXPECT_EQ(candidate.from_user, "100");
  EXPECT_EQ(candidate.from_display, "Office");
  ASSERT_EQ(candidate.headers.size(), 2U);
  for (const HeaderOp& op : candidate.headers) {
    EXPECT_EQ(op.kind, op.name == "Subject" ? HeaderOp::Kind::Remove : HeaderOp::Kind::Set);
    EXPECT_EQ(op.value, op.name == "Subject" ? "" : "blue");
  }
}

TEST(Decision, APlaceSaysWhatBecomesOfItsRedirections) {
  const auto outcome = invite(
      "return route { { trunk = 'carrier_a', redirects = 'pass' }, { trunk = 'carrier_a' }, redirects = 'follow' }");
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  EXPECT_EQ(outcome.decision.candidates.at(0).redirects, OnRedirect::Pass);
  EXPECT_EQ(outcome.decision.candidates.at(1).redirects, OnRedirect::Follow);
  EXPECT_FALSE(invite("return route { trunk = 'carrier_a' }").decision.candidates.at(0).redirects);
  EXPECT_THAT(invite("return route { trunk = 'carrier_a', redirects = 'folow' }").error, HasSubstr("follow"));
}

TEST(Decision, APlaceSaysHowItsMediaIsProtected) {
  const auto outcome = invite(
      "return route { { trunk = 'carrier_a', media_security = 'sdes' }, { trunk = 'carrier_a' }, media_security = "
      "'best-effort' }");
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  EXPECT_EQ(outcome.decision.candidates.at(0).media_security, MediaSecurity::Sdes);
  EXPECT_EQ(outcome.decision.candidates.at(1).media_security, MediaSecurity::BestEffort);
  EXPECT_FALSE(invite("return route { trunk = 'carrier_a' }").decision.candidates.at(0).media_security);
  EXPECT_THAT(invite("return route { trunk = 'carrier_a', media_security = 'sde' }").error, HasSubstr("sdes"));
}

TEST(Decision, APlaceSaysWhichCodecsItMayUse) {
  const auto outcome = invite(
      "return route { { trunk = 'carrier_a', codecs = { allow = { 'pcma', 'PCMU' }, order = { 'PCMA' }, ptime = 20 } "
      "},\n"
      "  { trunk = 'carrier_a' }, codecs = { deny = { 'video', 'G722' }, force = { 'opus' }, maxptime = 40 } }");
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  const sdp::CodecRules one{.allow = {"PCMA", "PCMU"}, .order = {"PCMA"}, .ptime = 20};
  const sdp::CodecRules two{.deny = {"video", "G722"}, .force = {"opus"}, .maxptime = 40};
  EXPECT_EQ(outcome.decision.candidates.at(0).codecs, one);
  EXPECT_EQ(outcome.decision.candidates.at(1).codecs, two);
  EXPECT_FALSE(invite("return route { trunk = 'carrier_a' }").decision.candidates.at(0).codecs);
  const auto error_of = [](const std::string& codecs) {
    return invite("return route { trunk = 'carrier_a', codecs = " + codecs + " }").error;
  };
  EXPECT_THAT(error_of("{ allow = { 'PCMX' } }"), HasSubstr("PCM"));
  EXPECT_THAT(error_of("{ allow = { 'PCMX' } }"), HasSubstr("there is no codec"));
  EXPECT_THAT(error_of("{ allow = { 'video' } }"), HasSubstr("there is no codec"));
  EXPECT_THAT(error_of("{ alow = { 'PCMA' } }"), HasSubstr("allow"));
  EXPECT_THAT(error_of("{ allow = 'PCMA' }"), HasSubstr("must be a list"));
  EXPECT_THAT(error_of("{ ptime = 1 }"), HasSubstr("from 5 to 200"));
  EXPECT_THAT(error_of("'PCMA'"), HasSubstr("must be a table"));
}

TEST(Decision, APlaceSaysWhetherItsCallsAreRecorded) {
  const auto outcome = invite(
      "return route { { trunk = 'carrier_a', record = {} }, { trunk = 'carrier_a' },\n"
      "  record = { wav = true, pcap = true, required = true, control = true } }");
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  EXPECT_EQ(outcome.decision.candidates.at(0).record, Recording{});
  EXPECT_EQ(outcome.decision.candidates.at(1).record,
            (Recording{.wav = true, .pcap = true, .required = true, .control = true}));
  EXPECT_FALSE(invite("return route { trunk = 'carrier_a' }").decision.candidates.at(0).record);
  const auto error_of = [](const std::string& record) {
    return invite("return route { trunk = 'carrier_a', record = " + record + " }").error;
  };
  EXPECT_EQ(invite("return route { trunk = 'carrier_a', record = { siprec = 'recorders', required = true } }")
                .decision.candidates.at(0)
                .record,
            (Recording{.siprec = "recorders", .required = true}));
  EXPECT_THAT(error_of("{ wave = true }"), HasSubstr("wav"));
  EXPECT_THAT(error_of("{ wav = 'yes' }"), HasSubstr("wav"));
  EXPECT_THAT(error_of("{ siprec = true }"), HasSubstr("siprec must be a string"));
  EXPECT_THAT(error_of("true"), HasSubstr("must be a table"));
  EXPECT_THAT(error_of("{ required = true }"), HasSubstr("want wav, pcap or siprec"));
  EXPECT_THAT(error_of("{ siprec = 'carrier', early = true }"), HasSubstr("wants wav or pcap"));
}

TEST(Decision, APlaceSaysWhatItTakesForOffers) {
  const auto outcome = invite("return route { trunk = 'carrier_a', late_offer = 'offer', preconditions = 'refuse' }");
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  EXPECT_EQ(outcome.decision.candidates.at(0).late_offer, LateOffer::Offer);
  EXPECT_EQ(outcome.decision.candidates.at(0).preconditions, Preconditions::Refuse);
  EXPECT_THAT(invite("return route { trunk = 'carrier_a', late_offer = 'ofer' }").error, HasSubstr("offer"));
}

TEST(Decision, AListOfCandidatesSharesTheFieldsAroundIt) {
  FakeLookup lookup;
  lookup.add("sip:bob@example.net", 7, "sip:bob@10.0.0.1");
  const auto host = load_body(
      "return route { location.lookup(call.to.aor), { trunk = 'carrier_a', number = '5', timeout = 9 },\n"
      "  { uri = 'sip:mail@192.0.2.9', realm = 'core' }, timeout = 4, ring_timeout = 20,\n"
      "  headers = { ['X-All'] = '1' } }");
  const auto outcome = host->on_invite(call(), lookup);
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  const auto& candidates = outcome.decision.candidates;
  ASSERT_EQ(candidates.size(), 3U);
  EXPECT_EQ(candidates[0].kind, Candidate::Kind::Contact);
  EXPECT_EQ(candidates[0].timeout_s, 4U);
  EXPECT_EQ(candidates[1].kind, Candidate::Kind::Trunk);
  EXPECT_EQ(candidates[1].timeout_s, 9U);
  EXPECT_EQ(candidates[1].ring_timeout_s, 20U);
  EXPECT_EQ(candidates[1].number, "5");
  EXPECT_EQ(candidates[2].kind, Candidate::Kind::Uri);
  EXPECT_EQ(candidates[2].realm, "core");
  for (const Candidate& candidate : candidates) ASSERT_EQ(candidate.headers.size(), 1U);
}

TEST(Decision, ALookupThatFoundNobodyIsLeftOutOfAList) {
  const auto outcome = invite("return route { location.lookup('nobody'), { group = 'carriers' } }");
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  ASSERT_EQ(outcome.decision.candidates.size(), 1U);
  EXPECT_EQ(outcome.decision.candidates[0].kind, Candidate::Kind::Group);
}

TEST(Decision, SeveralValuesOfOneHeaderAreSetAndAdded) {
  const auto outcome = invite("return route { trunk = 'carrier_a', headers = { Diversion = { 'a', 'b' } } }");
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  const auto& ops = outcome.decision.candidates.at(0).headers;
  ASSERT_EQ(ops.size(), 2U);
  EXPECT_EQ(ops[0].kind, HeaderOp::Kind::Set);
  EXPECT_EQ(ops[1].kind, HeaderOp::Kind::Add);
  EXPECT_EQ(ops[1].value, "b");
}

struct Refused {
  const char* body;
  const char* why;
};

TEST(Decision, MistakesAreNamedWithTheirLine) {
  const Refused cases[] = {
      {"return route { gruop = 'carriers' }", "route has no field \"gruop\"; did you mean \"group\"?"},
      {"return route { group = 'carrier' }", "there is no group \"carrier\"; did you mean \"carriers\"?"},
      {"return route { trunk = 'carrier_c' }", "there is no trunk \"carrier_c\"; did you mean \"carrier_a\"?"},
      {"return route { uri = 'sip:1.2.3.4' }", "needs the realm"},
      {"return route { uri = 'sip:1.2.3.4', realm = 'acess' }", "did you mean \"access\"?"},
      {"return route { trunk = 'carrier_a', group = 'carriers' }", "only one of"},
      {"return route { number = '12' }", "no destination"},
      {"return route {}", "no destination"},
      {"return route(nil)", "nil given"},
      {"return route('bob')", "got string"},
      {"return route { { { { { { trunk = 'carrier_a' } } } } } }", "more than 4 lists within each other"},
      {"return route { trunk = 'carrier_a', timeout = 0 }", "timeout must be a whole number from 1 to 600"},
      {"return route { trunk = 'carrier_a', timeout = 601 }", "from 1 to 600"},
      {"return route { trunk = 'carrier_a', timeout = 1.5 }", "whole number"},
      {"return route { trunk = 'carrier_a', timeout = '4' }", "whole number"},
      {"return route { trunk = 'carrier_a', number = '1 2' }", "is no number or user name"},
      {"return route { trunk = 'carrier_a', number = 'a@b' }", "is no number or user name"},
      {"return route { trunk = 'carrier_a', number = '' }", "is no number or user name"},
      {"return route { trunk = 'carrier_a', from = { usr = '1' } }", "did you mean \"user\"?"},
      {"return route { trunk = 'carrier_a', from = { display = 'a\\r\\nb' } }", "control character"},
      {"return route { trunk = 'carrier_a', headers = { Via = 'x' } }", "belongs to the border"},
      {"return route { trunk = 'carrier_a', headers = { ['call-id'] = 'x' } }", "belongs to the border"},
      {"return route { trunk = 'carrier_a', headers = { m = 'x' } }", "belongs to the border"},
      {"return route { trunk = 'carrier_a', headers = { ['X Y'] = 'x' } }", "is no header name"},
      {"return route { trunk = 'carrier_a', headers = { ['X-A'] = 'a\\r\\nVia: b' } }", "control character"},
      {"return route { trunk = 'carrier_a', headers = { ['X-A'] = { 1, {} } } }", "must be a string"},
      {"return reject()", "the status must be a whole number from 400 to 699"},
      {"return reject(200)", "from 400 to 699"},
      {"return reject(700)", "from 400 to 699"},
      {"return reject(404, 'a', {}, {}, 1)", "at most 4 arguments"},
      {"return reject(404, 'a', {}, 1)", "reject: the options must be a table, not a number"},
      {"return reject(404, nil, nil, { announcment = 'busy' })", "did you mean \"announcement\"?"},
      {"return reject(404, nil, nil, { announcement = '../busy' })",
       "reject: announcement: expected the name of a sound"},
      {"return reject(404, nil, nil, { announcement = 'tone:1' })", "expected tones as in"},
      {"return route { trunk = 'carrier_a', max_duration = 0 }",
       "route: max_duration must be a whole number from 1 to 604800"},
      {"return route { trunk = 'carrier_a', max_duration = 604801 }",
       "route: max_duration must be a whole number from 1 to 604800"},
      {"return route { trunk = 'carrier_a', music_on_hold = 'a/b' }",
       "route: music_on_hold: expected the name of a sound"},
      {"return deny(404, 'a', {}, {})", "at most 3 arguments"},
      {"return reject(404, 'a\\nb')", "control character"},
      {"return reject(404, 'x', { ['X-A'] = false })", "must be a string"},
      {"return accept()", "on_invite cannot answer accept"},
      {"return next_candidate()", "on_invite cannot answer next_candidate"},
      {"return 404", "on_invite must return route, reject, redirect, challenge or drop, not number"},
      {"return", "not nothing"},
      {"return { status = 404 }", "not table"},
      {"return challenge(1)", "at most 0 arguments"},
      {"local d = reject(404) return reject(404, d.reason)", "a decision cannot be read"},
  };
  for (const Refused& c : cases) {
    const auto outcome = invite(c.body);
    EXPECT_THAT(outcome.error, HasSubstr(c.why)) << c.body;
    EXPECT_TRUE(outcome.error.starts_with("p.lua:1: ")) << c.body << " -> " << outcome.error;
    EXPECT_EQ(outcome.decision.kind, InviteDecision::Kind::Reject);
    EXPECT_EQ(outcome.decision.status, 500);
    EXPECT_EQ(outcome.decision.where, "fallback");
  }
}

TEST(Decision, LimitsHoldAtTheLimitAndNotOnePast) {
  EXPECT_EQ(error_of("local l = {} for i = 1, 32 do l[i] = { group = 'carriers' } end return route(l)"), "");
  EXPECT_THAT(error_of("local l = {} for i = 1, 33 do l[i] = { group = 'carriers' } end return route(l)"),
              HasSubstr("more than 32 candidates"));
  EXPECT_EQ(error_of("local h = {} for i = 1, 32 do h['X-' .. i] = 'v' end "
                     "return route { group = 'carriers', headers = h }"),
            "");
  EXPECT_THAT(error_of("local h = {} for i = 1, 33 do h['X-' .. i] = 'v' end "
                       "return route { group = 'carriers', headers = h }"),
              HasSubstr("more than 32 headers"));
  EXPECT_EQ(error_of("return route { group = 'carriers', headers = { ['X-A'] = ('v'):rep(1024) } }"), "");
  EXPECT_THAT(error_of("return route { group = 'carriers', headers = { ['X-A'] = ('v'):rep(1025) } }"),
              HasSubstr("longer than 1024"));
  EXPECT_EQ(error_of("return route { group = 'carriers', number = ('1'):rep(128) }"), "");
  EXPECT_THAT(error_of("return route { group = 'carriers', number = ('1'):rep(129) }"), HasSubstr("longer than 128"));
  EXPECT_EQ(error_of("return reject(404, ('x'):rep(128))"), "");
  EXPECT_THAT(error_of("return reject(404, ('x'):rep(129))"), HasSubstr("longer than 128"));
  EXPECT_EQ(error_of("for i = 1, 63 do reject(404) end return reject(404)"), "");
  EXPECT_THAT(error_of("for i = 1, 64 do reject(404) end return reject(404)"), HasSubstr("more than 64 decisions"));
  EXPECT_EQ(error_of("for i = 1, 16 do location.lookup('x') end return reject(404)"), "");
  EXPECT_THAT(error_of("for i = 1, 17 do location.lookup('x') end return reject(404)"), HasSubstr("more than 16"));
}

TEST(Decision, MayNotBeKeptForALaterCall) {
  FakeLookup lookup;
  const auto host = load("local kept\nreturn { on_invite = function() kept = kept or reject(404) return kept end }");
  EXPECT_FALSE(host->on_invite(call(), lookup).failed());
  EXPECT_THAT(host->on_invite(call(), lookup).error, HasSubstr("earlier event"));
}

TEST(RegisterDecision, AcceptsWithOptionsChallengesAndDenies) {
  FakeLookup lookup;
  RegisterFacts facts;
  facts.realm = "access";
  facts.to_header = address("alice", "example.net");
  const auto host = load(
      "return { on_invite = function() return drop() end, on_register = function(reg)\n"
      "  if reg.to_header.user == 'eve' then return deny(403, 'Go away') end\n"
      "  if not reg.authenticated then return reg.challenge_unless_authenticated() end\n"
      "  return accept { min_expires = 30, max_expires = 120, expires = 60, max_contacts = 3 }\nend }");
  auto outcome = host->on_register(facts, lookup);
  EXPECT_EQ(outcome.decision.kind, RegisterDecision::Kind::Challenge) << outcome.error;
  EXPECT_EQ(outcome.decision.where, "p.lua:3");
  facts.authenticated = true;
  outcome = host->on_register(facts, lookup);
  EXPECT_EQ(outcome.decision.kind, RegisterDecision::Kind::Accept) << outcome.error;
  EXPECT_EQ(outcome.decision.min_expires, 30U);
  EXPECT_EQ(outcome.decision.max_expires, 120U);
  EXPECT_EQ(outcome.decision.default_expires, 60U);
  EXPECT_EQ(outcome.decision.max_contacts, 3U);
  facts.to_header.user = "eve";
  outcome = host->on_register(facts, lookup);
  EXPECT_EQ(outcome.decision.kind, RegisterDecision::Kind::Deny);
  EXPECT_EQ(outcome.decision.reason, "Go away");
}

TEST(RegisterDecision, MissingHandlerAcceptsTheAuthenticatedOnly) {
  FakeLookup lookup;
  const auto host = load("return { on_invite = function() return drop() end }");
  RegisterFacts facts;
  EXPECT_EQ(host->on_register(facts, lookup).decision.kind, RegisterDecision::Kind::Challenge);
  facts.authenticated = true;
  EXPECT_EQ(host->on_register(facts, lookup).decision.kind, RegisterDecision::Kind::Accept);
  facts.trunk = "carrier_a";
  EXPECT_EQ(host->on_register(facts, lookup).decision.kind, RegisterDecision::Kind::Deny);
  EXPECT_EQ(host->counters().invocations[static_cast<std::size_t>(Handler::Register)], 0U);
}

TEST(RegisterDecision, FailureIsDeniedNeverAccepted) {
  FakeLookup lookup;
  const auto host =
      load("return { on_invite = function() return drop() end, on_register = function(r) return r.x end }");
  RegisterFacts facts;
  facts.authenticated = true;
  const auto outcome = host->on_register(facts, lookup);
  EXPECT_TRUE(outcome.failed());
  EXPECT_EQ(outcome.decision.kind, RegisterDecision::Kind::Deny);
  EXPECT_EQ(outcome.decision.status, 500);
}

TEST(NatDecision, FieldsLeftOutKeepTheUsual) {
  LegFacts leg;
  leg.behind_nat = true;
  leg.source_ip = "203.0.113.5";
  const auto host = load(
      "return { on_invite = function() return drop() end, on_nat = function(leg)\n"
      "  return { latch_from = { 'source', '198.51.100.0/24' } } end }");
  const auto outcome = host->on_nat(leg);
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  EXPECT_TRUE(outcome.decision.symmetric_signalling);
  EXPECT_EQ(outcome.decision.latch, Latch::Learn);
  ASSERT_EQ(outcome.decision.latch_from.size(), 2U);
  EXPECT_EQ(outcome.decision.latch_from[0].text(), base::Prefix::parse("203.0.113.5")->text());
}

TEST(NatDecision, APeerMayBeHeardFromElsewhere) {
  LegFacts leg;
  leg.source_ip = "203.0.113.5";
  const auto host = load(
      "return { on_invite = function() return drop() end, on_nat = function(leg)\n"
      "  return { latch = 'hear', latch_from = { '198.51.100.9' } } end }");
  const auto outcome = host->on_nat(leg);
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  EXPECT_EQ(outcome.decision.latch, Latch::Hear);
}

TEST(NatDecision, KeepAlivesOfARegistration) {
  LegFacts leg;
  leg.side = "registration";
  const auto host = load(
      "return { on_invite = function() return drop() end, on_nat = function(leg)\n"
      "  if leg.side == 'registration' then return { keep_alive = 'stun', keep_alive_interval = 20 } end end }");
  auto outcome = host->on_nat(leg);
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  EXPECT_EQ(outcome.decision.keep_alive, KeepAlive::Stun);
  EXPECT_EQ(outcome.decision.keep_alive_s, 20U);
  leg.side = "caller";
  EXPECT_EQ(host->on_nat(leg).decision.keep_alive, KeepAlive::None);
}

TEST(NatDecision, OnlyWhereTheSignallingComesFromIsLearnedUnlessNamed) {
  LegFacts leg;
  leg.source_ip = "203.0.113.5";
  const auto sources = [&](const std::string& answer) {
    const auto host =
        load("return { on_invite = function() return drop() end, on_nat = function() return " + answer + " end }");
    const auto outcome = host->on_nat(leg);
    EXPECT_FALSE(outcome.failed()) << outcome.error;
    std::string text;
    for (const auto& prefix : outcome.decision.latch_from) text += prefix.text() + " ";
    return text;
  };
  const std::string source = base::Prefix::parse("203.0.113.5")->text() + " ";
  EXPECT_EQ(sources("nil"), source);
  EXPECT_EQ(sources("{ latch = 'learn' }"), source);
  EXPECT_EQ(sources("{ latch_from = { '10.0.0.0/8' } }"), "10.0.0.0/8 ");
  EXPECT_EQ(sources("{ latch_from = { 'any' } }"), "0.0.0.0/0 ::/0 ");
  const auto silent = load("return { on_invite = function() return drop() end }");
  EXPECT_EQ(silent->on_nat(leg).decision.latch_from.size(), 1U) << "nor without a handler";
}

TEST(NatDecision, MistakesFallBackToTheUsual) {
  LegFacts leg;
  const Refused cases[] = {
      {"{ latch = 'lern' }", "latch must be \"learn\", \"strict\" or \"hear\""},
      {"{ latched = 'learn' }", "did you mean \"latch\"?"},
      {"{ keep_alive = 'option' }", "did you mean \"options\"?"},
      {"{ keep_alive_interval = 4 }", "5"},
      {"{ keep_alive_interval = 3601 }", "3600"},
      {"{ latch_from = 'source' }", "must be a list"},
      {"{ latch_from = { 'media' } }", "expects networks"},
      {"{ latch_from = {} }", "names nothing"},
      {"{ symmetric_signalling = 1 }", "must be true or false"},
      {"reject(404)", "must return a table"},
      {"location.lookup('x')", "not available here"},
  };
  for (const Refused& c : cases) {
    const auto host =
        load(std::string("return { on_invite = function() return drop() end,\non_nat = function(leg) return ") +
             c.body + " end }");
    const auto outcome = host->on_nat(leg);
    EXPECT_THAT(outcome.error, HasSubstr(c.why)) << c.body;
    EXPECT_TRUE(outcome.error.starts_with("p.lua:2: ")) << outcome.error;
    EXPECT_EQ(outcome.decision.latch, Latch::Strict);
    EXPECT_EQ(outcome.decision.where, "fallback");
  }
}

TEST(FailureDecision, NextGiveUpRouteAndNothing) {
  FakeLookup lookup;
  const auto host = load(
      "return { on_invite = function() return drop() end, on_failure = function(call, attempt)\n"
      "  if attempt.status == 503 then return next_candidate() end\n"
      "  if attempt.status == 486 then return give_up(480, 'Try later', { ['Retry-After'] = 60 }) end\n"
      "  if attempt.status == 404 then return give_up() end\n"
      "  if attempt.status == 480 then return give_up(480, nil, nil, { announcement = 'gone' }) end\n"
      "  if attempt.cause == 'timeout' then return route { trunk = 'carrier_b', number = call.to.user } end\n"
      "end }");
  AttemptFacts attempt;
  attempt.status = 503;
  EXPECT_EQ(host->on_failure(call(), attempt, lookup).decision.kind, FailureDecision::Kind::Next);
  attempt.status = 486;
  auto outcome = host->on_failure(call(), attempt, lookup);
  EXPECT_EQ(outcome.decision.kind, FailureDecision::Kind::GiveUp) << outcome.error;
  EXPECT_EQ(outcome.decision.status, 480);
  EXPECT_EQ(outcome.decision.headers.at(0).value, "60");
  attempt.status = 404;
  EXPECT_EQ(host->on_failure(call(), attempt, lookup).decision.status, 0);
  attempt.status = 480;
  EXPECT_EQ(host->on_failure(call(), attempt, lookup).decision.announcement, "gone");
  attempt.status = 408;
  attempt.cause = "timeout";
  outcome = host->on_failure(call(), attempt, lookup);
  EXPECT_EQ(outcome.decision.kind, FailureDecision::Kind::Route);
  EXPECT_EQ(outcome.decision.candidates.at(0).number, "bob");
  attempt.cause = "response";
  EXPECT_EQ(host->on_failure(call(), attempt, lookup).decision.kind, FailureDecision::Kind::Usual);
}

TEST(FailureDecision, ARedirectionShowsItsContactsAndIsFollowedOrPassed) {
  FakeLookup lookup;
  const auto host = load(
      "return { on_invite = function() return drop() end, on_failure = function(call, attempt)\n"
      "  if #attempt.contacts == 0 then return nil end\n"
      "  if attempt.contacts[1].host == 'carrier.example' then return follow() end\n"
      "  if attempt.contacts[2] then return pass() end\n"
      "  return route { trunk = 'carrier_b', number = attempt.contacts[1].user }\n"
      "end }");
  AttemptFacts attempt;
  attempt.status = 302;
  EXPECT_EQ(host->on_failure(call(), attempt, lookup).decision.kind, FailureDecision::Kind::Usual);
  attempt.contacts.resize(1);
  attempt.contacts[0].host = "carrier.example";
  attempt.contacts[0].user = "600";
  EXPECT_EQ(host->on_failure(call(), attempt, lookup).decision.kind, FailureDecision::Kind::Follow);
  attempt.contacts[0].host = "other.example";
  const auto outcome = host->on_failure(call(), attempt, lookup);
  ASSERT_EQ(outcome.decision.kind, FailureDecision::Kind::Route) << outcome.error;
  EXPECT_EQ(outcome.decision.candidates.at(0).number, "600");
  attempt.contacts.resize(2);
  EXPECT_EQ(host->on_failure(call(), attempt, lookup).decision.kind, FailureDecision::Kind::Pass);
  const auto wrong = load("return { on_invite = function() return follow() end }")->on_invite(call(), lookup);
  EXPECT_THAT(wrong.error, HasSubstr("on_invite cannot answer follow"));
}

TEST(RequestDecision, MissingHandlerLetsTheBorderAnswer) {
  FakeLookup lookup;
  EXPECT_EQ(load("return { on_invite = function() return drop() end }")->on_request(call(), lookup).decision.kind,
            RequestDecision::Kind::Accept);
  const auto host = load(
      "return { on_invite = function() return drop() end, on_request = function(r)\n"
      "  if r.method == 'OPTIONS' then return accept() end return reject(405) end }");
  RequestFacts facts;
  facts.method = "OPTIONS";
  EXPECT_EQ(host->on_request(facts, lookup).decision.kind, RequestDecision::Kind::Accept);
  facts.method = "MESSAGE";
  EXPECT_EQ(host->on_request(facts, lookup).decision.status, 405);
}

TEST(RequestDecision, RoutesAsACallWould) {
  FakeLookup lookup;
  lookup.add("sip:bob@example.net", 9, "sip:bob@10.0.0.1");
  const auto host = load(
      "return { on_invite = function() return drop() end, on_request = function(r)\n"
      "  if r.registered_source and r.registered_aor == r.from.aor then\n"
      "    return route(location.lookup(r.to.aor)) end\n"
      "  return route { trunk = 'carrier_a', timeout = 2 } end }");
  RequestFacts facts = call();
  facts.method = "MESSAGE";
  auto outcome = host->on_request(facts, lookup);
  ASSERT_EQ(outcome.decision.kind, RequestDecision::Kind::Route) << outcome.error;
  EXPECT_EQ(outcome.decision.candidates.at(0).name, "carrier_a");
  facts.registered_source = true;
  facts.registered_aor = facts.from.aor;
  outcome = host->on_request(facts, lookup);
  ASSERT_EQ(outcome.decision.kind, RequestDecision::Kind::Route) << outcome.error;
  EXPECT_EQ(outcome.decision.candidates.at(0).contact, 9U);
}

}  // namespace
}  // namespace sbc::policy::testing
