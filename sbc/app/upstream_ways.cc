#include "sbc/app/upstream_ways.h"

#include <algorithm>
#include <iterator>

#include "sbc/app/config_parts.h"
#include "sbc/sip/retry_after.h"

namespace sbc::app {
namespace {

constexpr base::Duration kKnownFor = base::seconds(1);

route::TrunkHealth::Key key_of(const sip::Hop& hop) {
  return {hop.transport, hop.remote};
}

}  // namespace

struct UpstreamWays::Sorted {
  std::vector<registrar::UpstreamWay> well, dead, down;
};

void UpstreamWays::use(std::shared_ptr<const Config> config) {
  config_ = std::move(config);
  realms_.clear();
  for (const auto& realm : config_->realms)
    if (realm.relay) realms_.emplace(realm.name, Ways{});
}

void UpstreamWays::look_again() {
  for (auto& [name, ways] : realms_) ways.until = {};
}

const std::vector<registrar::UpstreamWay>& UpstreamWays::of(std::string_view realm, base::Instant now) {
  Ways& ways = realms_.find(realm)->second;
  if (now < ways.until) return ways.list;
  ways.list.clear();
  collect(config_->realm(realm)->relay->upstream, now, ways.list);
  ways.until = now + kKnownFor;
  return ways.list;
}

void UpstreamWays::collect(const std::string& upstream, base::Instant now,
                           std::vector<registrar::UpstreamWay>& ways) const {
  using State = route::TrunkHealth::State;
  Sorted sorted;
  for (const auto& name : trunks_of(*config_->routes, upstream)) {
    const route::Trunk* trunk = config_->routes->trunk(name);
    const route::Realm* realm = trunk != nullptr ? config_->routes->realm(trunk->realm) : nullptr;
    if (realm == nullptr) continue;
    auto targets = trunk->targets;
    std::ranges::stable_sort(targets, {}, &route::TrunkTarget::priority);
    for (const auto& target : targets) {
      const std::string& tls_name = target.tls_name.empty() && target.name ? target.name->host : target.tls_name;
      for (const route::Place& place : places_of(*trunk, target, *realm)) {
        const auto* listener = realm->listener_for(place.transport, place.remote.ip);
        if (listener == nullptr) continue;
        registrar::UpstreamWay way{.hop = {place.transport, listener->index, place.remote, {}, tls_name},
                                   .sent_by = config_->calls->faces.at(listener->index).sent_by};
        const auto state = known_ != nullptr ? known_->health.state(place.transport, place.remote, now) : State::Good;
        if (state == State::Good) sorted.well.push_back(std::move(way));
        if (state == State::Dead) sorted.dead.push_back(std::move(way));
        if (state == State::Down) sorted.down.push_back(std::move(way));
      }
    }
  }
  ways = std::move(sorted.well);
  std::ranges::move(sorted.dead, std::back_inserter(ways));
  if (ways.empty()) ways = std::move(sorted.down);
}

std::vector<route::Place> UpstreamWays::places_of(const route::Trunk& trunk, const route::TrunkTarget& target,
                                                  const route::Realm& realm) const {
  if (!target.name) return {{.transport = target.transport, .remote = target.endpoint}};
  if (known_ == nullptr) return {};
  // Its names are kept resolved (trunk_names.h), so that this seldom has to wait, and then nobody waits for it.
  const auto found = std::make_shared<std::vector<route::Place>>();
  known_->resolver.locate(*target.name, realm, resolve::Resolver::Want::Now,
                          [found](const route::Located& located) { *found = located.places; });
  if (!found->empty()) return *found;
  const auto before = known_->names.places().find({trunk.name, *target.name});
  return before != known_->names.places().end() ? before->second : std::vector<route::Place>{};
}

void UpstreamWays::answered(const sip::Hop& hop, const sip::Message& response, base::Instant now) {
  if (known_ == nullptr) return;
  using enum route::TrunkHealth::Sign;
  route::TrunkHealth& health = known_->health;
  const auto before = health.state(hop.transport, hop.remote, now);
  route::TrunkHealth::Report report{.key = key_of(hop)};
  health.mark_good(hop.transport, hop.remote);
  if (response.status() == 503) {
    report.sign = Unavailable;
    if (const auto seconds = sip::retry_after(response)) {
      report.busy = base::seconds(*seconds);
      health.mark_busy(hop.transport, hop.remote, *report.busy, now);
    }
  }
  health.report(report);
  if (health.state(hop.transport, hop.remote, now) != before) look_again();
}

void UpstreamWays::failed(const sip::Hop& hop, bool silent, base::Instant now) {
  if (known_ == nullptr) return;
  using enum route::TrunkHealth::Sign;
  known_->health.mark_dead(hop.transport, hop.remote, now);
  known_->health.report({.key = key_of(hop), .sign = silent ? Silent : Unreachable});
  look_again();
}

}  // namespace sbc::app
