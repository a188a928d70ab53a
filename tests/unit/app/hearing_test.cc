// Who asked for a run at its beginning hears of it at its end, and nobody else.

#include "sbc/app/hearing.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace sbc::app {
namespace {

struct Counting final : Hearer {
  explicit Counting(bool w) : want(w) {}
  bool wants() const override {
    ++asked;
    return want;
  }
  void heard(const std::shared_ptr<const retell::Invocation>&) override { ++times; }
  bool want;
  mutable int asked = 0;
  int times = 0;
};

TEST(Hearing, IsNobodysAtFirst) {
  EXPECT_EQ(Hearing().wanted(), 0);
}

TEST(Hearing, TellsThoseThatWantedTheRunAndAsksThemOnce) {
  Counting yes(true), no(false), also(true);
  Hearing hearing;
  for (auto* one : {&yes, &no, &also}) hearing.add(*one);
  const auto ears = hearing.wanted();
  EXPECT_NE(ears, 0);
  yes.want = false;  // of the next run
  no.want = true;
  hearing.tell(ears, std::make_shared<retell::Invocation>());
  EXPECT_EQ(std::vector({yes.times, no.times, also.times}), std::vector({1, 0, 1}));
  EXPECT_EQ(std::vector({yes.asked, no.asked, also.asked}), std::vector({1, 1, 1}));
}

TEST(Hearing, HasRoomForAllThatThereMayBe) {
  Counting one(true);
  Hearing hearing;
  for (std::size_t i = 0; i < Hearing::kMaxHearers; ++i) hearing.add(one);
  hearing.tell(hearing.wanted(), std::make_shared<retell::Invocation>());
  EXPECT_EQ(one.times, static_cast<int>(Hearing::kMaxHearers));
  EXPECT_THROW(hearing.add(one), std::length_error);
}

}  // namespace
}  // namespace sbc::app
