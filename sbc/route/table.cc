#include "sbc/route/table.h"

#include <algorithm>
#include <optional>
#include <span>

#include "media-relay/base/text.h"

#include "sbc/route/dns.h"
#include "sbc/route/limits.h"

namespace sbc::route {
namespace {

using Index = std::map<std::string, std::size_t, std::less<>>;

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && std::all_of(name.begin(), name.end(), [](char c) {
    return base::is_alnum(c) || c == '-' || c == '_' || c == '.';
  });
}

std::string quoted(std::string_view text) {
  return "\"" + base::printable(text) + "\"";
}

// Indexes objects by name; the error text when a name is bad or taken, or when there are too many.
template <typename Object>
std::optional<std::string> index_by_name(const std::vector<Object>& objects, std::string_view kind, std::size_t most,
                                         Index& out) {
  if (objects.size() > most) return "more than " + std::to_string(most) + " " + std::string(kind) + "s";
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const std::string& name = objects[i].name;
    if (!is_name(name))
      return std::string(kind) + " " + quoted(name) + ": expected a name of letters, digits, -, _ and . up to " +
             std::to_string(kMaxName) + " characters";
    if (!out.emplace(name, i).second) return std::string(kind) + " " + quoted(name) + ": defined twice";
  }
  return std::nullopt;
}

std::string unknown(std::string_view owner, std::string_view kind, std::string_view name, const Index& known) {
  std::vector<std::string_view> names;
  for (const auto& [key, value] : known) names.push_back(key);
  std::string text = std::string(owner) + ": no " + std::string(kind) + " " + quoted(name);
  if (const auto nearest = base::nearest(name, names)) text += "; nearest is " + quoted(*nearest);
  return text;
}

std::optional<std::string> check_targets(const Trunk& trunk, const Realm& realm, const std::string& owner) {
  if (trunk.targets.empty()) return owner + ": no target";
  if (trunk.targets.size() > kMaxTargetsPerTrunk)
    return owner + ": more than " + std::to_string(kMaxTargetsPerTrunk) + " targets";
  for (const TrunkTarget& target : trunk.targets) {
    if (target.name) {
      if (host_name(target.name->host).empty())
        return owner + ": target " + quoted(target.name->host) + ": expected a host name";
      const auto transport = target.name->transport;
      if (transport &&
          std::ranges::none_of(realm.listeners, [&](const Listener& l) { return l.transport == *transport; }))
        return owner + ": target " + target.name->text() + ": realm " + quoted(realm.name) + " has no " +
               std::string(sip::name_of(*transport)) + " listener";
      continue;
    }
    const base::IpAddress& ip = target.endpoint.ip;
    const std::string text = std::string(sip::name_of(target.transport)) + " " + target.endpoint.text();
    if (ip.empty() || ip.is_any() || ip.is_multicast() || target.endpoint.port == 0)
      return owner + ": target " + text + ": expected the address and port of one host";
    if (realm.listener_for(target.transport, ip) == nullptr)
      return owner + ": target " + text + ": realm " + quoted(realm.name) + " has no " +
             std::string(sip::name_of(target.transport)) + " listener for " + (ip.is_v4() ? "IPv4" : "IPv6");
  }
  return std::nullopt;
}

std::optional<std::string> check_trunk(const Trunk& trunk, const std::vector<Realm>& realms, const Index& index) {
  const std::string owner = "trunk " + quoted(trunk.name);
  const auto realm = index.find(trunk.realm);
  if (realm == index.end()) return unknown(owner, "realm", trunk.realm, index);
  if (auto wrong = check_targets(trunk, realms[realm->second], owner)) return wrong;
  if (trunk.sources.size() > kMaxSourcesPerTrunk)
    return owner + ": more than " + std::to_string(kMaxSourcesPerTrunk) + " sources";
  for (const base::Prefix& source : trunk.sources)
    if (source.ip.empty()) return owner + ": an empty source";
  return std::nullopt;
}

std::optional<std::string> check_group(const Group& group, const Index& trunks) {
  const std::string owner = "group " + quoted(group.name);
  if (group.members.empty()) return owner + ": no trunk";
  if (group.members.size() > kMaxMembersPerGroup)
    return owner + ": more than " + std::to_string(kMaxMembersPerGroup) + " trunks";
  for (const GroupMember& member : group.members)
    if (!trunks.contains(member.trunk)) return unknown(owner, "trunk", member.trunk, trunks);
  return std::nullopt;
}

std::optional<std::string> check_redirect_to(const std::string& owner, const std::vector<std::string>& names,
                                             const Index& trunks, const Index& groups) {
  for (const std::string& name : names)
    if (!trunks.contains(name) && !groups.contains(name))
      return unknown(owner + ": redirect_to", "trunk or group", name, trunks);
  return std::nullopt;
}

