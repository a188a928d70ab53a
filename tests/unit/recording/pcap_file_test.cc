#include "media-relay/recording/pcap_file.h"

#include <gtest/gtest.h>

#include "../surroundings.h"
#include "packets.h"

namespace recording {
namespace {

constexpr base::Instant kNow{};

// RFC 1071: over what holds its own checksum the sum is all ones.
std::uint32_t sum(const std::vector<std::byte>& bytes, std::size_t from, std::size_t to, std::uint32_t before = 0) {
  for (std::size_t i = from; i < to; ++i)
    before += static_cast<std::uint32_t>(bytes[i]) << ((i - from) % 2 == 0 ? 8 : 0);
  while (before >> 16 != 0) before = (before & 0xffff) + (before >> 16);
  return before;
}

std::vector<std::byte> written(const tests::Directory& directory, const Datagram& datagram) {
  auto file = PartFile::create(directory.file("."), "x", "pcap", kNow);
  EXPECT_TRUE(file.has_value());
  begin_pcap(*file);
  append_pcap(*file, datagram);
  EXPECT_TRUE(file->write(kNow).has_value());
  EXPECT_EQ(file->finish(), "x.pcap");
  return contents(directory.file("x.pcap"));
}

TEST(PcapFile, HoldsBareIpPacketsWithTheTrueAddresses) {
  const tests::Directory directory;
  const auto payload = rtp({}, 3, 0x55);
  const auto out = written(directory, {endpoint("198.51.100.10:4000"), endpoint("192.0.2.1:16384"), payload,
                                       base::seconds(1'700'000'000) + base::microseconds(250'007)});
  ASSERT_EQ(out.size(), 24 + 16 + 20 + 8 + payload.size());
  EXPECT_EQ(little(out, 0, 4), 0xa1b2c3d4U);
  EXPECT_EQ(little(out, 20, 4), 101U) << "LINKTYPE_RAW";
  EXPECT_EQ(little(out, 24, 4), 1'700'000'000U);
  EXPECT_EQ(little(out, 28, 4), 250'007U);
  EXPECT_EQ(little(out, 32, 4), 28 + payload.size());
  EXPECT_EQ(little(out, 36, 4), 28 + payload.size());
  constexpr std::size_t kIp = 40;
  EXPECT_EQ(big(out, kIp, 1), 0x45U);
  EXPECT_EQ(big(out, kIp + 2, 2), 28 + payload.size());
  EXPECT_EQ(big(out, kIp + 9, 1), 17U);
  EXPECT_EQ(big(out, kIp + 12, 4), 0xc633640aU);
  EXPECT_EQ(big(out, kIp + 16, 4), 0xc0000201U);
  EXPECT_EQ(sum(out, kIp, kIp + 20), 0xffffU);
  EXPECT_EQ(big(out, kIp + 20, 2), 4000U);
  EXPECT_EQ(big(out, kIp + 22, 2), 16384U);
  const std::uint32_t pseudo = sum(out, kIp + 12, kIp + 20) + 17 + 8 + static_cast<std::uint32_t>(payload.size());
  EXPECT_EQ(sum(out, kIp + 20, out.size(), pseudo), 0xffffU);
  EXPECT_TRUE(std::equal(payload.begin(), payload.end(), out.end() - static_cast<std::ptrdiff_t>(payload.size())));
}

TEST(PcapFile, HoldsIpv6) {
  const tests::Directory directory;
  const auto payload = rtp({}, 4, 0x55);
  const auto out =
      written(directory, {endpoint("[2001:db8::7]:4000"), endpoint("[2001:db8::1]:16384"), payload, base::seconds(1)});
  ASSERT_EQ(out.size(), 24 + 16 + 40 + 8 + payload.size());
  constexpr std::size_t kIp = 40;
  EXPECT_EQ(big(out, kIp, 1), 0x60U);
  EXPECT_EQ(big(out, kIp + 4, 2), 8 + payload.size());
  EXPECT_EQ(big(out, kIp + 6, 1), 17U);
  EXPECT_EQ(big(out, kIp + 8, 4), 0x20010db8U);
  const std::uint32_t pseudo = sum(out, kIp + 8, kIp + 40) + 17 + 8 + static_cast<std::uint32_t>(payload.size());
  EXPECT_EQ(sum(out, kIp + 40, out.size(), pseudo), 0xffffU) << "RFC 8200 8.1: the checksum is not optional";
}

TEST(PcapFile, OneThatWasCutKeepsItsWholePackets) {
  const tests::Directory directory;
  const auto payload = rtp({}, 160, 0x55);
  {
    auto file = PartFile::create(directory.file("."), "x", "pcap", kNow);
    ASSERT_TRUE(file.has_value());
    begin_pcap(*file);
    for (int i = 0; i < 3; ++i)
      append_pcap(*file, {endpoint("192.0.2.7:4000"), endpoint("192.0.2.1:16384"), payload, base::seconds(i)});
    ASSERT_TRUE(file->write(kNow).has_value());
    ASSERT_TRUE(file->cut(file->size() - 5).has_value());
  }
  auto again = PartFile::reopen(directory.file("x.pcap.part"));
  ASSERT_TRUE(again.has_value());
  ASSERT_TRUE(mend_pcap(*again).has_value());
  EXPECT_EQ(again->size(), 24 + 2 * (16 + 28 + payload.size()));
}

}  // namespace
}  // namespace recording
