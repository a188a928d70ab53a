// An invocation told again: the same facts, the same answers, the same decision.

#include "sbc/retell/retell.h"

#include <chrono>

#include "sbc/json/write.h"
#include "sbc/retell/decisions.h"
#include "sbc/retell/facts.h"
#include "sbc/retell/limits.h"
#include "sbc/retell/lookups.h"

#include "../policy/support.h"

namespace sbc::retell {
namespace {

using policy::Handler;
using policy::Patience;
using policy::testing::FakeLookup;

// Runs a handler as a border does, and notes it.
struct Border {
  explicit Border(const std::string& text) : host(policy::testing::load(text)) {}

  template <typename Decision>
  void settle(policy::Outcome<Decision>&& outcome) {
    note.decision = to_json(outcome.decision);
    if constexpr (requires { outcome.decision.where; }) note.where = outcome.decision.where;
    note.error = outcome.error;
    note.log = outcome.log;
  }
  const Invocation& invite(Patience patience = Patience::Some) {
    note = {.handler = Handler::Invite, .call_id = facts.call_id, .facts = to_json(facts)};
    if (patience == Patience::None) note.no_wait = "unavailable";
    NotingLookup noting(lookup, note.asked);
    auto outcome = host->on_invite(facts, noting, patience);
    while (outcome.asks) {
      const auto asks = *outcome.asks;
      auto answer = answers.at(policy::text_of(asks.question));
      note.asked.push_back(asked_of(asks.question, answer));
      outcome = host->resume_invite(asks.ticket, std::move(answer), noting);
    }
    settle(std::move(outcome));
    return note;
  }

