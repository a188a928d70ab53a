// The test vectors of RFC 3711 appendix B, RFC 6188 section 7 and RFC 7714 sections 16 and 17.

#include <gtest/gtest.h>

#include <algorithm>

#include "media-relay/secure/hmac_sha1.h"
#include "media-relay/secure/session_keys.h"
#include "media-relay/secure/transform.h"

#include "packets.h"

namespace secure {
namespace {

Bytes bytes_of(const base::Secret& s) {
  return {s.bytes().begin(), s.bytes().end()};
}

struct KeyStream {
  const char* key;
  const char* start;
  const char* end;  // from block 0xfeff on
};

// RFC 3711 B.2, RFC 6188 7.1 and 7.3.
TEST(Vectors, CounterModeKeyStreams) {
  const KeyStream streams[] = {
      {"2B7E151628AED2A6ABF7158809CF4F3C",
       "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0",
       "EC8CDF7398607CB0F2D21675EA9EA1E4 362B7C3C6773516318A077D7FC5073AE 6A2CC3787889374FBEB4C81B17BA6C44"},
      {"57f82fe3613fd170a85ec93c40b1f092 2ec4cb0dc025b58272147cc438944a98",
       "92bdd28a93c3f52511c677d08b5515a4 9da71b2378a854f67050756ded165bac 63c4868b7096d88421b563b8c94c9a31",
       "cea518c90fd91ced9cbb18c078a54711 3dbc4814f4da5f00a08772b63c6a046d 6eb246913062a16891433e97dd01a57f"},
      {"eab234764e517b2d3d160d587d8c8621 9740f65f99b6bcf7",
       "35096cba4610028dc1b57503804ce37c 5de986291dcce161d5165ec4568f5c9a 474a40c77894bc17180202272a4c264d",
       "d108d1a31a00bad6367ec23eb044b415 c8f57129fdeb970b59f917b257662d4c a5dab625811034e8cebdfeb6dc158dd3"}};
  for (const KeyStream& s : streams) {
    const CipherContext cipher = make_counter_mode(hex(s.key));
    ASSERT_TRUE(cipher);
    Bytes stream(1044512);
    const Bytes counter = hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000");
    ASSERT_TRUE(apply_key_stream(cipher.get(), counter.data(), stream));
    EXPECT_EQ(Bytes(stream.begin(), stream.begin() + 48), hex(s.start));
    EXPECT_EQ(Bytes(stream.end() - 48, stream.end()), hex(s.end));
  }
}

// RFC 3711 B.3.
TEST(Vectors, KeyDerivation) {
  const auto keys = derive(Suite::AesCm128HmacSha1_80,
                           secret("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6"), Stream::Rtp);
  ASSERT_TRUE(keys);
  EXPECT_EQ(bytes_of(keys->cipher), hex("C61E7A93744F39EE10734AFE3FF7A087"));
  EXPECT_EQ(bytes_of(keys->salt), hex("30CBBC08863D8C85D49DB34A9AE1"));
  EXPECT_EQ(bytes_of(keys->authentication), hex("CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA4"));
}

// RFC 6188 7.2.
TEST(Vectors, KeyDerivationWithAes256) {
  const auto keys =
      derive(Suite::AesCm256HmacSha1_80,
             secret("f0f04914b513f2763a1b1fa130f10e29 98f6f6e43e4309d1e622a0e332b9f1b6 3b04803de51ee7c96423ab5b78d2"),
             Stream::Rtp);
  ASSERT_TRUE(keys);
  EXPECT_EQ(bytes_of(keys->cipher), hex("5ba1064e30ec51613cad926c5a28ef73 1ec7fb397f70a960653caf06554cd8c4"));
  EXPECT_EQ(bytes_of(keys->salt), hex("fa31791685ca444a9e07c6c64e93"));
  EXPECT_EQ(bytes_of(keys->authentication), hex("fd9c32d39ed5fbb5a9dc96b30818454d1313dc05"));
}

// RFC 6188 7.4.
TEST(Vectors, KeyDerivationWithAes192) {
  const auto keys =
      derive(Suite::AesCm192HmacSha1_80,
             secret("73edc66c4fa15776fb57f9505c171365 50ffda71f3e8e5f1 c8522f3acd4ce86d5add78edbb11"), Stream::Rtp);
  ASSERT_TRUE(keys);
  EXPECT_EQ(bytes_of(keys->cipher), hex("31874736a8f1143870c26e4857d8a5b2 c4a354407faadabb"));
  EXPECT_EQ(bytes_of(keys->salt), hex("2372b82d639b6d8503a47adc0a6c"));
  EXPECT_EQ(bytes_of(keys->authentication), hex("355b10973cd95b9eacf4061c7e1a7151e7cfbfcb"));
}

// RFC 2202 section 3, cases 1 and 2.
TEST(Vectors, HmacSha1) {
  const auto code_of = [](const Bytes& key, std::string_view text) {
    const auto code = HmacSha1(key).of(std::as_bytes(std::span(text)));
    return Bytes(code.begin(), code.end());
  };
  EXPECT_EQ(code_of(Bytes(20, std::byte{0x0b}), "Hi There"), hex("b617318655057264e28bc0b6fb378c8ef146be00"));
  EXPECT_EQ(code_of(hex("4a656665"), "what do ya want for nothing?"), hex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
}

constexpr const char* kKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

SessionKeys gcm_keys(std::size_t key_bytes) {
  const Bytes key = hex(kKey);
  return {base::Secret(std::span(key).first(key_bytes)), secret("517569642070726f2071756f"), {}};
}

struct GcmCase {
  Suite suite;
  std::size_t key_bytes;
  const char* sealed;
};

// RFC 7714 16.1.1, 16.1.2, 16.2.1 and 16.2.2.
TEST(Vectors, GcmRtp) {
  const Bytes clear =
      hex("8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 "
          "6573");
  const GcmCase cases[] = {
      {Suite::AeadAes128Gcm, 16,
       "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf"
       "8833899d 7f27beb1 6a9152cf 765ee439 0cce"},
      {Suite::AeadAes256Gcm, 32,
       "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799"
       "b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13"}};
  for (const GcmCase& c : cases) {
    const Frame frame{12, clear.size(), 0x5501a0b2, 0xf17b};
    Bytes packet = clear;
    packet.resize(clear.size() + kMaxGrowthBytes);
    packet.resize(make_transform(c.suite, Stream::Rtp, gcm_keys(c.key_bytes), Way::Seal)->seal(packet, frame, {}));
    EXPECT_EQ(packet, hex(c.sealed));
    const auto opener = make_transform(c.suite, Stream::Rtp, gcm_keys(c.key_bytes), Way::Open);
    ASSERT_TRUE(opener->open(packet, frame));
    packet.resize(clear.size());
    EXPECT_EQ(packet, clear);
  }
}

// RFC 7714 17.1 and 17.2.
TEST(Vectors, GcmRtcp) {
  const Bytes clear =
      hex("81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef"
          "deadbeef");
  const GcmCase cases[] = {
      {Suite::AeadAes128Gcm, 16,
       "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded"
       "0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4"},
      {Suite::AeadAes256Gcm, 32,
       "81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be 8415f658 c61de047"
       "6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4"}};
  for (const GcmCase& c : cases) {
    const Frame frame{8, clear.size(), 0x4d617273, 0x5d4};
    Bytes packet = clear;
    packet.resize(clear.size() + kMaxGrowthBytes);
    packet.resize(make_transform(c.suite, Stream::Rtcp, gcm_keys(c.key_bytes), Way::Seal)->seal(packet, frame, {}));
    EXPECT_EQ(packet, hex(c.sealed));
    ASSERT_TRUE(make_transform(c.suite, Stream::Rtcp, gcm_keys(c.key_bytes), Way::Open)->open(packet, frame));
    packet.resize(clear.size());
    EXPECT_EQ(packet, clear);
  }
}

}  // namespace
}  // namespace secure
