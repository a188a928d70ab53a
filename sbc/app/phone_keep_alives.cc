#include "sbc/app/phone_keep_alives.h"

#include <utility>

#include "sbc/app/owners.h"
#include "sbc/call/facts.h"
#include "sbc/sip/contact.h"

namespace sbc::app {

PhoneKeepAlives::PhoneKeepAlives(transaction::Layer& layer, const sip::Minter& minter, base::Random& random,
                                 Shared& shared, ShardAdvisor& advisor, UpstreamRegistrations& upstream,
                                 admin::ShardMetrics& metrics)
    : layer_(layer),
      shared_(shared),
      advisor_(advisor),
      upstream_(upstream),
      metrics_(metrics),
      machine_(shared.location, minter, random) {}

void PhoneKeepAlives::on_registered(const sip::Message& request, const sip::Source& source, base::Instant now) {
  const auto* realm = config_->routes->realm_of(source.hop.listener);
  const auto* settings = realm != nullptr ? config_->realm(realm->name) : nullptr;
  if (settings == nullptr) return;
  const auto& face = config_->calls->faces.at(source.hop.listener);
  const auto aor = settings->registration.domains.local_aor(request.to().uri, face.address);
  if (!aor) return;
  auto bindings = shared_.location.lookup(aor->text(), now);
  std::erase_if(bindings, [&](const auto& binding) { return binding.call_id != request.call_id(); });
  if (bindings.empty()) return;  // a query, or the end; what was kept alive is dropped when it is due

  policy::LegFacts facts;
  facts.side = "registration";
  facts.realm = realm->name;
  facts.source_ip = source.hop.remote.ip.text();
  facts.transport = std::string(sip::name_of(source.hop.transport));
  if (const auto contact = sip::first_contact(request)) facts.contact_host = std::string(contact->uri.host);
  facts.user_agent = std::string(request.find(sip::HeaderId::UserAgent).value_or(""));
  facts.behind_nat = call::behind_nat(request, source);
  const auto decision = advisor_.nat(facts);

  machine_.registered(bindings,
                      {.method = decision.keep_alive,
                       .interval = base::seconds(decision.keep_alive_s),
                       .silence = settings->registration.silence,
                       .realm = realm->name,
                       .sent_by = face.sent_by,
                       .host = settings->domain.empty() ? face.host : settings->domain},
                      now);
}

bool PhoneKeepAlives::on_response(const transaction::ResponseArrived& response, base::Instant now) {
  if (!belongs_to(response.owner, kKeepAliveOwner)) return false;
  if (response.message->status() >= 200) machine_.on_answer(response.owner & ~kOwnerBits, now);
  return true;
}

bool PhoneKeepAlives::on_client_failed(const transaction::ClientFailed& failed, base::Instant now,
                                       transaction::Output& out) {
  if (!belongs_to(failed.owner, kKeepAliveOwner)) return false;
  machine_.on_silence(failed.owner & ~kOwnerBits, now, out_);
  carry_out(now, out);
  return true;
}

void PhoneKeepAlives::on_deadline(base::Instant now, transaction::Output& out) {
  machine_.on_deadline(now, out_);
  carry_out(now, out);
}

void PhoneKeepAlives::carry_out(base::Instant now, transaction::Output& out) {
  while (!out_.pings.empty() || !out_.lost.empty()) {
    const auto pings = std::exchange(out_.pings, {});
    const auto lost = std::exchange(out_.lost, {});
    for (const auto& ping : pings) {
      if (ping.id == 0) {
        out.sends.push_back({ping.hop, ping.bytes, 0});
        continue;
      }
      const auto client = layer_.request({.method = sip::Method::Options,
                                          .method_text = {},
                                          .branch = ping.branch,
                                          .hop = ping.hop,
                                          .bytes = ping.bytes,
                                          .owner = kKeepAliveOwner | ping.id},
                                         now, out);
      if (!client) machine_.on_silence(ping.id, now, out_);
    }
    for (const auto& phone : lost) upstream_.on_lost_phone(phone.realm, phone.aor, phone.call_id, now, out);
  }
}

void PhoneKeepAlives::copy_counters() {
  using admin::KeepAliveEvent;
  const auto& from = machine_.counters();
  auto& to = metrics_.keep_alives;
  to[KeepAliveEvent::Options].set(from.options);
  to[KeepAliveEvent::Crlf].set(from.crlf);
  to[KeepAliveEvent::Stun].set(from.stun);
  to[KeepAliveEvent::Answered].set(from.answered);
  to[KeepAliveEvent::Silent].set(from.silent);
  to[KeepAliveEvent::Marked].set(from.marked);
  to[KeepAliveEvent::Unbound].set(from.unbound);
  to[KeepAliveEvent::Recovered].set(from.recovered);
  to[KeepAliveEvent::Refused].set(from.refused);
  metrics_.phones_kept_alive.set(static_cast<std::int64_t>(machine_.size()));
}

}  // namespace sbc::app
