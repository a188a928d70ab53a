#include "sbc/app/signposts.h"

#include <gtest/gtest.h>

#include <string>

namespace sbc::app {
namespace {

TEST(Signposts, LeadToTheShardThatHasTheDialogNow) {
  Signposts posts;
  EXPECT_EQ(posts.find("tag"), std::nullopt);
  EXPECT_TRUE(posts.put("tag", 3));
  EXPECT_EQ(posts.find("tag"), 3);
  EXPECT_TRUE(posts.put("tag", 2)) << "it moved on";
  EXPECT_EQ(posts.find("tag"), 2);
  EXPECT_EQ(posts.size(), 1U);
  posts.remove("tag");
  EXPECT_EQ(posts.find("tag"), std::nullopt);
  EXPECT_EQ(posts.size(), 0U);
}

TEST(Signposts, OfAttemptsMakeRoomForNewerOnes) {
  Signposts posts;
  for (std::size_t i = 0; i <= Signposts::kAttempts; ++i)
    EXPECT_EQ(posts.put_attempt("call-" + std::to_string(i), 1), i < Signposts::kAttempts);
  EXPECT_EQ(posts.size(), Signposts::kAttempts);
  EXPECT_EQ(posts.find("call-0"), std::nullopt);
  EXPECT_EQ(posts.find("call-1"), 1);
}

TEST(Signposts, OfDialogsAreRefusedWhenThereAreTooMany) {
  Signposts posts;
  for (std::size_t i = 0; i < Signposts::kMost; ++i) ASSERT_TRUE(posts.put("tag-" + std::to_string(i), 1));
  EXPECT_FALSE(posts.put("one more", 1));
  EXPECT_TRUE(posts.put("tag-7", 2)) << "it stands already";
}

}  // namespace
}  // namespace sbc::app
