#include "sbc/app/advisor.h"

#include <algorithm>
#include <ctime>

#include "media-relay/base/clock.h"

#include "sbc/app/advisor_settle.h"
#include "sbc/app/config_parts.h"
#include "sbc/app/contact_way.h"
#include "sbc/app/trunk_registrar.h"
#include "sbc/register/outbound.h"
#include "sbc/register/upstream.h"
#include "sbc/sip/uri.h"
#include "sbc/sip/values.h"

namespace sbc::app {
namespace {

constexpr std::size_t kMaxOffered = 1024;  // contacts kept for one decision: look-ups of one invocation are fewer

std::int32_t utc_offset(base::WallTime wall) {
  const std::time_t at = wall.seconds;
  std::tm local{};
  localtime_r(&at, &local);
  return static_cast<std::int32_t>(local.tm_gmtoff);
}

}  // namespace

ShardAdvisor::ShardAdvisor(Shared& shared, admin::ShardMetrics& metrics, base::Random& random,
                           const route::TrunkAddresses& named, const sip::Minter& minter)
    : shared_(shared),
      metrics_(metrics),
      random_(random),
      named_(named),
      minter_(minter),
      gruus_(shared.mint_key),
      digest_(shared.nonce_key, shared.replay_guard),
      identities_(digest_, nobody_),
      registrar_(shared.location, identities_, gruus_) {}

void ShardAdvisor::use(std::shared_ptr<const Config> config, std::unique_ptr<policy::Host> host) {
  identity_ = {};
  config_ = std::move(config);
  host->note_reads(config_->policy_explain != 0);
  host->draw_from(purse_);
  purse_.per_second = static_cast<std::int64_t>(config_->policy_limits.shard_instructions);
  purse_.fill();
  tenures_.begin(std::move(host));
  identities_.set_users(*config_->users);
  lines_.clear();
  for (const auto& registration : config_->registrations)
    lines_.emplace(line_of(registration, shared_.mint_key), registration.trunk);
}

const route::Realm* ShardAdvisor::locate(const sip::Message& message, const sip::Source& source,
                                         call::Arrival& arrival) {
  identity_ = {};
  const auto* realm = config_->routes->realm_of(source.hop.listener);
  if (realm == nullptr) return nullptr;
  source_ = source;
  // Behind a wildcard or a NAT with fixed ports, the address that phones were given is the advertised one.
  source_.local.ip = config_->calls->faces.at(source.hop.listener).address;
  arrival.realm = realm->name;
  arrival.wall = base::wall_now();
  arrival.utc_offset_seconds = utc_offset(arrival.wall);
  if (const auto* trunk = config_->routes->identify(realm->name, source.hop.remote.ip, source.tls_peer.get(), named_))
    arrival.trunk = trunk->name;
  else
    arrival.trunk = trunk_by_line(realm->name, message.request_uri());
  arrival.recent_failures = shared_.failures.recent(source.hop.remote.ip, base::monotonic_now());
  return realm;
}

call::Arrival ShardAdvisor::arrival_of(const sip::Message& message, const sip::Source& source) {
  const auto now = base::monotonic_now();
  call::Arrival arrival;
  arrival.under = tenure_for(message);
  const auto* realm = locate(message, source, arrival);
  if (realm == nullptr) return arrival;
  const auto* settings = config_->realm(realm->name);
  if (settings != nullptr && settings->registrar) {
    identity_ = identities_.check(settings->registration, message, source_, now);
    arrival.authenticated = identity_.authenticated();
    if (arrival.authenticated) {
      arrival.auth_user = identity_.user->name;
      arrival.user = registrar::Aor{identity_.user->name, identity_.user->domain}.text();
    }
    // An answer to a challenge that has merely become old is no failure. Over UDP the source may be forged, and
    // counting would let a stranger shut out whom he likes.
    if (identity_.verdict && !arrival.authenticated && *identity_.verdict != auth::Verdict::Stale &&
        sip::is_reliable(source.hop.transport))
      note_failure(now);
  }
  arrival.vouched = !arrival.trunk.empty() || realm->trust == route::Trust::Trusted;
  identity_.vouched = arrival.vouched;
  if (settings != nullptr && settings->has_registrations()) {
    const auto aor = settings->registration.domains.local_aor(message.from().uri, source_.local.ip);
    const auto binding =
        aor ? registrar::binding_of_flow(shared_.location, aor->text(), source.hop, now) : std::nullopt;
    if (binding) {
      arrival.registered_aor = aor->text();
      if (arrival.user.empty()) arrival.user = arrival.registered_aor;
      arrival.registration = {.aor = arrival.registered_aor,
                              .uri = binding->contact_uri,
                              .user_agent = binding->user_agent,
                              .source_ip = binding->flow.remote.ip.text(),
                              .transport = std::string(sip::name_of(binding->flow.transport)),
                              .q = binding->q,
                              .expires_in = binding->expires_in(now)};
      arrival.service_route = registrar::routes_of(binding->service_route);
      if (settings->relay) arrival.upstream = trunks_of(*config_->routes, settings->relay->upstream);
    }
  }
  return arrival;
}

// A call to the contact that we registered at a trunk is that trunk's, from whichever of its machines: nobody else was
// told of it.
std::string ShardAdvisor::trunk_by_line(std::string_view realm, const sip::Uri& uri) const {
  const auto line = uri.param("line");
  const auto found = line ? lines_.find(*line) : lines_.end();
  if (found == lines_.end()) return {};
  const auto* trunk = config_->routes->trunk(found->second);
  return trunk != nullptr && trunk->realm == realm ? trunk->name : std::string{};
}

void ShardAdvisor::note_failure(base::Instant now) {
  shared_.failures.note(source_.hop.remote.ip, now);
}

policy::NatDecision ShardAdvisor::nat(const policy::LegFacts& leg) {
  policy::Host& host = *tenures_.host_of(leg.under);
  const Run run = listen(policy::Handler::Nat, host, leg);
  const auto began = base::monotonic_now();
  auto outcome = host.on_nat(leg);
  explain(policy::Handler::Nat, leg.call_id, since(began), outcome, host);
  return settle(admin::PolicyHandler::OnNat, since(began), std::move(outcome), run, leg.under);
}

policy::RequestDecision ShardAdvisor::request(const sip::Message& message, const sip::Source& source,
                                              const call::Arrival& arrival, std::string_view party) {
  policy::Host& host = *tenures_.now()->host;
  const bool decides = host.has(policy::Handler::Request);
  if (!decides && !shared_.hearing.listens(policy::Handler::Request)) return {};
  policy::RequestFacts facts;
  call::fill_facts(facts, message, source, arrival);
  facts.target_party = party;
  offered_.clear();
  Run run = listen(policy::Handler::Request, host, facts);
  const auto began = base::monotonic_now();
  auto outcome = host.on_request(facts, lookup_of(run));
  if (!decides) {
    tell_hearers(run, since(began), outcome);
    return {};
  }
  auto decision = settle(admin::PolicyHandler::OnRequest, since(began), std::move(outcome), run);
  const bool known_sender = facts.authenticated || facts.registered_source || !facts.trunk.empty();
  using Kind = policy::RequestDecision::Kind;
  if (decision.kind == Kind::Reject && decision.status >= 400 && !known_sender) note_failure(began);
  if (decision.kind == Kind::Reject || decision.kind == Kind::Drop) metrics_.rejects[admin::RejectReason::Policy].add();
  return decision;
}

policy::RegisterDecision ShardAdvisor::register_decision(const sip::Message& message, const sip::Source& source,
                                                         const call::Arrival& arrival) {
  const auto* settings = config_->realm(arrival.realm);
  policy::RegisterFacts facts;
  call::fill_facts(facts, message, source, arrival);
  if (settings != nullptr) registrar::Registrar::describe(message, settings->registration, facts);
  offered_.clear();
  policy::Host& host = *tenures_.now()->host;
  Run run = listen(policy::Handler::Register, host, facts);
  const auto began = base::monotonic_now();
  auto outcome = host.on_register(facts, lookup_of(run));
  return settle(admin::PolicyHandler::OnRegister, since(began), std::move(outcome), run);
}

registrar::Plan ShardAdvisor::registration(const sip::Message& message, const sip::Source& source,
                                           const call::Arrival& arrival) {
  const auto* settings = config_->realm(arrival.realm);
  if (settings == nullptr || !settings->registrar) return {.status = 405, .reason = {}, .headers = {}};
  const auto began = base::monotonic_now();
  const auto decision = register_decision(message, source, arrival);
  auto plan = registrar_.handle(settings->registration, message, source_, identity_, decision,
                                {.instant = base::monotonic_now(), .wall = base::wall_now()}, random_);
  if (plan.status == 403 || plan.status == 404) note_failure(began);
  return plan;
}

call::Challenge ShardAdvisor::challenge(const sip::Message& request, std::string_view realm) {
  const auto* settings = config_->realm(realm);
  call::Challenge challenge;
  if (settings == nullptr || !settings->registrar) return challenge;
  auto plan = identities_.challenge(settings->registration, request, source_, identity_,
                                    registrar::ChallengeRole::Proxy, base::monotonic_now(), random_);
  challenge.status = plan.status;
  for (auto& header : plan.headers) challenge.headers.push_back({std::move(header.name), std::move(header.value)});
  return challenge;
}

// The policy may use an alias of a served domain, or the address that the phone was given.
const RealmConfig* ShardAdvisor::serving(const sip::Uri& uri, std::string& aor) const {
  for (const auto& realm : config_->realms) {
    if (!realm.has_registrations() || !realm.registration.domains.serving(uri.host, source_.local.ip)) continue;
    const auto local = realm.registration.domains.local_aor(uri, source_.local.ip);
    if (!local) continue;
    aor = local->text();
    return &realm;
  }
  return nullptr;
}

int ShardAdvisor::refusal(const sip::Message& message) {
  const auto now = base::monotonic_now();
  const int status = gruu_refusal(message.request_uri(), now);
  return status != 0 ? status : token_refusal(message, now);
}

int ShardAdvisor::gruu_refusal(const sip::Uri& uri, base::Instant now) {
  const auto gr = uri.param("gr");
  std::string aor;
  const RealmConfig* realm = gr ? serving(uri, aor) : nullptr;
  if (realm == nullptr || !realm->registrar) return 0;  // a registrar upstream knows its own
  if (gr->empty()) {
    const auto epoch = gruus_.epoch_of(uri.user);
    return epoch && !shared_.location.lookup_gruu(*epoch, now).empty() ? 0 : 404;
  }
  const auto bindings = shared_.location.lookup(aor, now);
  if (std::ranges::any_of(bindings, [&gr](const auto& binding) { return has_gr(binding, *gr); })) return 0;
  // A public one is good for as long as its user is (5.4), and was perhaps issued before a restart.
  return known(aor) ? 480 : 404;
}

int ShardAdvisor::token_refusal(const sip::Message& message, base::Instant now) {
  const auto value = message.find(sip::HeaderId::Route);
  if (!value) return 0;
  const auto first = sip::ValueReader(*value).next();
  const auto route = sip::parse_name_addr(first.value_or(""));
  const auto& face = config_->calls->faces.at(source_.hop.listener);
  if (!route || !route->uri.param("ob") || route->uri.host_port() != face.sent_by) return 0;
  if (!minter_.shard_of(route->uri.user)) return 403;
  return shared_.location.lookup(registrar::alias_key(route->uri.user), now).empty() ? 430 : 0;
}

std::vector<policy::Contact> ShardAdvisor::location(std::string_view aor) {
  const auto now = base::monotonic_now();
  std::string canonical(aor);
  const auto uri = sip::parse_uri(aor);
  if (uri) serving(*uri, canonical);
  auto bindings = shared_.location.lookup(canonical, now);
  if (bindings.empty() && uri) {
    // A registrar upstream calls its phones by our alias.
    const auto epoch = gruus_.epoch_of(uri->user);
    bindings = epoch ? shared_.location.lookup_gruu(*epoch, now)
                     : shared_.location.lookup(registrar::alias_key(uri->user), now);
  }
  // RFC 5627 6.1: a call to a public GRUU is for that phone alone.
  if (const auto wanted = sip::parse_uri(wanted_); wanted && wanted->param("gr").value_or("") != "") {
    std::string called;
    if (serving(*wanted, called) != nullptr && called == canonical)
      std::erase_if(bindings, [gr = *wanted->param("gr")](const auto& binding) { return !has_gr(binding, gr); });
  }
  std::vector<policy::Contact> contacts;
  for (auto& binding : bindings) {
    if (offered_.size() >= kMaxOffered) {
      limits_.add(limit::Reached::Contacts);
      break;
    }
    policy::Contact contact;
    contact.uri = binding.contact_uri;
    contact.aor = binding.aor;
    contact.user_agent = binding.user_agent;
    contact.source_ip = binding.flow.remote.ip.text();
    contact.transport = std::string(sip::name_of(binding.flow.transport));
    contact.q = binding.q;
    contact.expires_in = binding.expires_in(now);
    offered_.push_back(std::move(binding));
    contact.token = offered_.size();
    contacts.push_back(std::move(contact));
  }
  return contacts;
}

std::uint64_t ShardAdvisor::count(std::string_view name, base::Duration window, std::uint32_t amount) {
  const auto counted = shared_.counters.add(name, window, amount, base::monotonic_now());
  metrics_.policy_counted.add();
  metrics_.policy_counters_forgotten.add(counted.forgotten);
  return counted.sum;
}

std::uint64_t ShardAdvisor::calls(CallsOf what, std::string_view name) {
  using Of = call::Occupancy::Of;
  if (what != CallsOf::User) return shared_.occupancy.count(what == CallsOf::Trunk ? Of::Trunk : Of::Realm, name);
  std::string canonical(name);
  if (const auto uri = sip::parse_uri(name)) serving(*uri, canonical);
  return shared_.occupancy.count(Of::User, canonical);
}

bool ShardAdvisor::known(std::string_view aor) {
  const auto uri = sip::parse_uri(aor);
  if (!uri) return false;
  for (const auto& realm : config_->realms) {
    if (!realm.registrar) continue;
    const auto local = realm.registration.domains.local_aor(*uri, source_.local.ip);
    if (local && config_->users->find(local->user, local->domain) != nullptr) return true;
  }
  return false;
}

std::optional<route::ContactWay> ShardAdvisor::way_to(std::uint64_t token) {
  if (token == 0 || token > offered_.size()) return std::nullopt;
  return contact_way(offered_[token - 1], *config_->routes);
}

}  // namespace sbc::app
