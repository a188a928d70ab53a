#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "signal.h"

namespace codec {
namespace {

using namespace testing;

struct Case {
  Coding coding;
  unsigned rate;
  double snr;  // dB, of a tone
};
class EachCoding : public ::testing::TestWithParam<Case> {};

TEST_P(EachCoding, KeepsAToneThroughEveryFrameLength) {
  const auto [coding, rate, wanted] = GetParam();
  for (const unsigned ms : {10U, 20U, 30U, 40U, 60U}) {
    if (!has_frame_of(coding, ms)) continue;
    const auto encoder = make_encoder(coding, rate);
    const auto decoder = make_decoder(coding, rate);
    ASSERT_EQ(encoder->rate(), rate);
    ASSERT_EQ(decoder->rate(), rate);
    const auto in = tone(1000, rate, rate);
    const auto out = round_trip(*encoder, *decoder, in, ms);
    ASSERT_EQ(out.size(), in.size() / (rate / 1000 * ms) * (rate / 1000 * ms)) << ms;
    const auto later = std::span(out).subspan(out.size() / 2);
    EXPECT_GT(share_of(later, 1000, rate), 0.9) << name_of(coding) << " " << ms;
    EXPECT_NEAR(rms(later) / rms(in), 1, 0.15) << name_of(coding) << " " << ms;
    EXPECT_GT(snr(in, out, rate / 50), wanted) << name_of(coding) << " " << ms;
  }
}

TEST_P(EachCoding, RefusesFramesOfAnotherLength) {
  const auto encoder = make_encoder(GetParam().coding, GetParam().rate);
  const std::vector<Sample> pcm(GetParam().rate);
  std::array<std::byte, kMaxPayloadBytes> room;
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{GetParam().rate / 1000 * 20 - 1},
                              std::size_t{GetParam().rate / 1000 * 15}, std::size_t{GetParam().rate / 1000 * 70}})
    EXPECT_FALSE(encoder->encode(std::span(pcm).first(n), room)) << n;
}

TEST_P(EachCoding, RefusesAPayloadOfNothingAndOneThatIsTooLong) {
  const auto decoder = make_decoder(GetParam().coding, GetParam().rate);
  std::array<Sample, kMaxSamples> room;
  EXPECT_FALSE(decoder->decode({}, room));
  const std::vector<std::byte> longest(std::size_t{kMaxPayloadMs} * 8);
  const std::vector<std::byte> longer(longest.size() + 1);
  if (GetParam().coding == Coding::Opus) return;
  EXPECT_TRUE(decoder->decode(longest, room));
  EXPECT_FALSE(decoder->decode(longer, room));
}

TEST_P(EachCoding, SurvivesGarbageAndGoesOn) {
  const auto encoder = make_encoder(GetParam().coding, GetParam().rate);
  const auto decoder = make_decoder(GetParam().coding, GetParam().rate);
  std::mt19937 random(7);
  std::array<Sample, kMaxSamples> room;
  for (int i = 0; i < 200; ++i) {
    std::vector<std::byte> garbage(random() % 300);
    for (auto& b : garbage) b = static_cast<std::byte>(random());
    EXPECT_LE(decoder->decode(garbage, room).value_or(0), room.size());
  }
  const auto in = tone(1000, GetParam().rate, std::size_t{GetParam().rate} * 4);
  const auto out = round_trip(*encoder, *decoder, in, 20);
  EXPECT_GT(share_of(std::span(out).subspan(out.size() * 3 / 4), 1000, GetParam().rate), 0.4);
}

TEST_P(EachCoding, ConcealsLossWithMoreOfTheSame) {
  const unsigned rate = GetParam().rate;
  const auto encoder = make_encoder(GetParam().coding, rate);
  const auto decoder = make_decoder(GetParam().coding, rate);
  const auto in = tone(200, rate, rate / 2);
  (void)round_trip(*encoder, *decoder, in, 20);
  std::vector<Sample> made_up(rate / 50);
  decoder->conceal(made_up, {});
  EXPECT_GT(rms(made_up), rms(in) / 4);
  // And fades when nothing comes: no buzzing.
  for (int i = 0; i < 20; ++i) decoder->conceal(made_up, {});
  EXPECT_LT(rms(made_up), rms(in) / 4);
}

