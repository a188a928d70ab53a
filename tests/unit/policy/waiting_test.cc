// Look-ups that take time: the handler is suspended where it asks and goes on as if it had been a plain call.

#include "support.h"

namespace sbc::policy::testing {
namespace {

using base::milliseconds;
using base::seconds;

Answer answered(std::string body, base::Duration waited = milliseconds(10), std::string type = "application/json") {
  return {.found = HttpAnswer{.status = 200, .content_type = std::move(type), .body = std::move(body)},
          .waited = waited};
}

Answer problem(const char* word, base::Duration waited = milliseconds(10)) {
  return {.found = std::unexpected(std::string(word)), .waited = waited};
}

const HttpQuestion& http(const Outcome<InviteDecision>& outcome) {
  return std::get<HttpQuestion>(outcome.asks->question.what);
}

// One policy, and calls that it decides.
struct Stage {
  explicit Stage(const std::string& body, const Limits& limits = {})
      : host(load("return { on_invite = function(call) " + body + "\nend }", environment(), limits)) {}

  Outcome<InviteDecision> begin(Patience patience = Patience::Some) { return host->on_invite(facts, lookup, patience); }
  Outcome<InviteDecision> go_on(const Outcome<InviteDecision>& from, Answer answer) {
    return host->resume_invite(from.asks->ticket, std::move(answer), lookup);
  }

  FakeLookup lookup;
  InviteFacts facts = call();
  std::unique_ptr<Host> host;
};

TEST(Waiting, AHandlerGoesOnWhereItAsked) {
  Stage stage(
      "local user = call.from.user\n"
      "local answer = http.get('http://db.example/v1/' .. http.escape(call.to.user), { timeout = 0.5, cache = 60 })\n"
      "return reject(486, user .. ' ' .. call.to.user .. ' ' .. answer.json.name .. ' ' .. answer.status)");
  const auto first = stage.begin();
  ASSERT_TRUE(first.asks);
  EXPECT_EQ(http(first).url, "http://db.example/v1/bob");
  EXPECT_EQ(http(first).keep, seconds(60));
  EXPECT_FALSE(http(first).json);
  EXPECT_EQ(first.asks->question.timeout, milliseconds(500));
  EXPECT_EQ(stage.host->waiting(), 1U);
  const auto last = stage.go_on(first, answered(R"({"name": "blue"})"));
  EXPECT_EQ(last.error, "");
  EXPECT_FALSE(last.asks);
  EXPECT_EQ(last.decision.reason, "alice bob blue 200");
  EXPECT_EQ(stage.host->waiting(), 0U);
}

TEST(Waiting, HandlersThatWaitDoNotMixUpWhatIsTheirs) {
  Stage stage(
      "local phones = location.lookup(call.to.aor)\n"
      "log.info('before', call.from.user)\n"
      "local made = route { phones, headers = { Subject = call.from.user } }\n"
      "local answer = http.get('http://db.example/')\n"
      "log.info('after', phones[1].uri)\n"
      "return made");
  stage.lookup.add("sip:bob@example.net", 7, "sip:bob@192.0.2.7");
  const auto first = stage.begin();
  InviteFacts other = call();
  other.from = address("carol", "example.net");
  stage.lookup.bindings.clear();
  stage.lookup.add("sip:bob@example.net", 8, "sip:bob@192.0.2.8");
  const auto second = stage.host->on_invite(other, stage.lookup, Patience::Some);
  ASSERT_TRUE(second.asks);
  EXPECT_NE(first.asks->ticket, second.asks->ticket);
  const auto a = stage.go_on(first, answered("{}"));
  ASSERT_EQ(a.error, "");
  EXPECT_EQ(a.decision.candidates.at(0).contact, 7U);
  EXPECT_EQ(a.decision.candidates.at(0).headers.at(0).value, "alice");
  ASSERT_EQ(a.log.size(), 2U);
  EXPECT_EQ(a.log[0].text, "before alice");
  EXPECT_EQ(a.log[1].text, "after sip:bob@192.0.2.7");
  const auto b = stage.go_on(second, answered("{}"));
  EXPECT_EQ(b.decision.candidates.at(0).contact, 8U);
  EXPECT_EQ(b.decision.candidates.at(0).headers.at(0).value, "carol");
}

TEST(Waiting, WithoutAnAnswerThereIsNilAndWhy) {
  Stage stage("local answer, why = http.get('http://db.example/')\nreturn reject(404, tostring(answer) .. ' ' .. why)");
  EXPECT_EQ(stage.go_on(stage.begin(), problem("timeout")).decision.reason, "nil timeout");
  EXPECT_EQ(stage.go_on(stage.begin(), answered("{]")).decision.reason, "nil bad_json");
}

TEST(Waiting, TextIsABody) {
  Stage stage("local a = http.get('http://db.example/')\nreturn reject(404, a.body .. tostring(a.json))");
  EXPECT_EQ(stage.go_on(stage.begin(), answered("{}", {}, "text/plain")).decision.reason, "{}nil");
  EXPECT_EQ(stage.go_on(stage.begin(), answered("")).decision.reason, "nil")
      << "no body is no JSON, whatever it is called";
}

TEST(Waiting, ATableIsPostedAsJson) {
  Stage stage(
      "http.post('https://db.example/', { json = { list = { 1, 2.5, 'x\"' }, yes = true }, headers = { ['X-Key'] = 'k' "
      "} })\n"
      "return drop()");
  const auto first = stage.begin();
  ASSERT_TRUE(first.asks) << first.error;
  const std::string& json = http(first).json.value_or("");
  EXPECT_TRUE(json == R"({"list":[1,2.5,"x\""],"yes":true})" || json == R"({"yes":true,"list":[1,2.5,"x\""]})") << json;
  ASSERT_EQ(http(first).headers.size(), 1U);
  EXPECT_EQ(http(first).headers[0].first, "X-Key");
}

