#include "sbc/app/upstream_registrations.h"

#include "sbc/app/owners.h"
#include "sbc/app/shard_setup.h"
#include "sbc/sip/response.h"

namespace sbc::app {

UpstreamRegistrations::UpstreamRegistrations(transaction::Layer& layer, const sip::Minter& minter, base::Random& random,
                                             Shared& shared, admin::ShardMetrics& metrics)
    : layer_(layer),
      minter_(minter),
      random_(random),
      metrics_(metrics),
      gruus_(shared.mint_key),
      machine_(shared.location, minter, random, gruus_) {}

void UpstreamRegistrations::use(std::shared_ptr<const Config> config) {
  config_ = std::move(config);
  ways_.use(config_);
}

bool UpstreamRegistrations::relays(std::string_view realm) const {
  return ways_.contains(realm);
}

void UpstreamRegistrations::on_register(const transaction::RequestArrived& request, const call::Arrival& arrival,
                                        const policy::RegisterDecision& decision, base::Instant now,
                                        transaction::Output& out) {
  const auto* realm = config_->realm(arrival.realm);
  auto source = request.source;
  source.local.ip = config_->calls->faces.at(source.hop.listener).address;  // what phones were given
  std::shared_ptr<leak::Watch> watch;
  if (guard_ != nullptr) watch = call::LeakGuard::watch(*config_->calls);
  if (watch) {
    watch->allow(request.message->from().uri.host);  // who registers goes along, as in To
    guard_->heard(config_->calls, watch.get(), leak::End::A, *request.message, request.source);
  }
  machine_.on_register({.realm_name = realm->name,
                        .realm = realm->registration,
                        .relay = *realm->relay,
                        .ways = ways_.of(arrival.realm, now),
                        .vouched = arrival.vouched,
                        .own_sent_by = config_->calls->faces.at(source.hop.listener).sent_by,
                        .message = request.message,
                        .source = source,
                        .server = request.transaction,
                        .decision = decision,
                        .watch = std::move(watch)},
                       now, out_);
  carry_out(now, out);
}

bool UpstreamRegistrations::on_response(const transaction::ResponseArrived& response, base::Instant now,
                                        transaction::Output& out) {
  if (!belongs_to(response.owner, kUpstreamOwner)) return false;
  const std::uint64_t id = response.owner & ~kOwnerBits;
  if (guard_ != nullptr)
    guard_->heard(config_->calls, machine_.watch_of(id), leak::End::B, *response.message, response.source);
  ways_.answered(response.hop, *response.message, now);
  machine_.on_response(id, *response.message, now, out_);
  carry_out(now, out);
  return true;
}

bool UpstreamRegistrations::on_client_failed(const transaction::ClientFailed& failed, base::Instant now,
                                             transaction::Output& out) {
  if (!belongs_to(failed.owner, kUpstreamOwner)) return false;
  ways_.failed(failed.hop, failed.reason == transaction::ClientFailed::Reason::Timeout, now);
  machine_.on_failed(failed.owner & ~kOwnerBits, now, out_);
  carry_out(now, out);
  return true;
}

void UpstreamRegistrations::on_flow_closed(sip::ConnectionId connection, base::Instant now, transaction::Output& out) {
  machine_.on_flow_closed(connection, now, out_);
  carry_out(now, out);
}

void UpstreamRegistrations::on_lost_phone(std::string_view realm, std::string_view aor, std::string_view call_id,
                                          base::Instant now, transaction::Output& out) {
  machine_.on_lost_phone(realm, aor, call_id, now, out_);
  carry_out(now, out);
}

void UpstreamRegistrations::on_deadline(base::Instant now, transaction::Output& out) {
  machine_.on_deadline(now, out_);
  carry_out(now, out);
}

void UpstreamRegistrations::carry_out(base::Instant now, transaction::Output& out) {
  while (!out_.answers.empty() || !out_.forwards.empty()) {
    const auto answers = std::exchange(out_.answers, {});
    const auto forwards = std::exchange(out_.forwards, {});
    for (const auto& forward : forwards) {
      const auto client = layer_.request({.method = sip::Method::Register,
                                          .method_text = {},
                                          .branch = forward.branch,
                                          .hop = forward.hop,
                                          .bytes = checked(forward.watch, forward.known, leak::End::B, forward.bytes),
                                          .owner = kUpstreamOwner | forward.id},
                                         now, out);
      if (!client && forward.id != 0) machine_.on_failed(forward.id, now, out_);
    }
    for (const auto& answer : answers) {
      if (answer.gone) {
        layer_.ignore(answer.server, now);
        continue;
      }
      if (answer.plan.status == 0) {
        metrics_.rejects[admin::RejectReason::Policy].add();
        layer_.ignore(answer.server, now);
        continue;
      }
      metrics_.registrations[register_result(*answer.request, answer.plan.status, answer.plan.refreshed)].add();
      std::vector<sip::ExtraHeader> headers;
      for (const auto& header : answer.plan.headers) headers.push_back({header.name, header.value});
      auto bytes = base::share(sip::build_response(*answer.request, answer.plan.status, minter_.tag(random_),
                                                   answer.source, headers, {}, {}, answer.plan.reason));
      layer_.respond(answer.server, answer.plan.status,
                     checked(answer.watch, answer.known, leak::End::A, std::move(bytes)), now, out);
      if (answer.plan.status == 200 && accepted_) accepted_(*answer.request, answer.source, now);
    }
  }
}

// trap 73: challenges and credentials pass untouched.
base::SharedBytes UpstreamRegistrations::checked(const std::shared_ptr<leak::Watch>& watch,
                                                 const std::vector<registrar::Upstream::Known>& known, leak::End to,
                                                 base::SharedBytes bytes) {
  static constexpr std::string_view kPassed[] = {"WWW-Authenticate", "Proxy-Authenticate", "Authorization",
                                                 "Proxy-Authorization"};
  if (guard_ == nullptr) return bytes;
  const auto watching = watch ? watch : std::shared_ptr(call::LeakGuard::watch(*config_->calls));
  if (!watching) return bytes;
  for (const auto& word : known) guard_->learn(config_->calls, *watching, word.end, {word.kind, word.text});
  return guard_->checked(*config_->calls, watching.get(), to, std::move(bytes), "registration", kPassed);
}

void UpstreamRegistrations::copy_counters() {
  using admin::UpstreamRegistration;
  const auto& from = machine_.counters();
  auto& to = metrics_.upstream_registrations;
  to[UpstreamRegistration::Forwarded].set(from.forwarded);
  to[UpstreamRegistration::Absorbed].set(from.absorbed);
  to[UpstreamRegistration::Challenged].set(from.challenged);
  to[UpstreamRegistration::Accepted].set(from.accepted);
  to[UpstreamRegistration::Refused].set(from.refused);
  to[UpstreamRegistration::Lost].set(from.lost);
  to[UpstreamRegistration::RiddenOut].set(from.ridden_out);
  to[UpstreamRegistration::OverRate].set(from.over_rate);
  to[UpstreamRegistration::Hidden].set(from.hidden);
  to[UpstreamRegistration::Dropped].set(from.dropped);
  to[UpstreamRegistration::Closed].set(from.closed);
  to[UpstreamRegistration::Deregistered].set(from.deregistered);
  metrics_.registrations_relayed.set(static_cast<std::int64_t>(machine_.size()));
}

}  // namespace sbc::app
