#include "sbc/call/redirect.h"

#include <algorithm>
#include <cmath>

#include "media-relay/base/text.h"

#include "sbc/call/chosen.h"
#include "sbc/call/facts.h"
#include "sbc/call/identity.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/limits.h"
#include "sbc/call/machine.h"
#include "sbc/identity/limits.h"

namespace sbc::call {
namespace {

using policy::Candidate;
using policy::OnRedirect;

enum class Nearness : std::uint8_t { Named, Source };  // a target or the host of the trunk, or only one of its sources

bool lies_in(const route::Trunk& trunk, const sip::Uri& uri, Nearness nearness) {
  const auto ip = uri.ip();
  if (nearness == Nearness::Source)
    return ip && std::ranges::any_of(trunk.sources, [&](const base::Prefix& prefix) { return prefix.contains(*ip); });
  if (!trunk.host.empty() && base::equals_ignoring_case(trunk.host, uri.host)) return true;
  return std::ranges::any_of(trunk.targets, [&](const route::TrunkTarget& target) {
    return target.name ? base::equals_ignoring_case(target.name->host, uri.host) : ip == target.endpoint.ip;
  });
}

bool lies_in(const route::Table& table, const std::string& name, const sip::Uri& uri, Nearness nearness) {
  if (const auto* trunk = table.trunk(name)) return lies_in(*trunk, uri, nearness);
  const auto* group = table.group(name);
  return group != nullptr && std::ranges::any_of(group->members, [&](const route::GroupMember& member) {
           const auto* trunk = table.trunk(member.trunk);
           return trunk != nullptr && lies_in(*trunk, uri, nearness);
         });
}

// A place that the policy named by its URI: the same host again.
bool is_same_host(const route::Target& from, const sip::Uri& uri) {
  if (from.candidate.kind != Candidate::Kind::Uri) return false;
  const auto known = sip::parse_uri(from.candidate.name);
  return known && base::equals_ignoring_case(known->host, uri.host) && known->port == uri.port;
}

bool is_at(const route::Target& target, const RedirectPlace& place) {
  const auto ip = base::IpAddress::parse(place.host);
  if (target.name && base::equals_ignoring_case(target.name->host, place.host)) return true;
  return ip && target.hop.remote.ip == *ip && (place.port == 0 || place.port == target.hop.remote.port);
}

// The user without parameters that name networks; those of number portability (RFC 4694) stay.
std::string number_of(std::string_view user) {
  std::string number(user.substr(0, user.find(';')));
  for (auto at = user.find(';'); at != std::string_view::npos; at = user.find(';', at + 1)) {
    const auto param = user.substr(at + 1, user.find(';', at + 1) - at - 1);
    const bool routing = param.starts_with("rn=") && param.find_first_not_of("+0123456789-.()", 3) == param.npos;
    if (param == "npdi" || routing) number.append(";").append(param);
  }
  return number;
}

std::string key_of(const route::Target& target) {
  return target.text() + " " + target.request_uri;
}

}  // namespace

bool is_redirection(const sip::Message& response) {
  return response.status() >= 300 && response.status() <= 302;
}

std::vector<sip::Contact> redirect_contacts(const sip::Message& response, limit::Counts* limits) {
  auto parsed = sip::parse_contacts(response);
  if (!parsed) return {};
  std::vector<sip::Contact> contacts = std::move(parsed->values);
  std::erase_if(contacts, [](const sip::Contact& contact) {
    const auto& uri = contact.address.uri;
    return uri.is_sip() ? uri.host.empty() : uri.scheme != sip::Uri::Scheme::Tel;
  });
  std::ranges::stable_sort(contacts, std::ranges::greater{}, &sip::Contact::q);
  if (contacts.size() > kMaxRedirectContacts) {
    limit::note(limits, limit::Reached::RedirectContacts);
    contacts.resize(kMaxRedirectContacts);
  }
  return contacts;
}

OnRedirect redirect_wish(const Settings& settings, const route::Target& from) {
  if (from.candidate.redirects) return *from.candidate.redirects;
  return chosen(settings, from.realm, from.trunk, &route::Realm::on_redirect, &route::Trunk::on_redirect);
}

std::optional<RedirectPlace> redirect_place(const Settings& settings, const route::Target& from,
                                            const sip::Contact& contact) {
  const auto& table = *settings.routes;
  const sip::Uri& uri = contact.address.uri;
  const bool tel = uri.scheme == sip::Uri::Scheme::Tel;
  RedirectPlace place{
      .candidate = from.candidate, .host = base::to_lower(uri.host), .port = uri.has_port ? uri.port : std::uint16_t{}};
  Candidate& candidate = place.candidate;
  candidate.contact = 0;
  candidate.number = tel ? std::string(uri.user) : sip::unescape(number_of(uri.user));
  if (!tel && is_same_host(from, uri)) return place;

  std::vector<std::string> allowed;
  if (!from.trunk.empty()) allowed.push_back(from.trunk);
  for (auto& name : chosen(settings, from.realm, from.trunk, &route::Realm::redirect_to, &route::Trunk::redirect_to))
    allowed.push_back(std::move(name));
  for (const Nearness nearness : {Nearness::Named, Nearness::Source}) {
    for (const std::string& name : allowed) {
      if (!tel && !lies_in(table, name, uri, nearness)) continue;
      candidate.kind = table.trunk(name) != nullptr ? Candidate::Kind::Trunk : Candidate::Kind::Group;
      candidate.name = name;
      return place;
    }
  }
  return std::nullopt;
}

std::vector<std::string> hidden_contacts(const std::vector<sip::Contact>& contacts, std::string_view at) {
  std::vector<std::string> values;
  std::vector<std::string> seen;
  for (const sip::Contact& contact : contacts) {
    const sip::Uri& uri = contact.address.uri;
    const bool tel = uri.scheme == sip::Uri::Scheme::Tel;
    if (tel && !uri.user.starts_with('+')) continue;  // its phone-context would name a network
    const std::string user = tel ? std::string(uri.user) : number_of(uri.user);
    if (user.empty() || user.front() == ';') continue;  // parameters of nobody
    std::string value = tel ? "<tel:" : "<sip:";
    value.append(user);
    if (!tel) value.append("@").append(at);
    value.append(">");
    if (std::ranges::find(seen, value) != seen.end()) continue;
    seen.push_back(value);
    if (contact.address.param("q")) {
      const auto thousandths = static_cast<int>(std::lround(contact.q * 1000));
      value.append(";q=").append(std::to_string(thousandths / 1000)).append(".");
      value.append(std::to_string(1000 + thousandths % 1000).substr(1));
    }
    values.push_back(std::move(value));
  }
  return values;
}

// --- the call ---------------------------------------------------------------------------------------------------

// Targets for the contacts, each of which is tried once in a call (RFC 3261 8.1.3.4): `tried` has those that were.
std::vector<route::Target> Machine::redirect_targets(const std::vector<sip::Contact>& contacts,
                                                     const route::Target& from, std::string_view dialled,
                                                     std::vector<std::string>& tried) {
  if (tried.empty()) tried.push_back(key_of(from));
  std::vector<route::Target> all;
  for (const sip::Contact& contact : contacts) {
    auto place = redirect_place(*core_.settings, from, contact);
    if (!place) {
      note(Note::Level::Info, "not followed: " + base::printable(contact.address.uri_text) +
                                  ": no trunk or group that " + from.text() + " may redirect to");
      continue;
    }
    auto targets = route::resolve(*core_.settings->routes, {place->candidate}, {dialled, now_}, core_.advisor,
                                  core_.health, core_.random)
                       .targets;
    const auto there = [&place](const route::Target& target) { return is_at(target, *place); };
    if (std::ranges::any_of(targets, there)) std::erase_if(targets, std::not_fn(there));
    for (route::Target& target : targets) {
      std::string key = key_of(target);
      if (std::ranges::find(tried, key) != tried.end()) continue;
      tried.push_back(std::move(key));
      target.of_redirect = true;
      all.push_back(std::move(target));
    }
  }
  return all;
}

// The border forwards the call, so it says so (RFC 5806, RFC 7544): who redirected, and why.
void Machine::note_forwarding(const sip::Message& response, const route::Target& from,
                              std::vector<identity::Redirect>& forwarded) {
  identity::Redirect entry;
  const auto uri = sip::parse_uri(from.to_uri);
  entry.from.user = uri ? std::string(uri->user) : "";
  entry.reason = response.status() == 302 ? "unconditional" : "unknown";
  if (trusts(*core_.settings, from.realm, from.trunk)) {
    const auto said = identity::redirects_of(response, &core_.counters.limits);
    if (!said.empty()) entry = said.back();
  }
  if (forwarded.size() >= identity::kMaxRedirects) return core_.counters.limits.add(limit::Reached::Redirects);
  forwarded.push_back(std::move(entry));
}

void Machine::pass_redirection(const sip::Message& response, const route::Target& from,
                               std::vector<std::string> contacts) {
  route::Answer answer{.status = static_cast<std::uint16_t>(response.status()),
                       .reason = {},
                       .headers = {},
                       .retry_after = {},
                       .causes = call_.a.told.refusal};
  std::string list;
  for (const std::string& contact : contacts) (list += list.empty() ? "" : ", ") += contact;
  answer.headers.push_back({"Contact", std::move(list)});
  for (auto& [name, value] : redirect_history(core_, call_, response, from)) answer.headers.push_back({name, value});
  ++core_.counters.passed_redirects;
  call_.hunt.stop();
  answer_failure(answer);
}

bool Machine::redirected(const sip::Message& response, const route::Target& from, OnRedirect wish) {
  const auto contacts = redirect_contacts(response, &core_.counters.limits);
  if (wish == OnRedirect::Follow && call_.redirections < kMaxRedirections) {
    const std::string dialled = sip::unescape(call_.invite->request_uri().user);
    auto targets = redirect_targets(contacts, from, dialled, call_.redirected);
    if (!targets.empty()) {
      ++call_.redirections;
      ++core_.counters.followed_redirects;
      note_forwarding(response, from, call_.forwarded);
      policy::FailureDecision route;
      route.kind = policy::FailureDecision::Kind::Route;
      (void)call_.hunt.decide(route::Verdict::Next, route, std::move(targets));
      call_.hunt.advance();
      tell_of_dead_dialogs(response.status());
      try_target();
      return true;
    }
  }
  if (wish == OnRedirect::Pass) {
    const std::string ours = contact_value(*core_.settings, call_.source.hop.transport, call_.source.hop.listener, "");
    auto hidden = hidden_contacts(contacts, std::string_view(ours).substr(6, ours.size() - 7));  // of <sip:@...>
    if (!hidden.empty()) {
      pass_redirection(response, from, std::move(hidden));
      return true;
    }
  }
  ++core_.counters.refused_redirects;
  return false;
}

// The INVITE of a transfer (transfer.cc) is followed as any other. Passed it is as a status (RFC 3515 2.4.5): where it
// leads is a matter of the target's network.
std::optional<route::Verdict> Machine::transfer_redirected(const sip::Message& response) {
  Transfer& transfer = *call_.transfer;
  const route::Target from = *transfer.hunt.current();
  const auto contacts = redirect_contacts(response, &core_.counters.limits);
  if (contacts.empty()) return std::nullopt;
  const OnRedirect wish = redirect_wish(*core_.settings, from);
  if (wish == OnRedirect::Follow && transfer.redirections < kMaxRedirections) {
    const auto to = sip::parse_uri(from.to_uri);
    const std::string dialled = to ? sip::unescape(to->user) : "";
    if (auto targets = redirect_targets(contacts, from, dialled, transfer.redirected); !targets.empty()) {
      ++transfer.redirections;
      ++core_.counters.followed_redirects;
      note_forwarding(response, from, transfer.forwarded);
      policy::FailureDecision route;
      route.kind = policy::FailureDecision::Kind::Route;
      (void)transfer.hunt.decide(route::Verdict::Next, route, std::move(targets));
      return route::Verdict::Next;
    }
  }
  if (wish == OnRedirect::Pass) {
    ++core_.counters.passed_redirects;
    return route::Verdict::Stop;
  }
  ++core_.counters.refused_redirects;
  return std::nullopt;
}

}  // namespace sbc::call
