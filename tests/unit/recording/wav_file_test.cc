#include "media-relay/recording/wav_file.h"

#include <gtest/gtest.h>

#include "../surroundings.h"
#include "packets.h"

namespace recording {
namespace {

constexpr base::Instant kNow{};

TEST(Mixdown, TwoSidesAreTwoChannelsAndWhatIsMissingIsSilence) {
  Mixdown mix(8000);
  mix.put(1, 2, std::vector<codec::Sample>{5, 6});
  mix.put(0, 0, std::vector<codec::Sample>{-1});
  const auto out = mix.take(4);
  std::vector<std::int16_t> samples;
  for (std::size_t i = 0; i < out.size(); i += 2) samples.push_back(static_cast<std::int16_t>(little(out, i, 2)));
  EXPECT_EQ(samples, (std::vector<std::int16_t>{-1, 0, 0, 0, 0, 5, 0, 6}));
}

TEST(Mixdown, WhatComesTooLateIsLeftOutAndTheRestKeepsItsPlace) {
  Mixdown mix(8000);
  EXPECT_EQ(mix.take(10).size(), 40U);
  mix.put(0, 8, std::vector<codec::Sample>{1, 2, 3});
  mix.put(0, 0, std::vector<codec::Sample>{9});
  EXPECT_EQ(mix.end(), 11);
  const auto out = mix.take(mix.end());
  ASSERT_EQ(out.size(), 4U);
  EXPECT_EQ(little(out, 0, 2), 3U);
}

TEST(WavFile, CanBePlayedAfterEachWrite) {
  const tests::Directory directory;
  auto file = PartFile::create(directory.file("."), "x", "wav", kNow);
  ASSERT_TRUE(file.has_value());
  begin_wav(*file, 16'000);
  for (std::uint32_t round = 1; round <= 2; ++round) {
    file->append(std::vector<std::byte>(8));
    ASSERT_TRUE(file->write(kNow).has_value());
    ASSERT_TRUE(settle_wav(*file).has_value());
    const auto out = contents(directory.file("x.wav.part"));
    ASSERT_EQ(out.size(), 44 + 8 * round);
    EXPECT_EQ(little(out, 4, 4), out.size() - 8);
    EXPECT_EQ(little(out, 40, 4), out.size() - 44);
    EXPECT_EQ(little(out, 22, 2), 2U) << "channels";
    EXPECT_EQ(little(out, 24, 4), 16'000U);
    EXPECT_EQ(little(out, 32, 2), 4U) << "bytes of a frame";
    EXPECT_EQ(little(out, 34, 2), 16U);
  }
}

}  // namespace
}  // namespace recording
