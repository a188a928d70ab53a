// Sounds: asked for in the spec of a half, found by name, told when they end.

#include <gtest/gtest.h>

#include "media-relay/session/limits.h"

#include "rig.h"

namespace session {
namespace {

using control::Open;
using control::PlayEnd;
using control::PlayEnded;

control::Play play(const char* sound) {
  control::Play out;
  out.sound = sound;
  out.format = {"PCMA", 8, ""};
  out.number = 4;
  return out;
}

control::SessionSpec playing(const char* sound) {
  control::SessionSpec spec = audio();
  spec.flows[0].a.play = play(sound);
  return spec;
}

struct SoundRig : Rig {
  SoundRig() {
    Sounds sounds;
    EXPECT_TRUE(sounds.add("busy", {8000, std::vector<codec::Sample>(8000)}));
    this->sessions.use(std::move(sounds));
    hello(1);
    ask(1, control::Subscribe{control::kAllEvents});
  }
  const flow::Play& asked_for() { return *specs.begin()->second.a.play; }
  std::vector<PlayEnded> tell(flow::PlayEnd end) {
    Actions out;
    sessions.on_flow_event(FlowHandle::unpack(specs.begin()->first), flow::PlayEnded{flow::Side::A, 4, end}, out);
    for (const Action& action : out)
      if (const auto* note = std::get_if<Note>(&action)) notes.push_back(note->text);
    act(std::move(out));
    std::vector<PlayEnded> told;
    for (const SendEvent& e : events)
      if (const auto* p = std::get_if<PlayEnded>(&e.event)) told.push_back(*p);
    return told;
  }
  std::vector<std::string> notes;
};

TEST(SessionPlaying, ASoundIsFoundByItsName) {
  SoundRig rig;
  rig.ask(1, Open{"s", playing("busy")});
  ASSERT_NE(rig.asked_for().audio, nullptr);
  EXPECT_EQ(rig.asked_for().audio->samples.size(), 8000U);
  EXPECT_EQ(rig.asked_for().format.coding, codec::Coding::Pcma);
  EXPECT_EQ(rig.asked_for().format.payload_type, 8);
}

TEST(SessionPlaying, TonesAreMadeOnce) {
  SoundRig rig;
  rig.ask(1, Open{"s", playing("tone:425/1000,0/4000")});
  const auto first = rig.asked_for().audio;
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->samples.size(), 40'000U);
  rig.ask(1, control::Modify{"s", playing("tone:425/1000,0/4000")});
  EXPECT_EQ(rig.asked_for().audio, first);
}

// A call must not fail because an announcement is missing.
TEST(SessionPlaying, AMissingSoundRefusesNothingAndIsNoted) {
  SoundRig rig;
  EXPECT_TRUE(std::holds_alternative<control::Opened>(rig.ask(1, Open{"s", playing("nobody")})));
  EXPECT_EQ(rig.asked_for().audio, nullptr);
  EXPECT_EQ(rig.tell(flow::PlayEnd::NoSound),
            (std::vector<PlayEnded>{{"s", 0, control::HalfSide::A, 4, PlayEnd::NoSound}}));
  ASSERT_EQ(rig.notes.size(), 1U);
  EXPECT_NE(rig.notes[0].find("\"nobody\""), std::string::npos);
}

TEST(SessionPlaying, ItsEndIsTold) {
  SoundRig rig;
  rig.ask(1, Open{"s", playing("busy")});
  EXPECT_EQ(rig.tell(flow::PlayEnd::Done), (std::vector<PlayEnded>{{"s", 0, control::HalfSide::A, 4, PlayEnd::Done}}));
  EXPECT_TRUE(rig.notes.empty());
}

TEST(SessionPlaying, ACodecThatTheRelayLacksIsABadSpec) {
  SoundRig rig;
  control::SessionSpec spec = playing("busy");
  spec.flows[0].a.play->format.coding = "AMR";
  const auto reply = rig.ask(1, Open{"s", spec});
  ASSERT_TRUE(std::holds_alternative<control::Error>(reply));
  EXPECT_EQ(std::get<control::Error>(reply).code, control::ErrorCode::BadSpec);
  spec = playing("busy");
  spec.flows[0].a.play->format = {"opus", 111, ""};
  spec.flows[0].a.play->ptime_ms = 30;
  EXPECT_TRUE(std::holds_alternative<control::Error>(rig.ask(1, Open{"s", spec}))) << "no such frame";
}

TEST(SessionSounds, AreLimited) {
  Sounds sounds;
  EXPECT_FALSE(sounds.add("../up", {8000, {1}}));
  for (std::size_t i = 0; i < kMaxSounds; ++i) EXPECT_TRUE(sounds.add("s" + std::to_string(i), {8000, {1, 2}}));
  EXPECT_FALSE(sounds.add("one-more", {8000, {1}}));
  EXPECT_EQ(sounds.bytes(), kMaxSounds * 4);
  for (std::size_t i = 0; i < kMaxTonePlans + 10; ++i)
    EXPECT_NE(sounds.find("tone:425/" + std::to_string(100 + i)), nullptr);
}

}  // namespace
}  // namespace session
