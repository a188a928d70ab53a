#include "sbc/identity/reason.h"

#include "sample.h"

namespace sbc::identity {
namespace {

using test::invite;

// trap 82: the number crosses, the words do not.
TEST(Reason, TheTextOfTheFarSideIsReplacedByTheStandardOne) {
  const auto message = invite("Reason: Q.850;cause=17;text=\"pbx7.inner.example says busy\"\r\n");
  const auto reasons = reasons_of(*message);
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_EQ(value_of(reasons[0]), "Q.850;cause=17;text=\"User busy\"");
}

TEST(Reason, CompletedElsewhereKeepsItsMeaning) {
  EXPECT_EQ(value_of({Reason::Protocol::Sip, 200}), "SIP;cause=200;text=\"Call completed elsewhere\"");
}

TEST(Reason, OneValueForEachProtocolInOneFieldOrSeveral) {
  const auto message =
      invite("Reason: SIP ;cause=600 ;text=\"x\", Q.850;cause=16\r\nReason: q.850;cause=31\r\nReason: X;cause=1\r\n");
  const auto reasons = reasons_of(*message);
  ASSERT_EQ(reasons.size(), 2U);
  EXPECT_EQ(reasons[0], (Reason{Reason::Protocol::Sip, 600}));
  EXPECT_EQ(reasons[1], (Reason{Reason::Protocol::Q850, 16}));
}

TEST(Reason, AResponseCarriesOnlyQ850) {  // RFC 6432 3
  const std::vector<Reason> both = {{Reason::Protocol::Sip, 486}, {Reason::Protocol::Q850, 17}};
  EXPECT_EQ(reason_lines(both, true), "Reason: Q.850;cause=17;text=\"User busy\"\r\n");
  EXPECT_TRUE(reason_lines(both, false).starts_with("Reason: SIP;cause=486;text=\"Busy Here\"\r\n"));
}

TEST(Reason, WhatIsOutOfRangeOrUnknownIsLeftOut) {
  for (const char* value :
       {"Q.850;cause=0", "Q.850;cause=128", "SIP;cause=199", "SIP;cause=700", "SIP", "SIP;text=\"x\"", "Q.850;cause=-1",
        "Preemption;cause=6", "Other;cause=1", "", ";cause=1", "Q.850;cause=99999999999"})
    EXPECT_FALSE(parse_reason(value)) << value;
}

TEST(Reason, AStatusHasTheCauseOfRfc3398) {
  EXPECT_EQ(q850_from_status(486), (Reason{Reason::Protocol::Q850, 17}));
  EXPECT_EQ(q850_from_status(404), (Reason{Reason::Protocol::Q850, 1}));
  EXPECT_EQ(q850_from_status(487), std::nullopt);
}

}  // namespace
}  // namespace sbc::identity
