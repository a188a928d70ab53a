#include "sbc/simulate/place.h"

#include "sbc/simulate/advisor.h"
#include "sbc/simulate/spelled.h"

namespace sbc::simulate {

std::expected<Place, std::string> place_of(const Setting& setting, const Caller& who) {
  using Wrong = std::unexpected<std::string>;
  const auto& routes = *setting.calls->routes;
  Place place;
  if (!who.trunk.empty()) place.trunk = routes.trunk(who.trunk);
  std::vector<std::string> there;
  for (const auto& trunk : routes.trunks()) there.push_back(trunk.name);
  if (!who.trunk.empty() && place.trunk == nullptr)
    return Wrong("there is no trunk \"" + who.trunk + "\"" + meant(who.trunk, there));
  const std::string name = !who.realm.empty() ? who.realm : place.trunk != nullptr ? place.trunk->realm : "";
  place.realm = realm_of(setting, name);
  there.clear();
  for (const auto& realm : routes.realms()) there.push_back(realm.name);
  if (place.realm == nullptr) return Wrong("there is no realm \"" + name + "\"" + meant(name, there));
  const route::Listener* listener = nullptr;
  for (const auto& one : place.realm->listeners)
    if (listener == nullptr && one.transport == who.transport) listener = &one;
  if (listener == nullptr)
    return Wrong("realm \"" + place.realm->name + "\" has no listener for " + std::string(sip::name_of(who.transport)));
  const auto at = listener->address.ip.is_v4() ? "192.0.2.77:5060" : "[2001:db8::77]:5060";
  auto& hop = place.source.hop;
  hop.remote = who.source.value_or(*base::Endpoint::parse(at));
  if (place.trunk != nullptr && !who.source && !place.trunk->targets.empty() && !place.trunk->targets.front().name)
    hop.remote = place.trunk->targets.front().endpoint;
  hop.transport = who.transport;
  hop.listener = listener->index;
  if (sip::is_reliable(who.transport)) hop.connection = {1};
  place.source.local = listener->address;
  if (!who.tls_peer.empty()) place.source.tls_peer = std::make_shared<const std::vector<std::string>>(who.tls_peer);
  return place;
}

std::string whole_uri(const Setting& setting, const std::string& given, const Place& place) {
  if (given.contains('<') || given.contains(':')) return given;
  if (given.contains('@')) return "sip:" + given;
  const auto domain = setting.calls->domains.find(place.realm->name);
  return "sip:" + given + "@" +
         (domain != setting.calls->domains.end() ? domain->second : place.source.local.ip.text());
}

base::Endpoint own_address(const Caller& who, const Place& place) {
  return who.behind_nat ? base::Endpoint{base::IpAddress::v4(0x0a000005), 5060} : place.source.hop.remote;
}

}  // namespace sbc::simulate
