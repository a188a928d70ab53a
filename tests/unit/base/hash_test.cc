#include "media-relay/base/hash.h"

#include <gtest/gtest.h>

#include <string>
#include <unordered_set>

namespace base {
namespace {

// The reference vectors of SipHash-2-4: key 00 01 ... 0f, input 00 01 ... of growing length (vectors.h of the authors'
// code).
TEST(SipHash, AgreesWithTheReferenceVectors) {
  const HashKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  const struct {
    std::size_t length;
    std::uint64_t hash;
  } cases[] = {
      {0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd}, {2, 0x0d6c8009d9a94f5a},  {3, 0x85676696d7fb7e2d},
      {7, 0xab0200f58b01d137}, {8, 0x93f5f5799a932462}, {15, 0xa129ca6149be45e5},
  };
  for (const auto& c : cases) {
    std::string input;
    for (std::size_t i = 0; i < c.length; ++i) input += static_cast<char>(i);
    EXPECT_EQ(siphash(key, input), c.hash) << c.length;
  }
}

TEST(SipHash, DependsOnBothHalvesOfTheKey) {
  const std::uint64_t plain = siphash({1, 2}, "parapet");
  EXPECT_NE(plain, siphash({1, 3}, "parapet"));
  EXPECT_NE(plain, siphash({2, 2}, "parapet"));
}

TEST(StringHash, FindsAStringByItsView) {
  std::unordered_set<std::string, StringHash, std::equal_to<>> set{"alice", "bob"};
  EXPECT_TRUE(set.contains(std::string_view("alice")));
  EXPECT_FALSE(set.contains(std::string_view("carol")));
}

}  // namespace
}  // namespace base