INSTANTIATE_TEST_SUITE_P(Codec, EachCoding,
                         ::testing::Values(Case{Coding::Pcmu, 8000, 30}, Case{Coding::Pcma, 8000, 30},
                                           Case{Coding::G722, 16'000, 15}, Case{Coding::Opus, 8000, 8},
                                           Case{Coding::Opus, 16'000, 8}, Case{Coding::Opus, 48'000, 8}),
                         [](const auto& c) {
                           return std::string(name_of(c.param.coding)) + std::to_string(c.param.rate);
                         });

// RFC 3551 4.5.14: silence of mu-law is 0xff, of A-law 0xd5.
TEST(G711, CodesSilenceAsItsLawSays) {
  const std::array<Sample, 80> silence{};
  std::array<std::byte, kMaxPayloadBytes> room;
  ASSERT_EQ(make_encoder(Coding::Pcmu, 8000)->encode(silence, room), 80U);
  EXPECT_EQ(room[79], std::byte{0xff});
  ASSERT_EQ(make_encoder(Coding::Pcma, 8000)->encode(silence, room), 80U);
  EXPECT_EQ(room[79], std::byte{0xd5});
}

// RFC 3551 4.5.2: the clock of G.722 is 8000, though it samples at 16000: 20 ms are 160 bytes. trap 37: ptime.
TEST(G722, TakesAByteForTwoSamples) {
  const std::vector<Sample> pcm(320);
  std::array<std::byte, kMaxPayloadBytes> room;
  EXPECT_EQ(make_encoder(Coding::G722, 16'000)->encode(pcm, room), 160U);
  EXPECT_EQ(clock_of(Coding::G722), 8000U);
  EXPECT_EQ(sample_rate_of(Coding::G722), 16'000U);
}

// RFC 6716 2.1.7: what was lost is in the packet behind it, when the encoder was asked for that.
TEST(Opus, FindsTheLostFrameInTheNextPacket) {
  OpusParameters parameters;
  parameters.in_band_fec = true;
  parameters.max_average_bitrate = 40'000;
  const unsigned rate = 16'000;
  const std::size_t frame = rate / 50;
  // Like a voice: pulses with an echo, between pauses, so that no period foretells the next one.
  std::mt19937 random(5);
  std::vector<Sample> in(frame * 60);
  for (std::size_t at = 0; at < in.size(); at += 90 + random() % 60)
    for (std::size_t i = 0; i < 80 && at + i < in.size() && at / frame % 9 > 2; ++i)
      in[at + i] =
          static_cast<Sample>(9000 * std::exp(-static_cast<double>(i) / 25) * std::sin(static_cast<double>(i) / 3));
  double with_copy = 0, without = 0;
  const auto encoder = make_encoder(Coding::Opus, rate, parameters);
  const auto whole = make_decoder(Coding::Opus, rate);
  std::vector<std::vector<std::byte>> packets;
  std::vector<std::vector<Sample>> wanted;
  for (std::size_t at = 0; at < in.size(); at += frame) {
    std::vector<std::byte> payload(kMaxPayloadBytes);
    payload.resize(encoder->encode(std::span(in).subspan(at, frame), payload).value_or(0));
    std::vector<Sample> room(kMaxSamples);
    room.resize(whole->decode(payload, room).value_or(0));
    packets.push_back(std::move(payload));
    wanted.push_back(std::move(room));
  }
  for (std::size_t lost = 20; lost + 1 < packets.size(); lost += 3)
    for (const bool copy : {false, true}) {
      const auto decoder = make_decoder(Coding::Opus, rate);
      std::vector<Sample> room(kMaxSamples), made_up(frame);
      for (std::size_t i = 0; i < lost; ++i) (void)decoder->decode(packets[i], room);
      decoder->conceal(made_up, copy ? std::span<const std::byte>(packets[lost + 1]) : std::span<const std::byte>());
      for (std::size_t i = 0; i < frame; ++i) (copy ? with_copy : without) += std::abs(made_up[i] - wanted[lost][i]);
    }
  EXPECT_LT(with_copy, without * 0.6);
}

// RFC 7587 7.1: the sender must not send with more than the receiver's maxaveragebitrate.
TEST(Opus, KeepsTheBitrateThatTheReceiverAskedFor) {
  std::mt19937 random(1);
  std::vector<Sample> noise(48'000);
  for (auto& s : noise) s = static_cast<Sample>(static_cast<int>(random() % 20'000) - 10'000);
  const auto bytes = [&](std::uint32_t bitrate) {
    OpusParameters p;
    p.max_average_bitrate = bitrate;
    const auto encoder = make_encoder(Coding::Opus, 48'000, p);
    std::array<std::byte, kMaxPayloadBytes> room;
    std::size_t sum = 0;
    for (std::size_t at = 0; at + 960 <= noise.size(); at += 960)
      sum += encoder->encode(std::span(noise).subspan(at, 960), room).value_or(0);
    return sum;
  };
  EXPECT_LT(bytes(8000), std::size_t{8000 / 8 * 12 / 10});
  EXPECT_GT(bytes(0), std::size_t{24'000 / 8});
}

}  // namespace
}  // namespace codec
