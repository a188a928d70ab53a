// Recordings: begun and ended with what the spec says, and never the end of a session.

#include <gtest/gtest.h>

#include "rig.h"

namespace session {
namespace {

using control::Modify;
using control::Open;

Config with_directory(std::size_t most = 2) {
  Config config = test_config();
  config.max_recordings = most;
  return config;
}

control::SessionSpec recorded(const char* name = "call", std::uint32_t flows = 1) {
  control::SessionSpec spec = audio(flows);
  for (control::FlowSpec& flow : spec.flows)
    flow.record = control::Record{name, true, true, false, {{"opus", 111, ""}}, {{"PCMA", 8, ""}}};
  return spec;
}

class Recordings : public testing::Test {
 protected:
  explicit Recordings(Config config = with_directory()) : rig(std::move(config)) {
    rig.hello(1);
    rig.ask(1, control::Subscribe{});
  }
  std::vector<std::string> stopped() const {
    std::vector<std::string> out;
    for (const SendEvent& event : rig.events)
      if (const auto* e = std::get_if<control::RecordingStopped>(&event.event))
        out.push_back(e->id + "/" + std::to_string(e->flow) + ": " + e->reason);
    return out;
  }
  void end(std::uint64_t recording, const std::string& failure) {
    Actions out;
    rig.sessions.on_recording_ended(recording, failure, out);
    rig.act(std::move(out));
  }
  const flow::Spec& spec() const { return rig.specs.begin()->second; }
  Rig rig;
};

TEST_F(Recordings, BeginBeforeTheirFlowWithNameAndFormats) {
  rig.ask(1, Open{"s", recorded()});
  ASSERT_EQ(rig.recorded.size(), 1U);
  const Record& order = rig.recorded[0];
  EXPECT_EQ(order.name, "call-0");
  EXPECT_TRUE(order.pcap);
  EXPECT_TRUE(order.wav);
  EXPECT_EQ(order.formats[0].at(0).coding, codec::Coding::Opus);
  EXPECT_EQ(order.formats[1].at(0).payload_type, 8);
  EXPECT_EQ(spec().record, (flow::Record{order.recording, false}));
}

TEST_F(Recordings, GoOnOverAModifyThatKeepsThem) {
  rig.ask(1, Open{"s", recorded()});
  rig.ask(1, Modify{"s", recorded()});
  EXPECT_EQ(rig.recorded.size(), 1U);
  control::SessionSpec other = recorded();
  other.flows[0].record->from_a = {{"G722", 9, ""}};
  rig.ask(1, Modify{"s", other});
  ASSERT_EQ(rig.recorded.size(), 2U) << "the writer learns of the codec";
  EXPECT_EQ(rig.recorded[1].recording, rig.recorded[0].recording);
  other.flows[0].record->paused = true;
  rig.ask(1, Modify{"s", other});
  EXPECT_EQ(spec().record, (flow::Record{rig.recorded[0].recording, true}));
  EXPECT_TRUE(rig.recordings_ended.empty());
}

TEST_F(Recordings, EndWithTheirRecordTheirNameOrTheirSession) {
  rig.ask(1, Open{"s", recorded("one")});
  rig.ask(1, Modify{"s", recorded("two")});
  ASSERT_EQ(rig.recorded.size(), 2U);
  EXPECT_NE(rig.recorded[0].recording, rig.recorded[1].recording);
  EXPECT_EQ(rig.recordings_ended, std::vector<std::uint64_t>{rig.recorded[0].recording});
  rig.ask(1, Modify{"s", audio()});
  EXPECT_EQ(rig.recordings_ended.size(), 2U);
  EXPECT_FALSE(spec().record);
  rig.ask(1, Modify{"s", recorded("three")});
  rig.ask(1, control::Close{"s", "bye"});
  EXPECT_EQ(rig.recordings_ended.size(), 3U);
  EXPECT_EQ(rig.sessions.recordings(), 0U);
  EXPECT_TRUE(stopped().empty());
}

TEST_F(Recordings, OneThatFailsIsToldAndTheSessionGoesOn) {
  rig.ask(1, Open{"s", recorded()});
  end(rig.recorded[0].recording, "write: No space left on device");
  EXPECT_EQ(stopped(), std::vector<std::string>{"s/0: write: No space left on device"});
  EXPECT_EQ(rig.sessions.live(), 1U);
  rig.ask(1, Modify{"s", recorded()});
  EXPECT_EQ(rig.recorded.size(), 1U) << "a full disk is not asked at each change";
  rig.ask(1, Modify{"s", recorded("again")});
  EXPECT_EQ(rig.recorded.size(), 2U);
  end(999, "of nobody");
  EXPECT_EQ(stopped().size(), 1U);
}

TEST_F(Recordings, TooManyAreToldAndTheSessionOpens) {
  EXPECT_TRUE(std::holds_alternative<control::Opened>(rig.ask(1, Open{"s", recorded("call", 3)})));
  EXPECT_EQ(rig.recorded.size(), 2U);
  EXPECT_EQ(stopped(), std::vector<std::string>{"s/2: all 2 recordings are taken"});
  EXPECT_EQ(rig.sessions.counters().recordings_refused, 1U);
}

class NoRecordings : public Recordings {
 protected:
  NoRecordings() : Recordings(with_directory(0)) {}
};

TEST_F(NoRecordings, WithoutADirectoryTheSessionOpensAndTheControllerIsTold) {
  EXPECT_TRUE(std::holds_alternative<control::Opened>(rig.ask(1, Open{"s", recorded()})));
  EXPECT_TRUE(rig.recorded.empty());
  EXPECT_FALSE(spec().record);
  EXPECT_EQ(stopped(), std::vector<std::string>{"s/0: the relay has no recording.directory"});
}

TEST_F(Recordings, ACodecThatIsNotKnownIsRefused) {
  control::SessionSpec spec = recorded();
  spec.flows[0].record->from_a = {{"speex", 97, ""}};
  const auto error = std::get<control::Error>(rig.ask(1, Open{"s", spec}));
  EXPECT_EQ(error.code, control::ErrorCode::BadSpec);
  EXPECT_NE(error.text.find("record:"), std::string::npos) << error.text;
}

}  // namespace
}  // namespace session
