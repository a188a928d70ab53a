#include "sbc/simulate/advisor.h"

#include <algorithm>

#include "sbc/call/facts.h"
#include "sbc/explain/describe.h"
#include "sbc/sip/service_urn.h"
#include "sbc/simulate/spelled.h"

namespace sbc::simulate {

const route::Realm* realm_of(const Setting& setting, std::string_view name) {
  const auto& routes = *setting.calls->routes;
  if (!name.empty()) return routes.realm(name);
  return routes.realms().empty() ? nullptr : &routes.realms().front();
}

// Writes down what was decided, and why.
template <typename Outcome>
auto SceneAdvisor::tell(policy::Handler handler, Outcome&& outcome, std::vector<Asked> lookups) {
  Decision& decision = told_.emplace_back();
  decision.at = elapsed_();
  decision.handler = handler;
  decision.what = explain::describe(outcome);
  if constexpr (requires { outcome.decision.where; }) decision.where = outcome.decision.where;
  decision.error = outcome.error;
  decision.log = std::move(outcome.log);
  decision.lookups = std::move(lookups);
  timers_ = std::move(outcome.timers);
  return std::forward<Outcome>(outcome).decision;
}

// Decided, or a question more.
template <typename Decision>
policy::Ruling<Decision> SceneAdvisor::rule(policy::Handler handler, policy::Outcome<Decision>&& outcome,
                                            std::vector<Asked> lookups) {
  if (!outcome.asks) return tell(handler, std::move(outcome), std::move(lookups));
  lookups.push_back({.at = elapsed_(), .what = text_of(outcome.asks->question), .until = {}, .answer = {}});
  waiting_.emplace(outcome.asks->ticket, Waiting{handler, std::move(lookups)});
  return *std::move(outcome.asks);
}

std::vector<Asked> SceneAdvisor::answered(std::uint64_t ticket, const policy::Found& found) {
  auto waiting = waiting_.extract(ticket);
  if (waiting.empty()) return {};
  Asked& last = waiting.mapped().lookups.back();
  last.until = elapsed_();
  last.answer = text_of(found);
  return std::move(waiting.mapped().lookups);
}

call::Arrival SceneAdvisor::arrival_of(const sip::Message& request, const sip::Source& source) {
  call::Arrival arrival;
  const auto& routes = *setting_.calls->routes;
  const auto* realm = routes.realm_of(source.hop.listener);
  if (realm == nullptr) return arrival;
  arrival.realm = realm->name;
  if (const auto* trunk = routes.identify(realm->name, source.hop.remote.ip, source.tls_peer.get()))
    arrival.trunk = trunk->name;
  if (!scene_.caller.trunk.empty()) arrival.trunk = scene_.caller.trunk;
  arrival.vouched = !arrival.trunk.empty() || realm->trust == route::Trust::Trusted;
  arrival.authenticated = !scene_.caller.authenticated.empty();
  arrival.auth_user = scene_.caller.authenticated;
  arrival.registered_aor = scene_.caller.registered_aor;
  if (arrival.authenticated) arrival.user = whole_aor(arrival.auth_user, request.from().uri.host);
  if (!arrival.registered_aor.empty()) {
    if (arrival.user.empty()) arrival.user = arrival.registered_aor;
    auto& registration = arrival.registration.emplace();
    registration.aor = arrival.registered_aor;
    registration.source_ip = source.hop.remote.ip.text();
    registration.transport = sip::name_of(source.hop.transport);
    registration.expires_in = 600;
    const auto phone = std::ranges::find(scene_.phones, arrival.registered_aor, &Phone::aor);
    if (phone != scene_.phones.end()) {
      registration.uri = phone->contact_uri();
      registration.user_agent = phone->user_agent;
      registration.q = phone->q;
    }
  }
  arrival.recent_failures = scene_.recent_failures;
  arrival.wall = scene_.wall;
  arrival.wall.seconds += elapsed_().count() / base::seconds(1).count();
  arrival.utc_offset_seconds = scene_.utc_offset_seconds;
  return arrival;
}

policy::Ruling<policy::InviteDecision> SceneAdvisor::invite(const policy::InviteFacts& facts, bool can_wait) {
  const auto patience = can_wait ? policy::Patience::Some : policy::Patience::None;
  return rule(policy::Handler::Invite, host_.on_invite(facts, *this, patience));
}

policy::Ruling<policy::InviteDecision> SceneAdvisor::resume_invite(std::uint64_t ticket, policy::Answer answer) {
  auto lookups = answered(ticket, answer.found);
  return rule(policy::Handler::Invite, host_.resume_invite(ticket, std::move(answer), *this), std::move(lookups));
}

policy::NatDecision SceneAdvisor::nat(const policy::LegFacts& leg) {
  return tell(policy::Handler::Nat, host_.on_nat(leg));
}

policy::Ruling<policy::FailureDecision> SceneAdvisor::failure(const policy::InviteFacts& facts,
                                                              const policy::AttemptFacts& attempt) {
  return rule(policy::Handler::Failure, host_.on_failure(facts, attempt, *this, policy::Patience::Some));
}

policy::Ruling<policy::FailureDecision> SceneAdvisor::resume_failure(std::uint64_t ticket, policy::Answer answer) {
  auto lookups = answered(ticket, answer.found);
  return rule(policy::Handler::Failure, host_.resume_failure(ticket, std::move(answer), *this), std::move(lookups));
}

void SceneAdvisor::abandon(std::uint64_t ticket) {
  host_.abandon(ticket);
  auto waiting = waiting_.extract(ticket);
  if (waiting.empty()) return;
  Asked& last = waiting.mapped().lookups.back();
  last.until = elapsed_();
  Decision& decision = told_.emplace_back();
  decision.at = elapsed_();
  decision.handler = waiting.mapped().handler;
  decision.what = "nothing: the call is gone";
  decision.lookups = std::move(waiting.mapped().lookups);
}

policy::ResponseDecision SceneAdvisor::provisional(const policy::InviteFacts& facts,
                                                   const policy::ResponseFacts& response) {
  return tell(policy::Handler::Provisional, host_.on_provisional(facts, response, *this));
}

policy::ResponseDecision SceneAdvisor::answer(const policy::InviteFacts& facts, const policy::ResponseFacts& response) {
  return tell(policy::Handler::Answer, host_.on_answer(facts, response, *this));
}

policy::InsideDecision SceneAdvisor::inside(policy::Handler handler, const policy::InviteFacts& facts,
                                            const policy::InsideFacts& event) {
  return tell(handler, host_.on_inside(handler, facts, event, *this));
}

policy::TimerDecision SceneAdvisor::timer(const policy::InviteFacts& facts, const policy::TimerFacts& due) {
  return tell(policy::Handler::Timer, host_.on_timer(facts, due, *this));
}

void SceneAdvisor::end(const policy::InviteFacts& facts, const policy::EndFacts& end) {
  if (host_.has(policy::Handler::End)) tell(policy::Handler::End, host_.on_end(facts, end, *this));
}

policy::ScreenDecision SceneAdvisor::screen(const sip::Message& request, const sip::Source& source) {
  const bool call = request.method() == sip::Method::Invite;
  if (!host_.has(policy::Handler::Screen)) return {};
  if (call && sip::is_emergency(request.request_uri(), setting_.calls->emergency_numbers)) return {};
  // Nothing has been checked or looked up yet.
  auto arrival = arrival_of(request, source);
  arrival.authenticated = false;
  arrival.auth_user.clear();
  arrival.registered_aor.clear();
  policy::RequestFacts facts;
  call::fill_facts(facts, request, source, arrival);
  return tell(policy::Handler::Screen, host_.on_screen(facts, *this));
}

policy::RegisterDecision SceneAdvisor::registration(const policy::RegisterFacts& facts) {
  return tell(policy::Handler::Register, host_.on_register(facts, *this));
}

policy::RequestDecision SceneAdvisor::request(const policy::RequestFacts& facts) {
  return tell(policy::Handler::Request, host_.on_request(facts, *this));
}

call::Challenge SceneAdvisor::challenge(const sip::Message& /*request*/, std::string_view realm) {
  return {407, {{"Proxy-Authenticate", "Digest realm=\"" + std::string(realm) + "\", nonce=\"simulated\""}}};
}

std::vector<policy::Contact> SceneAdvisor::location(std::string_view aor) {
  std::vector<policy::Contact> contacts;
  for (std::size_t i = 0; i < scene_.phones.size(); ++i) {
    const Phone& phone = scene_.phones[i];
    if (phone.aor != aor) continue;
    contacts.push_back({.token = i + 1,
                        .uri = phone.contact_uri(),
                        .aor = phone.aor,
                        .user_agent = phone.user_agent,
                        .source_ip = phone.address.ip.text(),
                        .transport = std::string(sip::name_of(phone.transport)),
                        .q = phone.q,
                        .expires_in = 600});
  }
  std::ranges::stable_sort(contacts, std::ranges::greater{}, &policy::Contact::q);
  return contacts;
}

std::uint64_t SceneAdvisor::count(std::string_view name, base::Duration window, std::uint32_t amount) {
  auto& counters = scene_.counters != nullptr ? *scene_.counters : counters_;
  return counters.add(name, window, amount, base::Instant(base::seconds(scene_.wall.seconds)) + elapsed_());
}

std::uint64_t SceneAdvisor::calls(CallsOf what, std::string_view name) {
  using Of = call::Occupancy::Of;
  const Of of = what == CallsOf::Trunk ? Of::Trunk : what == CallsOf::Realm ? Of::Realm : Of::User;
  return occupancy_.count(of, name);
}

void SceneAdvisor::seat_others() {
  using Of = call::Occupancy::Of;
  static constexpr std::pair<std::string_view, Of> kKinds[] = {
      {"trunk ", Of::Trunk}, {"realm ", Of::Realm}, {"user ", Of::User}, {"class ", Of::Class}};
  for (const auto& [what, count] : scene_.at_once)
    for (const auto& [front, of] : kKinds)
      for (std::uint32_t i = 0; what.starts_with(front) && i < count; ++i)
        others_.push_back(occupancy_.take(of, std::string_view(what).substr(front.size())));
}

bool SceneAdvisor::known(std::string_view aor) {
  return setting_.account(aor) || std::ranges::any_of(scene_.phones, [aor](const Phone& p) { return p.aor == aor; });
}

std::optional<route::ContactWay> SceneAdvisor::way_to(std::uint64_t token) {
  if (token == 0 || token > scene_.phones.size()) return std::nullopt;
  const Phone& phone = scene_.phones[token - 1];
  const auto* realm = realm_of(setting_, phone.realm);
  const auto* listener = realm != nullptr ? realm->listener_for(phone.transport, phone.address.ip) : nullptr;
  if (listener == nullptr) return std::nullopt;
  route::ContactWay way;
  way.hop.transport = phone.transport;
  way.hop.listener = listener->index;
  way.hop.remote = phone.address;
  way.hop.flow = true;
  way.realm = realm->name;
  way.request_uri = phone.contact_uri();
  way.aor = phone.aor;
  return way;
}

}  // namespace sbc::simulate
