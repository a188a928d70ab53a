// What a route says besides one place after the other: weights, lists within lists, headers that are passed, fields of
// the record, a class; and how many calls there are at once.

#include <gmock/gmock.h>

#include "sbc/policy/cdr.h"

#include "support.h"

namespace sbc::policy::testing {
namespace {

using ::testing::HasSubstr;

// "carrier_a 1:3 | carrier_b 2:1": each candidate with the places and weights of its lists.
std::string lots_of(const InviteDecision& decision) {
  std::string text;
  for (const Candidate& candidate : decision.candidates) {
    text += (text.empty() ? "" : " | ") + candidate.name;
    for (const Lot& lot : candidate.lots) {
      text += " " + std::to_string(lot.element);
      if (lot.weight) text += ":" + std::to_string(*lot.weight);
      if (!lot.drawn_by.empty()) text += "<" + lot.drawn_by;
    }
  }
  return text;
}

TEST(Weights, StandWithTheirPlaces) {
  EXPECT_EQ(lots_of(invite("return route { { trunk = 'carrier_a', weight = 3 }, { trunk = 'carrier_b', weight = 1 }, "
                           "{ group = 'carriers' } }")
                        .decision),
            "carrier_a 1:3 | carrier_b 2:1 | carriers 3");
  EXPECT_EQ(lots_of(invite("return route { { trunk = 'carrier_a' }, { trunk = 'carrier_b' } }").decision),
            "carrier_a | carrier_b")
      << "nothing is drawn";
}

TEST(Weights, OfAListWithinAListMoveItAsAWhole) {
  const auto outcome = invite(
      "return route { { { trunk = 'carrier_a', weight = 2 }, { trunk = 'carrier_b', weight = 5 }, weight = 70, "
      "draw_by = 'alice' }, { nil, { group = 'carriers', weight = 0 } }, timeout = 4 }");
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  EXPECT_EQ(lots_of(outcome.decision), "carrier_a 1:70 1:2<alice | carrier_b 1:70 2:5<alice | carriers 2 2:0");
  for (const auto& candidate : outcome.decision.candidates) EXPECT_EQ(candidate.timeout_s, 4U);
}

TEST(Weights, ListsWithoutThemAreTakenAsTheyCome) {
  const auto outcome = invite(
      "return route { { { trunk = 'carrier_a' }, { { trunk = 'carrier_b', number = '9' } }, number = '12' }, "
      "{ group = 'carriers' } }");
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  EXPECT_EQ(lots_of(outcome.decision), "carrier_a | carrier_b | carriers");
  EXPECT_EQ(outcome.decision.candidates[0].number, "12");
  EXPECT_EQ(outcome.decision.candidates[1].number, "9");
  EXPECT_EQ(outcome.decision.candidates[2].number, "");
}

// "carrier_a/1 | carrier_b": those of one number are called together.
std::string together_of(const InviteDecision& decision) {
  std::string text;
  for (const Candidate& candidate : decision.candidates) {
    text += (text.empty() ? "" : " | ") + candidate.name;
    if (candidate.at_once != 0) text += "/" + std::to_string(candidate.at_once);
  }
  return text;
}

TEST(AtOnce, IsOfAListOfPlaces) {
  EXPECT_EQ(
      together_of(invite("return route { { trunk = 'carrier_a' }, { trunk = 'carrier_b' }, at_once = true }").decision),
      "carrier_a/1 | carrier_b/1");
  EXPECT_EQ(together_of(
                invite("return route { { trunk = 'carrier_a' }, { trunk = 'carrier_b' }, at_once = false }").decision),
            "carrier_a | carrier_b");
}

TEST(AtOnce, OfOneListAmongOthersLeavesThoseAsTheyAre) {
  const auto outcome = invite(
      "return route { { trunk = 'carrier_b' }, { { trunk = 'carrier_a', weight = 1 }, { trunk = 'carrier_b', weight = "
      "2 }, at_once = true, ring_timeout = 20 }, { { trunk = 'carrier_a' }, { group = 'carriers' }, at_once = true }, "
      "{ group = 'carriers' } }");
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  EXPECT_EQ(together_of(outcome.decision),
            "carrier_b | carrier_a/1 | carrier_b/1 | carrier_a/2 | carriers/2 | carriers");
  EXPECT_EQ(outcome.decision.candidates[1].ring_timeout_s, 20U);
  EXPECT_EQ(lots_of(outcome.decision),
            "carrier_b 1 | carrier_a 2 1:1 | carrier_b 2 2:2 | carrier_a 3 1 | carriers 3 2 "
            "| carriers 4");
}

TEST(AtOnce, TakesTheListsWithinItAlong) {
  EXPECT_EQ(together_of(invite("return route { { { trunk = 'carrier_a' }, { trunk = 'carrier_b' }, at_once = true }, "
                               "{ { group = 'carriers' } }, at_once = true }")
                            .decision),
            "carrier_a/1 | carrier_b/1 | carriers/1");
}

TEST(AtOnce, RingsAllThatALookUpGives) {
  FakeLookup lookup;
  Contact contact;
  contact.uri = "sip:bob@192.0.2.1";
  lookup.bindings["sip:bob@example.net"] = {contact, contact};
  for (const char* route :
       {"{ location.lookup('sip:bob@example.net'), at_once = true }",
        "{ contacts = location.lookup('sip:bob@example.net'), at_once = true, ring_timeout = 9 }"}) {
    const auto host = load_body(std::string("return route ") + route);
    const auto outcome = host->on_invite(call(), lookup);
    ASSERT_FALSE(outcome.failed()) << outcome.error;
    ASSERT_EQ(outcome.decision.candidates.size(), 2U);
    for (const auto& candidate : outcome.decision.candidates) EXPECT_EQ(candidate.at_once, 1U);
  }
}

TEST(Headers, ArePassedRemovedByPatternAndAdded) {
  const auto outcome =
      invite("return route { trunk = 'carrier_a', headers = { ['X-Tenant-*'] = true, ['Alert-Info'] = true } }");
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  for (const auto& op : outcome.decision.candidates.at(0).headers) EXPECT_EQ(op.kind, HeaderOp::Kind::Pass) << op.name;
  const auto removed = invite("return route { trunk = 'carrier_a', headers = { ['X-*'] = false } }");
  EXPECT_EQ(removed.decision.candidates.at(0).headers.at(0).kind, HeaderOp::Kind::Remove);
  const auto added = invite("return route { trunk = 'carrier_a', headers = { Diversion = { add = { 'a', 'b' } } } }")
                         .decision.candidates;
  ASSERT_EQ(added.at(0).headers.size(), 2U);
  for (const auto& op : added.at(0).headers) EXPECT_EQ(op.kind, HeaderOp::Kind::Add);
  EXPECT_EQ(added.at(0).headers.at(1).value, "b");
  EXPECT_EQ(invite("return route { trunk = 'carrier_a', headers = { Subject = { add = 'x' } } }")
                .decision.candidates.at(0)
                .headers.at(0)
                .kind,
            HeaderOp::Kind::Add);
}

TEST(Record, GetsFieldsOfTheRouteAndOfTheTriedPlace) {
  const auto outcome = invite(
      "return route { { trunk = 'carrier_a', cdr = { price = 0.02, units = 3 } }, { trunk = 'carrier_b' }, "
      "cdr = { account = '4711' } }");
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  EXPECT_EQ(outcome.decision.cdr, (std::vector<CdrField>{{"account", "4711"}}));
  EXPECT_EQ(outcome.decision.candidates.at(0).cdr,
            (std::vector<CdrField>{{"price", 0.02}, {"units", std::int64_t{3}}}));
  EXPECT_TRUE(outcome.decision.candidates.at(1).cdr.empty());
  const auto refused = invite("return reject(486, nil, nil, { cdr = { why = 'blocked' } })");
  EXPECT_EQ(refused.decision.cdr, (std::vector<CdrField>{{"why", "blocked"}})) << refused.error;
}

TEST(Record, MergesByNameUpToItsLimit) {
  std::vector<CdrField> fields = {{"a", "1"}};
  EXPECT_EQ(merge(fields, {{"a", "2"}, {"b", "3"}}), 0U);
  EXPECT_EQ(fields, (std::vector<CdrField>{{"a", "2"}, {"b", "3"}}));
  std::vector<CdrField> many;
  for (int i = 0; i < 16; ++i) many.push_back({"f" + std::to_string(i), "x"});
  EXPECT_EQ(merge(fields, many), 2U);
  EXPECT_EQ(fields.size(), kMaxCdrFields);
}

TEST(Class, IsOneOfTheConfigurations) {
  const auto outcome = invite("return route { trunk = 'carrier_a', class = 'gold' }");
  ASSERT_FALSE(outcome.failed()) << outcome.error;
  EXPECT_EQ(outcome.decision.call_class, "gold");
}

TEST(Calls, AtOnceAreAsked) {
  EXPECT_EQ(value_of("trunks.calls('carrier_a') .. realms.calls('access') .. location.calls('alice')"), "352");
  FakeLookup lookup;
  const auto host = load_body("return reject(404, tostring(location.calls(call.from.user)))");
  EXPECT_EQ(host->on_invite(call(), lookup).decision.reason, "2");
  EXPECT_EQ(lookup.asked, std::vector<std::string>{"sip:alice@example.net"});
}

TEST(Choices, MistakesAreNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {"return route { trunk = 'carrier_a', weight = 3 }", "a weight is one of several places"},
      {"return route { { trunk = 'carrier_a', weight = 65536 } }", "weight must be a whole number from 0 to 65535"},
      {"return route { { trunk = 'carrier_a', draw_by = 'x' } }", "draw_by belongs to a list"},
      {"return route { trunk = 'carrier_a', at_once = true }", "at_once belongs to contacts or to a list of places"},
      {"return route { { group = 'carriers', at_once = true }, { trunk = 'carrier_a' } }", "at_once belongs to"},
      {"return route { { trunk = 'carrier_a' }, at_once = 2 }", "at_once must be true or false, not a number"},
      {"return route { { trunk = 'carrier_a' }, at_onec = true }", "did you mean \"at_once\"?"},
      {"return route { { trunk = 'carrier_a', class = 'gold' } }", "class belongs to the whole route"},
      {"return route { trunk = 'carrier_a', class = 'glod' }", "there is no class \"glod\"; did you mean \"gold\"?"},
      {"return route { trunk = 'carrier_a', headers = { ['X-*-Y'] = true } }", "such as X-Tenant-*"},
      {"return route { trunk = 'carrier_a', headers = { ['*'] = true } }", "such as X-Tenant-*"},
      {"return route { trunk = 'carrier_a', headers = { ['X-*'] = 'v' } }", "can only be removed (false) or passed"},
      {"return route { trunk = 'carrier_a', headers = { ['X-A'] = { add = 'v', 'w' } } }", "besides add"},
      {"return reject(404, nil, { ['X-*'] = 'v' })", "can only be removed"},
      {"return route { trunk = 'carrier_a', cdr = 'x' }", "cdr must be a table"},
      {"return route { trunk = 'carrier_a', cdr = { 'x' } }", "keyed by names of fields, not by a number"},
      {"return route { trunk = 'carrier_a', cdr = { Account = 'x' } }", "\"Account\" is no name of a field"},
      {"return route { trunk = 'carrier_a', cdr = { status = 'x' } }", "the record has a field \"status\" of its own"},
      {"return route { trunk = 'carrier_a', cdr = { a = {} } }", "a must be a text or a number, not a table"},
      {"return route { trunk = 'carrier_a', cdr = { a = 0/0 } }", "not a finite number"},
      {"return route { trunk = 'carrier_a', cdr = { a = 'x\\ny' } }", "control character"},
      {"return route { trunk = 'carrier_a', cdr = { a = ('x'):rep(257) } }", "longer than 256"},
      {"return trunks.calls('carrier_x')", "there is no trunk \"carrier_x\""},
  };
  for (const auto& [body, why] : cases) EXPECT_THAT(error_of(body), HasSubstr(why)) << body;
  EXPECT_EQ(error_of("local c = {} for i = 1, 16 do c['f' .. i] = ('x'):rep(256) end "
                     "return route { trunk = 'carrier_a', cdr = c }"),
            "");
  EXPECT_THAT(
      error_of("local c = {} for i = 1, 17 do c['f' .. i] = i end return route { trunk = 'carrier_a', cdr = c }"),
      HasSubstr("more than 16 fields"));
}

TEST(Choices, BelongToCallsAlone) {
  FakeLookup lookup;
  const auto host = load(
      "return { on_invite = function() end, on_request = function(r)\n"
      "if r.to.user == 'bob' then return route { trunk = 'carrier_a', class = 'gold' } end\n"
      "return reject(404, nil, nil, { cdr = { a = 1 } }) end,\n"
      "on_failure = function() return route { trunk = 'carrier_a', class = 'gold' } end }");
  RequestFacts facts = call();
  EXPECT_THAT(host->on_request(facts, lookup).error, HasSubstr("only on_invite can give a class"));
  facts.to.user = "carol";
  EXPECT_THAT(host->on_request(facts, lookup).error, HasSubstr("others have no record"));
  EXPECT_THAT(host->on_failure(call(), {}, lookup).error, HasSubstr("only on_invite can give a class"));
}

constexpr const char* kOffer =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\na=ice-ufrag:x\r\n"
    "m=audio 4000 RTP/SAVP 8 0 96 101\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n"
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\na=sendonly\r\n"
    "m=video 0 RTP/AVP 99\r\nm=image 4002 udptl t38\r\nc=IN IP4 192.0.2.8\r\n";

TEST(Offer, IsToldWhenItIsAsked) {
  FakeLookup lookup;
  InviteFacts facts = call();
  facts.sdp.text = kOffer;
  const auto said = [&](const std::string& expression) {
    return load_body("return reject(404, tostring(" + expression + "))")->on_invite(facts, lookup).decision.reason;
  };
  EXPECT_EQ(said("table.concat(call.sdp.kinds, ' ')"), "audio image");
  EXPECT_EQ(said("table.concat(call.sdp.codecs, ' ')"), "PCMA PCMU opus telephone-event t38");
  EXPECT_EQ(said("call.sdp.direction .. call.sdp.security .. call.sdp.host"), "sendonlysdes192.0.2.7");
  EXPECT_EQ(said("call.sdp.ice"), "true");
  EXPECT_EQ(said("#call.sdp.lines .. call.sdp.lines[2].port .. call.sdp.lines[3].transport .. call.sdp.lines[3].host"),
            "30udptl192.0.2.8");
  facts.sdp = {};
  EXPECT_EQ(said("call.sdp"), "nil");
}

TEST(Registration, OfTheCallerIsThereOrNil) {
  FakeLookup lookup;
  InviteFacts facts = call();
  const auto host =
      load_body("local r = call.registration return reject(404, r and r.user_agent .. r.expires_in or 'none')");
  EXPECT_EQ(host->on_invite(facts, lookup).decision.reason, "none");
  facts.registration = {.aor = "sip:alice@example.net", .user_agent = "Desk", .expires_in = 30};
  EXPECT_EQ(host->on_invite(facts, lookup).decision.reason, "Desk30");
}

TEST(Attempts, BeforeThisOneAreTold) {
  FakeLookup lookup;
  InviteFacts facts = call();
  facts.attempts.resize(2);
  facts.attempts[1].trunk = "carrier_a";
  facts.attempts[1].status = 503;
  facts.attempts[1].pdd_ms = 120;
  const auto host = load(
      "return { on_invite = function() end, on_failure = function(call, attempt) local a = call.attempts[2] "
      "return give_up(480, #call.attempts .. a.trunk .. a.status .. a.pdd_ms .. tostring(a.rung_ms) .. attempt.next) "
      "end }");
  AttemptFacts attempt;
  attempt.next = "carrier_b";
  const auto outcome = host->on_failure(facts, attempt, lookup);
  EXPECT_EQ(outcome.decision.reason, "2carrier_a503120nilcarrier_b") << outcome.error;
}

TEST(Ending, SaysItsClassAndItsFields) {
  FakeLookup lookup;
  const auto host = load(
      "return { on_invite = function() end, on_end = function(call, ending)\n"
      "log.info(ending.class, ending.cdr.account, ending.cdr.price, ending.cdr.nothing, ending.pdd_ms) end }");
  EndFacts end;
  end.call_class = "gold";
  end.cdr = {{"account", "4711"}, {"price", 0.25}};
  end.pdd_ms = 7;
  const auto outcome = host->on_end(call(), end, lookup);
  ASSERT_EQ(outcome.log.size(), 1U) << outcome.error;
  EXPECT_EQ(outcome.log[0].text, "gold 4711 0.25 nil 7");
}

}  // namespace
}  // namespace sbc::policy::testing
