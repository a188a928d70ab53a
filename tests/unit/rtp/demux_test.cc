#include "media-relay/rtp/demux.h"

#include <gtest/gtest.h>

#include <array>

namespace rtp {
namespace {

Kind kind_of(unsigned first, unsigned second) {
  const std::array bytes{static_cast<std::byte>(first), static_cast<std::byte>(second)};
  return classify(bytes);
}

// RFC 7983 section 7, figure 3.
TEST(Demux, TellsProtocolsApartByTheirFirstByte) {
  for (unsigned first = 0; first < 256; ++first) {
    Kind expected = Kind::Unknown;
    if (first <= 3)
      expected = Kind::Stun;
    else if (first >= 16 && first <= 19)
      expected = Kind::Zrtp;
    else if (first >= 20 && first <= 63)
      expected = Kind::Dtls;
    else if (first >= 64 && first <= 79)
      expected = Kind::TurnChannel;
    else if (first >= 128 && first <= 191)
      expected = Kind::Rtp;
    EXPECT_EQ(kind_of(first, 0), expected) << first;
  }
}

// RFC 5761 section 4: RTCP packet types 192 to 223, that is payload types 64 to 95 with the marker.
TEST(Demux, TellsRtcpFromRtpByTheSecondByte) {
  for (unsigned second = 0; second < 256; ++second)
    EXPECT_EQ(kind_of(0x80, second), second >= 192 && second <= 223 ? Kind::Rtcp : Kind::Rtp) << second;
}

TEST(Demux, CopesWithNothingAndNearlyNothing) {
  EXPECT_EQ(classify({}), Kind::Empty);
  const std::array one{std::byte{0x80}};
  EXPECT_EQ(classify(one), Kind::Unknown);
}

}  // namespace
}  // namespace rtp
