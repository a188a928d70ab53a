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

// G.113 tables I.1 and I.3.
TEST(EModel, NarrowbandCodecsHaveThePlanningValuesOfTheRecommendation) {
  const auto ie = [](const char* codec) { return impairment_of(codec)->ie; };
  EXPECT_DOUBLE_EQ(ie("GSM"), 20);
  EXPECT_DOUBLE_EQ(ie("G726-40"), 2);
  EXPECT_DOUBLE_EQ(ie("G726-32"), 7);
  EXPECT_DOUBLE_EQ(ie("G726-24"), 25);
  EXPECT_DOUBLE_EQ(ie("G726-16"), 50);
  EXPECT_DOUBLE_EQ(ie("G728"), 7);
  EXPECT_DOUBLE_EQ(impairment_of("GSM-EFR")->bpl, 10);
  EXPECT_DOUBLE_EQ(impairment_of("G723")->bpl, 16.1);
  for (const char* codec : {"AMR", "iLBC", "EVS", "SPEEX"}) EXPECT_FALSE(impairment_of(codec)) << codec;
}

// G.107.1 annex A: Rx = R / 1.29 takes the place of R. Ie,WB 1, 8, 13 and 41 of table IV.1 are 4.494, 4.421, 4.337 and
// 3.512.
TEST(EModel, WidebandOpinionsAreOnAScaleOfTheirOwn) {
  const auto opinion = [](double ie) { return opinion_of({ie, 4.3, Scale::Wide}, {}); };
  EXPECT_NEAR(opinion(0), 4.5, 0.0005);
  EXPECT_NEAR(opinion(1), 4.4940, 0.0005);
  EXPECT_NEAR(opinion(8), 4.4206, 0.0005);
  EXPECT_NEAR(opinion(13), 4.3371, 0.0005);
  EXPECT_NEAR(opinion(41), 3.5123, 0.0005);
  EXPECT_NEAR(opinion(56), 2.9220, 0.0005);
  EXPECT_DOUBLE_EQ(rating({13, 4.3, Scale::Wide}, {}), 116);
}

// G.107.1 equation 7-15, and G.113 table IV.1 for G.722 at 64 and AMR-WB at 12.65 kbit/s.
TEST(EModel, WidebandCodecsLoseByTheirOwnRobustness) {
  const Impairment g722 = *impairment_of("G722");
  EXPECT_EQ(g722.scale, Scale::Wide);
  EXPECT_DOUBLE_EQ(g722.ie, 13);
  EXPECT_DOUBLE_EQ(impairment_of("amr-wb")->ie, 13);
  EXPECT_NEAR(rating(g722, {.loss = 0.02}), 129 - 13 - 82 * 2 / (2 + 4.3), 1e-9);
  EXPECT_NEAR(rating({20, 4.3, Scale::Wide}, {.loss = 0.02}), 129 - 43.8095, 1e-3);
  EXPECT_DOUBLE_EQ(rating(g722, {.loss = 0.02, .burst_ratio = 4}), rating(g722, {.loss = 0.02}));
  EXPECT_GT(opinion_of(*impairment_of("opus"), {}), 4.3);
  EXPECT_LT(opinion_of(*impairment_of("opus"), {.loss = 0.1}), 3.1);
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