TEST(Waiting, InsideAPcallOfThePolicysOwn) {
  Stage stage(
      "local ok, answer = pcall(http.get, 'http://db.example/')\n"
      "local fine, text = pcall(function() return http.get('http://db.example/2').json.x.y end)\n"
      "return reject(404, tostring(ok) .. answer.status .. tostring(fine))");
  const auto second = stage.go_on(stage.begin(), answered("{}"));
  ASSERT_TRUE(second.asks) << second.error;
  EXPECT_EQ(stage.go_on(second, answered("{}")).decision.reason, "true200false");
}

TEST(Waiting, AnErrorAfterTheAnswerIsTheHandlersFailure) {
  Stage stage("local a = http.get('http://db.example/')\nreturn reject(404, a.json.name.first)");
  const auto last = stage.go_on(stage.begin(), answered("{}"));
  EXPECT_EQ(last.error, "p.lua:2: attempt to index a nil value (field 'name')");
  EXPECT_EQ(last.decision.where, "fallback");
  EXPECT_EQ(last.decision.status, 500);
  EXPECT_EQ(stage.host->counters().failures[0], 1U);
  EXPECT_EQ(stage.host->counters().invocations[0], 1U) << "one invocation, however often it waits";
}

TEST(Waiting, TheBudgetOfInstructionsIsThatOfTheWholeInvocation) {
  Limits limits;
  limits.instructions = 20'000;
  Stage stage(
      "for round = 1, 10 do\n"
      "  http.get('http://db.example/')\n"
      "  for i = 1, 2000 do local x = i end\n"
      "end\n"
      "return drop()",
      limits);
  auto outcome = stage.begin();
  int rounds = 0;
  while (outcome.asks) {
    ++rounds;
    // Another invocation in between has a budget of its own.
    InviteFacts other = call();
    const auto aside = stage.host->on_invite(other, stage.lookup, Patience::Some);
    stage.host->abandon(aside.asks->ticket);
    outcome = stage.go_on(outcome, answered("{}"));
  }
  EXPECT_GT(rounds, 2);
  EXPECT_LT(rounds, 10);
  EXPECT_NE(outcome.error.find("the budget of 20000 instructions is used up"), std::string::npos) << outcome.error;
  EXPECT_EQ(stage.host->counters().out_of_instructions, 1U);
}

TEST(Waiting, TheBudgetOfMemoryIsThatOfTheWholeInvocation) {
  Limits limits;
  limits.memory_bytes = 256U << 10;
  limits.instructions = 10'000'000;
  Stage stage(
      "local kept = {}\n"
      "for round = 1, 8 do\n"
      "  http.get('http://db.example/')\n"
      "  for i = 1, 1000 do kept[#kept + 1] = 'text that is long enough to count ' .. round .. ' ' .. i end\n"
      "end\n"
      "return drop()",
      limits);
  auto outcome = stage.begin();
  int rounds = 0;
  while (outcome.asks) {
    ++rounds;
    outcome = stage.go_on(outcome, answered("{}"));
  }
  EXPECT_GT(rounds, 1);
  EXPECT_LT(rounds, 8);
  EXPECT_NE(outcome.error.find("memory"), std::string::npos) << outcome.error;
  EXPECT_EQ(stage.host->counters().out_of_memory, 1U);
}

