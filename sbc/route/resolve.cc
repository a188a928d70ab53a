#include "sbc/route/resolve.h"

#include <algorithm>
#include <iterator>

#include "media-relay/base/text.h"

#include "sbc/route/at_once.h"
#include "sbc/route/limits.h"
#include "sbc/route/lots.h"
#include "sbc/route/order.h"
#include "sbc/sip/uri.h"

namespace sbc::route {
namespace {

using policy::Candidate;

class NothingKnown final : public Knowledge {
 public:
  const DnsAnswer* find(const Question&) const override { return nullptr; }
};
const NothingKnown kNothing;

sip::Hop hop_to(const Place& place, const Realm& realm) {
  const Listener* listener = realm.listener_for(place.transport, place.remote.ip);
  return {.transport = place.transport,
          .listener = listener != nullptr ? listener->index : std::uint16_t{0},
          .remote = place.remote,
          .connection = {}};
}

// One resolution: collects targets in the order asked for and puts the dead ones behind.
class Resolution {
 public:
  Resolution(const Table& table, const Asked& asked, Contacts& contacts, const TrunkHealth& health,
             base::Random& random)
      : table_(table),
        asked_(asked),
        contacts_(contacts),
        health_(health),
        random_(random),
        gathering_(asked.together, [&table](const Target& target) {
          const Realm* realm = table.realm(target.realm);
          return realm != nullptr ? realm->media_network : std::string();
        }) {}

  void add(const Candidate& candidate) {
    if (!gathering_.is_of(candidate.at_once)) gathering_.end(plan_);
    if (!gathering_.gathers(candidate.at_once)) return add_places(candidate);
    gathering_.begin(candidate.at_once);
    const auto alive = static_cast<std::ptrdiff_t>(plan_.targets.size());
    const auto dead = static_cast<std::ptrdiff_t>(dead_.size());
    add_places(candidate);
    // Beside others nobody waits for one that did not answer before: it is not put behind them.
    auto& found = plan_.targets.size() == static_cast<std::size_t>(alive) ? dead_ : plan_.targets;
    const auto first = found.begin() + (&found == &dead_ ? dead : alive);
    std::vector<Target> places(std::make_move_iterator(first), std::make_move_iterator(found.end()));
    found.erase(first, found.end());
    gathering_.add(std::move(places), plan_);
  }

  void add_places(const Candidate& candidate) {
    switch (candidate.kind) {
      case Candidate::Kind::Contact:
        add_contact(candidate);
        break;
      case Candidate::Kind::Trunk:
        add_trunk(candidate, candidate.name, "");
        break;
      case Candidate::Kind::Group:
        add_group(candidate);
        break;
      case Candidate::Kind::Uri:
        add_uri(candidate);
        break;
    }
  }

  Plan finish() {
    gathering_.end(plan_);
    for (Target& target : dead_) plan_.targets.push_back(std::move(target));
    if (asked_.for_help) {
      for (std::vector<Target>* last : {&down_, &peaceful_})
        for (Target& target : *last) plan_.targets.push_back(std::move(target));
      for (Target& target : plan_.targets) target.for_help = true;
    } else if (plan_.targets.empty()) {
      plan_.targets = std::move(down_);
    } else {
      for (const Target& target : down_) skip(of_trunk(target), "it is down");
    }
    if (plan_.targets.size() > kMaxTargets) {
      for (std::size_t i = kMaxTargets; i < plan_.targets.size(); ++i)
        skip(plan_.targets[i].text(), "more than " + std::to_string(kMaxTargets) + " targets");
      plan_.targets.resize(kMaxTargets);
    }
    // Only when waiting is all that is wrong; a name that is not known does not get better by waiting.
    if (plan_.targets.empty() && busy_ > 0 && busy_ == plan_.skipped.size()) plan_.retry_after = earliest_;
    return std::move(plan_);
  }

 private:
  void skip(std::string what, std::string why) {
    plan_.skipped.push_back({.what = std::move(what), .why = std::move(why)});
  }

  void add_contact(const Candidate& candidate) {
    std::optional<ContactWay> way = contacts_.way_to(candidate.contact);
    if (!way) {
      skip("contact " + candidate.name, "its registration is gone");
      return;
    }
    Target target{.hop = way->hop,
                  .realm = std::move(way->realm),
                  .trunk = {},
                  .group = {},
                  .request_uri = std::move(way->request_uri),
                  .to_uri = {},
                  .candidate = candidate};
    target.to_uri = without_parameters(target.request_uri);
    target.routes = std::move(way->routes);
    target.instance = std::move(way->instance);
    target.aor = std::move(way->aor);
    if (way->name) {
      target.name = std::move(way->name);
      target.hop = {};
      target.hop.tls_name = target.name->host;
      plan_.targets.push_back(std::move(target));
      return;
    }
    add_by_health(std::move(target));
  }

