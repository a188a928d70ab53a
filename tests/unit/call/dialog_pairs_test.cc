// What the two sides of a call call its dialogs, while it rings and when it talks, here and on another shard (trap 78).

#include "sbc/call/dialog_pairs.h"

#include <gtest/gtest.h>

#include "rig.h"

namespace sbc::call::test {
namespace {

body::DialogIds as_callee(const Rig& rig, std::string_view tag) {
  for (const auto& message : rig.b.log)
    if (message->is_request() && message->method() == sip::Method::Invite)
      return {std::string(message->call_id()), std::string(tag), std::string(message->from_tag())};
  return {};
}

// trap 78: with both tags, or nobody could pick up what rings.
TEST(DialogPairs, OfAForkThatRingsHaveItsOwnTagsOnBothSides) {
  Rig rig;
  rig.a.invite();
  rig.b.answer(183, sdp(rig.b.ip(), 6000), {}, "one");
  rig.b.answer(183, sdp(rig.b.ip(), 6002), {}, "two");
  for (const char* tag : {"one", "two"}) {
    const auto pair = rig.calls.pair_of(as_callee(rig, tag));
    ASSERT_TRUE(pair);
    EXPECT_TRUE(pair->early);
    EXPECT_EQ(pair->named.trunk, "t1");
    EXPECT_EQ(pair->across.realm, "access");
    EXPECT_EQ(pair->across.ids.remote_tag, rig.a.log.front()->from_tag());
    // And back: the caller's side speaks of the end that is the border's to it.
    const auto back = rig.calls.other_side(pair->across.ids, "core");
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, as_callee(rig, tag)) << "both ends are called as they were";
  }
  EXPECT_FALSE(rig.calls.pair_of({"nobody", "a", "b"}));
  rig.a.cancel();
  rig.pass(base::minutes(2));
  rig.expect_idle();
}

TEST(DialogPairs, OfAnotherShardAreKnownWhenItHasToldOfThem) {
  Rig here({.shard = 1});
  Rig there({.seed = 2, .shard = 2});
  there.connect();
  const auto named = as_callee(there, "tag-of-bob");
  EXPECT_FALSE(here.calls.other_side(named, "access"));
  auto pair = there.calls.pair_of(named);
  ASSERT_TRUE(pair);
  EXPECT_FALSE(pair->early);
  here.calls.learn(named, *pair);
  EXPECT_EQ(here.calls.other_side(named, "access"), pair->across.ids);
  EXPECT_EQ(here.calls.other_side(named, "core"), named);
  EXPECT_FALSE(here.calls.other_side(named, "far")) << "no business of theirs";
}

TEST(ForeignDialogs, MakeRoomForNewerOnes) {
  ForeignDialogs dialogs;
  const auto named = [](std::size_t i) { return body::DialogIds{"call-" + std::to_string(i), "l", "r"}; };
  for (std::size_t i = 0; i <= ForeignDialogs::kMost; ++i) dialogs.learn(named(i), {});
  dialogs.learn(named(5), {});
  EXPECT_EQ(dialogs.size(), ForeignDialogs::kMost);
  EXPECT_EQ(dialogs.find(named(0)), nullptr);
  EXPECT_NE(dialogs.find(named(1)), nullptr);
}

}  // namespace
}  // namespace sbc::call::test
