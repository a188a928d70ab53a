// Decisions in words: each that differs reads differently.

#include "sbc/explain/describe.h"

#include <gtest/gtest.h>

namespace sbc::explain {
namespace {

TEST(Describe, EveryWayToLearnAnAddressHasItsWord) {
  policy::NatDecision decision;
  EXPECT_EQ(describe(decision), "latch: strict");
  decision.latch = policy::Latch::Learn;
  EXPECT_EQ(describe(decision), "latch: learn");
  decision.latch = policy::Latch::Hear;
  decision.symmetric_signalling = true;
  EXPECT_EQ(describe(decision), "latch: hear, symmetric_signalling");
}

TEST(Describe, WhatIsScreenedChangedAndHungUp) {
  policy::ScreenDecision screened;
  EXPECT_EQ(describe(screened), "accept");
  screened.kind = policy::ScreenDecision::Kind::Reject;
  EXPECT_EQ(describe(screened), "reject 403");
  screened.kind = policy::ScreenDecision::Kind::Drop;
  EXPECT_EQ(describe(screened), "drop");
  policy::ResponseDecision said;
  EXPECT_EQ(describe(said), "as usual");
  said.kind = policy::ResponseDecision::Kind::Change;
  said.status = 180;
  said.reason = "Soon";
  said.early_media = false;
  said.headers = {{policy::HeaderOp::Kind::Set, "X-A", "b"}, {policy::HeaderOp::Kind::Remove, "X-C", ""}};
  EXPECT_EQ(describe(said), "change, status 180, reason Soon, no early media, X-A: b, without X-C");
  said = {};
  said.kind = policy::ResponseDecision::Kind::Hide;
  EXPECT_EQ(describe(said), "hide");
  said.kind = policy::ResponseDecision::Kind::HangUp;
  said.status = 603;
  EXPECT_EQ(describe(said), "hang_up 603");
  policy::Outcome<policy::ResponseDecision> outcome;
  outcome.decision.kind = policy::ResponseDecision::Kind::Change;
  outcome.decision.max_duration_s = 60;
  outcome.timers = {{"warn", 30}, {"other", 0}};
  EXPECT_EQ(describe(outcome), "change, max_duration 60 s; timer warn in 30 s; timer other cancelled");
}

TEST(Describe, ARegistrationAndItsTerms) {
  policy::RegisterDecision decision;
  decision.kind = policy::RegisterDecision::Kind::Accept;
  decision.min_expires = 60;
  decision.default_expires = 300;
  decision.max_contacts = 2;
  EXPECT_EQ(describe(decision), "accept, min_expires 60, expires 300, max_contacts 2");
  decision.kind = policy::RegisterDecision::Kind::Deny;
  decision.status = 404;
  decision.reason = "Who";
  EXPECT_EQ(describe(decision), "deny 404 Who");
}

}  // namespace
}  // namespace sbc::explain
