// a=crypto lines (RFC 4568).

#include "sbc/sdp/crypto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "samples.h"

namespace sbc::sdp {
namespace {

// RFC 4568 6.1.
constexpr const char* kKey = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";

std::optional<CryptoFault> fault_of(const std::string& value) {
  const auto crypto = parse_crypto(value);
  return crypto ? std::nullopt : std::optional(crypto.error());
}

std::string with(const std::string& key_info, const std::string& rest = "") {
  return std::string("1 AES_CM_128_HMAC_SHA1_80 inline:") + key_info + rest;
}

TEST(Crypto, ReadsTheExampleOfTheRfc) {
  const auto crypto = parse_crypto(with(kKey, "|2^20|1:4"));
  ASSERT_TRUE(crypto);
  EXPECT_EQ(crypto->tag, 1U);
  EXPECT_EQ(crypto->suite, Suite::AesCm128HmacSha1_80);
  ASSERT_EQ(crypto->keys.size(), 1U);
  const auto bytes = crypto->keys[0].key_and_salt.bytes();
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), "wDfvg&T+)xG7@fb5jU,RaA}\\|p0%*#");
  EXPECT_EQ(crypto->keys[0].lifetime, 1U << 20);
  EXPECT_EQ(crypto->keys[0].mki, std::string("\0\0\0\1", 4));
}

// trap 42: lifetimes in both spellings, MKI with and without them, several keys, session parameters, unpadded base64.
TEST(Crypto, ReadsWhatPhonesSay) {
  EXPECT_EQ(parse_crypto(with(kKey))->keys[0].lifetime, 0U);
  EXPECT_EQ(parse_crypto(with(kKey, "|2^31"))->keys[0].lifetime, std::uint64_t{1} << 31);
  EXPECT_EQ(parse_crypto(with(kKey, "|1048576"))->keys[0].lifetime, 1048576U);
  EXPECT_EQ(parse_crypto(with(kKey, "|2^48"))->keys[0].lifetime, std::uint64_t{1} << 48);
  EXPECT_EQ(parse_crypto(with(kKey, "|1066:4"))->keys[0].mki, std::string("\0\0\4\x2a", 4));
  EXPECT_EQ(parse_crypto(with(kKey, "|1:32"))->keys[0].mki.size(), 32U);
  const auto two = parse_crypto(with(kKey, "|2^20|1:1;inline:YUJDZGVmZ2hpSktMbW9QUXJzVHVWd3l6MTIzNDU2|2^20|2:1"));
  ASSERT_TRUE(two);
  EXPECT_EQ(two->keys.size(), 2U);
  EXPECT_TRUE(parse_crypto(with(kKey, " WSH=1024 KDR=0 -unknown=7")));
  EXPECT_TRUE(parse_crypto(with(kKey, "|2^20|1:4 FEC_ORDER=FEC_SRTP")));  // RFC 4568 7.1.5
  EXPECT_TRUE(parse_crypto(with(kKey, " wsh=64 Fec_Order=fec_srtp")));
  EXPECT_TRUE(parse_crypto(std::string("007 aes_cm_128_hmac_sha1_80 INLINE:") + kKey));
  EXPECT_TRUE(parse_crypto(std::string("1  AES_CM_128_HMAC_SHA1_80  inline:") + kKey + " "));
  const std::string longer = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKiss";
  EXPECT_TRUE(parse_crypto("1 AES_256_CM_HMAC_SHA1_80 inline:" + longer + "LQ=="));
  EXPECT_TRUE(parse_crypto("1 AES_256_CM_HMAC_SHA1_80 inline:" + longer + "LQ"));
  EXPECT_TRUE(parse_crypto("1 AEAD_AES_256_GCM inline:" + longer.substr(0, 58) + "s="));
}

TEST(Crypto, SkipsWhatCannotBeUsedAndSaysWhy) {
  const struct {
    std::string value;
    CryptoFault fault;
  } kCases[] = {
      {"", CryptoFault::Syntax},
      {"1", CryptoFault::Syntax},
      {"x AES_CM_128_HMAC_SHA1_80 inline:", CryptoFault::Syntax},
      {"1234567890 AES_CM_128_HMAC_SHA1_80 inline:", CryptoFault::Syntax},
      {"1 AES_CM_128_HMAC_SHA1_80", CryptoFault::Syntax},
      {std::string("1 AES_CM_128_HMAC_SHA1_80 uri:") + kKey, CryptoFault::Syntax},
      {std::string("1 F8_128_HMAC_SHA1_80 inline:") + kKey, CryptoFault::Suite},
      {std::string("1 AEAD_AES_128_GCM inline:") + kKey, CryptoFault::Key},
      {with(""), CryptoFault::Key},
      {with("d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSo"), CryptoFault::Key},
      {with("d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSojAA"), CryptoFault::Key},
      {with("d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1c!HAwJSoj"), CryptoFault::Key},
      {with(std::string(4000, 'A')), CryptoFault::Key},
      {with(kKey, "|0"), CryptoFault::Lifetime},
      {with(kKey, "|2^49"), CryptoFault::Lifetime},
      {with(kKey, "|281474976710657"), CryptoFault::Lifetime},
      {with(kKey, "|2^"), CryptoFault::Lifetime},
      {with(kKey, "|020"), CryptoFault::Lifetime},
      {with(kKey, "|2^20|2^20"), CryptoFault::Lifetime},
      {with(kKey, "|1:0"), CryptoFault::Mki},
      {with(kKey, "|1:33"), CryptoFault::Mki},
      {with(kKey, "|01:4"), CryptoFault::Mki},
      {with(kKey, "|256:1"), CryptoFault::Mki},
      {with(kKey, "|1:4|2^20"), CryptoFault::Mki},
      {with(kKey, ";inline:YUJDZGVmZ2hpSktMbW9QUXJzVHVWd3l6MTIzNDU2"), CryptoFault::Mki},
      {with(kKey, "|1:4;inline:YUJDZGVmZ2hpSktMbW9QUXJzVHVWd3l6MTIzNDU2|2:1"), CryptoFault::Mki},
      {with(kKey, " UNENCRYPTED_SRTP"), CryptoFault::Parameter},
      {with(kKey, " UNENCRYPTED_SRTCP"), CryptoFault::Parameter},
      {with(kKey, " UNAUTHENTICATED_SRTP"), CryptoFault::Parameter},
      {with(kKey, " WSH=64 KDR=1"), CryptoFault::Parameter},
      {with(kKey, " FEC_ORDER=SRTP_FEC"), CryptoFault::Parameter},
      {with(kKey, " FEC_KEY=inline:" + std::string(kKey)), CryptoFault::Parameter},
      {with(kKey, " -x UNENCRYPTED_SRTP"), CryptoFault::Parameter},
      {with(kKey, " unauthenticated_srtp"), CryptoFault::Parameter},
      {with(kKey, " SOMETHING_NEW=1"), CryptoFault::Parameter},
  };
  for (const auto& c : kCases) EXPECT_EQ(fault_of(c.value), c.fault) << c.value;
}

