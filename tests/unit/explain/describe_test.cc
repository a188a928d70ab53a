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
