// Our engine against libsrtp, bit for bit: what one seals the other seals alike and opens, what one refuses the other
// refuses. The suites with AES-192 are not among them: see is_right_in_libsrtp. The vectors of RFC 6188 stand for them.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "media-relay/secure/engines.h"

#include "packets.h"

namespace secure {
namespace {

struct Pair {
  explicit Pair(const Parameters& p)
      : our_sender(make_sender(Engine::OpenSsl, p)),
        their_sender(make_sender(Engine::Libsrtp, p)),
        our_receiver(make_receiver(Engine::OpenSsl, p)),
        their_receiver(make_receiver(Engine::Libsrtp, p)) {}

  std::unique_ptr<Sender> our_sender, their_sender;
  std::unique_ptr<Receiver> our_receiver, their_receiver;

  // Seals with both; empty when both refuse.
  Bytes seal(const Bytes& clear) const {
    const auto ours = seal_rtp(*our_sender, clear);
    EXPECT_EQ(ours, seal_rtp(*their_sender, clear));
    return ours.value_or(Bytes{});
  }
  std::expected<Bytes, Refusal> open(const Bytes& sealed) const {
    const auto ours = open_rtp(*our_receiver, sealed);
    EXPECT_EQ(ours, open_rtp(*their_receiver, sealed));
    return ours;
  }
};

class Differential : public testing::TestWithParam<Suite> {
 protected:
  base::SeededRandom random_{static_cast<std::uint64_t>(GetParam()) + 1};
};

std::vector<Suite> comparable() {
  std::vector<Suite> out;
  std::ranges::copy_if(kAllSuites, std::back_inserter(out), is_right_in_libsrtp);
  return out;
}

std::string suite_name(const testing::TestParamInfo<Suite>& info) {
  return std::string(traits_of(info.param).name);
}
INSTANTIATE_TEST_SUITE_P(AllSuites, Differential, testing::ValuesIn(comparable()), suite_name);

TEST_P(Differential, RtpOfEveryShape) {
  const Pair pair(parameters_for(GetParam(), random_));
  std::uint16_t sequence = 100;
  for (const unsigned csrcs : {0U, 1U, 15U})
    for (const unsigned extension : {0U, 1U, 7U})
      for (const std::size_t payload : {0UL, 1UL, 15UL, 16UL, 17UL, 160UL, 1200UL})
        for (const std::uint8_t padding : std::to_array<std::uint8_t>({0, 4, 255})) {
          const Bytes clear = rtp({0xabcdef01, ++sequence, csrcs, extension, payload, padding});
          const Bytes sealed = pair.seal(clear);
          ASSERT_FALSE(sealed.empty());
          ASSERT_EQ(sealed.size(), clear.size() + traits_of(GetParam()).rtp_tag_bytes);
          const auto opened = pair.open(sealed);
          ASSERT_EQ(opened, clear);
        }
}

// trap 41: the rollover counter carries on over the wrap, for late packets from before it too.
TEST_P(Differential, TheSequenceNumberWrapsAndPacketsSwapPlacesAroundIt) {
  const Pair pair(parameters_for(GetParam(), random_));
  std::vector<Bytes> sealed;
  for (std::uint32_t i = 65000; i < 65000 + 3 * 65536; i += i % 65536 > 300 && i % 65536 < 65000 ? 150 : 1)
    sealed.push_back(pair.seal(rtp({7, static_cast<std::uint16_t>(i), 0, 0, 20})));
  // Neighbours and packets up to three apart change places: up to 450 sequence numbers.
  for (std::size_t i = 0; i + 4 < sealed.size(); i += 4) std::swap(sealed[i], sealed[i + random_.below(4)]);
  for (const Bytes& packet : sealed) ASSERT_TRUE(pair.open(packet));
  // The same again, in the order of arrival: the newest are in the window, the rest is too old, nothing passes.
  for (const Bytes& packet : sealed) {
    const auto again = pair.open(packet);
    ASSERT_FALSE(again);
  }
}

TEST_P(Differential, AnyOrderWithinAndBeyondTheWindow) {
  const Pair pair(parameters_for(GetParam(), random_));
  std::vector<Bytes> sealed;
  for (std::uint16_t i = 0; i < 2000; ++i) sealed.push_back(pair.seal(rtp({7, i, 0, 0, 20})));
  std::size_t opened = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::size_t centre = static_cast<std::size_t>(i) * sealed.size() / 4000;
    const std::size_t at = centre < 700 ? centre : centre - random_.below(700);
    const auto result = pair.open(sealed[at]);
    if (result)
      ++opened;
    else
      ASSERT_EQ(result.error(), Refusal::Replayed);
  }
  EXPECT_GT(opened, 500U);
}

TEST_P(Differential, SendersRefuseAnIndexThatWasUsed) {
  const Pair pair(parameters_for(GetParam(), random_));
  for (const std::uint16_t sequence :
       std::to_array<std::uint16_t>({5, 6, 5, 40000, 6, 39999, 65535, 0, 65535, 40000, 1, 60000}))
    pair.seal(rtp({7, sequence}));
  EXPECT_EQ(seal_rtp(*pair.our_sender, rtp({7, 65535}, std::byte{1})), std::unexpected(Refusal::Replayed));
}

// Of streams that are heard from their first packet on: ours finds its way into others, too.
TEST_P(Differential, RandomSequencesAreGuessedAlike) {
  const Pair pair(parameters_for(GetParam(), random_));
  std::set<std::uint32_t> begun;
  for (int i = 0; i < 3000; ++i) {
    const auto sequence = static_cast<std::uint16_t>(random_.next());
    const std::uint32_t ssrc = static_cast<std::uint32_t>(random_.below(3));
    const Bytes sealed = pair.seal(rtp({ssrc, sequence, 0, 0, 20}));
    const bool lost = random_.below(10) == 0;
    if (!sealed.empty() && (begun.insert(ssrc).second || !lost)) static_cast<void>(pair.open(sealed));
  }
}

TEST_P(Differential, AlteredPacketsAreRefusedAndForgotten) {
  const Parameters parameters = parameters_for(GetParam(), random_);
  const Pair pair(parameters);
  for (std::uint16_t i = 1; i < 60; ++i) {
    const Bytes sealed = pair.seal(rtp({7, i, i % 3U, i % 2U}));
    Bytes bad = sealed;
    bad[random_.below(bad.size())] ^= static_cast<std::byte>(1 + random_.below(255));
    EXPECT_FALSE(pair.open(bad));
    Bytes cut(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(random_.below(sealed.size())));
    EXPECT_FALSE(pair.open(cut));
    EXPECT_TRUE(pair.open(sealed)) << "a forgery made the true packet a replay";
  }
  const Pair stranger(parameters_for(GetParam(), random_));
  EXPECT_EQ(pair.open(stranger.seal(rtp({7, 100}))), std::unexpected(Refusal::Unauthentic));
  EXPECT_FALSE(pair.open(rtp({7, 101}))) << "a clear packet";
}

TEST_P(Differential, ManySources) {
  const Pair pair(parameters_for(GetParam(), random_));
  for (std::uint16_t i = 0; i < 20; ++i)
    for (std::uint32_t ssrc = 0; ssrc < 30; ++ssrc) {
      const Bytes clear = rtp({ssrc * 99, static_cast<std::uint16_t>(65530 + ssrc + i), 0, 0, 20});
      ASSERT_EQ(pair.open(pair.seal(clear)), clear);
    }
}

// RFC 3711 3.4: the index is zero before the first packet. libsrtp begins at one, so ours is one packet ahead.
TEST_P(Differential, Rtcp) {
  const Pair pair(parameters_for(GetParam(), random_));
  const auto first = seal_rtcp(*pair.our_sender, rtcp());
  ASSERT_TRUE(first);
  EXPECT_EQ(open_rtcp(*pair.their_receiver, *first), rtcp());
  EXPECT_EQ(open_rtcp(*pair.our_receiver, *first), rtcp());
  std::vector<Bytes> sealed;
  for (int i = 0; i < 300; ++i) {
    const auto ours = seal_rtcp(*pair.our_sender, rtcp());
    ASSERT_TRUE(ours);
    ASSERT_EQ(ours, seal_rtcp(*pair.their_sender, rtcp()));
    sealed.push_back(*ours);
  }
  for (std::size_t i = 0; i + 5 < sealed.size(); i += 2) std::swap(sealed[i], sealed[i + random_.below(5)]);
  for (int round = 0; round < 2; ++round)
    for (const Bytes& packet : sealed) {
      const auto ours = open_rtcp(*pair.our_receiver, packet);
      ASSERT_EQ(ours, open_rtcp(*pair.their_receiver, packet));
      ASSERT_EQ(ours.has_value(), round == 0);
    }
}

TEST_P(Differential, AlteredRtcpIsRefused) {
  const Pair pair(parameters_for(GetParam(), random_));
  const auto sealed = seal_rtcp(*pair.our_sender, rtcp());
  ASSERT_TRUE(sealed);
  for (std::size_t i = 0; i < sealed->size(); ++i) {
    Bytes bad = *sealed;
    bad[i] ^= std::byte{0x80};  // the E flag, in its place
    EXPECT_FALSE(open_rtcp(*pair.our_receiver, bad)) << i;
    EXPECT_FALSE(open_rtcp(*pair.their_receiver, bad)) << i;
    const Bytes cut(sealed->begin(), sealed->begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(open_rtcp(*pair.our_receiver, cut)) << i;
    EXPECT_FALSE(open_rtcp(*pair.their_receiver, cut)) << i;
  }
  EXPECT_FALSE(open_rtcp(*pair.our_receiver, rtcp()));
  EXPECT_EQ(open_rtcp(*pair.our_receiver, *sealed), rtcp());
}

// trap 42: an MKI behind the packet names the key.
TEST_P(Differential, MasterKeyIdentifiers) {
  Parameters parameters = parameters_for(GetParam(), random_, {"abcd", "abce", "zzzz"});
  const Pair pair(parameters);
  for (std::uint16_t i = 0; i < 10; ++i) {
    const Bytes clear = rtp({7, i});
    ASSERT_EQ(pair.open(pair.seal(clear)), clear);
  }
  std::swap(parameters.keys[0], parameters.keys[2]);  // the peer goes on with its third key
  const Pair changed(parameters);
  static_cast<void>(seal_rtcp(*changed.our_sender, rtcp()));
  const auto report = seal_rtcp(*changed.our_sender, rtcp());
  EXPECT_EQ(report, seal_rtcp(*changed.their_sender, rtcp()));
  EXPECT_EQ(open_rtcp(*pair.our_receiver, *report), rtcp());
  // libsrtp 2.5.0 looks for the MKI of SRTCP before a tag as long as that of SRTP, and does not find it.
  if (traits_of(GetParam()).rtp_tag_bytes == traits_of(GetParam()).rtcp_tag_bytes) {
    EXPECT_EQ(open_rtcp(*pair.their_receiver, *report), rtcp());
  }
  const Bytes sealed = changed.seal(rtp({7, 11}));
  EXPECT_EQ(pair.open(sealed), rtp({7, 11}));

  const Pair strange(parameters_for(GetParam(), random_, {"none"}));
  EXPECT_EQ(open_rtp(*pair.our_receiver, strange.seal(rtp({7, 12}))), std::unexpected(Refusal::UnknownKey));
}

}  // namespace
}  // namespace secure