  FakeLookup lookup;
  policy::InviteFacts facts = policy::testing::call();
  std::map<std::string, policy::Answer> answers;
  std::unique_ptr<policy::Host> host;
  Invocation note;
};

std::string handler(const std::string& body) {
  return "return { on_invite = function(call)\n" + body + "\nend }";
}

// Told again from its line, by a fresh Host of that text.
Retold again(const Invocation& note, const std::string& text) {
  const auto line = line_of(note);
  const auto read = read_line(line);
  EXPECT_TRUE(read) << read.error() << "\n" << line;
  EXPECT_EQ(line_of(*read), line);
  const auto host = policy::testing::load(text);
  const auto retold = retell(*host, *read);
  EXPECT_TRUE(retold) << retold.error();
  EXPECT_EQ(host->waiting(), 0U);
  return *retold;
}

void expect_identical(const Invocation& note, const std::string& text) {
  const auto retold = again(note, text);
  EXPECT_TRUE(identical(note, retold)) << line_of(note) << "\n" << json::text_of(retold.decision) << retold.error;
  EXPECT_TRUE(retold.unanswered.empty());
}

TEST(Retell, ARouteWithEverythingIsTheSame) {
  const std::string text = handler(
      "local phones = location.lookup(call.to.aor)\n"
      "log.info('to', call.to.user, #phones)\n"
      "return route{ phones, { trunk = 'carrier_a', number = '43' .. call.to.user, timeout = 4, ring_timeout = 30, "
      "max_duration = 9,\n"
      "  headers = { ['X-B'] = { '1', '2' }, ['X-A'] = 'caf\\xe9', Subject = false }, from = { user = '1', display = "
      "'A' },\n"
      "  redirects = 'follow', late_offer = 'offer', preconditions = 'refuse', media_security = 'best-effort',\n"
      "  codecs = { allow = { 'PCMA' }, order = { 'PCMA' }, ptime = 20 }, dtmf = 'info',\n"
      "  record = { wav = true, required = true }, music_on_hold = '', welcome = '' },\n"
      "  { uri = 'sip:x@192.0.2.9', realm = 'core' }, { group = 'carriers' } }");
  Border border(text);
  border.lookup.add("sip:bob@example.net", 4711, "sip:bob@198.51.100.7:5062");
  border.lookup.add("sip:bob@example.net", 4712, "sip:bob@198.51.100.8");
  const auto& note = border.invite();
  ASSERT_EQ(note.error, "");
  EXPECT_EQ(
      json::text_of(note.decision),
      R"({"decision":"route","to":[{"contact":"sip:bob@198.51.100.7:5062"},{"contact":"sip:bob@198.51.100.8"},)"
      R"({"trunk":"carrier_a","number":"43bob","timeout":4,"ring_timeout":30,"from_user":"1","from_display":"A",)"
      R"("headers":[["remove","Subject"],["set","X-A",{"bytes":"636166e9"}],["set","X-B","1"],["add","X-B","2"]],)"
      R"("redirects":"follow","late_offer":"offer","media_security":"best-effort","preconditions":"refuse",)"
      R"("codecs":{"allow":["PCMA"],"order":["PCMA"],"ptime":20},"dtmf":"info",)"
      R"("record":{"wav":true,"required":true},"music_on_hold":"","max_duration":9},)"
      R"({"uri":"sip:x@192.0.2.9","realm":"core"},{"group":"carriers"}]})");
  EXPECT_EQ(note.log.size(), 1U);
  EXPECT_EQ(note.asked.size(), 1U);
  expect_identical(note, text);
}

TEST(Retell, RefusalsChallengesAndDropsAreTheSame) {
  for (const char* body : {"return reject(404, 'Nobody', { ['X-B'] = 'b', ['X-A'] = 'a' })", "return challenge()",
                           "return drop()", "error('broken')", "return reject(99)", "while true do end"}) {
    Border border(handler(body));
    expect_identical(border.invite(), handler(body));
  }
}

TEST(Retell, CountersAndAccountsAnswerAsTheyDid) {
  const std::string text = handler(
      "local n = counter.incr('from ' .. call.source_ip, 60) + counter.incr('from ' .. call.source_ip, 60)\n"
      "return reject(480, n .. ' ' .. tostring(location.known('bob')) .. tostring(location.lookup('nobody')))");
  Border border(text);
  border.lookup.accounts["sip:bob@example.net"] = true;
  border.lookup.counts["from 198.51.100.20/60"] = 40;
  const auto& note = border.invite();
  EXPECT_TRUE(json::text_of(note.decision).contains("83 truenil")) << json::text_of(note.decision);
  expect_identical(note, text);
}

TEST(Retell, WaitsAreAnsweredAtOnceWithWhatCame) {
  const std::string text = handler(
      "local a = http.get('http://db.example/' .. call.to.user, { timeout = 0.5 })\n"
      "local b, why = http.post('http://db.example/', { json = { z = 1, a = { 'x' }, m = call.from.user } })\n"
      "local c = dns.enum('+4312345')\n"
      "local d = dns.lookup('_sip._udp.example.net', 'SRV')\n"
      "return reject(404, a.json.name .. ' ' .. tostring(b) .. ' ' .. why .. ' ' .. c[1].order .. d[1].target)");
  Border border(text);
  border.answers["GET http://db.example/bob"] = {
      .found = policy::HttpAnswer{.status = 200, .content_type = "application/json", .body = R"({"name": "blue"})"},
      .waited = base::milliseconds(20)};
  border.answers["POST http://db.example/"] = {.found = std::unexpected(std::string("timeout")),
                                               .waited = base::microseconds(1'500'001)};
  border.answers["enum +4312345"] = {
      .found = std::make_shared<const json::Value>(*json::parse(R"([{"uri": "sip:x@y", "order": 10}])")),
      .waited = base::Duration(1)};
  border.answers["dns SRV _sip._udp.example.net"] = {
      .found = std::make_shared<const json::Value>(*json::parse(R"([{"target": "edge", "port": 5060}])")),
      .waited = base::Duration(1)};
  const auto& note = border.invite();
  EXPECT_EQ(note.error, "");
  ASSERT_EQ(note.asked.size(), 4U);
  EXPECT_EQ(note.asked[0].subject, "GET http://db.example/bob");
  EXPECT_EQ(note.asked[1].subject, R"(POST http://db.example/ {"a":["x"],"m":"alice","z":1})");
  EXPECT_EQ(note.asked[1].waited_us, 1'500'001U);
  EXPECT_EQ(note.asked[2].waited_us, 1U);
  expect_identical(note, text);
}

TEST(Retell, WhatCouldNotWaitDoesNotWait) {
  const std::string text = handler("local a, why = http.get('http://db.example/') return reject(500, why)");
  Border border(text);
  const auto& none = border.invite(Patience::None);
  EXPECT_TRUE(json::text_of(none.decision).contains("unavailable"));
  expect_identical(none, text);
  Invocation busy = none;
  busy.no_wait = "busy";
  busy.decision = *json::parse(R"({"decision":"reject","status":500,"reason":"busy"})");
  expect_identical(busy, text);
}

TEST(Retell, TheBudgetOfWaitingCountsAgain) {
  const std::string text =
      handler("http.get('http://db.example/1', { timeout = 60 }) http.get('http://db.example/2') return reject(404)");
  Border border(text);
  const policy::Answer slow{.found = std::unexpected(std::string("timeout")),
                            .waited = policy::Limits{}.wait + base::Duration(1)};
  border.answers["GET http://db.example/1"] = slow;
  const auto& note = border.invite();
  EXPECT_TRUE(note.error.contains("waited for longer")) << note.error;
  expect_identical(note, text);
}

TEST(Retell, AnotherPolicyAnswersForItself) {
  Border border(handler("return route{ trunk = 'carrier_a' }"));
  const auto& note = border.invite();
  const auto retold = again(note, handler("return route{ trunk = 'carrier_b' }"));
  EXPECT_FALSE(same(note, retold));
  EXPECT_EQ(json::text_of(retold.decision), R"({"decision":"route","to":[{"trunk":"carrier_b"}]})");
  const auto moved = again(note, handler("\n\nreturn route{ trunk = 'carrier_a' }"));
  EXPECT_TRUE(same(note, moved));
  EXPECT_FALSE(identical(note, moved));
  const auto failed = again(note, handler("error('no')"));
  EXPECT_FALSE(same(note, failed));
  EXPECT_EQ(failed.error, "p.lua:2: no");
}

TEST(Retell, SaysWhatTheRecordDoesNotAnswer) {
  Border border(handler("counter.incr('calls', 60) return reject(404)"));
  const auto& note = border.invite();
  const auto retold = again(note, handler("counter.incr('calls', 60) local n = counter.incr('calls', 60, 3)\n"
                                          "local a, why = http.get('http://new.example/')\n"
                                          "local b = location.lookup('carol') local c = location.known('dave')\n"
                                          "return reject(404, n .. why .. tostring(b) .. tostring(c))"));
  EXPECT_EQ(json::text_of(retold.decision), R"({"decision":"reject","status":404,"reason":"3unavailablenilfalse"})");
  std::vector<std::string> open;
  for (const auto& asked : retold.unanswered) open.push_back(asked.kind + " " + asked.subject);
  EXPECT_EQ(open, (std::vector<std::string>{"count calls over 60000 ms by 3", "http GET http://new.example/",
                                            "location sip:carol@example.net", "known sip:dave@example.net"}));
}

TEST(Retell, AQuestionAskedAgainGetsItsAnswersInOrder) {
  const std::vector<Asked> noted = {{.kind = "known", .subject = "sip:a@b", .answer = {true}},
                                    {.kind = "known", .subject = "sip:a@b", .answer = {false}},
                                    {.kind = "count", .subject = "n over 1000 ms by 1", .answer = {std::int64_t{5}}}};
  RetoldLookup lookup(noted);
  EXPECT_TRUE(lookup.known("sip:a@b"));
  EXPECT_FALSE(lookup.known("sip:a@b"));
  EXPECT_FALSE(lookup.known("sip:a@b"));
  EXPECT_TRUE(lookup.unanswered().empty());
  EXPECT_EQ(lookup.count("n", base::seconds(1), 1), 5U);
  EXPECT_EQ(lookup.count("n", base::seconds(1), 1), 1U);
  EXPECT_EQ(lookup.unanswered().size(), 1U);
}

// The other handlers, with what they are told.
struct Others {
  Others() : host(policy::testing::load(kText)) { call.headers.clear(); }

