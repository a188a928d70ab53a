// The order of candidates with weights: chance by weight, lists that move as a whole, and orders that a text draws.

#include "sbc/route/lots.h"

#include <gmock/gmock.h>

#include <map>

#include "media-relay/base/random.h"

namespace sbc::route {
namespace {

using policy::Candidate;
using policy::Lot;
using ::testing::ElementsAre;

Candidate place(const std::string& name, std::vector<Lot> lots) {
  Candidate candidate;
  candidate.kind = Candidate::Kind::Trunk;
  candidate.name = name;
  candidate.lots = std::move(lots);
  return candidate;
}

std::vector<std::string> names(const std::vector<Candidate>& candidates, base::Random& random) {
  std::vector<std::string> names;
  for (const Candidate* candidate : drawn(candidates, random)) names.push_back(candidate->name);
  return names;
}

TEST(Lots, WithoutWeightsTheOrderStays) {
  base::SeededRandom random(1);
  EXPECT_THAT(names({place("a", {}), place("b", {})}, random), ElementsAre("a", "b"));
  EXPECT_TRUE(drawn({}, random).empty());
}

TEST(Lots, NeighboursAreDrawnByWeightAndOthersStay) {
  const std::vector<Candidate> candidates = {place("first", {{1}}), place("a", {{2, 3}}), place("b", {{3, 1}}),
                                             place("zero", {{4, 0}}), place("last", {{5}})};
  base::SeededRandom random(7);
  int a_first = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto order = names(candidates, random);
    ASSERT_EQ(order.front(), "first");
    ASSERT_EQ(order[3], "zero");
    ASSERT_EQ(order.back(), "last");
    a_first += order[1] == "a" ? 1 : 0;
  }
  EXPECT_NEAR(a_first, 3000, 150);
}

TEST(Lots, APlaceWithoutWeightParts) {
  const std::vector<Candidate> candidates = {place("a", {{1, 1}}), place("b", {{2, 1}}), place("wall", {{3}}),
                                             place("c", {{4, 1}}), place("d", {{5, 1}})};
  base::SeededRandom random(3);
  std::map<std::string, int> fronts;
  for (int i = 0; i < 200; ++i) {
    const auto order = names(candidates, random);
    ASSERT_EQ(order[2], "wall");
    ++fronts[order[0]];
    ++fronts[order[3]];
  }
  EXPECT_EQ(fronts.size(), 4U);
}

TEST(Lots, AListMovesAsAWholeAndIsDrawnItself) {
  const std::vector<Candidate> candidates = {place("a", {{1, 1}, {1, 1}}), place("b", {{1, 1}, {2, 1}}),
                                             place("c", {{2, 1}})};
  base::SeededRandom random(5);
  std::map<std::string, int> orders;
  for (int i = 0; i < 4000; ++i) {
    const auto order = names(candidates, random);
    ++orders[order[0] + order[1] + order[2]];
  }
  EXPECT_EQ(orders.size(), 4U) << "c never comes between a and b";
  for (const auto& [order, count] : orders) EXPECT_NEAR(count, 1000, 120) << order;
}

TEST(Lots, OneSeedGivesOneOrder) {
  std::vector<Candidate> candidates;
  for (std::uint32_t i = 1; i <= 9; ++i) candidates.push_back(place(std::to_string(i), {{i, 5}}));
  base::SeededRandom one(11);
  base::SeededRandom other(11);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(names(candidates, one), names(candidates, other));
}

// The same text draws the same order from any dice; the shares of many texts are the weights'.
TEST(Lots, WhatATextDrawsIsAlwaysTheSame) {
  const auto list = [](const std::string& text, bool with_c) {
    std::vector<Candidate> candidates = {place("a", {{1, 3, text}}), place("b", {{2, 1, text}})};
    if (with_c) candidates.push_back(place("c", {{3, 4, text}}));
    return candidates;
  };
  base::SeededRandom random(1);
  int a_first = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::string text = "caller-" + std::to_string(i);
    const auto order = names(list(text, false), random);
    EXPECT_EQ(order, names(list(text, false), random));
    a_first += order[0] == "a" ? 1 : 0;
    // One more trunk takes its share and moves nobody else.
    auto more = names(list(text, true), random);
    std::erase(more, "c");
    EXPECT_EQ(more, order);
  }
  EXPECT_NEAR(a_first, 3000, 150);
}

}  // namespace
}  // namespace sbc::route
