// Record-Routes beyond what a dialog may have: a route with a hole would lead elsewhere.

#include <gtest/gtest.h>

#include "sbc/dialog/limits.h"

#include "rig.h"

namespace sbc::call::test {
namespace {

std::string record_routes(std::size_t count) {
  std::string lines;
  for (std::size_t i = 0; i < count; ++i)
    lines += "Record-Route: <sip:p" + std::to_string(i) + ".inner.example;lr>\r\n";
  return lines;
}

TEST(TooManyRoutes, OfACallerAreRefused) {
  for (const std::size_t count : {dialog::kMaxRoutes, dialog::kMaxRoutes + 1}) {
    Rig rig;
    rig.a.invite({.body = sdp(rig.a.ip(), 4000), .headers = record_routes(count)});
    const bool refused = count > dialog::kMaxRoutes;
    EXPECT_EQ(rig.a.has("400 INVITE"), refused);
    EXPECT_EQ(rig.b.has("INVITE"), !refused);
    EXPECT_EQ(rig.calls.counters().refused_routes, refused ? 1U : 0U);
  }
}

TEST(TooManyRoutes, OfA2xxEndTheCallOnBothSides) {
  Rig rig;
  rig.a.invite();
  rig.b.answer(200, sdp(rig.b.ip(), 6000), record_routes(dialog::kMaxRoutes + 1));
  EXPECT_TRUE(rig.a.has("500 INVITE"));
  EXPECT_EQ(rig.calls.counters().refused_routes, 1U);
  rig.pass(base::minutes(2));
  EXPECT_EQ(rig.calls.size(), 0U);
}

TEST(TooManyRoutes, OfA18xMakeNoDialog) {
  Rig rig;
  rig.a.invite();
  rig.b.answer(180, "", record_routes(dialog::kMaxRoutes + 1));
  EXPECT_FALSE(rig.a.has("180"));
  EXPECT_EQ(rig.calls.counters().refused_routes, 1U);
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  EXPECT_TRUE(rig.a.has("200 INVITE"));
}

}  // namespace
}  // namespace sbc::call::test
