#pragma once
// What the configuration says about realms and trunks, changed for one test.

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "rig.h"

namespace sbc::call::test {

// Calls on_realm(route::Realm&) and on_trunk(route::Trunk&) for each of them.
template <typename OnRealm, typename OnTrunk>
void change_places(Rig& rig, OnRealm&& on_realm, OnTrunk&& on_trunk) {
  std::vector<route::Realm> realms = rig.settings->routes->realms();
  std::vector<route::Trunk> trunks = rig.settings->routes->trunks();
  for (auto& realm : realms) on_realm(realm);
  for (auto& trunk : trunks) on_trunk(trunk);
  auto built = route::Table::build(std::move(realms), std::move(trunks), rig.settings->routes->groups());
  ASSERT_TRUE(built) << built.error();
  rig.settings->routes = std::make_shared<const route::Table>(*std::move(built));
}

// For those who change one kind alone.
inline constexpr auto kAsItIs = [](auto&) {};

}  // namespace sbc::call::test
