#include "sbc/app/foreign_sends.h"

#include <gtest/gtest.h>

namespace sbc::app {
namespace {

TEST(ForeignSends, WhoSentItIsToldOnce) {
  ForeignSends sends;
  const auto one = sends.note({.shard = 3, .token = 77});
  const auto two = sends.note({.shard = 4, .token = 78});
  EXPECT_NE(one, two);
  const auto origin = sends.take(one);
  ASSERT_TRUE(origin);
  EXPECT_EQ(origin->shard, 3);
  EXPECT_EQ(origin->token, 77U);
  EXPECT_FALSE(sends.take(one));
  EXPECT_TRUE(sends.take(two));
}

TEST(ForeignSends, TokensOfTransactionsAreNotMistakenForThem) {
  ForeignSends sends;
  EXPECT_FALSE(sends.take(0));
  EXPECT_FALSE(sends.take(ForeignSends::kNobody));
  const auto noted = sends.note({.shard = 1, .token = 5});
  EXPECT_FALSE(sends.take(ForeignSends::kNobody));
  EXPECT_FALSE(sends.take(noted & ~std::uint64_t{1}));
  EXPECT_FALSE(sends.take(noted | 0x8000'0000U)) << "a client transaction's";
  EXPECT_EQ(noted & 0xffff'ffff, ForeignSends::kNobody) << "a slot that no table has";
}

TEST(ForeignSends, OnlyTheNewestAreRemembered) {
  ForeignSends sends;
  const auto first = sends.note({.shard = 1, .token = 1});
  const auto second = sends.note({.shard = 1, .token = 2});
  for (std::size_t i = 1; i < ForeignSends::kRemembered; ++i) sends.note({.shard = 2, .token = 9});
  EXPECT_FALSE(sends.take(first));
  EXPECT_TRUE(sends.take(second));
}

}  // namespace
}  // namespace sbc::app
