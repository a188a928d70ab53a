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

}  // namespace
}  // namespace sbc::app
