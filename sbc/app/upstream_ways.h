#pragma once
// Where the registrar upstream of a realm is now: the places of its trunks, names found and unwell ones left out, in
// the order to try. One per shard.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/app/config.h"
#include "sbc/app/trunk_names.h"
#include "sbc/register/upstream.h"
#include "sbc/resolve/resolver.h"
#include "sbc/route/health.h"

namespace sbc::app {

class UpstreamWays {
 public:
  // What it asks; outlives the object. Without it names are passed over, and everybody is well.
  struct Known {
    route::TrunkHealth& health;
    resolve::Resolver& resolver;
    const TrunkNames& names;
  };
  void ask(const Known& known) { known_ = std::make_unique<Known>(known); }
  // The start, or a reload.
  void use(std::shared_ptr<const Config> config);

  bool contains(std::string_view realm) const { return realms_.contains(realm); }
  // As calls go (route/resolve.h): dead ones last, busy ones (RFC 3261 21.5.4) left out, those that are down only when
  // there is nobody else. Known for a second, or until a target answers otherwise than before. A name that the DNS has
  // not told yet has no place. The realm is contained.
  const std::vector<registrar::UpstreamWay>& of(std::string_view realm, base::Instant now);

  // What became of a REGISTER.
  void answered(const sip::Hop& hop, const sip::Message& response, base::Instant now);
  void failed(const sip::Hop& hop, bool silent, base::Instant now);

 private:
  struct Ways {
    std::vector<registrar::UpstreamWay> list;
    base::Instant until{};
  };
  struct Sorted;

  void collect(const std::string& upstream, base::Instant now, std::vector<registrar::UpstreamWay>& ways) const;
  std::vector<route::Place> places_of(const route::Trunk& trunk, const route::TrunkTarget& target,
                                      const route::Realm& realm) const;
  void look_again();

  std::unique_ptr<Known> known_;
  std::shared_ptr<const Config> config_;
  std::map<std::string, Ways, std::less<>> realms_;
};

}  // namespace sbc::app