  void add_group(const Candidate& candidate) {
    const Group* group = table_.group(candidate.name);
    if (group == nullptr) {
      skip("group " + candidate.name, "there is no such group");
      return;
    }
    for (const GroupMember* member : in_order(group->members, random_))
      add_trunk(candidate, member->trunk, group->name);
  }

  void add_trunk(const Candidate& candidate, const std::string& name, const std::string& group) {
    const Trunk* trunk = table_.trunk(name);
    const Realm* realm = trunk == nullptr ? nullptr : table_.realm(trunk->realm);
    if (realm == nullptr) {
      skip("trunk " + name, "there is no such trunk");
      return;
    }
    const std::string user =
        sip::escape_user(candidate.number.empty() ? asked_.dialled : std::string_view(candidate.number));
    // RFC 3261 19.1.6. A local number would need its phone-context, which stays behind.
    const char* phone = asked_.as_phone && user.starts_with('+') ? ";user=phone" : "";
    for (const TrunkTarget* wanted : in_order(trunk->targets, random_)) {
      if (wanted->name) {
        Target target{.hop = {},
                      .realm = realm->name,
                      .trunk = trunk->name,
                      .group = group,
                      .request_uri = {},
                      .to_uri = {},
                      .candidate = candidate,
                      .name = wanted->name};
        target.hop.tls_name = wanted->tls_name.empty() ? wanted->name->host : wanted->tls_name;
        target.to_uri = std::string(wanted->name->secure ? "sips:" : "sip:") + (user.empty() ? "" : user + "@") +
                        (trunk->host.empty() ? wanted->name->host : trunk->host) + phone;
        target.request_uri = target.to_uri;
        if (wanted->name->transport && *wanted->name->transport != sip::Transport::Udp)
          target.request_uri.append(";transport=").append(sip::uri_name_of(*wanted->name->transport));
        plan_.targets.push_back(std::move(target));
        continue;
      }
      const Listener* listener = realm->listener_for(wanted->transport, wanted->endpoint.ip);
      if (listener == nullptr) {
        skip("trunk " + name + " " + wanted->endpoint.text(), "realm " + realm->name + " has no listener for it");
        continue;
      }
      Target target{.hop = {.transport = wanted->transport,
                            .listener = listener->index,
                            .remote = wanted->endpoint,
                            .connection = {},
                            .tls_name = wanted->tls_name},
                    .realm = realm->name,
                    .trunk = trunk->name,
                    .group = group,
                    .request_uri = {},
                    .to_uri = {},
                    .candidate = candidate};
      const std::string host = trunk->host.empty() ? host_port(*wanted) : trunk->host;
      target.to_uri = "sip:" + (user.empty() ? "" : user + "@") + host + phone;
      target.request_uri = target.to_uri;
      if (wanted->transport != sip::Transport::Udp)
        target.request_uri.append(";transport=").append(sip::uri_name_of(wanted->transport));
      add_by_health(std::move(target));
    }
  }

  void add_uri(const Candidate& candidate) {
    const std::string what = "uri " + base::printable(candidate.name);
    const std::expected<sip::Uri, sip::Error> uri = sip::parse_uri(candidate.name);
    if (!uri || !uri->is_sip()) {
      skip(what, "it is no sip URI");
      return;
    }
    const Realm* realm = table_.realm(candidate.realm);
    if (realm == nullptr) {
      skip(what, "there is no realm " + candidate.realm);
      return;
    }
    const std::optional<NamedHost> named = named_host(*uri);
    if (!named) {
      skip(what, "its transport is not known");
      return;
    }
    Target target{.hop = {},
                  .realm = realm->name,
                  .trunk = {},
                  .group = {},
                  .request_uri = {},
                  .to_uri = {},
                  .candidate = candidate};
    const bool secure = named->secure;
    const std::string user = candidate.number.empty() ? std::string(uri->user) : sip::escape_user(candidate.number);
    target.to_uri =
        std::string(secure ? "sips:" : "sip:") + (user.empty() ? "" : user + "@") + std::string(uri->host_port());
    target.request_uri = target.to_uri;
    if (!uri->params.empty()) target.request_uri.append(";").append(uri->params);
    if (!base::IpAddress::parse(named->host)) {
      target.name = named;
      target.hop.tls_name = named->host;
      plan_.targets.push_back(std::move(target));
      return;
    }
    const Located located = locate(*named, *realm, kNothing, random_);  // a numeric host asks nothing
    if (located.places.empty()) {
      skip(what, located.problem);
      return;
    }
    target.hop = hop_to(located.places.front(), *realm);
    add_by_health(std::move(target));
  }

