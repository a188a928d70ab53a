#pragma once
// Keeps the names of trunks resolved, so that a call seldom waits for the DNS and a request from what a name stands for
// is known as its trunk's. One for each shard.

#include <set>
#include <string>

#include "sbc/resolve/resolver.h"
#include "sbc/route/table.h"

namespace sbc::app {

class TrunkNames {
 public:
  explicit TrunkNames(resolve::Resolver& resolver) : resolver_(resolver) {}
  TrunkNames(const TrunkNames&) = delete;
  TrunkNames& operator=(const TrunkNames&) = delete;

  // Once a second: asks for what is not known or will end soon. While the DNS fails, what was found before stays.
  void refresh(const route::Table& table);

  using Key = std::pair<std::string, route::NamedHost>;  // trunk, and one of its names
  using Places = std::map<Key, std::vector<route::Place>>;

  const route::TrunkAddresses& addresses() const { return addresses_; }
  const Places& places() const { return found_; }

 private:
  void join(const Key& key, const std::vector<route::Place>& places);

  resolve::Resolver& resolver_;
  Places found_;
  std::set<Key> asking_;
  route::TrunkAddresses addresses_;
};

}  // namespace sbc::app
