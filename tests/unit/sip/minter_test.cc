#include "sbc/sip/minter.h"

#include <gtest/gtest.h>

#include <cctype>
#include <set>

namespace sbc::sip {
namespace {

constexpr base::HashKey kKey{0x0123456789abcdef, 0xfedcba9876543210};

TEST(MinterTest, EveryKindCarriesItsShard) {
  base::SeededRandom random(1);
  for (int shard = 0; shard < 256; ++shard) {
    const Minter minter(kKey, static_cast<std::uint8_t>(shard));
    for (const std::string& id :
         {minter.branch(random), minter.tag(random), minter.call_id(random), minter.user(random)})
      EXPECT_EQ(minter.shard_of(id), shard) << id;
  }
}

TEST(MinterTest, ShardsOfOneKeyReadEachOther) {
  base::SeededRandom random(2);
  EXPECT_EQ(Minter(kKey, 0).shard_of(Minter(kKey, 7).tag(random)), 7);
  EXPECT_EQ(Minter({kKey.k0, kKey.k1 + 1}, 0).shard_of(Minter(kKey, 7).tag(random)), std::nullopt);
}

TEST(MinterTest, OneChangedCharacterIsNotOurs) {
  base::SeededRandom random(3);
  const Minter minter(kKey, 5);
  for (int round = 0; round < 50; ++round) {
    const std::string id = minter.tag(random);
    for (std::size_t at = 0; at < id.size(); ++at)
      for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyz234567")) {
        if (c == id[at]) continue;
        std::string forged = id;
        forged[at] = c;
        EXPECT_EQ(minter.shard_of(forged), std::nullopt) << forged;
      }
  }
}

TEST(MinterTest, StrangersIdentifiersAreNotOurs) {
  const Minter minter(kKey, 0);
  base::SeededRandom random(4);
  const std::string id = minter.tag(random);
  const std::string branch = minter.branch(random);
  for (const std::string& stranger :
       {std::string(), std::string("z9hG4bK"), std::string("z9hG4bKabc"), id.substr(1), id + "a",
        "x" + id.substr(1) + "!", branch + "a", branch.substr(1), std::string(24, 'a'), std::string(24, '='),
        std::string(31, '\0'), "z9hG4bL" + id})
    EXPECT_EQ(minter.shard_of(stranger), std::nullopt) << stranger;
}

TEST(MinterTest, ShapeIsATokenThatSurvivesCaseFolding) {
  base::SeededRandom random(5);
  const Minter minter(kKey, 200);
  for (int i = 0; i < 200; ++i) {
    const std::string branch = minter.branch(random);
    ASSERT_TRUE(branch.starts_with("z9hG4bK"));
    ASSERT_EQ(branch.size(), 31U);
    const std::string id = minter.call_id(random);
    ASSERT_EQ(id.size(), 24U);
    std::string upper;
    for (const char c : id) {
      ASSERT_TRUE((c >= 'a' && c <= 'z') || (c >= '2' && c <= '7')) << id;
      upper += static_cast<char>(std::toupper(c));
    }
    EXPECT_EQ(minter.shard_of(upper), 200);
  }
}

TEST(MinterTest, NoTwoAlike) {
  base::SeededRandom random(6);
  const Minter minter(kKey, 1);
  std::set<std::string> seen;
  for (int i = 0; i < 20'000; ++i) EXPECT_TRUE(seen.insert(minter.tag(random)).second);
}

}  // namespace
}  // namespace sbc::sip