TEST(Waiting, WhoWaitsTakesNothingFromTheOthersBudgets) {
  Limits limits;
  limits.memory_bytes = 256U << 10;
  limits.instructions = 10'000'000;
  Stage stage(
      "local kept = {}\n"
      "for i = 1, 900 do kept[i] = 'text that is long enough to count ' .. call.from.user .. i end\n"
      "http.get('http://db.example/')\n"
      "return reject(404, tostring(#kept))",
      limits);
  std::vector<Outcome<InviteDecision>> waiting;
  for (int i = 0; i < 50; ++i) {
    waiting.push_back(stage.begin());
    ASSERT_TRUE(waiting.back().asks) << i << ": " << waiting.back().error;
  }
  for (const auto& one : waiting) EXPECT_EQ(stage.go_on(one, answered("{}")).decision.reason, "900");
}

TEST(Waiting, HasAnEndForTheWholeInvocation) {
  Limits limits;
  limits.wait = milliseconds(1500);
  Stage stage(
      "http.get('http://db.example/1', { timeout = 1 })\n"
      "http.get('http://db.example/2', { timeout = 1 })\n"
      "http.get('http://db.example/3', { timeout = 1 })\n"
      "return drop()",
      limits);
  const auto first = stage.begin();
  EXPECT_EQ(first.asks->question.timeout, seconds(1));
  const auto second = stage.go_on(first, problem("timeout", seconds(1)));
  EXPECT_EQ(second.asks->question.timeout, milliseconds(500)) << "what is left";
  const auto last = stage.go_on(second, problem("timeout", milliseconds(500)));
  EXPECT_EQ(last.error, "p.lua:3: the handler has waited for longer than its budget of 1500 ms");
  EXPECT_EQ(last.decision.where, "fallback");
  EXPECT_EQ(stage.host->counters().out_of_time, 1U);
}

TEST(Waiting, IsBoundedInNumberAndCallsForHelpHaveRoom) {
  Limits limits;
  limits.waiting = 2;
  Stage stage("local a, why = http.get('http://db.example/')\nreturn reject(404, why)", limits);
  const auto first = stage.begin();
  const auto second = stage.begin();
  const auto third = stage.begin();
  EXPECT_FALSE(third.asks);
  EXPECT_EQ(third.decision.reason, "busy");
  EXPECT_EQ(stage.host->counters().not_waited, 1U);
  const auto help = stage.begin(Patience::First);
  EXPECT_TRUE(help.asks);
  stage.go_on(first, answered("{}"));
  EXPECT_FALSE(stage.begin().asks) << "the call for help is still there";
  stage.go_on(second, answered("{}"));
  EXPECT_TRUE(stage.begin().asks);
}

TEST(Waiting, WhereNobodyCanWaitItSaysSo) {
  Stage stage("local a, why = http.get('http://db.example/')\nreturn reject(404, why)");
  EXPECT_EQ(stage.begin(Patience::None).decision.reason, "unavailable");
}

TEST(Waiting, CannotHappenInsideOfAFunctionOfTheLanguage) {
  Stage stage("table.sort({ 2, 1 }, function() return http.get('http://db.example/') end)\nreturn drop()");
  const auto outcome = stage.begin();
  EXPECT_FALSE(outcome.asks);
  EXPECT_NE(outcome.error.find("cannot be asked inside of table.sort"), std::string::npos) << outcome.error;
}

TEST(Waiting, QuestionsOfOneEventAreBounded) {
  Stage stage("while true do http.get('http://db.example/') end");
  auto outcome = stage.begin();
  std::size_t questions = 0;
  for (; outcome.asks; ++questions) outcome = stage.go_on(outcome, answered("{}", milliseconds(0)));
  EXPECT_EQ(questions, kMaxQuestions);
  EXPECT_EQ(outcome.error, "p.lua:1: more than 16 questions that take time in one event");
}

TEST(Waiting, AnAbandonedInvocationIsGoneWithWhatItHolds) {
  Stage stage(
      "local guard <close> = setmetatable({}, { __close = function() local _, why = http.get('http://db.example/2') "
      "log.info(why) end })\n"
      "http.get('http://db.example/')\n"
      "return drop()");
  for (int i = 0; i < 2000; ++i) {
    const auto outcome = stage.begin();
    ASSERT_TRUE(outcome.asks) << i;
    stage.host->abandon(outcome.asks->ticket);
  }
  EXPECT_EQ(stage.host->waiting(), 0U);
  EXPECT_EQ(stage.host->counters().abandoned, 2000U);
  EXPECT_LT(stage.host->memory_in_use(), 4U << 20);
  stage.host->abandon(12345);
  EXPECT_EQ(stage.host->counters().abandoned, 2000U);
}

TEST(Waiting, AHostMayGoWhileHandlersWait) {
  Stage stage("http.get('http://db.example/')\nreturn drop()");
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(stage.begin().asks);
  stage.host.reset();
}

