#include "media-relay/stun/check.h"

#include <gtest/gtest.h>

#include <string>

#include "media-relay/stun/wire.h"

namespace stun {
namespace {

using namespace std::literals;

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size();) {
    if (hex[i] == ' ') {
      ++i;
      continue;
    }
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    i += 2;
  }
  return out;
}

// RFC 5769 2.1.
const std::string kSampleRequest = from_hex(
    "00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74 00240004 6e0001ff "
    "80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020 00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 "
    "c1b571a2 80280004 e57a3bcf");

TEST(StunCheck, TheSampleRequestIsRead) {
  const auto check = read_check(kSampleRequest);
  ASSERT_TRUE(check.has_value());
  EXPECT_EQ(check->username, "evtj:h6vY");
  EXPECT_EQ(check->priority, 0x6e0001ffU);
  EXPECT_TRUE(check->controlled);
  EXPECT_FALSE(check->controlling);
  EXPECT_FALSE(check->use_candidate);
  EXPECT_FALSE(check->indication);
  ASSERT_TRUE(check->integrity.has_value());
  EXPECT_EQ(check->integrity->front(), std::byte{0x9a});
  // RFC 8489 14.5: the length that is hashed ends with the integrity.
  EXPECT_EQ(check->covered.header[3], 0x50);
  EXPECT_EQ(check->covered.attributes.size(), kSampleRequest.size() - 20 - 24 - 8);
}

TEST(StunCheck, WithoutARightFingerprintItIsNoCheck) {
  std::string altered = kSampleRequest;
  altered[30] ^= 1;
  EXPECT_EQ(read_check(altered).error(), Fault::WrongFingerprint);
  std::string without = kSampleRequest.substr(0, kSampleRequest.size() - 8);
  without[3] = 0x50;
  EXPECT_EQ(read_check(without).error(), Fault::NoFingerprint);
  EXPECT_EQ(read_check(kSampleRequest.substr(0, 60)).error(), Fault::Malformed);
}

TEST(StunCheck, ResponsesAreNotAnswered) {
  std::string response = kSampleRequest;
  response[0] = 1;
  EXPECT_EQ(read_check(response).error(), Fault::NotBinding);
}

// RFC 5769 2.2 and 2.3 but for SOFTWARE, which is not sent here: the value of the mapped address is theirs.
TEST(StunCheck, MappedAddressesAreWrittenAsInTheSamples) {
  const auto check = read_check(kSampleRequest);
  ASSERT_TRUE(check.has_value());
  ResponseWriter v4(*check, kBindingSuccess);
  v4.xor_mapped_address(*base::Endpoint::parse("192.0.2.1:32853"));
  EXPECT_EQ(v4.bytes().substr(20), from_hex("00200008 0001a147 e112a643"));
  EXPECT_EQ(get16(v4.bytes(), 2), v4.bytes().size() - 20);
  ResponseWriter v6(*check, kBindingSuccess);
  v6.xor_mapped_address(*base::Endpoint::parse("[2001:db8:1234:5678:11:2233:4455:6677]:32853"));
  EXPECT_EQ(v6.bytes().substr(20), from_hex("00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9"));
}

TEST(StunCheck, UnknownAttributesAreToldAndThoseBehindTheIntegrityIgnored) {
  std::string head = "\x00\x01\x00\x0c\x21\x12\xa4\x42transaction!\x7f\x01\x00\x00"s;
  std::string crc;
  const std::uint32_t value = crc32(head) ^ kFingerprintXor;
  for (int shift = 24; shift >= 0; shift -= 8) crc += static_cast<char>(value >> shift & 0xff);
  const std::string request = head + "\x80\x28\x00\x04"s + crc;
  const auto check = read_check(request);
  ASSERT_TRUE(check.has_value());
  ASSERT_EQ(check->unknown_count, 1U);
  ResponseWriter out(*check, kBindingError);
  out.error_code(420);
  out.unknown_attributes(*check);
  out.fingerprint();
  EXPECT_EQ(out.bytes().substr(20, 16), "\x00\x09\x00\x04\x00\x00\x04\x14\x00\x0a\x00\x02\x7f\x01\x00\x00"s);
  EXPECT_EQ(get16(out.bytes(), 2), out.bytes().size() - 20);
}

}  // namespace
}  // namespace stun
