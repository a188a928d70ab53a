#include "media-relay/codec/format.h"

#include <gtest/gtest.h>

namespace codec {
namespace {

TEST(Format, KnowsCodingsByNameInAnyCase) {
  EXPECT_EQ(coding_of("pcmu"), Coding::Pcmu);
  EXPECT_EQ(coding_of("PCMA"), Coding::Pcma);
  EXPECT_EQ(coding_of("G722"), Coding::G722);
  EXPECT_EQ(coding_of("OPUS"), Coding::Opus);
  for (const char* none : {"", "PCM", "G7221", "G729", "opus ", "CN"}) EXPECT_EQ(coding_of(none), std::nullopt) << none;
}

// RFC 6716 2.1.4.
TEST(Format, KnowsWhichFramesAPacketMayHold) {
  for (unsigned ms = 0; ms <= 130; ++ms) {
    EXPECT_EQ(has_frame_of(Coding::Opus, ms), ms == 10 || ms == 20 || ms == 40 || ms == 60) << ms;
    EXPECT_EQ(has_frame_of(Coding::Pcma, ms), ms >= 10 && ms <= 60 && ms % 10 == 0) << ms;
  }
}

// RFC 7587 7, example 2.
TEST(OpusParameters, AreReadFromFmtp) {
  const OpusParameters p = read_opus_parameters(
      "maxplaybackrate=16000; sprop-maxcapturerate=16000; maxaveragebitrate=20000; stereo=1; "
      "useinbandfec=1; usedtx=0; cbr=1");
  EXPECT_EQ(p.max_playback_rate, 16'000U);
  EXPECT_EQ(p.max_average_bitrate, 20'000U);
  EXPECT_TRUE(p.in_band_fec);
  EXPECT_TRUE(p.constant_bitrate);
}

// RFC 7587 6.1: values of maxaveragebitrate outside 6000 to 510000 should be ignored.
TEST(OpusParameters, IgnoreWhatIsOutOfRangeUnknownOrNoNumber) {
  EXPECT_EQ(read_opus_parameters("maxaveragebitrate=5999").max_average_bitrate, 0U);
  EXPECT_EQ(read_opus_parameters("maxaveragebitrate=6000").max_average_bitrate, 6000U);
  EXPECT_EQ(read_opus_parameters("maxaveragebitrate=510000").max_average_bitrate, 510'000U);
  EXPECT_EQ(read_opus_parameters("maxaveragebitrate=510001").max_average_bitrate, 0U);
  for (const char* text : {"", ";", ";;=;", "=1", "useinbandfec", "useinbandfec=", "useinbandfec=yes",
                           "useinbandfec=-1", "maxplaybackrate=7999;maxplaybackrate=99999999999999", "cbr==1"})
    EXPECT_EQ(read_opus_parameters(text), OpusParameters{}) << text;
}

}  // namespace
}  // namespace codec