  void add_by_health(Target target) {
    const sip::Hop& hop = target.hop;
    switch (health_.state(hop.transport, hop.remote, asked_.now)) {
      case TrunkHealth::State::Good:
        plan_.targets.push_back(std::move(target));
        break;
      case TrunkHealth::State::Dead:
        dead_.push_back(std::move(target));
        break;
      case TrunkHealth::State::Down:
        down_.push_back(std::move(target));
        break;
      case TrunkHealth::State::Busy: {
        if (asked_.for_help) {
          peaceful_.push_back(std::move(target));
          break;
        }
        const base::Duration left =
            health_.until(hop.transport, hop.remote, asked_.now).value_or(asked_.now) - asked_.now;
        ++busy_;
        earliest_ = busy_ == 1 ? left : std::min(earliest_, left);
        skip(of_trunk(target), "asked for no calls for another " +
                                   std::to_string(std::chrono::ceil<std::chrono::seconds>(left).count()) + " s");
        break;
      }
    }
  }

  static std::string of_trunk(const Target& target) {
    return (target.trunk.empty() ? "" : "trunk " + target.trunk + " ") + target.text();
  }

  static std::string host_port(const TrunkTarget& target) {
    std::string text = target.endpoint.ip.uri_text();
    if (target.endpoint.port != sip::default_port(target.transport)) text += ":" + std::to_string(target.endpoint.port);
    return text;
  }

  static std::string without_parameters(const std::string& text) {
    const std::expected<sip::Uri, sip::Error> uri = sip::parse_uri(text);
    if (!uri || !uri->is_sip()) return text;
    return std::string(uri->scheme_text) + ":" + (uri->has_user ? std::string(uri->user) + "@" : "") +
           std::string(uri->host_port());
  }

  const Table& table_;
  const Asked& asked_;
  Contacts& contacts_;
  const TrunkHealth& health_;
  base::Random& random_;
  Plan plan_;
  std::vector<Target> dead_;
  std::vector<Target> down_;
  std::vector<Target> peaceful_;  // Busy ones, of a call for help
  std::size_t busy_ = 0;
  base::Duration earliest_{};
  Gathering gathering_;
};

}  // namespace

std::string Target::text() const {
  if (awaits_name()) return name->text();
  return std::string(sip::name_of(hop.transport)) + " " + hop.remote.text();
}

std::vector<Target> unfold(const Target& named, const std::vector<Place>& places, const Standing& standing,
                           Down whether) {
  std::vector<Target> alive;
  std::vector<Target> dead;
  std::vector<Target> down;
  std::vector<Target> busy;
  for (const Place& place : places) {
    if (standing.realm.listener_for(place.transport, place.remote.ip) == nullptr) continue;
    Target target = named;
    target.unfolded = true;
    target.hop = hop_to(place, standing.realm);
    target.hop.tls_name = named.hop.tls_name;
    switch (standing.health.state(place.transport, place.remote, standing.now)) {
      case TrunkHealth::State::Good:
        alive.push_back(std::move(target));
        break;
      case TrunkHealth::State::Dead:
        dead.push_back(std::move(target));
        break;
      case TrunkHealth::State::Down:
        down.push_back(std::move(target));
        break;
      case TrunkHealth::State::Busy:
        busy.push_back(std::move(target));
        break;
    }
  }
  for (Target& target : dead) alive.push_back(std::move(target));
  if (whether == Down::Last)
    for (std::vector<Target>* last : {&down, &busy})
      for (Target& target : *last) alive.push_back(std::move(target));
  if (alive.empty() && whether == Down::Tried) return down;
  return alive;
}

Plan resolve(const Table& table, const std::vector<policy::Candidate>& candidates, const Asked& asked,
             Contacts& contacts, const TrunkHealth& health, base::Random& random) {
  Resolution resolution(table, asked, contacts, health, random);
  for (const Candidate* candidate : drawn(candidates, random)) resolution.add(*candidate);
  return resolution.finish();
}

bool is_phone(const sip::Uri& uri) {
  return uri.scheme == sip::Uri::Scheme::Tel || uri.param("user") == "phone";
}

}  // namespace sbc::route
