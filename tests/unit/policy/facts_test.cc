// What handlers are told.

#include <gmock/gmock.h>

#include "support.h"

namespace sbc::policy::testing {
namespace {

using ::testing::HasSubstr;

TEST(Facts, AreReadUnderTheirNames) {
  EXPECT_EQ(value_of("call.realm"), "access");
  EXPECT_EQ(value_of("call.source_port"), "40000");
  EXPECT_EQ(value_of("call.authenticated"), "true");
  EXPECT_EQ(value_of("call.registered_source"), "false");
  EXPECT_EQ(value_of("call.from.display"), "Alice");
  EXPECT_EQ(value_of("call.to.aor"), "sip:bob@example.net");
  EXPECT_EQ(value_of("call.to.port"), "0");
  EXPECT_EQ(value_of("call.recent_failures"), "0");
}

TEST(Facts, HeadersAreFoundWhateverTheirCase) {
  EXPECT_EQ(value_of("call.headers.subject"), "lunch");
  EXPECT_EQ(value_of("call.headers['SUBJECT']"), "lunch");
  EXPECT_EQ(value_of("call.headers['X-None']"), "nil");
  EXPECT_EQ(value_of("table.concat(call.header_values('diversion'), ' ')"), "<sip:x@y> <sip:z@y>");
  EXPECT_EQ(value_of("#call.header_values('X-None')"), "0");
  EXPECT_EQ(invite("local n = 0 for name, value in pairs(call.headers) do n = n + #name end "
                   "return reject(404, tostring(n))")
                .decision.reason,
            "25");
}

TEST(Facts, TimeIsTheOperatorsLocalTime) {
  EXPECT_EQ(value_of("call.time.date .. ' ' .. call.time.clock .. ' ' .. call.time.weekday"), "2026-11-21 03:00 6");
  EXPECT_EQ(value_of("call.time.unix"), "1795226400");
  EXPECT_EQ(value_of("call.time.hour"), "3");
}

TEST(Facts, UnknownOnesAreErrorsWithTheNearestName) {
  EXPECT_THAT(error_of("\nreturn reject(404, call.relm)"),
              HasSubstr("p.lua:2: a call has no \"relm\"; did you mean \"realm\"?"));
  EXPECT_THAT(error_of("return reject(404, call.from.usr)"),
              HasSubstr("an address has no \"usr\"; did you mean \"user\"?"));
  EXPECT_THAT(error_of("return reject(404, call[1])"), HasSubstr("a fact has a name"));
}

TEST(Facts, CannotBeChanged) {
  EXPECT_THAT(error_of("call.realm = 'x'"), HasSubstr("facts cannot be changed"));
  EXPECT_THAT(error_of("call.from.user = 'x'"), HasSubstr("facts cannot be changed"));
  EXPECT_THAT(error_of("call.headers.Subject = 'x'"), HasSubstr("facts cannot be changed"));
  EXPECT_EQ(value_of("getmetatable(call)"), "facts");
  EXPECT_THAT(error_of("setmetatable(call, {})"), HasSubstr("p.lua:1:"));
}

TEST(Facts, OfAnEarlierCallCannotBeReadLater) {
  FakeLookup lookup;
  for (const char* kept : {"call", "call.from", "call.headers"}) {
    const auto host =
        load(std::string("local kept\nreturn { on_invite = function(call)\n"
                         "  if kept then return reject(404, kept.user or kept.realm or kept.Subject) end\n"
                         "  kept = ") +
             kept + "\n  return reject(404)\nend }");
    EXPECT_FALSE(host->on_invite(call(), lookup).failed());
    const auto outcome = host->on_invite(call(), lookup);
    EXPECT_THAT(outcome.error, HasSubstr("p.lua:3: ")) << kept;
    EXPECT_THAT(outcome.error, HasSubstr("earlier event")) << kept;
  }
}

TEST(Facts, KeptHeaderFunctionsAndContactsAreVoidToo) {
  FakeLookup lookup;
  lookup.add("sip:bob@example.net", 1, "sip:bob@10.0.0.1");
  for (const char* kept : {"call.header_values", "function() return location end"}) {
    const auto host = load(std::string("local kept, c\nreturn { on_invite = function(call)\n"
                                       "  if kept then kept('Subject') return route(c) end\n"
                                       "  kept = ") +
                           kept + "\n  c = location.lookup('bob')\n  return reject(404)\nend }");
    EXPECT_FALSE(host->on_invite(call(), lookup).failed());
    EXPECT_THAT(host->on_invite(call(), lookup).error, HasSubstr("earlier event"));
  }
}

TEST(Lookup, TakesAddressesAndBareUsers) {
  FakeLookup lookup;
  const auto host = load_body(
      "location.lookup('sip:a@b') location.lookup('a@b') location.lookup('carol') location.lookup('tel:+431')\n"
      "return reject(404, tostring(location.known('dora')))");
  lookup.accounts["sip:dora@example.net"] = true;
  const auto outcome = host->on_invite(call(), lookup);
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.decision.reason, "true");
  EXPECT_EQ(lookup.asked, (std::vector<std::string>{"sip:a@b", "sip:a@b", "sip:carol@example.net", "tel:+431"}));
}

TEST(Lookup, BareUsersWithoutADomainBelongToTheHostThatWasCalled) {
  FakeLookup lookup;
  Environment without = environment();
  without.domain.clear();
  InviteFacts facts = call();
  facts.to = address("bob", "192.0.2.1");
  const auto host = load_body("location.lookup('carol') return drop()", without);
  EXPECT_EQ(host->on_invite(facts, lookup).error, "");
  EXPECT_EQ(lookup.asked, std::vector<std::string>{"sip:carol@192.0.2.1"});
}

TEST(Lookup, WithoutAnAddressIsAnError) {
  EXPECT_THAT(error_of("location.lookup()"), HasSubstr("not nil"));
  EXPECT_THAT(error_of("location.lookup({})"), HasSubstr("not a table"));
  EXPECT_THAT(error_of("location.lokup('x')"), HasSubstr("\"location\" has no \"lokup\"; did you mean \"lookup\"?"));
}

TEST(World, NamesOfTheConfiguration) {
  EXPECT_EQ(value_of("trunks.names[2] .. #trunks.names .. tostring(trunks.exists('carrier_a'))"), "carrier_b2true");
  EXPECT_EQ(value_of("groups.exists('x')"), "false");
  EXPECT_EQ(value_of("realms.names[3]"), "nil");
  EXPECT_EQ(
      invite("local t = {} for i, n in ipairs(trunks.names) do t[i] = n end return reject(404, table.concat(t, ','))")
          .decision.reason,
      "carrier_a,carrier_b");
}

TEST(World, SettingsOfTheConfiguration) {
  Environment what = environment();
  what.settings = {{"country", std::string("43")}, {"limit", std::int64_t{30}}, {"on", true}, {"share", 0.5}};
  FakeLookup lookup;
  const auto host = load_body(
      "assert(settings.country == '43' and settings.limit == 30 and settings.on and settings.share == 0.5)\n"
      "assert(settings.other == nil) return drop()",
      what);
  EXPECT_EQ(host->on_invite(call(), lookup).error, "");
}

TEST(World, Networks) {
  EXPECT_EQ(value_of("ip.inside(call.source_ip, '10.0.0.0/8', '198.51.100.0/24')"), "true");
  EXPECT_EQ(value_of("ip.inside('2001:db8::1', '2001:db8::/32')"), "true");
  EXPECT_EQ(value_of("ip.inside('no address', '10.0.0.0/8')"), "false");
  EXPECT_EQ(value_of("ip.is_private('192.168.1.1')"), "true");
  EXPECT_THAT(error_of("ip.inside('10.0.0.1', '10.0.0.0/99')"), HasSubstr("is no network"));
}

TEST(Log, IsHandedOutWithLevelAndPlaceAndBounded) {
  auto outcome = invite("log.debug('a', 1, nil, true) log.warning('b') log.error('c')\nreturn drop()");
  ASSERT_EQ(outcome.log.size(), 3U);
  EXPECT_EQ(outcome.log[0].text, "a 1 nil true");
  EXPECT_EQ(outcome.log[1].level, LogLine::Level::Warning);
  EXPECT_EQ(outcome.log[2].where, "p.lua:1");
  FakeLookup lookup;
  const auto host = load_body("for i = 1, 17 do log.info(('x'):rep(600), 'y') end return drop()");
  outcome = host->on_invite(call(), lookup);
  ASSERT_EQ(outcome.log.size(), 16U);
  EXPECT_EQ(outcome.log[0].text.size(), 512U);
  EXPECT_EQ(host->counters().log_lines_dropped, 1U);
}

TEST(Log, SurvivesAFailure) {
  const auto outcome = invite("log.info('before') error('x')");
  EXPECT_EQ(outcome.error, "p.lua:1: x");
  EXPECT_EQ(outcome.log.size(), 1U);
}

}  // namespace
}  // namespace sbc::policy::testing
