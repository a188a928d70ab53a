#include "sbc/call/quality.h"

#include <gtest/gtest.h>

#include "sbc/sdp/parser.h"

namespace sbc::call {
namespace {

sdp::SessionPtr told(const std::string& media) {
  return *sdp::parse_shared("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + media);
}

const sdp::SessionPtr kAudio = told("m=audio 4000 RTP/AVP 0 18 96\r\na=rtpmap:96 opus/48000/2\r\n");
const sdp::SessionPtr kVideoFirst =
    told("m=video 4002 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\nm=audio 4000 RTP/AVP 8\r\n");

control::HalfStats heard(std::uint64_t received, std::int64_t lost, std::uint8_t payload_type = 0) {
  control::HalfStats stats;
  stats.packets_received = received;
  stats.packets_expected = received + static_cast<std::uint64_t>(lost > 0 ? lost : 0);
  stats.packets_lost = lost;
  stats.payload_type = payload_type;
  return stats;
}

TEST(Quality, EachSideIsRatedByWhatItSaidToTheBorder) {
  const auto quality = quality_of({kAudio, kAudio}, {{0, heard(1000, 0), heard(900, 100)}});
  ASSERT_TRUE(quality);
  EXPECT_EQ(quality->from_a().codec, "PCMU");
  EXPECT_NEAR(*quality->from_a().mos, 4.41, 0.01);
  EXPECT_DOUBLE_EQ(quality->from_b().loss, 0.1);
  EXPECT_LT(*quality->from_b().mos, 3.6);
}

TEST(Quality, TheCodecIsThatOfThePayloadTypeThatCame) {
  const auto quality = quality_of({kAudio, kAudio}, {{0, heard(10, 0, 18), heard(10, 0, 96)}});
  ASSERT_TRUE(quality);
  EXPECT_EQ(quality->from_a().codec, "G729");
  EXPECT_LT(*quality->from_a().mos, 4.2);
  EXPECT_EQ(quality->from_b().codec, "opus");
  EXPECT_TRUE(quality->from_b().mos);
}

TEST(Quality, WhatHasNoNameIsNotRated) {
  const auto quality = quality_of({kAudio, kAudio}, {{0, heard(10, 0, 111), heard(0, 0)}});
  ASSERT_TRUE(quality);
  EXPECT_EQ(quality->from_a().codec, "");
  EXPECT_FALSE(quality->from_a().mos);
  EXPECT_FALSE(quality->from_b().mos) << "nothing came";
}

TEST(Quality, TheFirstAudioStreamStandsForTheCall) {
  const auto video = quality_of({kVideoFirst, kVideoFirst}, {{0, heard(10, 0, 97), heard(10, 0, 97)}});
  ASSERT_TRUE(video);
  EXPECT_EQ(video->from_a().packets, 0U) << "nobody spoke";
  EXPECT_TRUE(is_first_audio({kVideoFirst, nullptr}, 1));
  EXPECT_FALSE(is_first_audio({kVideoFirst, nullptr}, 0));
  EXPECT_FALSE(is_first_audio({kVideoFirst, nullptr}, 100)) << "copies for a recorder";
  const auto quality =
      quality_of({kVideoFirst, nullptr}, {{0, heard(9, 0, 97), heard(9, 0, 97)}, {1, heard(10, 0, 8), {}}});
  ASSERT_TRUE(quality);
  EXPECT_EQ(quality->from_a().codec, "PCMA");
  EXPECT_EQ(quality->from_a().packets, 10u);
  EXPECT_FALSE(quality_of({nullptr, nullptr}, {{0, heard(10, 0), {}}}));
}

TEST(Quality, DuplicatesAreNoNegativeLoss) {
  const auto quality = quality_of({kAudio, kAudio}, {{0, heard(10, -3), heard(10, 0)}});
  EXPECT_DOUBLE_EQ(quality->from_a().loss, 0);
}

TEST(Quality, TheDelayOfTheWholeWayCosts) {
  auto near = heard(1000, 0);
  auto far = heard(1000, 0);
  near.round_trip_us = 30'000;
  far.round_trip_us = 600'000;
  const auto quality = quality_of({kAudio, kAudio}, {{0, near, far}});
  EXPECT_LT(*quality->from_a().mos, 4.0);
  EXPECT_DOUBLE_EQ(*quality->from_a().mos, *quality->from_b().mos);
  EXPECT_EQ(quality->from_b().round_trip, base::milliseconds(600));
}

TEST(Quality, AWidebandOpinionIsNamedAsSuch) {
  const auto quality = quality_of({kAudio, kAudio}, {{0, heard(1000, 0, 96), heard(1000, 0)}});
  EXPECT_TRUE(quality->from_a().wideband);
  EXPECT_FALSE(quality->from_b().wideband);
  EXPECT_EQ(text_of(quality->from_a()), "opus mos_wb=4.34 loss=0.0% jitter=0ms packets=1000");
}

TEST(QualityWatch, TellsEachFallOnceAndKeepsTheWorst) {
  QualityWatch watch;
  EXPECT_EQ(text_of(watch), "");
  const auto stretch = [](double mos, std::uint64_t packets = 500) {
    StreamQuality out;
    out.packets = packets;
    out.mos = mos;
    return out;
  };
  EXPECT_FALSE(watch.falls_with(stretch(4.4), 3.1));
  EXPECT_FALSE(watch.falls_with(stretch(1.2, 3), 3.1)) << "three packets say nothing";
  EXPECT_TRUE(watch.falls_with(stretch(2.7), 3.1));
  EXPECT_FALSE(watch.falls_with(stretch(2.5), 3.1)) << "it is low already";
  EXPECT_FALSE(watch.falls_with(stretch(4.0), 3.1));
  EXPECT_TRUE(watch.falls_with(stretch(3.0), 3.1));
  EXPECT_FALSE(watch.falls_with(StreamQuality{}, 3.1));
  EXPECT_TRUE(watch.low);
  EXPECT_EQ(text_of(watch), "2.50 falls=2");
}

const sdp::SessionPtr kEverything = told(
    "m=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\nm=audio 4004 RTP/AVP 8\r\n"
    "m=text 4006 RTP/AVP 98\r\na=rtpmap:98 t140/1000\r\nm=image 4008 udptl t38\r\n");

TEST(Quality, EachLineOfRtpIsListed) {
  auto video = heard(3000, 30, 97);
  video.jitter_us = 4'000;
  video.round_trip_us = 31'000;
  const auto quality =
      quality_of({kEverything, kEverything}, {{4, heard(9, 0), {}},
                                              {3, heard(7, 0, 98), {}},
                                              {2, heard(100, 0, 8), heard(90, 0, 8)},
                                              {1, heard(20, 0, 97), {}},  // another flow of the line, soon gone
                                              {1, video, {}},
                                              {0, heard(1000, 0), heard(1000, 0)}});
  ASSERT_TRUE(quality);
  ASSERT_EQ(quality->lines.size(), 4U) << "fax is no RTP";
  EXPECT_EQ(quality->lines[1].kind, "video");
  EXPECT_EQ(quality->lines[1].from_a.packets, 3000U);
  EXPECT_FALSE(quality->lines[1].from_a.mos) << "nobody can rate it";
  EXPECT_TRUE(quality->lines[2].from_b.mos) << "audio can be, the second one as well";
  EXPECT_EQ(quality->from_a().packets, 1000U);
  EXPECT_EQ(text_of_others(*quality, true),
            "2 video H264 loss=1.0% jitter=4ms rtt=31ms packets=3000; 3 audio PCMA mos=4.41 loss=0.0% jitter=0ms "
            "packets=100; 4 text t140 loss=0.0% jitter=0ms packets=7");
  EXPECT_EQ(text_of_others(*quality, false), "3 audio PCMA mos=4.41 loss=0.0% jitter=0ms packets=90");
}

// RFC 3611 4.7.5: ten times the opinion.
TEST(Quality, TellsWhatThePeerThinksAndHowLongPacketsStayed) {
  auto stats = heard(1000, 0);
  stats.reported = control::HalfStats::Reported{.lost = 0, .fraction = 0, .mos = 38};
  stats.residence_mean_us = 45;
  stats.residence_max_us = 1'200;
  const auto quality = quality_of({kAudio, kAudio}, {{0, stats, heard(1000, 0)}});
  EXPECT_DOUBLE_EQ(quality->from_a().reported_mos.value_or(0), 3.8);
  EXPECT_FALSE(quality->from_b().reported_mos);
  EXPECT_EQ(text_of(quality->from_a()),
            "PCMU mos=4.41 loss=0.0% jitter=0ms reported_loss=0.0% reported_mos=3.8 packets=1000 inside=45us/1200us");
}

TEST(Quality, ReadsInTheLogAsOneLine) {
  auto stats = heard(996, 4);
  stats.jitter_us = 2'400;
  stats.round_trip_us = 31'000;
  stats.reported = control::HalfStats::Reported{.lost = 9, .fraction = 64, .mos = 0};
  const auto quality = quality_of({kAudio, kAudio}, {{0, stats, {}}});
  EXPECT_EQ(text_of(quality->from_a()), "PCMU mos=4.38 loss=0.4% jitter=2ms rtt=31ms reported_loss=25.0% packets=996");
  EXPECT_EQ(text_of(quality->from_b()), "");
}

}  // namespace
}  // namespace sbc::call
