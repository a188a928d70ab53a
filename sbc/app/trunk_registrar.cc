#include "sbc/app/trunk_registrar.h"

#include <algorithm>
#include <utility>

#include "sbc/app/owners.h"
#include "sbc/leak/learn.h"
#include "sbc/sip/parser.h"

namespace sbc::app {

std::string line_of(const registrar::TrunkRegistration& registration, const base::HashKey& key) {
  if (registration.account) {
    const auto& account = *registration.account;
    if (const auto proof = account.secret.ha1(auth::Hash::Sha256, account.username, "line of " + registration.name()))
      return proof->substr(0, 32);
  }
  return std::to_string(base::siphash(key, "line of " + registration.name()));
}

struct TrunkRegistrar::Search {
  std::string name;
  std::shared_ptr<const Config> config;
  const route::Realm* realm = nullptr;
  std::vector<route::TrunkTarget> targets;
  std::size_t at = 0;
  std::vector<registrar::UpstreamWay> ways;

  void add(const route::Place& place, const std::string& tls_name) {
    const auto* listener = realm->listener_for(place.transport, place.remote.ip);
    if (listener == nullptr) return;
    ways.push_back({.hop = {place.transport, listener->index, place.remote, {}, tls_name},
                    .sent_by = config->calls->faces.at(listener->index).sent_by});
  }
};

TrunkRegistrar::TrunkRegistrar(transaction::Layer& layer, const sip::Minter& minter, base::Random& random,
                               resolve::Resolver& resolver, Shared& shared, admin::ShardMetrics& metrics, Found found)
    : layer_(layer),
      minter_(minter),
      resolver_(resolver),
      shared_(shared),
      metrics_(metrics),
      found_(std::move(found)),
      machine_(minter, random) {}

void TrunkRegistrar::use(std::shared_ptr<const Config> config, base::Instant now, transaction::Output& out) {
  config_ = std::move(config);
  std::vector<registrar::TrunkRegistration> mine;
  for (std::size_t i = 0; i < config_->registrations.size(); ++i) {
    if (i % config_->shards != minter_.shard()) continue;
    mine.push_back(config_->registrations[i]);
    mine.back().line = line_of(mine.back(), shared_.mint_key);
  }
  machine_.use(mine, now, out_);
  carry_out(now, out);
}

void TrunkRegistrar::stop(base::Instant now, transaction::Output& out) {
  machine_.stop(now, out_);
  carry_out(now, out);
}

void TrunkRegistrar::located(const std::string& name, std::vector<registrar::UpstreamWay> ways, base::Instant now,
                             transaction::Output& out) {
  machine_.located(name, std::move(ways), now, out_);
  carry_out(now, out);
}

bool TrunkRegistrar::on_response(const transaction::ResponseArrived& response, base::Instant now,
                                 transaction::Output& out) {
  if (!belongs_to(response.owner, kTrunkOwner)) return false;
  sip::MessagePtr request;
  if (response.request) request = sip::parse(std::string(*response.request)).message;
  machine_.on_response(response.owner & ~kOwnerBits, *response.message, request.get(), now, out_);
  carry_out(now, out);
  return true;
}

bool TrunkRegistrar::on_client_failed(const transaction::ClientFailed& failed, base::Instant now,
                                      transaction::Output& out) {
  if (!belongs_to(failed.owner, kTrunkOwner)) return false;
  machine_.on_failed(failed.owner & ~kOwnerBits, now, out_);
  carry_out(now, out);
  return true;
}

void TrunkRegistrar::on_deadline(base::Instant now, transaction::Output& out) {
  machine_.on_deadline(now, out_);
  carry_out(now, out);
}

void TrunkRegistrar::carry_out(base::Instant now, transaction::Output& out) {
  while (!out_.registers.empty() || !out_.locates.empty() || !out_.changes.empty()) {
    const auto work = std::exchange(out_, {});
    for (const auto& made : work.registers) {
      const auto client = layer_.request({.method = sip::Method::Register,
                                          .method_text = {},
                                          .branch = made.branch,
                                          .hop = made.hop,
                                          .bytes = checked(made.hop, made.bytes),
                                          .owner = kTrunkOwner | made.id},
                                         now, out);
      if (!client) machine_.on_failed(made.id, now, out_);
    }
    for (const auto& change : work.changes) {
      if (change.registered) {
        shared_.log.info("registered at the trunk", {{"trunk", change.trunk}, {"registration", change.name}});
      } else {
        shared_.log.warn("not registered at the trunk",
                         {{"trunk", change.trunk}, {"registration", change.name}, {"why", change.why}});
      }
    }
    for (const auto& wanted : work.locates) locate(wanted);
  }
}

// A registration of ours tells its registrar of no other side: what the border is called there, and what its sockets
// are bound to behind an address that is advertised. What the configuration wants to be said of the account itself is
// no secret.
base::SharedBytes TrunkRegistrar::checked(const sip::Hop& hop, base::SharedBytes bytes) {
  const auto watch = guard_ != nullptr ? call::LeakGuard::watch(*config_->calls) : nullptr;
  const auto parsed = watch ? sip::parse(std::string(*bytes)) : sip::ParseResult{};
  if (!parsed.ok()) return bytes;
  for (const auto host : leak::addressed_by(*parsed.message)) watch->allow(host);
  const std::string& realm = config_->listeners.at(hop.listener).realm;
  leak::Ours ours;
  for (const auto& listener : config_->listeners) {
    if (listener.realm != realm) continue;
    ours.add(listener.host);
    ours.add(listener.address.text());
  }
  const auto learn = [&](std::string_view host) {
    const auto ip = base::IpAddress::parse(host);
    if (ip && (ip->is_any() || ip->is_loopback())) return;
    const std::string text = ip ? ip->text() : std::string(host);
    watch->learn(leak::End::A, {ip ? leak::Kind::Address : leak::Kind::Host, text}, ours);
  };
  for (const auto& listener : config_->listeners) {
    learn(listener.host);
    learn(listener.address.text());
    learn(listener.bind.ip.text());
  }
  return guard_->checked(*config_->calls, watch.get(), leak::End::B, std::move(bytes), "registration at a trunk");
}

void TrunkRegistrar::locate(const registrar::TrunkRegistrations::Locate& wanted) {
  const auto* trunk = config_->routes->trunk(wanted.trunk);
  auto search = std::make_shared<Search>();
  search->name = wanted.name;
  search->config = config_;
  search->realm = trunk != nullptr ? config_->routes->realm(trunk->realm) : nullptr;
  if (search->realm != nullptr) search->targets = trunk->targets;
  std::ranges::stable_sort(search->targets, {}, &route::TrunkTarget::priority);
  go_on(search);
}

void TrunkRegistrar::go_on(const std::shared_ptr<Search>& search) {
  while (search->at < search->targets.size()) {
    const auto& target = search->targets[search->at++];
    if (!target.name) {
      search->add({target.transport, target.endpoint}, target.tls_name);
      continue;
    }
    const std::string tls_name = target.tls_name.empty() ? target.name->host : target.tls_name;
    resolver_.locate(*target.name, *search->realm, resolve::Resolver::Want::Now,
                     [this, search, tls_name](const route::Located& located) {
                       for (const auto& place : located.places) search->add(place, tls_name);
                       go_on(search);
                     });
    return;
  }
  found_(search->name, std::move(search->ways));
}

void TrunkRegistrar::copy_counters(base::Instant now) {
  using admin::TrunkRegistrationEvent;
  const auto& from = machine_.counters();
  auto& to = metrics_.trunk_registrations;
  to[TrunkRegistrationEvent::Sent].set(from.sent);
  to[TrunkRegistrationEvent::Accepted].set(from.accepted);
  to[TrunkRegistrationEvent::Challenged].set(from.challenged);
  to[TrunkRegistrationEvent::TooBrief].set(from.too_brief);
  to[TrunkRegistrationEvent::Refused].set(from.refused);
  to[TrunkRegistrationEvent::Lost].set(from.lost);
  to[TrunkRegistrationEvent::Expired].set(from.expired);
  metrics_.trunks_wanted.set(static_cast<std::int64_t>(machine_.size()));
  metrics_.trunks_registered.set(static_cast<std::int64_t>(machine_.registered(now)));
}

}  // namespace sbc::app
