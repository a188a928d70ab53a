// What a policy cannot do, and what stops one that does not end.

#include <gmock/gmock.h>

#include <chrono>

#include "support.h"

namespace sbc::policy::testing {
namespace {

using ::testing::HasSubstr;

TEST(Sandbox, HasNoDangerousNames) {
  for (const char* name : {"io", "os", "debug", "package", "load", "loadstring", "loadfile", "dofile", "collectgarbage",
                           "print", "rawset", "xpcall", "coroutine", "_G", "warn"})
    EXPECT_THAT(error_of(std::string("return ") + name), HasSubstr("there is no \"" + std::string(name) + "\""))
        << name;
  EXPECT_THAT(error_of("return string.dump"), HasSubstr("\"string\" has no \"dump\""));
  EXPECT_THAT(error_of("return math.random()"), HasSubstr("\"math\" has no \"random\""));
}

TEST(Sandbox, UnknownNamesAreErrorsWithTheNearest) {
  EXPECT_THAT(error_of("\n\nreturn rejct(404)"), HasSubstr("p.lua:3: there is no \"rejct\"; did you mean \"reject\"?"));
}

TEST(Sandbox, GlobalsAndLibrariesCannotBeChanged) {
  EXPECT_THAT(error_of("x = 1"), HasSubstr("setting the global \"x\" is not possible"));
  EXPECT_THAT(error_of("reject = nil"), HasSubstr("setting the global \"reject\""));
  EXPECT_THAT(error_of("string.find = nil"), HasSubstr("cannot be changed"));
  EXPECT_THAT(error_of("location.lookup = nil"), HasSubstr("cannot be changed"));
  EXPECT_THAT(error_of("trunks.names[1] = 'x'"), HasSubstr("cannot be changed"));
  EXPECT_THAT(error_of("setmetatable(string, {})"), HasSubstr("protected"));
  EXPECT_EQ(value_of("getmetatable('')"), "string");
  EXPECT_THAT(error_of("local f, real = pairs(string) real.find = nil"), HasSubstr("attempt to index a nil"));
  EXPECT_THAT(error_of("local f, real = pairs(trunks.names) real.x = 1"), HasSubstr("attempt to index a nil"));
}

TEST(Sandbox, LibrariesThatStayWork) {
  EXPECT_EQ(value_of("('Hello'):upper():sub(1, 2) .. #'abc' .. string.format('%03d', 7)"), "HE3007");
  EXPECT_EQ(value_of("math.max(1, 7) .. math.type(1)"), "7integer");
  EXPECT_EQ(value_of("table.concat({ 3, 1, 2 }, ',')"), "3,1,2");
  EXPECT_EQ(value_of("select(2, pcall(error, 'x'))"), "x");
  EXPECT_EQ(value_of("utf8.len('Bj\\u{f6}rn')"), "5");
  EXPECT_EQ(value_of("(function() local t = { 3, 1, 2 } table.sort(t) table.insert(t, 4) table.remove(t, 1) "
                     "return table.unpack(t, 1, 1) end)()"),
            "2");
}

// What a handler sets there is set for every call from then on.
TEST(Sandbox, TheEnvironmentIsOutOfReach) {
  for (const char* body :
       {"_ENV = nil", "local _ENV = {}", "setmetatable(_ENV, {})", "return (function() return _ENV end)()"}) {
    const auto host = try_load("return {\n on_invite = function() " + std::string(body) + " end }");
    ASSERT_FALSE(host.has_value()) << body;
    EXPECT_THAT(host.error().message(), HasSubstr("p.lua:2: _ENV is not available"));
  }
  EXPECT_EQ(value_of("(function() local MY_ENV, _ENVOY = 1, 2 return MY_ENV + _ENVOY end)()"), "3");
}

TEST(Sandbox, FinalizersAreRefused) {
  EXPECT_THAT(error_of("setmetatable({}, { __gc = function() end })"), HasSubstr("__gc is not available"));
}

TEST(Sandbox, BytecodeIsRefused) {
  const auto host = try_load("\x1bLua");
  ASSERT_FALSE(host.has_value());
  EXPECT_THAT(host.error().text, HasSubstr("binary"));
}

// Each of these would run for ever, or for very long, without a budget.
TEST(Budget, StopsWhatDoesNotEnd) {
  const char* endless[] = {
      "while true do end",
      "while true do pcall(function() while true do end end) end",
      "local function f() return f() end f()",
      "local function f() pcall(f) while true do end end f()",
      "for i = 1, math.huge do end",
      "local s = ('a'):rep(5000) return s:find(('.-'):rep(20) .. 'b')",
      "local s = ('a'):rep(3000) return s:match('(.*)(.*)(.*)(.*)b')",
      "local s = ('a'):rep(3000) return (s:gsub('.-.-.-b', ''))",
      "local s = ('a'):rep(3000) for x in s:gmatch('.-.-.-b') do end",
      "local s = ('('):rep(3000) return s:find('%b()%b()')",
      "string.rep('', 1 << 60) while true do end",
      "local x <close> = setmetatable({}, { __close = function() while true do end end }) while true do end",
      "local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end }) return t[1]",
      "local t = setmetatable({}, { __len = function() return 1 << 60 end }) table.insert(t, 1, 1)",
      "('x'):rep(60000):gsub('.', function() while true do end end)",
      "return tostring(setmetatable({}, { __tostring = function() while true do end end }))",
  };
  for (const char* body : endless) {
    FakeLookup lookup;
    const auto host = load_body(body);
    const auto started = std::chrono::steady_clock::now();
    const auto outcome = host->on_invite(call(), lookup);
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(2)) << body;
    EXPECT_TRUE(outcome.failed()) << body;
    EXPECT_TRUE(outcome.error.starts_with("p.lua:")) << body << " -> " << outcome.error;
    EXPECT_EQ(outcome.decision.status, 500);
    // The Host is as good as new afterwards.
    const auto again = host->on_invite(call(), lookup);
    EXPECT_EQ(again.error, outcome.error) << body;
  }
}

TEST(Budget, OfInstructionsIsCountedAndNamed) {
  FakeLookup lookup;
  const auto host = load_body("\nif call.realm == 'core' then while true do end end return drop()");
  InviteFacts facts = call();
  facts.realm = "core";
  EXPECT_THAT(host->on_invite(facts, lookup).error, HasSubstr("p.lua:2: the budget of 100000 instructions is used up"));
  EXPECT_EQ(host->counters().out_of_instructions, 1U);
  EXPECT_FALSE(host->on_invite(call(), lookup).failed());
  EXPECT_EQ(host->counters().invocations[0], 2U);
  EXPECT_EQ(host->counters().failures[0], 1U);
}

TEST(Budget, OfInstructionsHoldsAtTheLimitAndNotFarPast) {
  FakeLookup lookup;
  Limits limits;
  limits.instructions = 10'000;
  // An empty numeric loop takes one instruction per turn.
  const auto host = load("return { on_invite = function(call) for i = 1, call.source_port do end return drop() end }",
                         environment(), limits);
  InviteFacts facts = call();
  facts.source_port = 9'900;
  EXPECT_EQ(host->on_invite(facts, lookup).error, "");
  facts.source_port = 10'001;
  EXPECT_TRUE(host->on_invite(facts, lookup).failed());
}

TEST(Budget, OfMemoryStopsHoarding) {
  const char* greedy[] = {
      "local t = {} for i = 1, 100000 do t[i] = 'some text ' .. i end",
      "local s = 'x' while true do s = s .. s end",
      "return ('x'):rep(1 << 40)",
      "return ('x'):rep(1 << 20)",
      "local s = ('x'):rep(100000) for i = 1, 10000 do local a = s .. i end",
      "local s = ('x'):rep(60000) while true do pcall(function() local a = s .. 'y' end) end",
      "local function f(...) return f(1, 2, 3, ...) end f()",
      "local s = ('x'):rep(100) return (s:rep(500):gsub('.', s))",
  };
  for (const char* body : greedy) {
    FakeLookup lookup;
    const auto host = load_body(body);
    const std::size_t before = host->memory_in_use();
    const auto started = std::chrono::steady_clock::now();
    const auto outcome = host->on_invite(call(), lookup);
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(2)) << body;
    EXPECT_TRUE(outcome.failed()) << body;
    EXPECT_TRUE(outcome.error.starts_with("p.lua:1: ")) << body << " -> " << outcome.error;
    EXPECT_LE(host->memory_in_use(), before + Limits{}.memory_bytes + (64U << 10)) << body;
  }
}

