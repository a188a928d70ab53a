// Sessions whose flows are transcoded: what is allowed, and how much of it.

#include <gtest/gtest.h>

#include "rig.h"

namespace session {
namespace {

using namespace control;  // messages

SessionSpec transcoded(const char* coding = "opus") {
  SessionSpec spec = audio();
  spec.flows[0].b.transcode = Transcode{{{"PCMA", 8, ""}},
                                        {coding, 111, "useinbandfec=1;maxaveragebitrate=20000"},
                                        20,
                                        {{101, 120, 8000, 48'000, PayloadUse::Event}},
                                        13,
                                        14};
  return spec;
}

Config narrow() {
  Config config = test_config();
  config.workers = 1;
  config.max_transcoded = 2;
  return config;
}

TEST(Transcoding, IsToldToTheFlow) {
  Rig rig;
  rig.hello(1);
  ASSERT_TRUE(std::holds_alternative<Opened>(rig.ask(1, Open{"s", transcoded()})));
  ASSERT_EQ(rig.specs.size(), 1U);
  const auto& told = rig.specs.begin()->second.b.transcode;
  ASSERT_TRUE(told);
  ASSERT_EQ(told->from.size(), 1U);
  EXPECT_EQ(told->from[0].coding, codec::Coding::Pcma);
  EXPECT_EQ(told->from[0].payload_type, 8);
  EXPECT_EQ(told->to.coding, codec::Coding::Opus);
  EXPECT_TRUE(told->to.opus.in_band_fec);
  EXPECT_EQ(told->to.opus.max_average_bitrate, 20'000U);
  ASSERT_EQ(told->events.size(), 1U);
  EXPECT_EQ(told->events[0].clock_to, 48'000U);
  EXPECT_EQ(told->noise_from, 13);
  EXPECT_EQ(told->noise_to, 14);
  EXPECT_FALSE(rig.specs.begin()->second.a.transcode);
}

TEST(Transcoding, OfAnUnknownCodecOrLengthIsRefusedByName) {
  Rig rig;
  rig.hello(1);
  const Reply unknown = rig.ask(1, Open{"s", transcoded("G729")});
  ASSERT_TRUE(std::holds_alternative<Error>(unknown));
  EXPECT_EQ(std::get<Error>(unknown).code, ErrorCode::BadSpec);
  EXPECT_EQ(std::get<Error>(unknown).text,
            "flow 0: half b: transcode: expected a codec that the relay has, got \"G729\"");
  SessionSpec spec = transcoded();
  spec.flows[0].b.transcode->ptime_ms = 30;
  const Reply length = rig.ask(1, Open{"s", spec});
  ASSERT_TRUE(std::holds_alternative<Error>(length));
  EXPECT_EQ(std::get<Error>(length).text, "flow 0: half b: transcode: opus has no packets of 30 ms");
}

TEST(Transcoding, HasALimitForEachWorker) {
  Rig rig(narrow());
  rig.hello(1);
  EXPECT_TRUE(std::holds_alternative<Opened>(rig.ask(1, Open{"1", transcoded()})));
  EXPECT_TRUE(std::holds_alternative<Opened>(rig.ask(1, Open{"2", transcoded()})));
  EXPECT_EQ(rig.sessions.transcoded(0), 2U);
  const Reply refused = rig.ask(1, Open{"3", transcoded()});
  ASSERT_TRUE(std::holds_alternative<Error>(refused));
  EXPECT_EQ(std::get<Error>(refused).code, ErrorCode::SessionLimit);
  EXPECT_EQ(std::get<Error>(refused).text, "flow 0: its worker transcodes 2 flows, as many as it may");
  EXPECT_EQ(rig.sessions.counters().transcoding_refused, 1U);
  // What is only relayed is not held up.
  EXPECT_TRUE(std::holds_alternative<Opened>(rig.ask(1, Open{"3", audio()})));
  // A modification is bound by it too, and leaves the session as it was.
  EXPECT_TRUE(std::holds_alternative<Error>(rig.ask(1, Modify{"3", transcoded()})));
  // Saying the same again takes no second place.
  EXPECT_TRUE(std::holds_alternative<Modified>(rig.ask(1, Modify{"2", transcoded()})));
  EXPECT_EQ(rig.sessions.transcoded(0), 2U);
}

TEST(Transcoding, GivesItsPlaceBack) {
  Rig rig(narrow());
  rig.hello(1);
  (void)rig.ask(1, Open{"1", transcoded()});
  (void)rig.ask(1, Open{"2", transcoded()});
  EXPECT_TRUE(std::holds_alternative<Modified>(rig.ask(1, Modify{"1", audio()})));
  EXPECT_EQ(rig.sessions.transcoded(0), 1U);
  (void)rig.ask(1, Close{"2", ""});
  EXPECT_EQ(rig.sessions.transcoded(0), 0U);
  rig.check_books();
}

}  // namespace
}  // namespace session
