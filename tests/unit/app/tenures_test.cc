#include "sbc/app/tenures.h"

#include <gtest/gtest.h>

#include <vector>

namespace sbc::app {
namespace {

std::shared_ptr<policy::Host> host() {
  auto loaded = policy::Host::load({"p.lua", {{"p.lua", "return { on_invite = function() return drop() end }"}}});
  EXPECT_TRUE(loaded);
  return *std::move(loaded);
}

TEST(Tenures, ACallKeepsThePolicyThatItBeganUnder) {
  Tenures tenures;
  const auto first = host();
  const auto second = host();
  tenures.begin(first);
  const std::shared_ptr<const policy::Tenure> call = tenures.now();
  tenures.begin(second);
  EXPECT_EQ(tenures.host_of(call), first);
  EXPECT_EQ(tenures.host_of(tenures.now()), second);
  EXPECT_EQ(tenures.host_of(nullptr), second) << "what belongs to no call";
  EXPECT_EQ(tenures.held(), 2U);
}

TEST(Tenures, APolicyGoesWithItsLastCall) {
  Tenures tenures;
  std::weak_ptr<policy::Host> first;
  std::shared_ptr<const policy::Tenure> call;
  {
    auto one = host();
    first = one;
    tenures.begin(std::move(one));
    call = tenures.now();
  }
  tenures.begin(host());
  EXPECT_FALSE(first.expired());
  call.reset();
  EXPECT_TRUE(first.expired());
  EXPECT_EQ(tenures.held(), 1U);
  EXPECT_EQ(tenures.cut(), 0U);
}

TEST(Tenures, SoManyAreKeptAndNoMore) {
  Tenures tenures;
  std::vector<std::shared_ptr<const policy::Tenure>> calls;
  std::vector<std::weak_ptr<policy::Host>> hosts;
  for (std::size_t i = 0; i <= kMaxFormerPolicies; ++i) {
    auto one = host();
    hosts.push_back(one);
    tenures.begin(std::move(one));
    calls.push_back(tenures.now());
  }
  EXPECT_EQ(tenures.held(), kMaxFormerPolicies + 1);
  EXPECT_EQ(tenures.cut(), 0U);
  tenures.begin(host());
  EXPECT_EQ(tenures.cut(), 1U);
  EXPECT_TRUE(hosts[0].expired());
  EXPECT_EQ(tenures.host_of(calls[0]), tenures.host_of(nullptr)) << "the oldest calls get the newest policy";
  EXPECT_EQ(tenures.host_of(calls[1]), hosts[1].lock());
}

TEST(Tenures, ATrialHasCallsOfItsOwnBesideThoseOfThePolicyThatRuns) {
  Tenures tenures;
  const auto first = host();
  const auto candidate = host();
  tenures.begin(first);
  const auto before = tenures.now();
  tenures.try_out(candidate);
  ASSERT_TRUE(tenures.trial());
  EXPECT_EQ(tenures.now(), before) << "what belongs to neither arm";
  const auto control = tenures.trial()->control;
  const auto tried = tenures.trial()->candidate;
  EXPECT_NE(control, before) << "calls of before the trial are none of its";
  EXPECT_EQ(tenures.host_of(control), first);
  EXPECT_EQ(tenures.host_of(tried), candidate);
  EXPECT_EQ(tenures.held(), 2U);
  tenures.end_trial(false);
  EXPECT_FALSE(tenures.trial());
  EXPECT_EQ(tenures.host_of(tried), candidate) << "calls keep it";
  EXPECT_EQ(tenures.host_of(nullptr), first);
  EXPECT_EQ(tenures.held(), 2U);
}

TEST(Tenures, ACandidateGoesWithItsLastCall) {
  Tenures tenures;
  tenures.begin(host());
  std::weak_ptr<policy::Host> weak;
  {
    auto candidate = host();
    weak = candidate;
    tenures.try_out(std::move(candidate));
  }
  std::shared_ptr<const policy::Tenure> call = tenures.trial()->candidate;
  tenures.end_trial(false);
  EXPECT_FALSE(weak.expired());
  call.reset();
  EXPECT_TRUE(weak.expired());
  EXPECT_EQ(tenures.held(), 1U);
}

TEST(Tenures, APromotedCandidateRuns) {
  Tenures tenures;
  const auto first = host();
  const auto candidate = host();
  tenures.begin(first);
  const std::shared_ptr<const policy::Tenure> old = tenures.now();
  tenures.try_out(candidate);
  const std::shared_ptr<const policy::Tenure> control = tenures.trial()->control;
  tenures.end_trial(true);
  EXPECT_EQ(tenures.host_of(nullptr), candidate);
  EXPECT_EQ(tenures.host_of(old), first);
  EXPECT_EQ(tenures.host_of(control), first);
  EXPECT_EQ(tenures.held(), 2U);
  tenures.end_trial(true);
  EXPECT_EQ(tenures.host_of(nullptr), candidate) << "there was no other trial";
}

TEST(Tenures, AReloadEndsATrial) {
  Tenures tenures;
  tenures.begin(host());
  tenures.try_out(host());
  const auto next = host();
  tenures.begin(next);
  EXPECT_FALSE(tenures.trial());
  EXPECT_EQ(tenures.host_of(nullptr), next);
  EXPECT_EQ(tenures.held(), 1U) << "nobody lives under the others";
}

TEST(Tenures, TrialsDoNotCutPoliciesThatAreOne) {
  Tenures tenures;
  tenures.begin(host());
  std::vector<std::shared_ptr<const policy::Tenure>> calls;
  for (std::size_t i = 0; i < 3 * kMaxFormerPolicies; ++i) {
    tenures.try_out(host());
    calls.push_back(tenures.trial()->control);
    tenures.end_trial(false);
  }
  EXPECT_EQ(tenures.cut(), 0U);
  EXPECT_EQ(tenures.held(), 1U);
  for (std::size_t i = 0; i <= kMaxFormerPolicies; ++i) {
    tenures.try_out(host());
    calls.push_back(tenures.trial()->candidate);
    tenures.end_trial(false);
  }
  EXPECT_EQ(tenures.cut(), 1U);
  EXPECT_EQ(tenures.held(), kMaxFormerPolicies + 1);
}

}  // namespace
}  // namespace sbc::app
