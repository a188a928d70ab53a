#include "sbc/quality/emodel.h"

#include <gtest/gtest.h>

namespace sbc::quality {
namespace {

const Impairment kPcm = *impairment_of("PCMU");

// G.107 annex B: R 93.2 is a mean opinion of 4.41.
TEST(EModel, ACleanCallOfG711HasTheBestOfAllRatings) {
  EXPECT_DOUBLE_EQ(rating(kPcm, {}), 93.2);
  EXPECT_NEAR(mean_opinion(rating(kPcm, {})), 4.41, 0.005);
}

// G.107 table B.1: R 90, 80, 70, 60, 50 are 4.34, 4.03, 3.60, 3.10, 2.58.
TEST(EModel, OpinionsFollowTheTableOfTheRecommendation) {
  EXPECT_NEAR(mean_opinion(90), 4.34, 0.01);
  EXPECT_NEAR(mean_opinion(80), 4.03, 0.01);
  EXPECT_NEAR(mean_opinion(70), 3.60, 0.01);
  EXPECT_NEAR(mean_opinion(60), 3.10, 0.01);
  EXPECT_NEAR(mean_opinion(50), 2.58, 0.01);
  EXPECT_DOUBLE_EQ(mean_opinion(0), 1);
  EXPECT_DOUBLE_EQ(mean_opinion(3), 1);
  EXPECT_DOUBLE_EQ(mean_opinion(100), 4.5);
}

TEST(EModel, EachCodecCostsItsOwnImpairment) {
  EXPECT_NEAR(rating(*impairment_of("g729"), {}), 82.2, 1e-9);
  EXPECT_NEAR(rating(*impairment_of("G723"), {}), 78.2, 1e-9);
  EXPECT_NEAR(rating(*impairment_of("GSM-EFR"), {}), 88.2, 1e-9);
  EXPECT_FALSE(impairment_of("H264"));
  EXPECT_FALSE(impairment_of(""));
}

// Equation 7-29: Ie + (95 - Ie) * Ppl / (Ppl / BurstR + Bpl).
TEST(EModel, LossCostsByTheCodecsRobustness) {
  EXPECT_NEAR(rating(kPcm, {.loss = 0.05}), 93.2 - 95 * 5 / (5 + 25.1), 1e-9);
  EXPECT_NEAR(rating(*impairment_of("G729"), {.loss = 0.05}), 93.2 - 11 - 84 * 5 / (5 + 19.0), 1e-9);
  EXPECT_LT(rating(kPcm, {.loss = 0.05, .burst_ratio = 4}), rating(kPcm, {.loss = 0.05}));
  EXPECT_DOUBLE_EQ(rating(kPcm, {.loss = 7}), rating(kPcm, {.loss = 1}));
}

// A call to the other side of the world is still good, one over two satellites is not: G.114 figure 1.
TEST(EModel, DelayCostsNothingUpTo100Milliseconds) {
  EXPECT_DOUBLE_EQ(rating(kPcm, {.one_way_ms = 100}), 93.2);
  EXPECT_NEAR(rating(kPcm, {.one_way_ms = 200}), 90.2, 3);
  EXPECT_GT(rating(kPcm, {.one_way_ms = 250}), 70);
  EXPECT_LT(rating(kPcm, {.one_way_ms = 550}), 65);
  EXPECT_GE(rating(kPcm, {.one_way_ms = 1e6}), 0);
}

}  // namespace
}  // namespace sbc::quality
