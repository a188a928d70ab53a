// Flows of a session that copy others: half their ports, the same worker, no alarms of their own.

#include <gtest/gtest.h>

#include "media-relay/control/check.h"

#include "rig.h"

namespace session {
namespace {

using namespace control;

SessionSpec recorded() {
  SessionSpec spec = audio(1);
  spec.one_sided_ms = 5000;
  for (const HalfSide side : {HalfSide::A, HalfSide::B}) {
    FlowSpec copy{100U + (side == HalfSide::B ? 1U : 0U), "audio", half("core"), half("core")};
    copy.quality_ms = 5000;
    copy.a.copies = Copied{0, side};
    spec.flows.push_back(copy);
  }
  return spec;
}

TEST(SessionCopies, ACopyHasPortsTowardItsListenerAlone) {
  Rig rig;
  rig.hello(1);
  const auto opened = get<Opened>(rig.ask(1, Open{"s", recorded()}));
  ASSERT_EQ(opened.flows.size(), 3U);
  EXPECT_EQ(rig.binds, 4U);
  EXPECT_NE(opened.flows[1].b.rtp, opened.flows[2].b.rtp);
  std::size_t copies = 0;
  for (const auto& [flow, spec] : rig.specs) {
    if (!spec.a.copies) continue;
    ++copies;
    EXPECT_EQ(spec.media_timeout, base::Duration{});
    EXPECT_EQ(spec.one_sided_timeout, base::Duration{});
    EXPECT_EQ(spec.quality_interval, base::Duration{});
  }
  EXPECT_EQ(copies, 2U);
  rig.ask(1, Close{"s", ""});
  rig.check_books();
}

TEST(SessionCopies, ComeAndGoWhileTheCallGoesOn) {
  Rig rig;
  rig.hello(1);
  const auto opened = get<Opened>(rig.ask(1, Open{"s", audio(1)}));
  const auto modified = get<Modified>(rig.ask(1, Modify{"s", recorded()}));
  ASSERT_EQ(modified.flows.size(), 3U);
  EXPECT_EQ(modified.flows[0], opened.flows[0]);
  EXPECT_EQ(get<Modified>(rig.ask(1, Modify{"s", recorded()})).flows, modified.flows);
  EXPECT_EQ(get<Modified>(rig.ask(1, Modify{"s", audio(1)})).flows, opened.flows);
  rig.ask(1, Close{"s", ""});
  rig.check_books();
}

TEST(SessionCopies, WhatCannotBeCopiedIsABadSpec) {
  const auto code = [](auto change) {
    SessionSpec spec = recorded();
    change(spec);
    const auto problem = problem_with(spec);
    return problem ? std::optional(problem->code) : std::nullopt;
  };
  EXPECT_EQ(code([](SessionSpec&) {}), std::nullopt);
  EXPECT_EQ(code([](SessionSpec& s) { s.flows[1].a.copies->flow = 100; }), ErrorCode::BadSpec);  // itself
  EXPECT_EQ(code([](SessionSpec& s) { s.flows[2].a.copies->flow = 100; }), ErrorCode::BadSpec);  // a copy
  EXPECT_EQ(code([](SessionSpec& s) { s.flows[1].a.copies->flow = 7; }), ErrorCode::BadSpec);    // nobody
  EXPECT_EQ(code([](SessionSpec& s) { s.flows[1].b.copies = Copied{0, HalfSide::B}; }), ErrorCode::BadSpec);
  EXPECT_EQ(code([](SessionSpec& s) { s.flows[1].a.remote_rtp = endpoint("192.0.2.9:4000"); }), ErrorCode::BadSpec);
  EXPECT_EQ(code([](SessionSpec& s) { s.flows[0].transport = Transport::Udptl; }), ErrorCode::BadSpec);
}

}  // namespace
}  // namespace session
