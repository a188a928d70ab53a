// What handlers count, and what they are only told: how a call sounds, and that it has ended.

#include <gmock/gmock.h>

#include "support.h"

namespace sbc::policy::testing {
namespace {

using ::testing::HasSubstr;

TEST(Counter, AddsUpOverEvents) {
  FakeLookup lookup;
  const auto host = load_body(
      "if counter.incr('caller:' .. call.from.user, 60) > 2 then\n"
      "  return reject(429, tostring(counter.get('caller:alice', 60))) end\n"
      "return drop()");
  EXPECT_EQ(host->on_invite(call(), lookup).decision.kind, InviteDecision::Kind::Drop);
  EXPECT_EQ(host->on_invite(call(), lookup).decision.kind, InviteDecision::Kind::Drop);
  const auto third = host->on_invite(call(), lookup);
  EXPECT_EQ(third.error, "");
  EXPECT_EQ(third.decision.status, 429);
  EXPECT_EQ(third.decision.reason, "3");
  EXPECT_EQ(value_of("counter.incr('x', 60, 5) + counter.incr('x', 60, 2)"), "12");
}

TEST(Counter, CountsInWhatIsOnlyTold) {
  FakeLookup lookup;
  const auto host = load(
      "return { on_invite = function() return drop() end,\n"
      "on_end = function(call, ending) counter.incr('ended:' .. ending.cause, 3600) end }");
  EndFacts end;
  end.cause = "bye";
  EXPECT_EQ(host->on_end(call(), end, lookup).error, "");
  EXPECT_EQ(lookup.counts["ended:bye/3600"], 1U);
}

TEST(Counter, SaysWhatItTakes) {
  EXPECT_THAT(error_of("counter.incr(nil, 60)"), HasSubstr("counter.incr: the name"));
  EXPECT_THAT(error_of("counter.incr('x', 0)"), HasSubstr("the window in seconds"));
  EXPECT_THAT(error_of("counter.incr('x', 60, -1)"), HasSubstr("the amount"));
  EXPECT_EQ(error_of("for i = 1, 257 do counter.get('x', 60) end"),
            "p.lua:1: more than 256 uses of counters in one event");
}

TEST(MediaQuality, IsToldAndMayLog) {
  FakeLookup lookup;
  const auto host = load(
      "return { on_invite = function() return drop() end, on_media_quality = function(call, quality)\n"
      "  log.warning(call.from.user, quality.event, quality.party, quality.trunk, quality.mos, quality.loss, "
      "quality.falls)\n"
      "  if quality.round_trip_ms == nil then return 5 end end }");
  QualityFacts quality;
  quality.event = "low";
  quality.party = "callee";
  quality.trunk = "carrier_a";
  quality.mos = 2.5;
  quality.loss = 0.25;
  quality.falls = 1;
  const auto outcome = host->on_media_quality(call(), quality, lookup);
  EXPECT_EQ(outcome.error, "");
  ASSERT_EQ(outcome.log.size(), 1U);
  EXPECT_EQ(outcome.log[0].text, "alice low callee carrier_a 2.5 0.25 1");
}

TEST(MediaQuality, AMisspeltFactNamesTheNearest) {
  FakeLookup lookup;
  const auto host = load(
      "return { on_invite = function() return drop() end, on_media_quality = function(_, quality)\n"
      "  log.info(quality.partie) end }");
  EXPECT_EQ(host->on_media_quality(call(), {}, lookup).error,
            "p.lua:2: a quality has no \"partie\"; did you mean \"party\"?");
  EXPECT_EQ(host->counters().failures[static_cast<std::size_t>(Handler::MediaQuality)], 1U);
}

TEST(End, IsToldAndMayLog) {
  FakeLookup lookup;
  const auto host = load(
      "return { on_invite = function() return drop() end, on_end = function(call, ending)\n"
      "  log.info(call.from.user, ending.cause, ending.duration_ms) end }");
  EndFacts end;
  end.cause = "bye";
  end.duration_ms = 61000;
  const auto outcome = host->on_end(call(), end, lookup);
  EXPECT_EQ(outcome.error, "");
  ASSERT_EQ(outcome.log.size(), 1U);
  EXPECT_EQ(outcome.log[0].text, "alice bye 61000");
  EXPECT_EQ(outcome.log[0].where, "p.lua:2");
}

TEST(End, HasItsStreams) {
  FakeLookup lookup;
  const auto host = load(
      "return { on_invite = function() return drop() end, on_end = function(_, ending)\n"
      "  local names = {}\n"
      "  for name in pairs(ending.streams[1]) do names[#names + 1] = name end\n"
      "  local video = ending.streams[2]\n"
      "  log.info(#ending.streams, #names, video.line, video.kind, video.party, video.jitter_ms, video.mos) end }");
  EndFacts end;
  end.streams = {{1, "audio", "caller", "PCMU", 1000, 4.4, 0.0, 2.0, 31.0, 4.1, 0.0, 0.05, 1.5}, {}};
  end.streams[1].line = 2;
  end.streams[1].kind = "video";
  end.streams[1].party = "callee";
  end.streams[1].jitter_ms = 4.5;
  const auto outcome = host->on_end(call(), end, lookup);
  EXPECT_EQ(outcome.error, "");
  ASSERT_EQ(outcome.log.size(), 1U);
  EXPECT_EQ(outcome.log[0].text, "2 13 2 video callee 4.5 nil") << "all of kStreamFields";
}

}  // namespace
}  // namespace sbc::policy::testing
