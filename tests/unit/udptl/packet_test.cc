#include "media-relay/udptl/packet.h"

#include <gtest/gtest.h>

#include <string>

namespace udptl {
namespace {

std::optional<Header> read(const std::string& bytes) {
  return read_header(std::as_bytes(std::span(bytes)));
}

std::string octets(std::initializer_list<int> all) {
  std::string out;
  for (const int o : all) out += static_cast<char>(o);
  return out;
}

TEST(Udptl, ReadsAPacketWithoutRecovery) {
  // The CED of an answering machine: one octet of IFP, and no earlier packets.
  const auto header = read(octets({0x00, 0x2a, 0x01, 0x02, 0x00, 0x00}));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->sequence, 42);
  EXPECT_EQ(header->primary_bytes, 1u);
  EXPECT_EQ(header->recovery, 0u);
  EXPECT_FALSE(header->parity);
}

TEST(Udptl, ReadsEarlierPackets) {
  const auto header = read(octets({0xff, 0xff, 0x02, 0xc0, 0x01, 0x00, 0x02, 0x01, 0x06, 0x01, 0x04}));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->sequence, 65535);
  EXPECT_EQ(header->recovery, 2u);
}

TEST(Udptl, ReadsParity) {
  // A span of three, two octet strings.
  const auto header = read(octets({0x00, 0x07, 0x01, 0x06, 0x80, 0x01, 0x03, 0x02, 0x01, 0xaa, 0x02, 0xbb, 0xcc}));
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->parity);
  EXPECT_EQ(header->recovery, 2u);
}

TEST(Udptl, ReadsLongPackets) {
  const auto header = read(octets({0x00, 0x01, 0x80, 0xc8}) + std::string(200, 'x') + octets({0x00, 0x00}));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->primary_bytes, 200u);
}

TEST(Udptl, RefusesWhatIsCutLongerOrOfAnotherKind) {
  const std::string whole = octets({0x00, 0x2a, 0x02, 0x02, 0x03, 0x00, 0x01, 0x01, 0x02});
  ASSERT_TRUE(read(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(read(whole.substr(0, size))) << size;
  EXPECT_FALSE(read(whole + '\0'));
  EXPECT_FALSE(read(octets({0x00, 0x01, 0x01, 0x02, 0x40, 0x00}))) << "a choice that there is not";
  EXPECT_FALSE(read(octets({0x00, 0x01, 0xc1}) + std::string(16384, 'x') + octets({0x00, 0x00}))) << "fragments";
}

TEST(Udptl, RefusesRtpAndItsNeighbours) {
  std::string rtp = octets({0x80, 0x00, 0x12, 0x34, 0, 0, 0, 160, 0x11, 0x22, 0x33, 0x44}) + std::string(160, '\xd5');
  EXPECT_FALSE(read(rtp));
  EXPECT_FALSE(read(octets({0x80, 0xc9, 0x00, 0x01, 0, 0, 0, 7})));  // an empty receiver report
  EXPECT_FALSE(read(octets({0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42}) + "abcdefghijkl"));  // STUN
  EXPECT_FALSE(read(octets({0x16, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0})));                // DTLS
}

}  // namespace
}  // namespace udptl
