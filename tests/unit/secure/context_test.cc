// What both engines promise.

#include "media-relay/secure/context.h"

#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <atomic>
#include <cstdlib>

#include "media-relay/secure/streams.h"

#include "packets.h"

namespace secure {
namespace {

std::atomic<std::uint64_t> allocations;

// Told to OpenSSL before its first allocation.
const bool counting = CRYPTO_set_mem_functions(
                          [](std::size_t size, const char*, int) {
                            ++allocations;
                            return std::malloc(size);
                          },
                          [](void* p, std::size_t size, const char*, int) {
                            ++allocations;
                            return std::realloc(p, size);
                          },
                          [](void* p, const char*, int) { std::free(p); }) == 1;

class Context : public testing::TestWithParam<Engine> {
 protected:
  base::SeededRandom random_{42};
};

std::string engine_name(const testing::TestParamInfo<Engine>& info) {
  return std::string(name_of(info.param));
}
INSTANTIATE_TEST_SUITE_P(BothEngines, Context, testing::ValuesIn(kEngines), engine_name);

// trap 41: RFC 3711 3.3.1. A source that nobody knows starts at zero, whatever another one has reached.
TEST_P(Context, EachSourceHasItsOwnRolloverCounter) {
  const Parameters p = parameters_for(Suite::AesCm128HmacSha1_80, random_);
  const auto sender = make_sender(GetParam(), p);
  const auto receiver = make_receiver(GetParam(), p);
  for (std::uint32_t i = 0; i < 70000; i += 100)
    ASSERT_TRUE(open_rtp(*receiver, *seal_rtp(*sender, rtp({1, static_cast<std::uint16_t>(i)}))));
  const auto other = make_sender(GetParam(), p);
  EXPECT_TRUE(open_rtp(*receiver, *seal_rtp(*other, rtp({2, 1}))));
  EXPECT_FALSE(open_rtp(*receiver, *seal_rtp(*other, rtp({1, 4465}))));
}

TEST_P(Context, KeepsAtMostSoManySources) {
  const Parameters p = parameters_for(Suite::AeadAes128Gcm, random_);
  const auto sender = make_sender(GetParam(), p);
  const auto receiver = make_receiver(GetParam(), p);
  const auto other = make_sender(GetParam(), p);
  for (std::uint32_t ssrc = 0; ssrc < kMaxStreams; ++ssrc)
    ASSERT_TRUE(open_rtp(*receiver, *seal_rtp(*sender, rtp({ssrc, 1}))));
  EXPECT_EQ(seal_rtp(*sender, rtp({kMaxStreams, 1})), std::unexpected(Refusal::TooManyStreams));
  EXPECT_EQ(seal_rtcp(*sender, rtcp(kMaxStreams)), std::unexpected(Refusal::TooManyStreams));
  EXPECT_EQ(open_rtp(*receiver, *seal_rtp(*other, rtp({kMaxStreams, 1}))), std::unexpected(Refusal::TooManyStreams));
  EXPECT_TRUE(open_rtp(*receiver, *seal_rtp(*sender, rtp({5, 2}))));
  EXPECT_TRUE(open_rtcp(*receiver, *seal_rtcp(*sender, rtcp(5))));
}

TEST_P(Context, ForgeriesMakeNoSources) {
  const auto receiver = make_receiver(GetParam(), parameters_for(Suite::AesCm128HmacSha1_80, random_));
  Parameters p = parameters_for(Suite::AesCm128HmacSha1_80, random_);
  const auto stranger = make_sender(GetParam(), p);
  const auto own = make_receiver(GetParam(), p);
  for (std::uint32_t ssrc = 0; ssrc < kMaxStreams; ++ssrc) {
    const auto forged = seal_rtp(*stranger, rtp({ssrc, 1}));
    EXPECT_EQ(open_rtp(*receiver, *forged), std::unexpected(Refusal::Unauthentic));
    Bytes altered = *forged;
    altered.back() ^= std::byte{1};
    EXPECT_EQ(open_rtp(*own, altered), std::unexpected(Refusal::Unauthentic));
  }
  const auto again = make_sender(GetParam(), p);
  EXPECT_TRUE(open_rtp(*own, *seal_rtp(*again, rtp({0xffffffff, 1}))));
}

// RFC 3711 9.2: no packet is sent when the key's lifetime is over.
TEST_P(Context, SendsNothingPastTheLifetimeOfTheKey) {
  Parameters p = parameters_for(Suite::AesCm256HmacSha1_80, random_);
  p.keys[0].lifetime = 3;
  const auto sender = make_sender(GetParam(), p);
  for (std::uint16_t i = 0; i < 3; ++i) EXPECT_TRUE(seal_rtp(*sender, rtp({1, i})));
  EXPECT_EQ(seal_rtp(*sender, rtp({1, 3})), std::unexpected(Refusal::KeyExpired));
}

TEST_P(Context, NeedsRoomForWhatIsAppended) {
  const auto sender = make_sender(GetParam(), parameters_for(Suite::AesCm128HmacSha1_80, random_));
  Bytes storage = rtp({});
  const std::size_t size = storage.size();
  storage.resize(size + 9);
  EXPECT_EQ(sender->protect_rtp(storage, size), std::unexpected(Refusal::NoRoom));
  storage.resize(size + 10);
  EXPECT_EQ(sender->protect_rtp(storage, size), size + 10);
  Bytes report = rtcp();
  report.resize(rtcp().size() + 13);
  EXPECT_EQ(sender->protect_rtcp(report, rtcp().size()), std::unexpected(Refusal::NoRoom));
}

TEST_P(Context, RefusesWhatIsNoPacket) {
  const Parameters p = parameters_for(Suite::AesCm128HmacSha1_80, random_);
  const auto sender = make_sender(GetParam(), p);
  const auto receiver = make_receiver(GetParam(), p);
  for (const char* text :
       {"", "80", "80000001 00000000 000000", "40000001 00000000 00000001", "8f000001 00000000 00000001",
        "90000001 00000000 00000001", "90000001 00000000 00000001 bede ffff"}) {
    EXPECT_EQ(seal_rtp(*sender, hex(text)), std::unexpected(Refusal::Malformed)) << text;
    EXPECT_EQ(open_rtp(*receiver, hex(text)), std::unexpected(Refusal::Malformed)) << text;
  }
  EXPECT_EQ(seal_rtcp(*sender, hex("80c90001 000000")), std::unexpected(Refusal::Malformed));
  EXPECT_EQ(open_rtcp(*receiver, hex("80c90001 000000")), std::unexpected(Refusal::Malformed));
  EXPECT_EQ(open_rtcp(*receiver, hex("80c90001 00000001 80000001 0000")), std::unexpected(Refusal::Unauthentic));
}

TEST(OpenSslContext, AllocatesNothingPerPacket) {
  ASSERT_TRUE(counting);
  base::SeededRandom random(1);
  for (const Suite suite : kAllSuites) {
    const Parameters p = parameters_for(suite, random);
    const auto sender = make_sender(Engine::OpenSsl, p);
    const auto receiver = make_receiver(Engine::OpenSsl, p);
    std::uint64_t before = 0;
    for (std::uint16_t i = 0; i < 10; ++i) {
      if (i == 1) before = allocations;
      ASSERT_TRUE(open_rtp(*receiver, *seal_rtp(*sender, rtp({1, i}))));
      ASSERT_TRUE(open_rtcp(*receiver, *seal_rtcp(*sender, rtcp(1))));
    }
    EXPECT_EQ(allocations, before) << traits_of(suite).name;
  }
}

// A call that another relay has taken over: the peer keeps its key, and with it its rollover counter, which it has no
// way to tell (RFC 4568 7.1.4). It may report before it speaks.
TEST(OpenSslContext, AStreamThatIsUnderWayIsFoundInItsRound) {
  base::SeededRandom random(1);
  for (const Suite suite : {Suite::AesCm128HmacSha1_80, Suite::AesCm128HmacSha1_32, Suite::AeadAes128Gcm})
    for (const std::uint64_t rounds : {std::uint64_t{1}, std::uint64_t{7}, kMaxRounds, kMaxRounds + 1}) {
      const Parameters p = parameters_for(suite, random);
      const auto sender = make_sender(Engine::OpenSsl, p);
      const auto receiver = make_receiver(Engine::OpenSsl, p);
      for (std::uint64_t index = 0; index <= rounds << 16; index += 0x4000)
        ASSERT_TRUE(seal_rtp(*sender, rtp({1, static_cast<std::uint16_t>(index)})));
      ASSERT_TRUE(rounds != 7 || open_rtcp(*receiver, *seal_rtcp(*sender, rtcp(1))));
      constexpr std::uint16_t kMost = kMaxRounds / kRoundsPerPacket;
      std::uint16_t lost = 1;
      std::expected<Bytes, Refusal> sealed;
      for (; lost <= 2 * kMost; ++lost) {
        sealed = seal_rtp(*sender, rtp({1, lost}));
        if (open_rtp(*receiver, *sealed) == rtp({1, lost})) break;
      }
      if (rounds > kMaxRounds) {
        EXPECT_EQ(lost, 2 * kMost + 1);
        continue;
      }
      EXPECT_LE(lost, kMost);
      EXPECT_EQ(open_rtp(*receiver, *sealed), std::unexpected(Refusal::Replayed));
      for (std::uint16_t i = 1; i < 100; ++i)
        EXPECT_TRUE(open_rtp(*receiver, *seal_rtp(*sender, rtp({1, static_cast<std::uint16_t>(lost + i)}))));
    }
}

// Who knows no key cannot make it look for rounds for ever, nor keep a stream out that begins.
TEST(OpenSslContext, RoundsAreLookedForWithSoManyPackets) {
  base::SeededRandom random(1);
  const Parameters p = parameters_for(Suite::AesCm128HmacSha1_80, random);
  const auto stranger = make_sender(Engine::OpenSsl, parameters_for(Suite::AesCm128HmacSha1_80, random));
  const auto sender = make_sender(Engine::OpenSsl, p);
  const auto receiver = make_receiver(Engine::OpenSsl, p);
  for (std::uint32_t index = 0; index <= 0x10000; index += 0x4000)
    ASSERT_TRUE(seal_rtp(*sender, rtp({1, static_cast<std::uint16_t>(index)})));
  const Bytes forgery = *seal_rtp(*stranger, rtp({1, 1}));
  for (unsigned i = 0; i < kMaxRoundTries; ++i)
    ASSERT_EQ(open_rtp(*receiver, forgery), std::unexpected(Refusal::Unauthentic));
  for (std::uint16_t i = 1; i < kMaxRounds; ++i)
    EXPECT_EQ(open_rtp(*receiver, *seal_rtp(*sender, rtp({1, i}))), std::unexpected(Refusal::Unauthentic));
  const auto other = make_sender(Engine::OpenSsl, p);
  EXPECT_TRUE(open_rtp(*receiver, *seal_rtp(*other, rtp({2, 1}))));
}

// RFC 3711 3.3.1 and appendix A.
TEST(GuessIndex, TakesTheNearestRound) {
  EXPECT_EQ(guess_index(0, 0), 0U);
  EXPECT_EQ(guess_index(0, 65535), 65535U);          // nothing can be older than the first round
  EXPECT_EQ(guess_index(65535, 0), 65536U);          // over the wrap
  EXPECT_EQ(guess_index(65536 + 2, 65530), 65530U);  // late, from before it
  EXPECT_EQ(guess_index(65536 + 2, 40000), 65536U - 65536U + 40000U);
  EXPECT_EQ(guess_index(65536 + 2, 30000), 65536U + 30000U);
  EXPECT_EQ(guess_index(3 * 65536 + 0x8000, 0), 3 * 65536U);
  EXPECT_EQ(guess_index(3 * 65536 + 0x8001, 0), 4 * 65536U);
}

// RFC 3711 9.2: 2^48 packets at most.
TEST(GuessIndex, EndsWithTheFortyEighthBit) {
  EXPECT_EQ(guess_index(kMaxRtpLifetime - 10, 65535), kMaxRtpLifetime - 1);
  EXPECT_EQ(guess_index(kMaxRtpLifetime - 10, 0), std::nullopt);
}

TEST(ReplayWindow, KnowsWhatWasSeenAndRefusesWhatIsTooOld) {
  ReplayWindow<128> window;
  EXPECT_TRUE(window.is_new(0));
  window.mark(0);
  EXPECT_FALSE(window.is_new(0));
  window.mark(200);
  EXPECT_FALSE(window.is_new(200));
  EXPECT_FALSE(window.is_new(72));  // one past the limit
  EXPECT_TRUE(window.is_new(73));   // at the limit
  window.mark(73);
  EXPECT_FALSE(window.is_new(73));
  EXPECT_TRUE(window.is_new(201));
  window.mark(201 + 64);
  EXPECT_TRUE(window.is_new(201));
  EXPECT_FALSE(window.is_new(200));
}

TEST(Suite, IsKnownByItsName) {
  EXPECT_EQ(suite_named("AES_CM_128_HMAC_SHA1_80"), Suite::AesCm128HmacSha1_80);
  EXPECT_EQ(suite_named("aead_aes_256_gcm"), Suite::AeadAes256Gcm);
  EXPECT_EQ(suite_named("F8_128_HMAC_SHA1_80"), std::nullopt);
  EXPECT_EQ(suite_named("AES_CM_128_HMAC_SHA1_8"), std::nullopt);
  for (const Suite suite : kAllSuites) EXPECT_EQ(suite_named(traits_of(suite).name), suite);
}

TEST(Parameters, AreCheckedWithoutQuotingKeys) {
  base::SeededRandom random(3);
  Parameters p = parameters_for(Suite::AesCm128HmacSha1_80, random);
  EXPECT_EQ(check(p), "");
  p.suite = Suite::AeadAes128Gcm;
  EXPECT_EQ(check(p), "key: expected 28 bytes for AEAD_AES_128_GCM, got 30");
  EXPECT_NE(check({Suite::AeadAes128Gcm, {}}), "");
  EXPECT_EQ(check(parameters_for(Suite::AeadAes128Gcm, random, {"1", "2", "3", "4"})), "");
  EXPECT_NE(check(parameters_for(Suite::AeadAes128Gcm, random, {"1", "2", "3", "4", "5"})), "");
  EXPECT_NE(check(parameters_for(Suite::AeadAes128Gcm, random, {"1", "1"})), "");
  EXPECT_NE(check(parameters_for(Suite::AeadAes128Gcm, random, {"1", "22"})), "");
  EXPECT_EQ(check(parameters_for(Suite::AeadAes128Gcm, random, {std::string(kMaxMkiBytes, 'm')})), "");
  EXPECT_NE(check(parameters_for(Suite::AeadAes128Gcm, random, {std::string(kMaxMkiBytes + 1, 'm')})), "");
  p = parameters_for(Suite::AeadAes128Gcm, random);
  p.keys[0].lifetime = 0;
  EXPECT_NE(check(p), "");
}

}  // namespace
}  // namespace secure
