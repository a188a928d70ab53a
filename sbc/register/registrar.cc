#include "sbc/register/registrar.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/register/date.h"
#include "sbc/register/limits.h"
#include "sbc/register/outbound.h"
#include "sbc/register/owned_header.h"
#include "sbc/register/request.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/values.h"

namespace sbc::registrar {

struct Registrar::Work {
  const RealmSettings& realm;
  const sip::Message& request;
  const sip::Source& source;
  const Identity& identity;
  const policy::RegisterDecision& decision;
  Now now;
  base::Random& random;
};

namespace {

Plan denied(const policy::RegisterDecision& decision) {
  Plan plan{decision.status, decision.reason, {}};
  for (const policy::Header& h : decision.headers) plan.headers.push_back({h.name, h.value});
  return plan;
}

// RFC 3261 8.2.2.3: option tags in Require that we do not know.
std::string unsupported_extensions(const sip::Message& request) {
  std::string out;
  sip::for_each_value(request, sip::HeaderId::Require, [&out](std::string_view tag) {
    // RFC 3327 5.3, RFC 5626 11.4, RFC 5627 5.1.
    for (const std::string_view known : {"path", "outbound", "gruu"})
      if (base::equals_ignoring_case(tag, known)) return;
    if (!out.empty()) out += ", ";
    out += tag;
  });
  return out;
}

// 10.3 step 5: whether the address of record is valid for the domain of the Request-URI. A Request-URI that names us by
// an address or alias speaks for every domain we serve.
bool valid_for_request_uri(const Domains& domains, std::string_view request_domain, std::string_view request_host,
                           std::string_view aor_domain) {
  const auto& names = domains.names();
  if (std::ranges::find(names, aor_domain) == names.end()) return false;
  return request_domain == aor_domain || !base::equals_ignoring_case(request_domain, request_host);
}

}  // namespace

void Registrar::describe(const sip::Message& request, const RealmSettings& realm, policy::RegisterFacts& facts) {
  const auto contacts = sip::parse_contacts(request);
  if (!contacts) return;  // handle() answers 400
  facts.removes_all = contacts->star;
  const std::uint32_t for_all = expires_header(request, realm.expiry.standard);
  for (const sip::Contact& contact : contacts->values) {
    facts.contacts.emplace_back(contact.address.uri_text);
    facts.expires = std::max(facts.expires, contact.expires.value_or(for_all));
  }
}

// 10.3 step 8.
Plan Registrar::accepted(const std::vector<Binding>& bindings, const Work& work) {
  const bool gruu = wants_gruu(work.request);
  Plan plan{200, {}, {}};
  for (const Binding& binding : bindings) {
    std::string value = contact_value(binding, work.now.instant);
    if (gruu && binding.gruu_epoch != 0) {
      value += gruus_.params(binding, work.random);
      ++counters_.gruus;
    }
    plan.headers.push_back(owned_header(sip::HeaderId::Contact, std::move(value)));
  }
  plan.headers.push_back(owned_header(sip::HeaderId::Date, date_text(work.now.wall)));
  // RFC 3327 5.3: Path goes back to a client that understands it.
  if (sip::lists_token(work.request, sip::HeaderId::Supported, "path")) {
    sip::for_each_value(work.request, sip::HeaderId::Path, [&plan](std::string_view value) {
      plan.headers.push_back(owned_header(sip::HeaderId::Path, std::string(value)));
    });
  }
  return plan;
}

// What comes before the address of record is looked at (10.3 steps 1 to 3, and the policy). nullopt: go on.
std::optional<Plan> Registrar::admit(const Work& work) {
  switch (work.decision.kind) {
    case policy::RegisterDecision::Kind::Drop:
      ++counters_.dropped_by_policy;
      return Plan{};
    case policy::RegisterDecision::Kind::Deny:
      ++counters_.denied_by_policy;
      return denied(work.decision);
    case policy::RegisterDecision::Kind::Challenge:
    case policy::RegisterDecision::Kind::Accept:
      break;
  }
  if (!work.realm.domains.serving(work.request.request_uri().host, work.source.local.ip)) {
    ++counters_.not_served;
    return Plan{403, "Domain Not Served Here", {}};
  }
  if (std::string unsupported = unsupported_extensions(work.request); !unsupported.empty()) {
    ++counters_.bad_extension;
    return Plan{420, {}, {owned_header(sip::HeaderId::Unsupported, std::move(unsupported))}};
  }
  if (work.decision.kind == policy::RegisterDecision::Kind::Challenge && !work.identity.authenticated()) {
    ++counters_.challenged;
    return identities_.challenge(work.realm, work.request, work.source, work.identity, ChallengeRole::UserAgent,
                                 work.now.instant, work.random);
  }
  return std::nullopt;
}

Plan Registrar::handle(const RealmSettings& realm, const sip::Message& request, const sip::Source& source,
                       const Identity& identity, const policy::RegisterDecision& decision, Now now,
                       base::Random& random) {
  ++counters_.requests;
  const Work work{realm, request, source, identity, decision, now, random};
  if (auto plan = admit(work)) return std::move(*plan);

  const auto aor = realm.domains.local_aor(request.to().uri, source.local.ip);
  if (!aor) {
    ++counters_.malformed;
    return {400, "To: expected a sip URI with a user part", {}};
  }
  // Step 4 before step 5: an outsider does not learn which domains are here.
  if (identity.authenticated() && (identity.user->name != aor->user || identity.user->domain != aor->domain)) {
    ++counters_.forbidden;
    return {403, {}, {}};
  }
  const std::string_view host = request.request_uri().host;
  if (!valid_for_request_uri(realm.domains, *realm.domains.serving(host, source.local.ip), host, aor->domain)) {
    ++counters_.not_found;
    return {404, {}, {}};
  }
  return update(work, aor->text());
}

Plan Registrar::update(const Work& work, const std::string& aor) {
  Terms terms = terms_for(work.realm, work.decision);
  terms.vouched = work.identity.vouched;
  terms.next_epoch = work.random.next() | 1;
  const auto wanted = read_update(work.request, work.source, terms, aor);
  if (!wanted) {
    if (wanted.error().status == 423) {
      ++counters_.too_brief;
      return {423, {}, {owned_header(sip::HeaderId::MinExpires, std::to_string(terms.expiry.minimum))}};
    }
    ++(wanted.error().status == 439   ? counters_.lacking_outbound
       : wanted.error().status == 403 ? counters_.forbidden
                                      : counters_.malformed);
    return {wanted.error().status, wanted.error().text, {}};
  }
  if (!wanted->remove_all && wanted->changes.empty()) {
    ++counters_.accepted;
    ++counters_.queries;
    return accepted(store_.lookup(aor, work.now.instant), work);
  }
  for (const ContactChange& change : wanted->changes) {
    const auto uri = sip::parse_uri(change.uri);
    if (change.expires_s == 0 || !uri || !gruus_.epoch_of(uri->user)) continue;
    ++counters_.forbidden;
    return {403, "Contact Is A GRUU", {}};
  }
  const auto merged = store_.apply(*wanted, work.now.instant);
  if (!merged) return refuse(merged.error());
  ++counters_.accepted;
  counters_.bindings_added += merged->added;
  counters_.bindings_refreshed += merged->refreshed;
  counters_.bindings_removed += merged->removed;
  auto plan = accepted(merged->bindings, work);
  plan.refreshed = merged->refreshed > 0 && merged->added == 0 && merged->removed == 0;
  if (wanted->flow_asked) {
    ++counters_.flows;
    add_flow_headers(work.request, work.realm.flow_timer, plan);
  }
  return plan;
}

Plan Registrar::refuse(UpdateError error) {
  switch (error) {
    case UpdateError::OutOfOrder:
      ++counters_.out_of_order;
      return {500, "Out Of Order", {}};
    case UpdateError::TooManyContacts:
      ++counters_.too_many_contacts;
      return {403, "Too Many Contacts", {}};
    case UpdateError::StoreFull:
      ++counters_.store_full;
      return {503, {}, {owned_header(sip::HeaderId::RetryAfter, std::to_string(kFullRetryAfterSeconds))}};
    case UpdateError::StoreFailed:
      break;
  }
  ++counters_.store_failed;
  return {500, {}, {}};
}

}  // namespace sbc::registrar
