// What is found in a policy without running it.

#include "sbc/check/check.h"

#include <gmock/gmock.h>

namespace sbc::check {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> findings(const std::string& text, std::vector<policy::BundleFile> libraries = {}) {
  static const policy::Language language = policy::language();
  policy::Environment names;
  names.trunks = {"carrier_a", "carrier_b"};
  names.groups = {"carriers"};
  names.realms = {"access", "core"};
  names.queries = {"route_of"};
  names.tables = {{"rates", nullptr}};
  libraries.push_back({"p.lua", text});
  std::vector<std::string> said;
  for (const auto& finding : check(policy::Bundle("p.lua", std::move(libraries)), language, &names))
    said.push_back(finding.message());
  return said;
}

// Of a policy whose on_invite has this body.
std::vector<std::string> in_invite(const std::string& body) {
  return findings("return { on_invite = function(call) " + body + "\nend }");
}

TEST(Check, AGoodPolicyHasNoFindings) {
  EXPECT_THAT(in_invite("if call.trunk ~= \"\" then return reject(404) end "
                        "return route { trunk = \"carrier_a\", number = call.to.user:sub(2), timeout = 4, "
                        "headers = { Subject = false } }"),
              IsEmpty());
}

TEST(Check, SyntaxIsNamedWithItsLine) {
  EXPECT_THAT(findings("return {\n  on_invite = function(call)\n    if call.trunk\n  end\n}"),
              ElementsAre("p.lua:4: expected \"then\", got \"end\""));
}

TEST(Check, HandlersThatDoNotExistNameTheNearest) {
  EXPECT_THAT(findings("return {\n on_invite = function() return drop() end,\n on_failur = function() end }"),
              ElementsAre("p.lua:3: there is no handler \"on_failur\"; did you mean \"on_failure\"?"));
}

TEST(Check, FactsThatDoNotExistNameTheNearest) {
  EXPECT_THAT(in_invite("return call.relm == \"\" and drop() or reject(404)"),
              ElementsAre("p.lua:1: a call has no \"relm\"; did you mean \"realm\"?"));
  EXPECT_THAT(in_invite("return reject(404, call.from.usr)"),
              ElementsAre("p.lua:1: an address has no \"usr\"; did you mean \"user\"?"));
  EXPECT_THAT(in_invite("local from = call.from\nlog.info(from.hosst)\nreturn drop()"),
              ElementsAre("p.lua:2: an address has no \"hosst\"; did you mean \"host\"?"));
}

TEST(Check, FactsAreFoundInHelpersThatAreCalledWithThem) {
  EXPECT_THAT(findings("local function trusted(call)\n  return call.trunck ~= \"\"\nend\n"
                       "local function known(call) return trusted(call) end\n"
                       "return { on_invite = function(call) return known(call) and drop() or challenge() end }"),
              ElementsAre("p.lua:2: a call has no \"trunck\"; did you mean \"trunk\"?"));
}

TEST(Check, FactsAreFoundInLibraries) {
  const std::string library =
      "local lib = {}\nfunction lib.agent(request) return request.user_agnt:lower() end\nreturn lib";
  EXPECT_THAT(findings("local lib = require \"lib.x\"\n"
                       "return { on_invite = function(call) return lib.agent(call) and drop() or reject(404) end }",
                       {{"lib/x.lua", library}}),
              ElementsAre("lib/x.lua:2: a call has no \"user_agnt\"; did you mean \"user_agent\"?"));
}

TEST(Check, WhatAHelperGetsOfDifferentKindsMayBeOfEither) {
  EXPECT_THAT(findings("local function aor(it) return it.contacts or it.has_sdp end\n"
                       "return { on_invite = function(call) return aor(call) and drop() or drop() end,\n"
                       "on_register = function(reg) return aor(reg) and drop() or drop() end }"),
              IsEmpty());
}

TEST(Check, ALibraryNeedNotBeATable) {
  EXPECT_THAT(findings("local status = require \"lib.status\"\nlocal pick = require \"lib.pick\"\n"
                       "return { on_invite = function() return reject(status, pick()) end }",
                       {{"lib/status.lua", "return 486"}, {"lib/pick.lua", "return function() return \"x\" end"}}),
              IsEmpty());
}

TEST(Check, FunctionsOfALibraryNameTheNearest) {
  EXPECT_THAT(findings("local lib = require \"lib.x\"\n"
                       "return { on_invite = function(call) return lib.e165(call.to.user) and drop() or drop() end }",
                       {{"lib/x.lua", "local lib = {}\nfunction lib.e164(text) return text end\nreturn lib"}}),
              ElementsAre("p.lua:2: lib/x.lua has no \"e165\"; did you mean \"e164\"?"));
  EXPECT_THAT(
      findings("local lib = require \"lib.y\"\nreturn { on_invite = function() return drop() end }",
               {{"lib/x.lua", "return {}"}}),
      ElementsAre("p.lua:1: require: the policy folder has no file \"lib/y.lua\"; did you mean \"lib/x.lua\"?"));
}

TEST(Check, GlobalsAndTheirFunctionsNameTheNearest) {
  EXPECT_THAT(in_invite("return rout { trunk = \"carrier_a\" }"),
              ElementsAre("p.lua:1: there is no \"rout\"; did you mean \"route\"?"));
  EXPECT_THAT(in_invite("local x = location.lookip(call.to.aor)\nreturn x and route(x) or drop()"),
              ElementsAre("p.lua:1: \"location\" has no \"lookip\"; did you mean \"lookup\"?"));
  EXPECT_THAT(in_invite("return reject(404, call.to.user:uper())"),
              ElementsAre("p.lua:1: \"string\" has no \"uper\"; did you mean \"upper\"?"));
  EXPECT_THAT(in_invite("os.exit()\nreturn drop()"), ElementsAre(HasSubstr("p.lua:1: there is no \"os\"")));
  EXPECT_THAT(in_invite("count = 1\nreturn drop()"),
              ElementsAre("p.lua:1: setting the global \"count\" is not possible; write \"local\" in front of it"));
}

TEST(Check, FieldsOfDecisionsNameTheNearest) {
  EXPECT_THAT(in_invite("return route {\n  trunk = \"carrier_a\",\n  ring_timout = 20 }"),
              ElementsAre("p.lua:3: route has no field \"ring_timout\"; did you mean \"ring_timeout\"?"));
  EXPECT_THAT(in_invite("return route { { trunk = \"carrier_a\" }, { gruop = \"carriers\" } }"),
              ElementsAre("p.lua:1: route has no field \"gruop\"; did you mean \"group\"?"));
  EXPECT_THAT(in_invite("return route { trunk = \"carrier_a\", codecs = { alow = { \"PCMA\" } } }"),
              ElementsAre("p.lua:1: codecs has no field \"alow\"; did you mean \"allow\"?"));
  EXPECT_THAT(findings("return { on_invite = function() return drop() end, on_nat = function(leg)\n"
                       "return leg.behind_nat and { latch = \"lern\" } or { letch = \"strict\" } end }"),
              ElementsAre("p.lua:2: latch cannot be \"lern\"; did you mean \"learn\"?",
                          "p.lua:2: on_nat: the answer has no field \"letch\"; did you mean \"latch\"?"));
}

TEST(Check, NamesOfTheConfigurationNameTheNearest) {
  EXPECT_THAT(in_invite("return route { trunk = \"carier_a\" }"),
              ElementsAre("p.lua:1: there is no trunk \"carier_a\"; did you mean \"carrier_a\"?"));
  EXPECT_THAT(in_invite("return route { uri = \"sip:x@192.0.2.1\", realm = \"cor\" }"),
              ElementsAre("p.lua:1: there is no realm \"cor\"; did you mean \"core\"?"));
}

TEST(Check, TypesAreHeldAgainstTheDeclaredOnes) {
  EXPECT_THAT(in_invite("return route { trunk = \"carrier_a\", timeout = \"4\" }"),
              ElementsAre("p.lua:1: timeout must be an integer, not \"4\""));
  EXPECT_THAT(in_invite("return route { trunk = \"carrier_a\", number = call.to }"),
              ElementsAre("p.lua:1: number must be an integer or a string, not an address"));
  EXPECT_THAT(in_invite("return reject(call.to.user)"),
              ElementsAre("p.lua:1: reject: status must be an integer, not a string"));
  EXPECT_THAT(in_invite("return reject()"), ElementsAre("p.lua:1: reject: status is missing, an integer"));
  EXPECT_THAT(in_invite("log.info(\"from \" .. call.from)\nreturn drop()"),
              ElementsAre("p.lua:1: \"..\" cannot join an address (call.from)"));
  EXPECT_THAT(in_invite("if call.source_port < \"1024\" then return drop() end\nreturn drop()"),
              ElementsAre("p.lua:1: \"<\" compares an integer with \"1024\""));
  EXPECT_THAT(in_invite("call.realm = \"core\"\nreturn drop()"),
              ElementsAre(HasSubstr("p.lua:1: facts cannot be changed")));
}

TEST(Check, FieldsOfTheRecordAreThoseThatALogTakes) {
  const auto cdr = [](const std::string& fields) {
    return in_invite("return route { trunk = \"carrier_a\", cdr = { " + fields + " } }");
  };
  EXPECT_THAT(cdr("account = call.from.user, price = 0.02, [call.to.user] = 1"), IsEmpty());
  EXPECT_THAT(cdr("Account = 1"),
              ElementsAre("p.lua:1: cdr: \"Account\" is no name of a field; expected up to 32 of a-z, 0-9 and _"));
  EXPECT_THAT(cdr("[\"per-minute\"] = 1"), ElementsAre(HasSubstr("\"per-minute\" is no name of a field")));
  EXPECT_THAT(cdr("status = 200"), ElementsAre("p.lua:1: cdr: the record has a field \"status\" of its own"));
  EXPECT_THAT(cdr("paid = true"), ElementsAre("p.lua:1: cdr: paid must be a text or a number"));
  EXPECT_THAT(cdr("\"account\""), ElementsAre("p.lua:1: cdr is keyed by names of fields, not by a number"));
  std::string many;
  for (int i = 0; i < 17; ++i) many += "f" + std::to_string(i) + " = 1,\n";
  EXPECT_THAT(cdr(many), ElementsAre("p.lua:1: cdr: more than 16 fields"));
  EXPECT_THAT(in_invite("return reject(403, nil, nil, { cdr = { cause = 1 } })"),
              ElementsAre("p.lua:1: cdr: the record has a field \"cause\" of its own"));
}

TEST(Check, HeadersAreThoseThatAPolicyMaySet) {
  const auto headers = [](const std::string& fields) {
    return in_invite("return route { trunk = \"carrier_a\", headers = { " + fields + " } }");
  };
  EXPECT_THAT(headers("Subject = false, [\"X-Tenant-*\"] = true, [\"X-A\"] = { add = \"1\" }"), IsEmpty());
  EXPECT_THAT(headers("[\"X A\"] = \"1\""), ElementsAre("p.lua:1: \"X A\" is no header name"));
  EXPECT_THAT(headers("Via = false"),
              ElementsAre("p.lua:1: the header \"Via\" belongs to the border and cannot be set or removed"));
  EXPECT_THAT(in_invite("return reject(404, nil, { Warning = false })"),
              ElementsAre(HasSubstr("header \"Warning\" must be a string, not a boolean")));
}

TEST(Check, NumbersAreHeldAgainstTheirRanges) {
  EXPECT_THAT(in_invite("return reject(200)"),
              ElementsAre("p.lua:1: reject: status must be a whole number from 400 to 699, not 200"));
  EXPECT_THAT(in_invite("return route { trunk = \"carrier_a\", timeout = 0 }"),
              ElementsAre("p.lua:1: timeout must be a whole number from 1 to 600, not 0"));
  EXPECT_THAT(in_invite("return route { { trunk = \"carrier_a\", weight = -1 } }"),
              ElementsAre("p.lua:1: weight must be a whole number from 0 to 65535, not -1"));
  EXPECT_THAT(in_invite("timer.set(\"end\", 90000)\nreturn drop()"),
              ElementsAre("p.lua:1: timer.set: seconds must be a whole number from 1 to 86400, not 90000"));
  EXPECT_THAT(in_invite("return route { trunk = \"carrier_a\", timeout = 4.5 }"),
              ElementsAre("p.lua:1: timeout must be a whole number from 1 to 600, not 4.5"));
  EXPECT_THAT(in_invite("return route { trunk = \"carrier_a\", timeout = 4.0 }"), IsEmpty());
  EXPECT_THAT(in_invite("return route { trunk = \"carrier_a\", codecs = { ptime = 2 } }"),
              ElementsAre("p.lua:1: ptime must be a whole number from 5 to 200, not 2"));
}

TEST(Check, CodecsAndUrisThatAreWrittenOutAreThoseThatTheBorderTakes) {
  EXPECT_THAT(in_invite("return route { trunk = \"carrier_a\", codecs = { allow = { \"pcma\", \"PCMX\" } } }"),
              ElementsAre("p.lua:1: there is no codec \"PCMX\"; did you mean \"PCMU\"?"));
  EXPECT_THAT(in_invite("return route { trunk = \"carrier_a\", codecs = { deny = { \"video\" } } }"), IsEmpty());
  EXPECT_THAT(in_invite("return route { trunk = \"carrier_a\", codecs = { transcode = { \"G729\" } } }"),
              ElementsAre(HasSubstr("there is no codec \"G729\"")));
  EXPECT_THAT(in_invite("return route { uri = \"mail@192.0.2.9\", realm = \"core\" }"),
              ElementsAre("p.lua:1: route: uri must be one such as sip:mail@192.0.2.9, not \"mail@192.0.2.9\""));
}

TEST(Check, TablesWithANameAreLookedAtWhereTheyAreTaken) {
  EXPECT_THAT(in_invite("local place = { trunk = \"carier_a\", gruop = 1 }\nreturn route(place)"),
              ElementsAre("p.lua:1: there is no trunk \"carier_a\"; did you mean \"carrier_a\"?",
                          "p.lua:1: route has no field \"gruop\"; did you mean \"group\"?"));
  EXPECT_THAT(findings("local places = { { trunk = \"carrier_a\" }, { trunk = \"carier_b\" } }\n"
                       "return { on_invite = function() return route(places) end }"),
              ElementsAre("p.lua:1: there is no trunk \"carier_b\"; did you mean \"carrier_b\"?"));
  EXPECT_THAT(in_invite("local place = {}\nplace.trunk = \"carrier_a\"\nreturn route(place)"), IsEmpty());
  EXPECT_THAT(in_invite("local place = { trunks = 1 }\nplace = { trunk = \"carrier_a\" }\nreturn route(place)"),
              IsEmpty());
}

TEST(Check, APlaceHasOneDestination) {
  EXPECT_THAT(in_invite("return route { number = \"1\" }"),
              ElementsAre("p.lua:1: route: no destination; give contacts, trunk, group or uri"));
  EXPECT_THAT(in_invite("return route {}"), ElementsAre(HasSubstr("no destination")));
  EXPECT_THAT(in_invite("return route { trunk = \"carrier_a\", group = \"carriers\" }"),
              ElementsAre(HasSubstr("only one of contacts, trunk, group and uri")));
  EXPECT_THAT(in_invite("return route { { trunk = \"carrier_a\" }, group = \"carriers\" }"),
              ElementsAre(HasSubstr("either a list of candidates or one of")));
  EXPECT_THAT(in_invite("return route { uri = \"sip:a@192.0.2.1\" }"),
              ElementsAre(HasSubstr("needs the realm to leave by")));
  EXPECT_THAT(in_invite("return route { { uri = \"sip:a@192.0.2.1\" }, realm = \"core\" }"), IsEmpty());
  EXPECT_THAT(in_invite("return route { location.lookup(call.to.aor), { [call.trunk] = 1 } }"), IsEmpty());
  EXPECT_THAT(in_invite("local one = call.to.user == \"1\" and \"carriers\" or nil\n"
                        "return route { trunk = call.to.user == \"2\" and \"carrier_a\" or nil, group = one }"),
              IsEmpty());
}

TEST(Check, TablesQueriesAndWhatIsCountedAreThoseOfTheConfiguration) {
  EXPECT_THAT(in_invite("return tables.find(\"rats\", \"1\") and drop() or challenge()"),
              ElementsAre("p.lua:1: there is no table \"rats\"; did you mean \"rates\"?"));
  EXPECT_THAT(in_invite("return sql.query(\"routeof\") and drop() or challenge()"),
              ElementsAre("p.lua:1: there is no query \"routeof\"; did you mean \"route_of\"?"));
  EXPECT_THAT(in_invite("return trunks.calls(\"carrier_c\") > 1 and drop() or challenge()"),
              ElementsAre(HasSubstr("there is no trunk \"carrier_c\"; did you mean \"carrier_")));
  EXPECT_THAT(in_invite("return tables.prefix(\"rates\", call.to.user) and drop() or challenge()"), IsEmpty());
}

TEST(Check, ComparisonsThatCannotBeTrueAreWarnedOf) {
  EXPECT_THAT(findings("return { on_invite = function() return drop() end, on_failure = function(call, attempt)\n"
                       "if attempt.cause == \"timeot\" then return next_candidate() end end }"),
              ElementsAre("p.lua:2: warning: this is never true: attempt.cause is never \"timeot\"; "
                          "did you mean \"timeout\"?"));
  EXPECT_THAT(in_invite("if call.transport == \"udp\" then return drop() end\nreturn drop()"),
              ElementsAre(HasSubstr("this is never true: call.transport is never \"udp\"")));
  EXPECT_THAT(in_invite("if call.source_port == \"5060\" then return drop() end\nreturn drop()"),
              ElementsAre("p.lua:1: warning: this is never true: an integer is compared with \"5060\""));
}

TEST(Check, AnswersThatAHandlerCannotGiveAreNamed) {
  EXPECT_THAT(
      in_invite("return accept()"),
      ElementsAre("p.lua:1: on_invite cannot answer accept; it answers route, reject, redirect, challenge or drop"));
  EXPECT_THAT(in_invite("if call.trunk == \"\" then return end\nreturn drop()"),
              ElementsAre("p.lua:1: on_invite must return route, reject, redirect, challenge or drop, not nothing"));
}

TEST(Check, WhatIsNeverReachedIsWarnedOf) {
  EXPECT_THAT(in_invite("if call.trunk == \"\" then return drop() else return challenge() end\nlog.info(1)\n"),
              ElementsAre("p.lua:2: warning: this is never reached: what begins in line 1 does not come here"));
  EXPECT_THAT(in_invite("if call.trunk == \"\" then\n return drop()\nend"),
              ElementsAre("p.lua:4: warning: on_invite can come to its end without an answer"));
  EXPECT_THAT(in_invite("while true do if call.has_sdp then break end end\nreturn drop()"), IsEmpty());
  EXPECT_THAT(in_invite("repeat log.info(1) until false\nreturn drop()"),
              ElementsAre("p.lua:2: warning: this is never reached: what begins in line 1 does not come here"));
  EXPECT_THAT(in_invite("repeat if call.has_sdp then break end until false\nreturn drop()"), IsEmpty());
  EXPECT_THAT(in_invite("if false then log.info(1) end\nreturn drop()"),
              ElementsAre("p.lua:1: warning: this condition is never true: its block is never reached"));
}

TEST(Check, HandlersThatNobodyCallsAreWarnedOf) {
  EXPECT_THAT(
      findings("local function on_failure(call, attempt) return nil end\n"
               "local function helper() end\n"
               "return {\n on_invite = function() return drop() end,\n on_invite = function() return drop() end }"),
      ElementsAre("p.lua:1: warning: the handler on_failure is not in the table that the policy returns",
                  "p.lua:2: warning: nobody calls helper",
                  "p.lua:4: warning: \"on_invite\" is set again in line 5: this one is never used"));
  EXPECT_THAT(
      findings("local function on_invite(call) return reject(404, call.relm) end\nreturn { on_invite = on_invite }"),
      ElementsAre("p.lua:1: a call has no \"relm\"; did you mean \"realm\"?"));
  EXPECT_THAT(
      findings("local policy = {}\nfunction policy.on_invite(call) return reject(404, call.relm) end\nreturn policy"),
      ElementsAre("p.lua:2: a call has no \"relm\"; did you mean \"realm\"?"));
}

// What is not known is not said.
TEST(Check, TablesThatArePassedAroundAreLeftAlone) {
  EXPECT_THAT(
      findings("local plan = {}\nfor i = 1, 3 do plan[i] = i end\nlocal lib = setmetatable({}, { __index = plan })\n"
               "local function each(f) return f(plan.x, lib.y) end\n"
               "return { on_invite = function(call)\n each(function(a, b) log.info(a.z, b, plan[1].q) end)\n"
               "return drop() end }"),
      IsEmpty());
}

}  // namespace
}  // namespace sbc::check
