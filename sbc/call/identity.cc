#include "sbc/call/identity.h"

#include "media-relay/base/text.h"

#include "sbc/call/chosen.h"
#include "sbc/identity/emergency.h"
#include "sbc/identity/limits.h"
#include "sbc/identity/passport.h"
#include "sbc/identity/reason.h"
#include "sbc/identity/redirect.h"
#include "sbc/identity/session_id.h"
#include "sbc/sip/contact.h"

namespace sbc::call {
namespace {

void hear_session_id(const Core& core, Call& call, Side side, const sip::Message& message) {
  std::string& uuid = call.leg(side).said.uuid;
  const std::string& other_uuid = call.leg(other(side)).said.uuid;
  if (const auto field = message.find(sip::HeaderId::SessionId)) {
    const auto id = identity::parse_session_id(*field);
    // An implementation of RFC 7329 sends back what it was sent (RFC 7989 11): that names nobody new.
    if (id && id->local != identity::kNilUuid && id->local != other_uuid) uuid = id->local;
  }
  if (uuid.empty()) uuid = identity::new_uuid(core.random);  // RFC 7989 7: on behalf of the endpoint
}

void tell_session_id(Call& call) {
  const std::string& a = call.a.said.uuid;
  const std::string& b = call.b.said.uuid;
  // As with most messages:
  if (identity::is_session_id_of(call.a.told.session_id, b, a) &&
      identity::is_session_id_of(call.b.told.session_id, a, b))
    return;
  call.a.told.session_id = identity::session_id_value(b, a);
  call.b.told.session_id = identity::session_id_value(a, b);
  call.record.session_id = call.b.told.session_id;
}

identity::Sender sender_of(const Core& core, const Call& call, Side side) {
  if (side == Side::A) return sender_of(*core.settings, call.arrival);
  return {.trusted = trusts(*core.settings, call.b.realm, call.b.trunk), .proven = {}};
}

// trap 85: who calls for help is not hidden from those who are to find him.
identity::Treatment treatment_for(const Call& call, Side about, bool trusted) {
  const identity::Privacy& privacy = call.leg(about).said.privacy;
  if (!call.emergency) return identity::treat(privacy, trusted);
  return {.hide_from = false, .assert_identity = true, .hide_history = false, .privacy = privacy.id ? "id" : ""};
}

void tell_who(const Core& core, const Call& call, Side about, Leg& leg) {
  const Said& said = call.leg(about).said;
  const auto treatment = treatment_for(call, about, trusts(*core.settings, leg.realm, leg.trunk));
  leg.told.who.clear();
  if (treatment.assert_identity) {
    const auto domain = own_domain(*core.settings, leg.realm, leg.hop.listener);
    for (const auto& person : said.people)
      leg.told.who.emplace_back("P-Asserted-Identity", identity::value_of(person, domain));
  }
  if (!treatment.privacy.empty()) leg.told.who.emplace_back("Privacy", treatment.privacy);
}

bool tells_who(const sip::Message& message) {
  const bool method = message.method() == sip::Method::Invite || message.method() == sip::Method::Update;
  return method && (message.is_request() || (message.status() > 100 && message.status() < 300));
}

void hear_reason(Core& core, Call& call, Side side, const sip::Message& message) {
  Leg& to = call.leg(other(side));
  if (message.is_request()) {
    if (message.method() == sip::Method::Bye || message.method() == sip::Method::Cancel)
      to.told.reason = identity::reason_lines(identity::reasons_of(message, &core.counters.limits), false);
    return;
  }
  if (message.method() != sip::Method::Invite || message.status() < 300) return;
  to.told.refusal.clear();
  for (const auto& reason : identity::reasons_of(message, &core.counters.limits))
    if (reason.protocol == identity::Reason::Protocol::Q850) to.told.refusal.push_back(identity::value_of(reason));
}

void add_redirects(Core& core, const Call& call, const route::Target& target, bool hide_all, HeaderList& headers) {
  std::vector<identity::Redirect> redirects;
  if (trusts(*core.settings, call.a.realm, call.a.trunk))
    redirects = identity::redirects_of(*call.invite, &core.counters.limits);
  redirects.insert(redirects.end(), call.forwarded.begin(), call.forwarded.end());
  add_forwarding(core, std::move(redirects), target, hide_all, headers);
}

// Between networks that trust each other, and for whoever calls for help (trap 85).
void add_priority(Core& core, const Call& call, bool trusted, HeaderList& headers) {
  for (const auto& value : identity::resource_priorities(*call.invite, &core.counters.limits))
    headers.emplace_back("Resource-Priority", value);
  for (const auto& value : identity::locations(*call.invite, trusted, call.emergency))
    headers.emplace_back("Geolocation", value);
  for (const auto& field : call.invite->headers())  // RFC 6442 4.2
    if (base::equals_ignoring_case(field.name, "Geolocation-Routing"))
      headers.emplace_back("Geolocation-Routing", base::equals_ignoring_case(field.value, "yes") ? "yes" : "no");
}

// trap 84: what was signed by whoever sent it stays signed only as long as both numbers are what they were.
void add_passports(const Call& call, const route::Target& target, bool anonymous, HeaderList& headers) {
  const sip::Message& invite = *call.invite;
  const auto& presented = target.candidate.from_user;
  const auto to = sip::parse_uri(target.to_uri);
  if (!to || (anonymous && !presented)) return;
  const std::string caller = presented ? sip::escape_user(*presented) : std::string(invite.from().uri.user);
  if (!identity::same_number(caller, invite.from().uri.user)) return;
  if (!identity::same_number(to->user, invite.to().uri.user)) return;
  auto values = identity::passports(invite);
  if (values.empty()) return;
  for (auto& value : values) headers.emplace_back("Identity", std::move(value));
  if (auto date = identity::signed_date(invite); !date.empty()) headers.emplace_back("Date", std::move(date));
}

}  // namespace

bool trusts(const Settings& settings, std::string_view realm, std::string_view trunk) {
  return chosen(settings, realm, trunk, &route::Realm::trust, &route::Trunk::trust) == route::Trust::Trusted;
}

void add_forwarding(Core& core, std::vector<identity::Redirect> redirects, const route::Target& target, bool hide_all,
                    HeaderList& headers) {
  using Form = route::Redirects;
  const Form form =
      chosen(*core.settings, target.realm, target.trunk, &route::Realm::redirects, &route::Trunk::redirects);
  if (form == Form::Drop) return;
  if (redirects.size() > identity::kMaxRedirects) {
    core.counters.limits.add(limit::Reached::Redirects);
    redirects.erase(redirects.begin(), redirects.end() - static_cast<std::ptrdiff_t>(identity::kMaxRedirects));
  }
  const auto uri = sip::parse_uri(target.request_uri);
  const identity::RedirectTarget to{.host = own_domain(*core.settings, target.realm, target.hop.listener),
                                    .user = uri ? uri->user : std::string_view{},
                                    .trusted = trusts(*core.settings, target.realm, target.trunk),
                                    .hide_all = hide_all};
  const bool diversion = form == Form::Diversion;
  const auto values = diversion ? identity::diversion_values(redirects, to) : identity::history_values(redirects, to);
  for (const auto& value : values) headers.emplace_back(diversion ? "Diversion" : "History-Info", value);
}

identity::Sender sender_of(const Settings& settings, const Arrival& arrival) {
  identity::Sender sender{.trusted = trusts(settings, arrival.realm, arrival.trunk), .proven = {}};
  if (arrival.authenticated && !arrival.auth_user.empty()) {
    const std::string& name = arrival.auth_user;
    sender.proven.push_back("sip:" + sip::escape_user(name.substr(0, name.find('@'))) + "@user");
  }
  if (!arrival.registered_aor.empty()) sender.proven.push_back(arrival.registered_aor);
  return sender;
}

std::string_view own_domain(const Settings& settings, std::string_view realm, std::uint16_t listener) {
  const auto found = settings.domains.find(std::string(realm));
  return found != settings.domains.end() ? found->second : settings.faces.at(listener).host;
}

void hear(Core& core, Call& call, Side side, const sip::Message& message) {
  Leg& leg = call.leg(side);
  leg.told.q850_from_status =
      chosen(*core.settings, leg.realm, leg.trunk, &route::Realm::q850_from_status, &route::Trunk::q850_from_status);
  hear_session_id(core, call, side, message);
  tell_session_id(call);
  hear_reason(core, call, side, message);
  if (!tells_who(message)) return;
  Said& said = leg.said;
  auto people = identity::asserted_by(message, sender_of(core, call, side), &core.counters.limits);
  if (!people.empty()) said.people = std::move(people);
  if (const auto privacy = identity::privacy_of(message, &core.counters.limits); privacy.asked) said.privacy = privacy;
  tell_who(core, call, side, call.leg(other(side)));
}

HeaderList redirect_history(Core& core, const Call& call, const sip::Message& response, const route::Target& from) {
  using Form = route::Redirects;
  HeaderList headers;
  const Form form =
      chosen(*core.settings, call.a.realm, call.a.trunk, &route::Realm::redirects, &route::Trunk::redirects);
  if (form == Form::Drop || !trusts(*core.settings, from.realm, from.trunk)) return headers;
  const auto redirects = identity::redirects_of(response, &core.counters.limits);
  const auto contacts = sip::parse_contacts(response);
  const bool known = contacts && !contacts->values.empty();
  const identity::RedirectTarget to{.host = own_domain(*core.settings, call.a.realm, call.source.hop.listener),
                                    .user = known ? contacts->values.front().address.uri.user : std::string_view{},
                                    .trusted = trusts(*core.settings, call.a.realm, call.a.trunk),
                                    .hide_all = identity::privacy_of(response).history};
  const bool diversion = form == Form::Diversion;
  const auto values = diversion ? identity::diversion_values(redirects, to) : identity::history_values(redirects, to);
  for (const auto& value : values) headers.emplace_back(diversion ? "Diversion" : "History-Info", value);
  return headers;
}

CallerWords caller_words(Core& core, Call& call, const route::Target& target) {
  CallerWords words;
  const bool trusted = trusts(*core.settings, target.realm, target.trunk);
  const auto treatment = treatment_for(call, Side::A, trusted);
  call.a.told.refusal.clear();  // of a target that was tried before
  tell_session_id(call);
  tell_who(core, call, Side::A, call.b);
  words.anonymous = treatment.hide_from;
  words.headers = call.b.told.who;
  words.headers.emplace_back("Session-ID", call.b.told.session_id);
  add_redirects(core, call, target, treatment.hide_history, words.headers);
  const bool among_friends = trusted && trusts(*core.settings, call.a.realm, call.a.trunk);
  if (call.emergency || among_friends) add_priority(core, call, among_friends, words.headers);
  if (among_friends) add_passports(call, target, words.anonymous, words.headers);
  return words;
}

CallerWords party_words(const Core& core, const Call& call, Side stays, Leg& fresh, const route::Target& target) {
  CallerWords words;
  fresh.told.q850_from_status = chosen(*core.settings, fresh.realm, fresh.trunk, &route::Realm::q850_from_status,
                                       &route::Trunk::q850_from_status);
  // RFC 7989 9: the target has said nothing yet.
  fresh.told.session_id = identity::session_id_value(call.leg(stays).said.uuid, {});
  tell_who(core, call, stays, fresh);
  words.anonymous = treatment_for(call, stays, trusts(*core.settings, target.realm, target.trunk)).hide_from;
  words.headers = fresh.told.who;
  words.headers.emplace_back("Session-ID", fresh.told.session_id);
  return words;
}

void introduce(const Core& core, Call& call) {
  tell_session_id(call);
  tell_who(core, call, Side::A, call.b);
  tell_who(core, call, Side::B, call.a);
}

}  // namespace sbc::call
