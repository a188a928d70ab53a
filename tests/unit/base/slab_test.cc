#include "media-relay/base/slab.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace base {
namespace {

TEST(Slab, FindsWhatLivesAndNothingElse) {
  Slab<std::string> slab;
  const auto a = slab.emplace("a");
  const auto b = slab.emplace("b");
  ASSERT_NE(slab.find(a), nullptr);
  EXPECT_EQ(*slab.find(a), "a");
  EXPECT_EQ(*slab.find(b), "b");
  EXPECT_EQ(slab.find({}), nullptr);
  EXPECT_EQ(slab.find({99, 1}), nullptr);
  EXPECT_EQ(slab.size(), 2u);
}

TEST(Slab, AHandleDoesNotFindTheNextTenantOfItsSlot) {
  Slab<std::string> slab;
  const auto old = slab.emplace("old");
  EXPECT_TRUE(slab.erase(old));
  EXPECT_FALSE(slab.erase(old));
  const auto young = slab.emplace("young");
  EXPECT_EQ(young.slot, old.slot);
  EXPECT_EQ(slab.find(old), nullptr);
  EXPECT_EQ(*slab.find(young), "young");
}

TEST(Slab, ObjectsDoNotMoveWhileTheyLive) {
  Slab<int> slab;
  const auto first = slab.emplace(1);
  const int* where = slab.find(first);
  for (int i = 0; i < 10000; ++i) slab.emplace(i);
  EXPECT_EQ(slab.find(first), where);
}

TEST(Slab, DestroysOnErase) {
  Slab<std::shared_ptr<int>> slab;
  auto value = std::make_shared<int>(1);
  const auto handle = slab.emplace(value);
  EXPECT_EQ(value.use_count(), 2);
  slab.erase(handle);
  EXPECT_EQ(value.use_count(), 1);
}

TEST(Slab, MayEraseWhatForEachShows) {
  Slab<int> slab;
  for (int i = 0; i < 10; ++i) slab.emplace(i);
  int seen = 0;
  slab.for_each([&](auto handle, int& value) {
    ++seen;
    if (value % 2 == 0) slab.erase(handle);
  });
  EXPECT_EQ(seen, 10);
  EXPECT_EQ(slab.size(), 5u);
}

TEST(Handle, SurvivesPacking) {
  const Handle<int> h{0x12345678, 0x9abcdef0};
  EXPECT_EQ(Handle<int>::unpack(h.pack()), h);
  EXPECT_FALSE(Handle<int>::unpack(0));
}

}  // namespace
}  // namespace base