  template <typename Decision>
  void expect_same(Handler of, json::Value facts, json::Value event, const policy::Outcome<Decision>& outcome) {
    Invocation note{.handler = of, .facts = std::move(facts), .event = std::move(event)};
    note.decision = decided(outcome);
    if constexpr (requires { outcome.decision.where; }) note.where = outcome.decision.where;
    note.error = outcome.error;
    note.log = outcome.log;
    EXPECT_EQ(note.error, "");
    expect_identical(note, kText);
  }

  static constexpr const char* kText = R"(return {
    on_invite = function() end,
    on_register = function(reg) return accept{ expires = reg.expires, max_contacts = 2, min_expires = 60 } end,
    on_request = function(request) return reject(403, request.method, { ["X-Why"] = request.target_party }) end,
    on_nat = function(leg) return { latch = "hear", latch_from = { "192.0.2.0/24" }, keep_alive = "stun" } end,
    on_failure = function(call, attempt) return give_up(attempt.status, attempt.reason) end,
    on_media_quality = function(call, quality) log.warning(quality.mos) end,
    on_end = function(call, ending) log.info(ending.duration_ms, ending.streams[1].codec, ending.caller_mos) end,
    on_screen = function(request) return reject(405, request.method) end,
    on_provisional = function(call, response)
      return change { status = 180, early_media = false, headers = { ["X-Why"] = response.reason } }
    end,
    on_answer = function(call, response)
      timer.set("soon", response.number)
      timer.cancel("never")
      return change { max_duration = 60 }
    end,
    on_info = function(call, event) return reject(415, event.body) end,
    on_dtmf = function(call, event) return hang_up(480, event.digit) end,
    on_timer = function(call, due) return hang_up(nil, due.name) end,
  })";
  FakeLookup lookup;
  policy::InviteFacts call = policy::testing::call();
  std::unique_ptr<policy::Host> host;
};

