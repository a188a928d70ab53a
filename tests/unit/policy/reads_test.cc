// What a handler has read, for the explanation of a call.

#include "support.h"

namespace sbc::policy::testing {
namespace {

struct Noted {
  explicit Noted(const std::string& body) : host(load_body(body)) { host->note_reads(true); }
  Outcome<InviteDecision> run(Patience patience = Patience::None) { return host->on_invite(facts, lookup, patience); }
  InviteFacts facts = call();
  FakeLookup lookup;
  std::unique_ptr<Host> host;
};

std::vector<std::string> lines(const Outcome<InviteDecision>& outcome) {
  std::vector<std::string> all;
  for (const auto& read : outcome.reads) all.push_back(read.what + " = " + read.value + " at " + read.where);
  return all;
}

using Lines = std::vector<std::string>;

TEST(Reads, EachFactOnceWithValueAndLineInTheOrderOfTheFirstTime) {
  Noted noted(
      "if call.realm == 'core' then return drop() end\n"
      "local from, port = call.from, call.source_port\n"
      "local again = from.user .. call.realm .. call.from.user .. call.to.user\n"
      "return reject(call.authenticated and 486 or 403)");
  EXPECT_EQ(lines(noted.run()), (Lines{"call.realm = access at p.lua:1", "call.source_port = 40000 at p.lua:2",
                                       "call.from.user = alice at p.lua:3", "call.to.user = bob at p.lua:3",
                                       "call.authenticated = true at p.lua:4"}));
}

TEST(Reads, NothingUnlessItIsAskedFor) {
  EXPECT_TRUE(invite("return reject(call.authenticated and 486 or 403)").reads.empty());
}

TEST(Reads, HeadersThatAreMissingAreReadToo) {
  Noted noted(
      "local a, b = call.headers['Subject'], call.headers['X-None']\n"
      "local all = call.header_values('Diversion')\n"
      "return reject(486)");
  EXPECT_EQ(lines(noted.run()),
            (Lines{"headers[\"Subject\"] = lunch at p.lua:1", "headers[\"X-None\"] = nil at p.lua:1",
                   "header_values(Diversion) = <sip:x@y>, <sip:z@y> at p.lua:2"}));
}

TEST(Reads, CredentialsAreNotShown) {
  Noted noted("local a = call.headers['Proxy-Authorization'] return reject(486)");
  noted.facts.headers.push_back({"Proxy-Authorization", "Digest response=\"4711\""});
  EXPECT_EQ(lines(noted.run()), (Lines{"headers[\"Proxy-Authorization\"] = *** at p.lua:1"}));
}

TEST(Reads, LookUpsWithTheirAnswers) {
  Noted noted(
      "local phones = location.lookup(call.to.aor)\n"
      "local known = location.known('carol')\n"
      "local calls = counter.incr('calls', 60)\n"
      "return reject(486)");
  noted.lookup.add("sip:bob@example.net", 1, "sip:bob@198.51.100.7");
  EXPECT_EQ(
      lines(noted.run()),
      (Lines{"call.to.aor = sip:bob@example.net at p.lua:1", "location.lookup(sip:bob@example.net) = 1 at p.lua:1",
             "location.known(sip:carol@example.net) = false at p.lua:2", "counter.incr(calls) = 1 at p.lua:3"}));
}

TEST(Reads, WhatTakesTimeHasItsAnswerAndNoQuery) {
  Noted noted(
      "local a = http.get('http://db.example/v1/bob?key=4711') return reject(call.realm == 'x' and 486 or 404)");
  const auto first = noted.run(Patience::Some);
  ASSERT_TRUE(first.asks);
  // Another invocation in between has reads of its own.
  EXPECT_TRUE(noted.run(Patience::None).reads.size() == 2U);
  const auto last = noted.host->resume_invite(
      first.asks->ticket,
      {.found = HttpAnswer{.status = 200, .content_type = "text/plain", .body = "blue"}, .waited = {}}, noted.lookup);
  EXPECT_EQ(lines(last),
            (Lines{"GET http://db.example/v1/bob = 200, 4 bytes at p.lua:1", "call.realm = access at p.lua:1"}));
}

TEST(Reads, SoManyAndNotOneMore) {
  Noted noted("for i = 1, " + std::to_string(kMaxReads + 1) +
              " do local h = call.headers['X-' .. i] end return reject(486)");
  EXPECT_EQ(noted.run().reads.size(), kMaxReads);
  EXPECT_EQ(noted.host->counters().reads_left_out, 1U);
}

TEST(Reads, LongValuesAreCut) {
  Noted noted("local h = call.headers['X-Long'] return reject(486)");
  const std::string value(kMaxReadText + 1, 'x');
  noted.facts.headers.push_back({"X-Long", value});
  EXPECT_EQ(noted.run().reads.front().value, std::string(kMaxReadText, 'x') + "...");
}

}  // namespace
}  // namespace sbc::policy::testing
