#include "media-relay/recording/recorder.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>

#include "media-relay/codec/wav.h"

#include "../surroundings.h"
#include "packets.h"

namespace recording {
namespace {

class Recording : public testing::Test {
 protected:
  std::string root() const { return directory.file("."); }

  void start(Recorder& recorder) {
    const auto ok = recorder.start();
    ASSERT_TRUE(ok.has_value()) << ok.error();
  }
  void say(Recorder& recorder, std::uint64_t id, flow::Side side, unsigned packets, unsigned worker = 0) {
    const base::Instant now = base::monotonic_now();
    for (unsigned i = 0; i < packets; ++i) {
      const Rtp fields{.sequence = static_cast<std::uint16_t>(i), .timestamp = i * 160};
      const auto bytes = rtp(fields, 160, side == flow::Side::A ? 0x80 : 0xff);
      recorder.tap(worker).on_packet({id, side, flow::Component::Rtp, endpoint("192.0.2.7:4000"),
                                      endpoint("192.0.2.1:16384"), bytes, now + base::milliseconds(20 * i)});
    }
  }
  Ended ended(Recorder& recorder) {
    std::vector<Ended> out;
    const base::Instant end = base::monotonic_now() + base::seconds(20);
    while (out.empty() && base::monotonic_now() < end) out = recorder.drain();
    EXPECT_EQ(out.size(), 1U);
    return out.empty() ? Ended{} : out[0];
  }
  std::vector<std::string> files() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(root()))
      out.push_back(entry.path().filename().string());
    std::ranges::sort(out);
    return out;
  }
  std::string path(const std::string& name) const { return directory.file(name.c_str()); }

  tests::Directory directory;
};