TEST(Retell, EveryHandlerIsToldAgain) {
  Others others;
  policy::RegisterFacts registration;
  registration.expires = 300;
  others.expect_same(Handler::Register, to_json(registration), {},
                     others.host->on_register(registration, others.lookup));
  policy::RequestFacts request;
  request.method = "MESSAGE";
  request.target_party = "sip:bob@example.net";
  others.expect_same(Handler::Request, to_json(request), {}, others.host->on_request(request, others.lookup));
  policy::LegFacts leg;
  leg.source_ip = "192.0.2.1";
  others.expect_same(Handler::Nat, to_json(leg), {}, others.host->on_nat(leg));
  policy::AttemptFacts attempt;
  attempt.status = 486;
  attempt.reason = "Busy";
  others.expect_same(Handler::Failure, to_json(others.call), to_json(attempt),
                     others.host->on_failure(others.call, attempt, others.lookup));
  policy::QualityFacts quality;
  quality.mos = 2.25;
  others.expect_same(Handler::MediaQuality, to_json(others.call), to_json(quality),
                     others.host->on_media_quality(others.call, quality, others.lookup));
  policy::EndFacts end;
  end.duration_ms = 90;
  end.streams.emplace_back().codec = "PCMA";
  others.expect_same(Handler::End, to_json(others.call), to_json(end),
                     others.host->on_end(others.call, end, others.lookup));
}

TEST(Retell, WhatHappensInACallIsToldAgain) {
  Others others;
  policy::RequestFacts request;
  request.method = "PUBLISH";
  others.expect_same(Handler::Screen, to_json(request), {}, others.host->on_screen(request, others.lookup));
  policy::ResponseFacts response;
  response.number = 2;
  response.reason = "Session Progress";
  others.expect_same(Handler::Provisional, to_json(others.call), to_json(response),
                     others.host->on_provisional(others.call, response, others.lookup));
  const auto answer = others.host->on_answer(others.call, response, others.lookup);
  EXPECT_EQ(json::text_of(decided(answer)),
            R"({"decision":"change","max_duration":60,"timers":[["soon",2],["never",0]]})");
  others.expect_same(Handler::Answer, to_json(others.call), to_json(response), answer);
  policy::InsideFacts event;
  event.body = "Signal=5";
  event.digit = "5";
  for (const Handler handler : {Handler::Info, Handler::Dtmf, Handler::Refer})
    others.expect_same(handler, to_json(others.call), to_json(event),
                       others.host->on_inside(handler, others.call, event, others.lookup));
  policy::TimerFacts due;
  due.name = "soon";
  others.expect_same(Handler::Timer, to_json(others.call), to_json(due),
                     others.host->on_timer(others.call, due, others.lookup));
}

TEST(Retell, FactsThatCannotBeReadAreNoDecision) {
  const auto host = policy::testing::load(handler("return drop()"));
  const Invocation note{.handler = Handler::Invite, .facts = {json::Members{{"realm", {true}}}}};
  EXPECT_EQ(retell(*host, note).error(), "call.realm: expected a text");
}

TEST(Line, SaysWhatIsWrongWithIt) {
  const auto error = [](std::string_view line) { return read_line(line).error(); };
  EXPECT_EQ(error("{}"), "it is no line of a recording: it has no version");
  EXPECT_EQ(error(R"({"version":2,"handler":"on_invite"})"), "its version is 2, and 1 is what can be read");
  EXPECT_EQ(error(R"({"version":1,"handler":"on_x"})"), "handler: expected the name of one, got \"on_x\"");
  EXPECT_EQ(error(R"({"version":1,"handler":"on_invite","asked":[{}]})"), "asked: kind: expected what was asked for");
  EXPECT_EQ(error(R"({"version":1,"handler":"on_invite","log":[{"level":"x"}]})"),
            "log: level: expected debug, info, warning or error");
  EXPECT_EQ(error(R"({"version":1,"handler":"on_invite","at_ms":-1})"),
            "at_ms: expected a number up to 9223372036854775807");
  EXPECT_TRUE(error(R"({"version":1,"handler":"on_inv)").starts_with("byte "));
  const std::string most = R"({"version":1,"handler":"on_invite"})" + std::string(kMaxLine - 35, ' ');
  EXPECT_EQ(most.size(), kMaxLine);
  EXPECT_TRUE(read_line(most));
  EXPECT_EQ(error(most + " "), "it is longer than 1048576 bytes");
}

}  // namespace
}  // namespace sbc::retell
