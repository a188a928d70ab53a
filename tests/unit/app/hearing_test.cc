// Who asked for a run at its beginning hears of it at its end, and nobody else.

#include "sbc/app/hearing.h"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <vector>

namespace sbc::app {
namespace {

using policy::Handler;

struct Counting final : Hearer {
  explicit Counting(bool w) : want(w) {}
  bool wants() const override {
    ++asked;
    return want;
  }
  bool listens(policy::Handler handler) const override { return handler == alone; }
  void heard(const std::shared_ptr<const retell::Invocation>&) override { ++times; }
  bool want;
  mutable int asked = 0;
  int times = 0;
  std::optional<policy::Handler> alone{};
};

TEST(Hearing, IsNobodysAtFirst) {
  EXPECT_EQ(Hearing().wanted(Handler::Invite, true), 0);
  EXPECT_FALSE(Hearing().listens(Handler::Invite));
}

TEST(Hearing, TellsThoseThatWantedTheRunAndAsksThemOnce) {
  Counting yes(true), no(false), also(true);
  Hearing hearing;
  for (auto* one : {&yes, &no, &also}) hearing.add(*one);
  const auto ears = hearing.wanted(Handler::Invite, true);
  EXPECT_NE(ears, 0);
  yes.want = false;  // of the next run
  no.want = true;
  hearing.tell(ears, std::make_shared<retell::Invocation>());
  EXPECT_EQ(std::vector({yes.times, no.times, also.times}), std::vector({1, 0, 1}));
  EXPECT_EQ(std::vector({yes.asked, no.asked, also.asked}), std::vector({1, 1, 1}));
}

TEST(Hearing, TellsWhatNobodyDecidesToThoseThatListenForIt) {
  Counting deaf(true), ear(true), idle(false);
  ear.alone = idle.alone = Handler::End;
  Hearing hearing;
  for (auto* one : {&deaf, &ear, &idle}) hearing.add(*one);
  EXPECT_TRUE(hearing.listens(Handler::End));
  EXPECT_FALSE(hearing.listens(Handler::Screen));
  EXPECT_EQ(hearing.wanted(Handler::Screen, false), 0);
  hearing.tell(hearing.wanted(Handler::End, false), std::make_shared<retell::Invocation>());
  EXPECT_EQ(std::vector({deaf.times, ear.times, idle.times}), std::vector({0, 1, 0}));
}

TEST(Hearing, HasRoomForAllThatThereMayBe) {
  Counting one(true);
  Hearing hearing;
  for (std::size_t i = 0; i < Hearing::kMaxHearers; ++i) hearing.add(one);
  hearing.tell(hearing.wanted(Handler::Invite, true), std::make_shared<retell::Invocation>());
  EXPECT_EQ(one.times, static_cast<int>(Hearing::kMaxHearers));
  EXPECT_THROW(hearing.add(one), std::length_error);
}

}  // namespace
}  // namespace sbc::app
