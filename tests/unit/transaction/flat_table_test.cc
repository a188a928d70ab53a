#include "sbc/transaction/flat_table.h"

#include <gtest/gtest.h>

#include <map>

#include "media-relay/base/random.h"

namespace sbc::transaction {
namespace {

TEST(FlatTableTest, AgreesWithAMapThroughARandomLife) {
  base::SeededRandom random(11);
  FlatTable<std::uint64_t> table;
  std::map<std::uint64_t, std::uint64_t> model;
  for (int step = 0; step < 200'000; ++step) {
    // Few homes, so that chains are long and wrap around.
    const std::uint64_t number = random.below(400);
    const Fingerprint key{number % 37 == 0 ? ~std::uint64_t{0} : number % 61, number + 1};
    if (random.below(2) == 0) {
      EXPECT_EQ(table.insert(key, number), model.emplace(number, number).second);
    } else {
      EXPECT_EQ(table.erase(key), model.erase(number) == 1);
    }
    if (step % 512 != 0) continue;
    ASSERT_EQ(table.size(), model.size());
    for (std::uint64_t n = 0; n < 400; ++n) {
      const std::uint64_t* found = table.find({n % 37 == 0 ? ~std::uint64_t{0} : n % 61, n + 1});
      ASSERT_EQ(found != nullptr, model.contains(n));
      if (found != nullptr) {
        ASSERT_EQ(*found, n);
      }
    }
  }
}

TEST(FlatTableTest, EmptyTableFindsNothing) {
  FlatTable<int> table;
  EXPECT_EQ(table.find({1, 2}), nullptr);
  EXPECT_FALSE(table.erase({1, 2}));
  EXPECT_TRUE(table.insert({1, 2}, 3));
  EXPECT_FALSE(table.erase({}));
  EXPECT_EQ(*table.find({1, 2}), 3);
}

}  // namespace
}  // namespace sbc::transaction