TEST(Crypto, LooksAtSoManyKeysAndNoMore) {
  std::string keys;
  for (int i = 0; i < 4; ++i)
    keys += (i == 0 ? "" : ";inline:") + std::string(kKey) + "|" + std::to_string(i + 1) + ":1";
  EXPECT_TRUE(parse_crypto(with(keys)));
  EXPECT_EQ(fault_of(with(keys + ";inline:" + kKey + "|5:1")), CryptoFault::TooMany);
}

TEST(Crypto, WritesWhatItReads) {
  base::SeededRandom random(5);
  for (std::size_t i = 0; i < kSuites; ++i) {
    const Crypto fresh = fresh_crypto(7, static_cast<Suite>(i), random);
    EXPECT_EQ(parse_crypto(crypto_value(fresh)), fresh);
    EXPECT_NE(fresh_crypto(7, static_cast<Suite>(i), random), fresh);
  }
}

TEST(Crypto, CollectsTheUsableLinesOfAMediaLine) {
  std::vector<std::string> all{"m=audio 4000 RTP/SAVP 0"};
  all.push_back("a=crypto:1 F8_128_HMAC_SHA1_80 inline:" + std::string(kKey));
  all.push_back("a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:" + std::string(kKey));
  all.push_back("a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" + std::string(kKey));  // the tag is taken
  all.push_back("a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" + std::string(kKey));
  std::string text = lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0"});
  for (const auto& line : all) text += line + "\r\n";
  const auto session = parsed(text);
  CryptoFaults skipped{};
  const auto found = cryptos_of(*session, session->media[0], &skipped);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].suite, Suite::AesCm128HmacSha1_32);
  EXPECT_EQ(found[1].tag, 3U);
  EXPECT_EQ(skipped[static_cast<std::size_t>(CryptoFault::Suite)], 1U);
  EXPECT_EQ(skipped[static_cast<std::size_t>(CryptoFault::Syntax)], 1U);
}

TEST(Crypto, LooksAtSoManyLinesAndNoMore) {
  for (const int count : {16, 17}) {
    std::string text = audio("192.0.2.1", 4000);
    for (int i = 1; i <= count; ++i)
      text += "a=crypto:" + std::to_string(i) + " AES_CM_128_HMAC_SHA1_80 inline:" + kKey + "\r\n";
    const auto session = parsed(text);
    CryptoFaults skipped{};
    EXPECT_EQ(cryptos_of(*session, session->media[0], &skipped).size(), 16U);
    EXPECT_EQ(skipped[static_cast<std::size_t>(CryptoFault::TooMany)], count - 16U);
  }
}

// trap 42: the tag of the answer names the line of the offer.
TEST(Crypto, AnAnswerPicksOneLineByItsTag) {
  base::SeededRandom random(6);
  const std::vector<Crypto> offer{fresh_crypto(1, Suite::AeadAes128Gcm, random),
                                  fresh_crypto(2, Suite::AesCm128HmacSha1_80, random)};
  const std::vector<Crypto> answer{fresh_crypto(2, Suite::AesCm128HmacSha1_80, random)};
  const auto as_offerer = agreed_crypto(offer, answer);
  ASSERT_TRUE(as_offerer);
  EXPECT_EQ(as_offerer->ours, offer[1]);
  EXPECT_EQ(as_offerer->theirs, answer[0]);
  const auto as_answerer = agreed_crypto(answer, offer);
  ASSERT_TRUE(as_answerer);
  EXPECT_EQ(as_answerer->theirs, offer[1]);

  EXPECT_FALSE(agreed_crypto(offer, std::vector{fresh_crypto(3, Suite::AesCm128HmacSha1_80, random)}));
  EXPECT_FALSE(agreed_crypto(offer, std::vector{fresh_crypto(1, Suite::AesCm128HmacSha1_80, random)}));
  EXPECT_FALSE(agreed_crypto(offer, {}));
  // RFC 4568 7.1.2: the keys of the answer must be different from those of the offer.
  EXPECT_FALSE(agreed_crypto(offer, std::vector{offer[1]}));
}

}  // namespace
}  // namespace sbc::sdp
