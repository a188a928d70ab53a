#include "media-relay/rtp/header.h"

#include <gtest/gtest.h>

#include "bytes.h"

namespace rtp {
namespace {

std::vector<std::byte> plain() {
  return bytes_of({0x80, 0x88, 0x12, 0x34, 0, 0, 0, 160, 0xde, 0xad, 0xbe, 0xef, 'x', 'y', 'z'});
}

TEST(Header, ReadsTheFixedFields) {
  const auto h = read_header(plain());
  ASSERT_TRUE(h);
  EXPECT_TRUE(h->marker);
  EXPECT_EQ(h->payload_type, 8);
  EXPECT_EQ(h->sequence, 0x1234);
  EXPECT_EQ(h->timestamp, 160u);
  EXPECT_EQ(h->ssrc, 0xdeadbeefu);
  EXPECT_EQ(h->payload_offset, 12u);
  EXPECT_EQ(h->payload_size, 3u);
}

TEST(Header, AHeaderAloneIsAPacket) {
  auto bytes = plain();
  bytes.resize(12);
  ASSERT_TRUE(read_header(bytes));
  EXPECT_EQ(read_header(bytes)->payload_size, 0u);
  bytes.resize(11);
  EXPECT_FALSE(read_header(bytes));
}

TEST(Header, RefusesOtherVersions) {
  for (const unsigned first : {0x00u, 0x40u, 0xc0u}) {
    auto bytes = plain();
    bytes[0] = static_cast<std::byte>(first);
    EXPECT_FALSE(read_header(bytes));
  }
}

TEST(Header, RefusesContributingSourcesThatDoNotFit) {
  auto bytes = plain();
  bytes[0] = std::byte{0x81};
  EXPECT_FALSE(read_header(bytes));
  bytes.push_back(std::byte{0});
  ASSERT_TRUE(read_header(bytes));
  EXPECT_EQ(read_header(bytes)->payload_offset, 16u);
}

TEST(Header, RefusesAnExtensionThatDoesNotFit) {
  auto bytes = plain();
  bytes.resize(12);
  bytes[0] = std::byte{0x90};
  EXPECT_FALSE(read_header(bytes));
  for (const unsigned b : {0xbeu, 0xdeu, 0u, 1u}) bytes.push_back(static_cast<std::byte>(b));
  EXPECT_FALSE(read_header(bytes));
  bytes.resize(bytes.size() + 4);
  ASSERT_TRUE(read_header(bytes));
  EXPECT_EQ(read_header(bytes)->payload_offset, 20u);
}

// RFC 3550 A.1: the padding count must be more than zero and less than the packet.
TEST(Header, RefusesPaddingThatDoesNotFit) {
  auto bytes = plain();
  bytes[0] = std::byte{0xa0};
  for (const unsigned count : {1u, 3u}) {
    bytes.back() = static_cast<std::byte>(count);
    ASSERT_TRUE(read_header(bytes));
    EXPECT_EQ(read_header(bytes)->payload_size, 3 - count);
  }
  for (const unsigned count : {0u, 4u, 255u}) {
    bytes.back() = static_cast<std::byte>(count);
    EXPECT_FALSE(read_header(bytes)) << count;
  }
}

TEST(Header, RefusesPayloadTypesThatReadAsRtcp) {
  auto bytes = plain();
  bytes[1] = std::byte{200};
  EXPECT_FALSE(read_header(bytes));
}

}  // namespace
}  // namespace rtp