std::optional<std::string> check_listeners(const std::vector<Realm>& realms) {
  std::map<std::uint16_t, std::string_view> owners;
  for (const Realm& realm : realms) {
    if (realm.listeners.empty()) return "realm " + quoted(realm.name) + ": no listener";
    for (const Listener& listener : realm.listeners)
      if (!owners.emplace(listener.index, realm.name).second)
        return "realm " + quoted(realm.name) + ": listener " + std::to_string(listener.index) +
               " already belongs to realm " + quoted(owners[listener.index]);
  }
  return std::nullopt;
}

// How closely a trunk matches an address: prefix length plus one, 0 when not at all. A target's own address counts as
// a full-length prefix.
unsigned closeness(const Trunk& trunk, const base::IpAddress& source, const TrunkAddresses& named) {
  const unsigned full = source.is_v4() ? 33 : 129;
  for (const TrunkTarget& target : trunk.targets)
    if (!target.name && target.endpoint.ip == source) return full;
  if (const auto found = named.find(trunk.name); found != named.end())
    if (std::ranges::find(found->second, source) != found->second.end()) return full;
  unsigned best = 0;
  for (const base::Prefix& prefix : trunk.sources)
    if (prefix.contains(source)) best = std::max(best, prefix.length + 1U);
  return best;
}

// RFC 5922 7.4: whose requests these may be is decided by the identities that the certificate has.
bool vouched(const Trunk& trunk, const std::vector<std::string>* tls_peer) {
  if (trunk.tls_source.empty()) return true;
  return tls_peer != nullptr && std::any_of(tls_peer->begin(), tls_peer->end(), [&](const std::string& name) {
           return base::equals_ignoring_case(name, trunk.tls_source);
         });
}

template <typename Object>
const Object* find_in(const std::vector<Object>& objects, const Index& index, std::string_view name) {
  const auto found = index.find(name);
  return found == index.end() ? nullptr : &objects[found->second];
}

}  // namespace

std::string NamedHost::text() const {
  std::string out = secure ? "sips:" + host : host;
  if (port != 0) out += ":" + std::to_string(port);
  if (transport) out.append(";transport=").append(sip::uri_name_of(*transport));
  return out;
}

const Listener* Realm::listener_for(sip::Transport transport, const base::IpAddress& remote) const {
  const auto found = std::find_if(listeners.begin(), listeners.end(), [&](const Listener& listener) {
    return listener.transport == transport && listener.address.ip.is_v4() == remote.is_v4();
  });
  return found == listeners.end() ? nullptr : &*found;
}

std::expected<Table, std::string> Table::build(std::vector<Realm> realms, std::vector<Trunk> trunks,
                                               std::vector<Group> groups) {
  Table table;
  if (auto wrong = index_by_name(realms, "realm", kMaxRealms, table.realm_index_)) return std::unexpected(*wrong);
  if (auto wrong = index_by_name(trunks, "trunk", kMaxTrunks, table.trunk_index_)) return std::unexpected(*wrong);
  if (auto wrong = index_by_name(groups, "group", kMaxGroups, table.group_index_)) return std::unexpected(*wrong);
  if (auto wrong = check_listeners(realms)) return std::unexpected(*wrong);
  for (const Trunk& trunk : trunks)
    if (auto wrong = check_trunk(trunk, realms, table.realm_index_)) return std::unexpected(*wrong);
  for (const Group& group : groups)
    if (auto wrong = check_group(group, table.trunk_index_)) return std::unexpected(*wrong);
  const auto check = [&table](const std::string& owner, const std::vector<std::string>& names) {
    return check_redirect_to(owner, names, table.trunk_index_, table.group_index_);
  };
  for (const Realm& realm : realms)
    if (auto wrong = check("realm " + quoted(realm.name), realm.redirect_to)) return std::unexpected(*wrong);
  for (const Trunk& trunk : trunks)
    if (auto wrong = check("trunk " + quoted(trunk.name), trunk.redirect_to.value_or(std::vector<std::string>{})))
      return std::unexpected(*wrong);
  table.realms_ = std::move(realms);
  table.trunks_ = std::move(trunks);
  table.groups_ = std::move(groups);
  return table;
}

const Realm* Table::realm(std::string_view name) const {
  return find_in(realms_, realm_index_, name);
}
const Trunk* Table::trunk(std::string_view name) const {
  return find_in(trunks_, trunk_index_, name);
}
const Group* Table::group(std::string_view name) const {
  return find_in(groups_, group_index_, name);
}

const Trunk* Table::identify(std::string_view realm, const base::IpAddress& source,
                             const std::vector<std::string>* tls_peer, const TrunkAddresses& named) const {
  const Trunk* best = nullptr;
  unsigned best_closeness = 0;
  for (const Trunk& trunk : trunks_) {
    if (trunk.realm != realm || !vouched(trunk, tls_peer)) continue;
    const unsigned close = closeness(trunk, source, named);
    if (close > best_closeness) {
      best = &trunk;
      best_closeness = close;
    }
  }
  return best;
}

const Realm* Table::realm_of(std::uint16_t listener) const {
  for (const Realm& realm : realms_)
    for (const Listener& candidate : realm.listeners)
      if (candidate.index == listener) return &realm;
  return nullptr;
}

}  // namespace sbc::route
