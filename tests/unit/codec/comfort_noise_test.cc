#include "media-relay/codec/comfort_noise.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "signal.h"

namespace codec {
namespace {

using namespace testing;

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

// RFC 3389 3.1, 3.2.
TEST(ComfortNoise, IsReadAsALevelAndCoefficients) {
  const auto noise = read_comfort_noise(bytes({40, 127, 254, 0}));
  ASSERT_TRUE(noise);
  EXPECT_EQ(noise->level, 40);
  ASSERT_EQ(noise->order, 3U);
  EXPECT_FLOAT_EQ(noise->reflection[0], 0);
  EXPECT_NEAR(noise->reflection[1], 0.99994, 1e-4);
  EXPECT_NEAR(noise->reflection[2], -0.99994, 1e-4);
}

TEST(ComfortNoise, OfBadFormIsRefused) {
  EXPECT_FALSE(read_comfort_noise({}));
  EXPECT_FALSE(read_comfort_noise(bytes({128})));
  EXPECT_FALSE(read_comfort_noise(bytes({40, 255})));
  EXPECT_TRUE(read_comfort_noise(bytes({127})));
}

// RFC 3389 3: the decoder may reduce the model order.
TEST(ComfortNoise, LeavesOutCoefficientsPastTheHighestOrder) {
  std::vector<std::byte> payload(1 + kMaxNoiseOrder + 1, std::byte{130});
  payload[0] = std::byte{30};
  const auto noise = read_comfort_noise(payload);
  ASSERT_TRUE(noise);
  EXPECT_EQ(noise->order, kMaxNoiseOrder);
}

TEST(ComfortNoise, SoundsAtItsLevel) {
  for (const int level : {20, 40, 60}) {
    for (const int coefficient : {127, 180}) {
      NoiseGenerator generator;
      generator.tell(*read_comfort_noise(bytes({level, coefficient})));
      std::vector<Sample> audio(16'000);
      generator.fill(audio);
      EXPECT_NEAR(noise_level_of(audio), level, 1) << coefficient;
      EXPECT_LT(share_of(audio, 1000, 8000), 0.05);
    }
  }
}

TEST(ComfortNoise, OfSilenceIsTheLowestLevel) {
  const std::vector<Sample> silence(160);
  EXPECT_EQ(noise_level_of(silence), 127);
  std::vector<Sample> loudest(160, Sample{32767});
  EXPECT_EQ(noise_level_of(loudest), 0);
}

// No filter that a stranger describes makes anything but numbers.
TEST(ComfortNoise, StaysFiniteWithTheWorstFilter) {
  NoiseGenerator generator;
  generator.tell(*read_comfort_noise(bytes({0, 254, 0, 254, 0, 254, 0, 254, 0, 254, 0})));
  std::vector<Sample> audio(80'000);
  generator.fill(audio);
  generator.tell(*read_comfort_noise(bytes({40})));
  generator.fill(audio);
  EXPECT_NEAR(noise_level_of(audio), 40, 1);
}

}  // namespace
}  // namespace codec
