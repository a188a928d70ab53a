#include "sbc/app/trunk_names.h"

#include <algorithm>

namespace sbc::app {

void TrunkNames::refresh(const route::Table& table) {
  std::set<Key> wanted;
  for (const route::Trunk& trunk : table.trunks()) {
    const route::Realm* realm = table.realm(trunk.realm);
    for (const route::TrunkTarget& target : trunk.targets) {
      if (!target.name || realm == nullptr) continue;
      const Key key{trunk.name, *target.name};
      wanted.insert(key);
      if (!asking_.insert(key).second) continue;
      resolver_.locate(*target.name, *realm, resolve::Resolver::Want::Refresh,
                       [this, key](const route::Located& located) {
                         asking_.erase(key);
                         join(key, located.places);
                       });
    }
  }
  if (std::erase_if(found_, [&](const auto& entry) { return !wanted.contains(entry.first); }) != 0) join({}, {});
}

void TrunkNames::join(const Key& key, const std::vector<route::Place>& places) {
  if (!places.empty()) {
    // Each answer draws the order of SRV weights anew.
    auto sorted = places;
    std::ranges::sort(sorted);
    auto& known = found_[key];
    if (known == sorted) return;
    known = std::move(sorted);
  }
  addresses_.clear();
  for (const auto& [of, found] : found_)
    for (const route::Place& place : found) addresses_[of.first].push_back(place.remote.ip);
}

}  // namespace sbc::app