TEST(Waiting, AFailureIsDecidedTheSameWay) {
  const auto host = load(
      "return { on_invite = function() return drop() end, on_failure = function(call, attempt)\n"
      "  local a = http.get('http://db.example/' .. attempt.status)\n"
      "  return a and next_candidate() or give_up(480) end }");
  FakeLookup lookup;
  const InviteFacts facts = call();
  AttemptFacts attempt;
  attempt.status = 503;
  auto outcome = host->on_failure(facts, attempt, lookup, Patience::Some);
  ASSERT_TRUE(outcome.asks);
  EXPECT_EQ(std::get<HttpQuestion>(outcome.asks->question.what).url, "http://db.example/503");
  EXPECT_EQ(host->resume_failure(outcome.asks->ticket, answered("{}"), lookup).decision.kind,
            FailureDecision::Kind::Next);
  outcome = host->on_failure(facts, attempt, lookup, Patience::Some);
  EXPECT_EQ(host->resume_invite(outcome.asks->ticket, answered("{}"), lookup).decision.where, "fallback")
      << "a ticket of another handler";
  EXPECT_EQ(host->resume_failure(outcome.asks->ticket, problem("connect"), lookup).decision.kind,
            FailureDecision::Kind::GiveUp);
}

TEST(HttpLookup, RefusesWhatIsNoQuestion) {
  EXPECT_EQ(error_of("http.get(5)"), "p.lua:1: http.get takes a URL, not a number");
  EXPECT_EQ(error_of("http.get('ftp://x/')"),
            "p.lua:1: http.get: a URL begins with http:// or https://, not \"ftp://x/\"");
  EXPECT_EQ(error_of("http.get('http://x/ y')"),
            "p.lua:1: http.get: the URL is too long, or has blanks in it; http.escape() writes a part of one");
  EXPECT_EQ(error_of("http.get('http://x/', { timeot = 1 })"),
            "p.lua:1: http.get has no option \"timeot\"; did you mean \"timeout\"?");
  EXPECT_EQ(error_of("http.get('http://x/', { timeout = 0 })"),
            "p.lua:1: http.get: timeout must be seconds, 0.01 to 60.0");
  EXPECT_EQ(error_of("http.post('http://x/')"), "p.lua:1: http.post needs { json = ... }");
  EXPECT_EQ(error_of("http.post('http://x/', { json = function() end })"),
            "p.lua:1: http.post: a function is nothing that JSON knows");
  EXPECT_EQ(error_of("http.post('http://x/', { json = '\\xff' })"), "p.lua:1: http.post: a text is not UTF-8");
  EXPECT_EQ(error_of("http.get('http://x/', { headers = { ['A b'] = 'c' } })"),
            "p.lua:1: http.get: \"A b\" is no name of a header");
  EXPECT_EQ(error_of("http.get('http://x/', { headers = { A = 'c\\r\\nB: d' } })"),
            "p.lua:1: http.get: the value of \"A\" is too long or has control characters");
  EXPECT_EQ(error_of("http.get('http://x/', { headers = { host = 'y' } })"),
            "p.lua:1: http.get: the header \"host\" is not for policies to set");
  EXPECT_EQ(value_of("http.escape('+43 1/2?&.~')"), "%2B43%201%2F2%3F%26.~");
}

TEST(HttpLookup, CannotBeUsedWhileThePolicyLoads) {
  const auto host = try_load("local a, why = http.get('http://x/')\nerror(why)");
  ASSERT_FALSE(host);
  EXPECT_EQ(host.error().message(), "p.lua:2: unavailable");
}

TEST(Json, GoesBothWays) {
  EXPECT_EQ(value_of("json.encode({ 1, 'a', false })"), "[1,\"a\",false]");
  EXPECT_EQ(value_of("json.encode({})"), "{}");
  EXPECT_EQ(value_of("json.encode(1.5)"), "1.5");
  EXPECT_EQ(value_of("json.decode('{\"a\": [1, null, 3]}').a[3]"), "3");
  EXPECT_EQ(value_of("json.decode('[null]')[1]"), "false");
  EXPECT_EQ(value_of("json.decode('{\"a\": null}').a"), "nil");
  EXPECT_EQ(value_of("select(2, json.decode('[1,]'))"), "byte 4: this is no JSON");
  EXPECT_EQ(error_of("local t = {} t.t = t json.encode(t)"), "p.lua:1: json.encode: tables are nested too deep");
  EXPECT_EQ(error_of("json.encode({ [true] = 1 })"), "p.lua:1: json.encode: names of an object are texts");
  EXPECT_EQ(error_of("json.encode(1/0)"), "p.lua:1: json.encode: JSON has no such number");
}

}  // namespace
}  // namespace sbc::policy::testing
