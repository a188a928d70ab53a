#include "media-relay/rtp/picture.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "media-relay/rtp/rtcp.h"
#include "media-relay/rtp/wire.h"

namespace rtp {
namespace {

std::vector<std::byte> request(const PictureRequest& wanted) {
  std::vector<std::byte> out(kPictureRequestBytes);
  out.resize(write_picture_request(out, wanted));
  return out;
}

// RFC 4585 6.3.1.
TEST(Picture, IsAskedForByPli) {
  const auto bytes = request({.sender = 1, .source = 22});
  const auto compound = read_compound(bytes);
  ASSERT_TRUE(compound);
  EXPECT_EQ(compound->first_type, kReceiverReport);
  const auto pli = read_rtcp_packet(bytes, 8);
  ASSERT_TRUE(pli);
  EXPECT_EQ(pli->type, kPayloadFeedback);
  EXPECT_EQ(pli->count, 1);
  EXPECT_EQ(pli->size, 12U);
  EXPECT_EQ(read_u32(bytes, 12), 1U);
  EXPECT_EQ(read_u32(bytes, 16), 22U);
  EXPECT_TRUE(asks_for_picture(bytes));
}

// RFC 5104 4.3.1: the source stands in the entry, and the number behind it.
TEST(Picture, IsAskedForByFir) {
  const auto bytes = request({.sender = 1, .source = 22, .fir = 7});
  ASSERT_TRUE(read_compound(bytes));
  const auto fir = read_rtcp_packet(bytes, 8);
  ASSERT_TRUE(fir);
  EXPECT_EQ(fir->count, 4);
  EXPECT_EQ(fir->size, 20U);
  EXPECT_EQ(read_u32(bytes, 16), 0U);
  EXPECT_EQ(read_u32(bytes, 20), 22U);
  EXPECT_EQ(bytes[24], std::byte{7});
  EXPECT_TRUE(asks_for_picture(bytes));
}

TEST(Picture, IsNotAskedForByOtherFeedback) {
  auto bytes = request({.sender = 1, .source = 22});
  bytes[8] = std::byte{0x82};  // SLI
  EXPECT_FALSE(asks_for_picture(bytes));
  bytes[8] = std::byte{0x81};
  bytes[9] = std::byte{205};  // NACK
  EXPECT_FALSE(asks_for_picture(bytes));
  EXPECT_FALSE(asks_for_picture({}));
}

}  // namespace
}  // namespace rtp