TEST(Budget, OfMemoryIsThereAgainForTheNextCall) {
  FakeLookup lookup;
  const auto host =
      load_body("if call.realm == 'core' then local t = {} for i = 1, 1e9 do t[i] = i .. 'x' end end return drop()");
  InviteFacts facts = call();
  for (int i = 0; i < 3; ++i) {
    facts.realm = "core";
    EXPECT_THAT(host->on_invite(facts, lookup).error, HasSubstr("memory"));
    facts.realm = "access";
    EXPECT_EQ(host->on_invite(facts, lookup).error, "");
  }
  EXPECT_EQ(host->counters().out_of_memory, 3U);
}

TEST(Budget, GarbageOfManyCallsIsCollected) {
  FakeLookup lookup;
  const auto host = load_body("local t = {} for i = 1, 50 do t[i] = call.call_id .. i end return reject(404, t[50])");
  const std::size_t before = host->memory_in_use();
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(host->on_invite(call(), lookup).error, "");
  EXPECT_LT(host->memory_in_use(), before + Limits{}.memory_bytes);
}

TEST(Budget, MayNotBeConfiguredTooSmall) {
  Limits limits;
  limits.instructions = kMinInstructions - 1;
  EXPECT_FALSE(try_load("return { on_invite = function() return drop() end }", {}, limits).has_value());
  limits.instructions = kMinInstructions;
  EXPECT_TRUE(try_load("return { on_invite = function() return drop() end }", {}, limits).has_value());
  limits.memory_bytes = kMinMemoryBytes - 1;
  EXPECT_FALSE(try_load("return { on_invite = function() return drop() end }", {}, limits).has_value());
}

TEST(Errors, OfEveryKindNameAPlace) {
  EXPECT_EQ(error_of("error('boom')"), "p.lua:1: boom");
  EXPECT_EQ(error_of("error('boom', 0)"), "p.lua:1: boom");
  EXPECT_EQ(error_of("error({})"), "p.lua:1: the handler raised a table");
  EXPECT_EQ(error_of("error()"), "p.lua:1: the handler raised a nil");
  EXPECT_THAT(error_of("\nlocal x = nil + 1"), HasSubstr("p.lua:2: attempt to perform arithmetic"));
  EXPECT_THAT(error_of("call.nothing()"), HasSubstr("p.lua:1: a call has no"));
}

}  // namespace
}  // namespace sbc::policy::testing
