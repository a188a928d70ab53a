// Digits (DTMF): asked for by controllers, told to them.

#include <gtest/gtest.h>

#include "rig.h"

namespace session {
namespace {

using control::Error;
using control::ErrorCode;
using control::HalfSide;
using control::Open;
using control::SendDigits;

control::SessionSpec with_digits() {
  control::SessionSpec spec = audio(2);
  spec.flows[1].b.rewrite.emplace().continuous = true;
  spec.flows[1].b.digits.emplace().event = control::EventFormat{101, 8000};
  spec.flows[1].a.digits.emplace().heard = {{96, 48'000}};
  return spec;
}

TEST(SessionDigits, AreSentWhereTheHalfHasThem) {
  Rig rig;
  rig.hello(1);
  rig.ask(1, Open{"s", with_digits()});
  const control::Reply reply = rig.ask(1, SendDigits{"s", 1, HalfSide::B, "12#", 0});
  EXPECT_EQ(reply, control::Reply(control::SendingDigits{"s"}));
  ASSERT_EQ(rig.played.size(), 1U);
  EXPECT_EQ(rig.played[0].to, flow::Side::B);
  EXPECT_EQ(rig.played[0].digits, "12#");
  EXPECT_EQ(rig.played[0].each, base::milliseconds(160));
  const flow::Spec& spec = rig.specs.at(rig.played[0].flow.pack());
  EXPECT_EQ(spec.b.digits->event, (flow::EventFormat{101, 8000}));
  EXPECT_EQ(spec.a.digits->heard.at(0), (flow::EventFormat{96, 48'000}));
  EXPECT_TRUE(spec.b.rewrite->continuous);
}

TEST(SessionDigits, AreRefusedElsewhere) {
  Rig rig;
  rig.hello(1);
  rig.ask(1, Open{"s", with_digits()});
  const auto refused = [&rig](const SendDigits& send) { return std::get<Error>(rig.ask(1, send)).code; };
  EXPECT_EQ(refused({"s", 1, HalfSide::A, "1", 0}), ErrorCode::BadSpec) << "it only listens";
  EXPECT_EQ(refused({"s", 0, HalfSide::B, "1", 0}), ErrorCode::BadSpec);
  EXPECT_EQ(refused({"s", 7, HalfSide::B, "1", 0}), ErrorCode::BadSpec);
  EXPECT_EQ(refused({"t", 1, HalfSide::B, "1", 0}), ErrorCode::UnknownSession);
  EXPECT_TRUE(rig.played.empty());
}

TEST(SessionDigits, AreTold) {
  Rig rig;
  rig.hello(1);
  rig.ask(1, control::Subscribe{control::kAllEvents});
  rig.ask(1, Open{"s", with_digits()});
  Actions out;
  for (const auto& [flow, spec] : rig.specs)
    if (spec.a.digits)
      rig.sessions.on_flow_event(FlowHandle::unpack(flow), flow::Dtmf{flow::Side::A, '*', base::milliseconds(120)},
                                 out);
  rig.act(std::move(out));
  ASSERT_EQ(rig.events.size(), 1U);
  EXPECT_EQ(rig.events[0].event, control::Event(control::Dtmf{"s", 1, HalfSide::A, '*', 120}));
  EXPECT_EQ(rig.sessions.counters().digits_heard, 1U);
}

}  // namespace
}  // namespace session