TEST_F(Recording, FilesGetTheirNamesWhenTheyAreWholeAndAreForTheirOwnerOnly) {
  Recorder recorder(root(), 2);
  start(recorder);
  recorder.record({1, "call-0", true, true, {}});
  say(recorder, 1, flow::Side::A, 50);
  say(recorder, 1, flow::Side::B, 25, 1);
  recorder.end(1);
  const Ended end = ended(recorder);
  EXPECT_EQ(end.failure, "");
  EXPECT_EQ(end.packets, 75U);
  EXPECT_FALSE(end.incomplete);
  EXPECT_EQ(end.files, (std::vector<std::string>{"call-0.pcap", "call-0.wav"}));
  EXPECT_EQ(files(), (std::vector<std::string>{"call-0.pcap", "call-0.wav"}));
  for (const std::string& name : end.files) {
    struct stat found{};
    ASSERT_EQ(stat(path(name).c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600U) << name;
  }
  EXPECT_EQ(contents(path("call-0.pcap")).size(), 24 + 75 * (16 + 28 + 172U));
  const auto audio = codec::read_wav(contents(path("call-0.wav")));
  ASSERT_TRUE(audio.has_value()) << audio.error();
  EXPECT_EQ(audio->samples.size(), 50 * 160U);
  EXPECT_EQ(audio->samples[100], 32124 / 2) << "left is loud, right is silent";
  EXPECT_EQ(recorder.counters().finished.value(), 1U);
}

TEST_F(Recording, NothingIsEverWrittenOver) {
  Recorder recorder(root(), 1);
  start(recorder);
  for (std::uint64_t id = 1; id <= 3; ++id) {
    recorder.record({id, "call-0", true, false, {}});
    recorder.end(id);
    ended(recorder);
  }
  EXPECT_EQ(files(), (std::vector<std::string>{"call-0-2.pcap", "call-0-3.pcap", "call-0.pcap"}));
}

TEST_F(Recording, StoppingFinishesWhatRuns) {
  {
    Recorder recorder(root(), 1);
    start(recorder);
    recorder.record({1, "call-0", true, true, {}});
    say(recorder, 1, flow::Side::A, 10);
    recorder.stop();
    const Ended end = ended(recorder);
    EXPECT_EQ(end.packets, 10U);
  }
  EXPECT_EQ(files(), (std::vector<std::string>{"call-0.pcap", "call-0.wav"}));
}

TEST_F(Recording, WhatACrashHasLeftIsReadableAfterTheNextStart) {
  {
    auto wav = PartFile::create(root(), "call-0", "wav", {});
    begin_wav(*wav, 8000);
    wav->append(std::vector<std::byte>(400, std::byte{1}));
    ASSERT_TRUE(wav->write({}).has_value());
    auto pcap = PartFile::create(root(), "call-0", "pcap", {});
    begin_pcap(*pcap);
    const auto packet = rtp({}, 160, 0);
    append_pcap(*pcap, {endpoint("192.0.2.7:4000"), endpoint("192.0.2.1:16384"), packet, {}});
    ASSERT_TRUE(pcap->write({}).has_value());
    ASSERT_TRUE(pcap->cut(100).has_value());
    auto empty = PartFile::create(root(), "call-1", "pcap", {});
    ASSERT_TRUE(empty.has_value());
  }
  Recorder recorder(root(), 1);
  start(recorder);
  EXPECT_EQ(recorder.counters().mended.value(), 2U);
  EXPECT_EQ(files(), (std::vector<std::string>{"call-0.pcap", "call-0.wav"}));
  EXPECT_EQ(contents(path("call-0.pcap")).size(), 24U);
  const auto audio = codec::read_wav(contents(path("call-0.wav")));
  ASSERT_TRUE(audio.has_value()) << audio.error();
  EXPECT_EQ(audio->samples.size(), 100U);
  EXPECT_EQ(little(contents(path("call-0.wav")), 40, 4), 400U);
}

TEST_F(Recording, OfARelayThatLivesNothingIsMended) {
  Recorder first(root(), 1);
  start(first);
  first.record({1, "call-0", true, false, {}});
  std::vector<std::string> made;
  const base::Instant end = base::monotonic_now() + base::seconds(20);
  while (made.empty() && base::monotonic_now() < end) made = files();
  Recorder second(root(), 1);
  start(second);
  EXPECT_EQ(files(), std::vector<std::string>{"call-0.pcap.part"});
  first.stop();
  EXPECT_EQ(files(), std::vector<std::string>{"call-0.pcap"});
}

TEST_F(Recording, ADirectoryThatCannotBeUsedIsAnError) {
  Recorder recorder(path("missing"), 1);
  EXPECT_FALSE(recorder.start().has_value());
}

TEST_F(Recording, AFileThatCannotBeMadeIsToldAndNothingElseHappens) {
  std::filesystem::create_directory(path("sub"));
  Recorder recorder(path("sub"), 1);
  start(recorder);
  std::filesystem::remove(path("sub"));
  recorder.record({1, "call-0", true, true, {}});
  const Ended end = ended(recorder);
  EXPECT_EQ(end.id, 1U);
  EXPECT_NE(end.failure.find("No such file"), std::string::npos) << end.failure;
  recorder.end(1);
  EXPECT_EQ(recorder.counters().failed.value(), 1U);
}

TEST_F(Recording, ADiskThatIsFullEndsTheRecordingAndKeepsWhatIsThere) {
  Recorder recorder(root(), 1);
  start(recorder);
  recorder.record({1, "call-0", true, false, {}});
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 10'000;  // where a full disk begins
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  say(recorder, 1, flow::Side::A, 1000);
  const Ended end = ended(recorder);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_NE(end.failure.find("write"), std::string::npos) << end.failure;
  EXPECT_EQ(files(), std::vector<std::string>{"call-0.pcap"});
  EXPECT_EQ((contents(path("call-0.pcap")).size() - 24) % (16 + 28 + 172), 0U) << "whole packets";
  EXPECT_EQ(recorder.counters().failed.value(), 1U);
}

TEST_F(Recording, AWriterThatIsBehindCostsPacketsAndSaysSo) {
  Recorder recorder(root(), 1);
  say(recorder, 9, flow::Side::A, 30'000);  // before there is a writer: more than the ring holds
  recorder.record({1, "call-0", true, false, {}});
  start(recorder);
  recorder.end(1);
  EXPECT_TRUE(ended(recorder).incomplete);
  EXPECT_GT(recorder.counters().lost.value(), 0U);
}

}  // namespace
}  // namespace recording
