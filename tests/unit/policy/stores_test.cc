// redis.get and its like, sql.query, and dns.lookup.

#include "sbc/json/value.h"

#include "support.h"

namespace sbc::policy::testing {
namespace {

using base::milliseconds;
using base::seconds;

Answer value(json::Value found) {
  return {.found = std::make_shared<const json::Value>(std::move(found)), .waited = milliseconds(1)};
}

struct Stage {
  explicit Stage(const std::string& body) {
    Environment known = environment();
    known.queries = {"route_of", "customers"};
    host = load("return { on_invite = function(call) " + body + "\nend }", known);
  }
  Outcome<InviteDecision> begin() { return host->on_invite(facts, lookup, Patience::Some); }
  std::string reason(Answer answer) {
    const auto first = begin();
    if (!first.asks) return first.error;
    const auto last = host->resume_invite(first.asks->ticket, std::move(answer), lookup);
    return last.error.empty() ? last.decision.reason : last.error;
  }

  FakeLookup lookup;
  InviteFacts facts = call();
  std::unique_ptr<Host> host;
};

RedisQuestion redis(const std::string& call) {
  Stage stage(call + " return drop()");
  const auto outcome = stage.begin();
  EXPECT_TRUE(outcome.asks) << outcome.error;
  return outcome.asks ? std::get<RedisQuestion>(outcome.asks->question.what) : RedisQuestion{};
}

SqlQuestion sql(const std::string& call) {
  Stage stage(call + " return drop()");
  const auto outcome = stage.begin();
  EXPECT_TRUE(outcome.asks) << outcome.error;
  return outcome.asks ? std::get<SqlQuestion>(outcome.asks->question.what) : SqlQuestion{};
}

DnsQuestion dns(const std::string& call) {
  Stage stage(call + " return drop()");
  const auto outcome = stage.begin();
  EXPECT_TRUE(outcome.asks) << outcome.error;
  return outcome.asks ? std::get<DnsQuestion>(outcome.asks->question.what) : DnsQuestion{};
}

std::string error_of(const std::string& call) {
  return Stage(call + " return drop()").begin().error;
}

TEST(DnsOfPolicies, AsksForAddressesUnlessATypeIsSaid) {
  EXPECT_EQ(dns("dns.lookup('edge.example')"), (DnsQuestion{.name = "edge.example", .type = "A"}));
  EXPECT_EQ(dns("dns.lookup('_sip._udp.edge.example', 'SRV', { timeout = 0.1 })"),
            (DnsQuestion{.name = "_sip._udp.edge.example", .type = "SRV"}));
}

TEST(DnsOfPolicies, WhatIsNoQuestionIsAnError) {
  EXPECT_EQ(error_of("dns.lookup('x', 'MX')"),
            "p.lua:1: dns.lookup: the type must be \"A\", \"AAAA\", \"SRV\" or \"TXT\", not \"MX\"");
  EXPECT_EQ(error_of("dns.lookup('x', 'A', { timeot = 1 })"),
            "p.lua:1: dns.lookup has no option \"timeot\"; did you mean \"timeout\"?");
  EXPECT_EQ(error_of("dns.lookup('x', 'A', { suffix = 'y' })"),
            "p.lua:1: dns.lookup has no option \"suffix\"; there is timeout");
  EXPECT_EQ(error_of("dns.enum('+43', { suffx = 'y' })"),
            "p.lua:1: dns.enum has no option \"suffx\"; did you mean \"suffix\"?");
  EXPECT_NE(error_of("dns.lookup(string.rep('x', 300))"), "");
  EXPECT_NE(error_of("dns.lookup()"), "");
}

TEST(RedisOfPolicies, WordsAreTextsAndNumbers) {
  EXPECT_EQ(redis("redis.get('route:' .. call.to.user)").words, (std::vector<std::string>{"GET", "route:bob"}));
  EXPECT_EQ(redis("redis.hget('routes', 43)").words, (std::vector<std::string>{"HGET", "routes", "43"}));
  EXPECT_EQ(redis("redis.hgetall('h', nil)").words, (std::vector<std::string>{"HGETALL", "h"}));
  EXPECT_EQ(redis("redis.command('MGET', 'a b', '', 'c\\0d')").words,
            (std::vector<std::string>{"MGET", "a b", "", std::string("c\0d", 3)}));
  const auto kept = redis("redis.command('SISMEMBER', 's', 1, { cache = 2.5, timeout = 0.1 })");
  EXPECT_EQ(kept.words.size(), 3U);
  EXPECT_EQ(kept.keep, milliseconds(2500));
}

TEST(RedisOfPolicies, WhatIsNoWordIsAnError) {
  EXPECT_EQ(error_of("redis.get(nil)"), "p.lua:1: redis.get: expected a text or a number, got a nil");
  EXPECT_EQ(error_of("redis.get()"), "p.lua:1: redis.get: expected 1 texts, got 0");
  EXPECT_EQ(error_of("redis.command('GET', nil)"), "p.lua:1: redis.command: expected a text or a number, got a nil");
  EXPECT_EQ(error_of("redis.get('a', { cach = 1 })"), "p.lua:1: redis has no option \"cach\"; did you mean \"cache\"?");
  EXPECT_NE(error_of("redis.get(string.rep('x', 20000))"), "");
}

TEST(RedisOfPolicies, WhatIsNotThereIsNil) {
  const std::string body = "local v, why = redis.get('k')\nreturn reject(404, tostring(v) .. ' ' .. tostring(why))";
  EXPECT_EQ(Stage(body).reason(value({std::string("carrier_a")})), "carrier_a nil");
  EXPECT_EQ(Stage(body).reason(value({})), "nil nil");
  EXPECT_EQ(Stage(body).reason({.found = std::unexpected("resting"), .waited = {}}), "nil resting");
  EXPECT_EQ(Stage(body).reason({.found = HttpAnswer{}, .waited = {}}), "nil failed")
      << "a test that answers as if by HTTP";
}

TEST(SqlOfPolicies, ParametersKeepTheirKinds) {
  const auto asked = sql("sql.query('route_of', call.to.user, 43, 1.5, true, nil)");
  EXPECT_EQ(asked.query, "route_of");
  EXPECT_EQ(asked.parameters, (std::vector<SqlParameter>{"bob", std::int64_t{43}, 1.5, true, std::monostate{}}));
}

TEST(SqlOfPolicies, OnlyQueriesOfTheConfigurationAreAsked) {
  EXPECT_EQ(error_of("sql.query('route_off')"), "p.lua:1: there is no query \"route_off\"; did you mean \"route_of\"?");
  EXPECT_NE(error_of("sql.query('SELECT 1')"), "");
  EXPECT_EQ(error_of("sql.query('route_of', {})"),
            "p.lua:1: sql.query: a parameter is a text, a number, a boolean or nil, not a table");
  EXPECT_EQ(error_of("sql.query('route_of', 'a\\0b')"), "p.lua:1: sql.query: a text has a zero byte in it");
  EXPECT_NE(error_of("sql.query('route_of', 1/0)"), "");
  EXPECT_NE(error_of("sql.query('route_of', " + std::string("1") +
                     [] {
                       std::string more;
                       for (std::size_t i = 0; i < kMaxParameters; ++i) more += ", 1";
                       return more;
                     }() +
                     ")"),
            "");
}

TEST(SqlOfPolicies, RowsAreTables) {
  json::List rows;
  rows.push_back({json::Members{{"trunk", {std::string("carrier_a")}}, {"note", {}}, {"tries", {std::int64_t{3}}}}});
  EXPECT_EQ(Stage("local rows = sql.query('route_of', 1)\n"
                  "return reject(404, #rows .. rows[1].trunk .. tostring(rows[1].note) .. rows[1].tries)")
                .reason(value({std::move(rows)})),
            "1carrier_anil3");
}

TEST(TextsOfQuestions, SayWhatIsAsked) {
  const auto text = [](auto what) { return text_of(Question{.what = std::move(what), .timeout = {}}); };
  EXPECT_EQ(text(RedisQuestion{.words = {"HGET", "routes", "43"}}), "redis HGET routes 43");
  EXPECT_EQ(text(RedisQuestion{.words = {"GET", "a b", "", "\"", "x\n"}}), R"(redis GET "a b" "" "\"" "x\x0a")");
  EXPECT_EQ(text(SqlQuestion{.query = "q", .parameters = {"43", std::int64_t{7}, 0.5, true, {}, "true"}}),
            R"(sql q 43 7 0.5 true nil "true")");
  EXPECT_EQ(text(SqlQuestion{}), "sql ");
  EXPECT_EQ(text(RedisQuestion{}), "redis");
}

}  // namespace
}  // namespace sbc::policy::testing
