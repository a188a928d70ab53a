#include "sbc/register/upstream.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/auth/credentials.h"
#include "sbc/register/limits.h"
#include "sbc/register/outbound.h"
#include "sbc/register/request.h"
#include "sbc/register/upstream_message.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/values.h"

namespace sbc::registrar {
namespace {

OwnedHeader header(sip::HeaderId id, std::string value) {
  return {std::string(sip::canonical_name(id)), std::move(value)};
}

std::string digest_user_of(const sip::Message& request) {
  for (const auto id : {sip::HeaderId::Authorization, sip::HeaderId::ProxyAuthorization}) {
    const auto value = request.find(id);
    if (!value) continue;
    if (const auto credentials = auth::parse_credentials(*value)) return credentials->username;
  }
  return {};
}

bool same_flow(const sip::Hop& a, const sip::Hop& b) {
  if (a.transport != b.transport || a.listener != b.listener) return false;
  return sip::is_reliable(a.transport) ? a.connection == b.connection : a.remote == b.remote;
}

bool removes(const Update& update) {
  return update.remove_all || std::ranges::any_of(update.changes, [](const auto& c) { return c.expires_s == 0; });
}

// What the registrar says of one of our aliases; nullopt: it does not list it.
std::optional<std::uint32_t> granted_to(const sip::ContactList& list, std::string_view alias) {
  for (const auto& contact : list.values)
    if (contact.address.uri.user == alias) return contact.expires;
  return std::nullopt;
}

Update for_alias(const Update& update, const ContactChange& change, std::string_view alias) {
  Update one = update;
  one.aor = alias_key(alias);
  one.remove_all = false;
  one.changes = {change};
  // The alias is the identity here; an instance must not replace it.
  one.changes.front().instance.clear();
  one.changes.front().reg_id.clear();
  return one;
}

}  // namespace

std::string alias_key(std::string_view user) {
  return "sip:" + std::string(user) + "@alias.invalid";  // RFC 2606: no phone can have it
}

Plan Upstream::later(std::uint32_t least, std::uint32_t spread) {
  const auto seconds = least + static_cast<std::uint32_t>(random_.below(spread));
  return {503, {}, {header(sip::HeaderId::RetryAfter, std::to_string(seconds))}};
}

bool Upstream::take_token(Bucket& bucket, const RelaySettings& relay, base::Instant now) {
  const double most = relay.rate;
  if (!bucket.used) {
    bucket.used = true;
    bucket.tokens = most;
  } else {
    bucket.tokens = std::min(most, bucket.tokens + base::to_seconds(now - bucket.filled) * most);
  }
  bucket.filled = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

// What needs neither the registrar nor what we know of the phone.
std::optional<Plan> Upstream::refuse_early(const Request& request) {
  const policy::RegisterDecision& decision = request.decision;
  if (decision.kind == policy::RegisterDecision::Kind::Drop) return Plan{};
  if (decision.kind == policy::RegisterDecision::Kind::Deny) {
    Plan plan{decision.status, decision.reason, {}};
    for (const auto& h : decision.headers) plan.headers.push_back({h.name, h.value});
    return plan;
  }
  const auto& domains = request.realm.domains;
  if (!domains.serving(request.message->request_uri().host, request.source.local.ip))
    return Plan{403, "Domain Not Served Here", {}};
  std::string unsupported;
  sip::for_each_value(*request.message, sip::HeaderId::Require, [&unsupported](std::string_view tag) {
    for (const std::string_view known : {"path", "outbound"})
      if (base::equals_ignoring_case(tag, known)) return;
    unsupported.append(unsupported.empty() ? "" : ", ").append(tag);
  });
  if (!unsupported.empty()) return Plan{420, {}, {header(sip::HeaderId::Unsupported, unsupported)}};
  return std::nullopt;
}

void Upstream::on_register(const Request& request, base::Instant now, Output& out) {
  const auto answer = [&](Plan plan) {
    out.answers.push_back({request.server, request.message, request.source, std::move(plan)});
  };
  if (auto refused = refuse_early(request)) return answer(*std::move(refused));
  const auto aor = request.realm.domains.local_aor(request.message->to().uri, request.source.local.ip);
  if (!aor) return answer({404, {}, {}});

  Terms terms = terms_for(request.realm, request.decision);
  terms.expiry.maximum = std::min(terms.expiry.maximum, request.relay.phone_expires);
  terms.expiry.minimum = std::min(terms.expiry.minimum, terms.expiry.maximum);
  terms.expiry.standard = terms.expiry.maximum;
  terms.vouched = request.vouched;
  auto update = read_update(*request.message, request.source, terms, aor->text());
  if (!update) {
    Plan plan{update.error().status, update.error().text, {}};
    if (plan.status == 423) plan = {423, {}, {header(sip::HeaderId::MinExpires, std::to_string(terms.expiry.minimum))}};
    return answer(std::move(plan));
  }
  // A newline is in neither.
  const std::string key = std::string(request.realm_name) + "\n" + update->aor + "\n" + update->call_id;
  const auto found = records_.find(key);
  Record* record = found == records_.end() ? nullptr : &found->second;
  if (record != nullptr && update->cseq <= record->phone_cseq) return answer({500, "Out Of Order", {}});
  // RFC 3261 10.2: no second one before the first is answered.
  if (record != nullptr && record->waiting) return answer({500, {}, {header(sip::HeaderId::RetryAfter, "2")}});
  const bool refresh = record != nullptr && is_known_refresh(*record, *request.message, *update);
  // trap 70: absorbed until half of the upstream life is over, or this refresh would outlive it.
  const auto next = base::seconds(request.relay.phone_expires);
  if (refresh && now < record->forward_at && now + next < record->expires) {
    ++counters_.absorbed;
    return absorb(*record, key, request, *update, now, out);
  }
  Bucket& bucket = buckets_[std::string(request.realm_name)];
  const bool room = waiting_.size() < kMaxRelayedWaiting && (record != nullptr || records_.size() < kMaxRelayed);
  const bool over = !room || !take_token(bucket, request.relay, now);
  if ((over || request.ways.empty()) && refresh && now < record->expires + request.relay.grace) {
    ++counters_.ridden_out;
    return absorb(*record, key, request, *update, now, out);
  }
  if (over) {  // trap 74
    ++counters_.over_rate;
    return answer(later(5, kRetrySpreadSeconds));
  }
  if (request.ways.empty()) {
    ++counters_.lost;
    return answer(later(5, kRetrySpreadSeconds));
  }
  forward(key, request, *std::move(update), now, out);
}

// The same contacts from the same place with the same credentials (traps 70, 72).
bool Upstream::is_known_refresh(const Record& record, const sip::Message& message, const Update& update) {
  if (removes(update) || update.changes.empty()) return false;
  if (!same_flow(record.flow, update.flow) || record.path != update.path) return false;
  if (const auto user = digest_user_of(message); !user.empty() && user != record.digest_user) return false;
  return std::ranges::all_of(update.changes, [&](const ContactChange& change) {
    return std::ranges::any_of(record.contacts, [&](const Aliased& known) {
      return known.uri == change.uri && known.params == change.params;
    });
  });
}

void Upstream::absorb(Record& record, const std::string& key, const Request& request, const Update& update,
                      base::Instant now, Output& out) {
  out.answers.push_back({request.server, request.message, request.source, {}});
  out.answers.back().plan = bind(key, record, update, std::vector<Aliased>(record.contacts),
                                 {*request.message, request.realm.flow_timer}, now);
  out.answers.back().plan.refreshed = true;
}

void Upstream::forward(const std::string& key, const Request& request, Update update, base::Instant now, Output& out) {
  const sip::Message& message = *request.message;
  Waiting waiting{.key = key,
                  .answer = {request.server, request.message, request.source, {}},
                  .update = std::move(update),
                  .relay = request.relay,
                  .record = {},
                  .named = {},
                  .asked = request.relay.upstream_expires};
  Record& record = waiting.record;
  if (const auto known = records_.find(key); known != records_.end()) {
    record = known->second;
    known->second.waiting = true;
  } else {
    record.call_id = minter_.call_id(random_);
    record.tag = minter_.tag(random_);
  }
  record.aor = waiting.update.aor;
  record.flow = waiting.update.flow;
  if (auto user = digest_user_of(message); !user.empty()) record.digest_user = std::move(user);
  record.path = waiting.update.path;
  record.phone_cseq = waiting.update.cseq;
  record.request_uri = message.request_uri_text();
  record.from = "<" + std::string(message.from().uri_text) + ">";
  record.to = "<" + std::string(message.to().uri_text) + ">";
  Bucket& bucket = buckets_[std::string(request.realm_name)];
  record.way = request.ways[bucket.way % request.ways.size()];
  for (const ContactChange& change : waiting.update.changes) {
    const auto known =
        std::ranges::find_if(record.contacts, [&](const Aliased& contact) { return contact.uri == change.uri; });
    waiting.named.push_back({change.uri, change.params,
                             known != record.contacts.end() ? known->alias : minter_.user(random_), change.instance});
  }
  const std::uint64_t id = ++last_id_;
  Waiting& kept = waiting_.emplace(id, std::move(waiting)).first->second;
  deadlines_.arm(now + request.relay.answer, Due{{}, id});
  ++counters_.forwarded;
  send(id, kept, out);
}

void Upstream::send(std::uint64_t id, Waiting& waiting, Output& out) {
  Record& record = waiting.record;
  ++record.cseq;
  UpstreamRegister text{.request_uri = record.request_uri,
                        .from = record.from,
                        .to = record.to,
                        .call_id = record.call_id,
                        .tag = record.tag,
                        .cseq = record.cseq,
                        .sent_by = record.way.sent_by,
                        .transport = record.way.hop.transport,
                        .remove_all = waiting.update.remove_all,
                        .contacts = {},
                        .expires = waiting.asked,
                        .credentials_of = waiting.answer.request.get()};
  for (std::size_t i = 0; i < waiting.named.size(); ++i) {
    const ContactChange& change = waiting.update.changes[i];
    text.contacts.push_back({.alias = waiting.named[i].alias,
                             .instance = change.instance,
                             .q = change.has_q ? std::optional(change.q) : std::nullopt,
                             .expires = change.expires_s == 0 ? 0 : waiting.asked});
  }
  Forward forward{.id = id, .branch = minter_.branch(random_), .hop = record.way.hop, .bytes = {}};
  forward.bytes = base::share(write(text, forward.branch));
  out.forwards.push_back(std::move(forward));
}

void Upstream::on_response(std::uint64_t id, const sip::Message& response, base::Instant now, Output& out) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end() || response.status() < 200) return;
  Waiting& waiting = found->second;
  const int status = response.status();
  if (status == 423 && !waiting.again) {  // trap 71: our interval, not the phone's, so we repair it
    const auto least = sip::parse_delta_seconds(response.find(sip::HeaderId::MinExpires).value_or(""));
    if (least && *least > waiting.asked && *least <= kMaxExpiresCeiling) {
      waiting.again = true;
      waiting.asked = *least;
      return send(id, waiting, out);
    }
  }
  Waiting done = std::move(waiting);
  waiting_.erase(found);
  if (const auto record = records_.find(done.key); record != records_.end()) record->second.waiting = false;
  if (status / 100 == 2) {
    ++counters_.accepted;
    accepted(done, response, now, out);
  } else if (status / 100 == 5 || status == 408) {
    return lost(done, now, out);
  } else {
    done.answer.plan.status = status;
    // trap 73: nonce, realm and opaque are the registrar's, and nothing is remembered before its 2xx.
    for (const auto& field : response.headers())
      if (field.id == sip::HeaderId::WwwAuthenticate || field.id == sip::HeaderId::ProxyAuthenticate ||
          field.id == sip::HeaderId::RetryAfter)
        done.answer.plan.headers.push_back(header(field.id, std::string(field.value)));
    if (status == 401 || status == 407) {
      ++counters_.challenged;
    } else {
      ++counters_.refused;
    }
  }
  out.answers.push_back(std::move(done.answer));
  if (const auto record = records_.find(done.key); record != records_.end())
    record->second.cseq = std::max(record->second.cseq, done.record.cseq);
}

void Upstream::accepted(Waiting& waiting, const sip::Message& response, base::Instant now, Output&) {
  Plan& plan = waiting.answer.plan;
  Update& update = waiting.update;
  if (update.changes.empty() && !update.remove_all) {  // a query: the phone hears of its own contacts only
    plan = {200, {}, {}};
    for (const auto& binding : store_.lookup(update.aor, now))
      if (binding.call_id == update.call_id)
        plan.headers.push_back(header(sip::HeaderId::Contact, contact_value(binding, now)));
    return;
  }
  const auto contacts = sip::parse_contacts(response).value_or(sip::ContactList{});
  std::uint32_t granted = waiting.asked;
  for (std::size_t i = 0; i < waiting.named.size(); ++i) {
    if (update.changes[i].expires_s == 0) continue;
    // RFC 3261 10.3 step 8: the parameter; a registrar that gives none means the header's, or what was asked.
    const auto listed = granted_to(contacts, waiting.named[i].alias);
    const std::uint32_t life =
        std::max(1U, listed.value_or(std::min(waiting.asked, expires_header(response, waiting.asked))));
    granted = std::min(granted, life);
    update.changes[i].expires_s = std::min(update.changes[i].expires_s, life);
  }
  Record& record = waiting.record;
  record.waiting = false;
  record.forward_at = now + base::seconds(granted) / 2;
  record.expires = now + base::seconds(granted);
  const auto [at, added] = records_.try_emplace(waiting.key);
  const base::DeadlineId armed = at->second.deadline;
  at->second = record;
  at->second.deadline = armed;
  plan = bind(waiting.key, at->second, update, waiting.named, {*waiting.answer.request, waiting.flow_timer}, now);
}

// Writes the phone's side: the store, the record and its end. The plan is the phone's 200.
Plan Upstream::bind(const std::string& key, Record& record, const Update& update, const std::vector<Aliased>& named,
                    const Asked& asked, base::Instant now) {
  const auto merged = store_.apply(update, now);
  if (!merged) {
    if (merged.error() == UpdateError::TooManyContacts) return {403, "Too Many Contacts", {}};
    return later(kFullRetryAfterSeconds, kRetrySpreadSeconds);
  }
  if (update.remove_all) {
    unbind_aliases(update, record.contacts, now);
    record.contacts.clear();
  }
  std::uint32_t longest = 0;
  for (const ContactChange& change : update.changes) {
    const auto name = std::ranges::find_if(named, [&](const Aliased& n) { return n.uri == change.uri; });
    if (name == named.end()) continue;
    const Aliased aliased = *name;
    (void)store_.apply(for_alias(update, change, aliased.alias), now);
    const auto same = [&](const Aliased& known) { return known.uri == aliased.uri; };
    if (change.expires_s == 0) {
      std::erase_if(record.contacts, same);
      continue;
    }
    longest = std::max(longest, change.expires_s);
    const auto known = std::ranges::find_if(record.contacts, same);
    if (known == record.contacts.end()) {
      record.contacts.push_back(aliased);
    } else {
      *known = aliased;
    }
  }
  record.phone_cseq = update.cseq;
  Plan plan{200, {}, {}};
  if (update.flow_asked) add_flow_headers(asked.request, asked.flow_timer, plan);
  for (const Binding& binding : merged->bindings)
    if (binding.call_id == update.call_id)
      plan.headers.push_back(header(sip::HeaderId::Contact, contact_value(binding, now)));
  record.until = std::max(record.until, now + base::seconds(longest));
  deadlines_.cancel(record.deadline);
  record.deadline = {};
  if (record.contacts.empty()) {
    records_.erase(key);
  } else {
    record.deadline = deadlines_.arm(record.until, Due{key, 0});
  }
  return plan;
}

void Upstream::unbind_aliases(const Update& update, const std::vector<Aliased>& contacts, base::Instant now) {
  for (const Aliased& contact : contacts) {
    ContactChange gone;
    gone.uri = contact.uri;
    (void)store_.apply(for_alias(update, gone, contact.alias), now);
  }
}

// The registrar does not answer: who is known lives on for a while, everybody else is asked to come again.
void Upstream::lost(Waiting& waiting, base::Instant now, Output& out) {
  ++counters_.lost;
  ++buckets_[waiting.key.substr(0, waiting.key.find('\n'))].way;
  const auto found = records_.find(waiting.key);
  Answer answer = std::move(waiting.answer);
  if (found == records_.end()) {
    answer.plan = later(5, kRetrySpreadSeconds);
  } else {
    Record& record = found->second;
    record.waiting = false;
    record.cseq = std::max(record.cseq, waiting.record.cseq);
    if (now < record.expires + waiting.relay.grace && is_known_refresh(record, *answer.request, waiting.update)) {
      ++counters_.ridden_out;
      answer.plan = bind(waiting.key, record, waiting.update, std::vector<Aliased>(record.contacts),
                         {*answer.request, waiting.flow_timer}, now);
    } else {
      answer.plan = later(5, kRetrySpreadSeconds);
    }
  }
  out.answers.push_back(std::move(answer));
}

void Upstream::on_failed(std::uint64_t id, base::Instant now, Output& out) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  Waiting waiting = std::move(found->second);
  waiting_.erase(found);
  lost(waiting, now, out);
}

// A phone fell silent. Its credentials are not ours, so a registrar that asks for them keeps the alias until its end.
void Upstream::give_up(const std::string& key, Record& record, Output& out) {
  ++counters_.deregistered;
  UpstreamRegister text{.request_uri = record.request_uri,
                        .from = record.from,
                        .to = record.to,
                        .call_id = record.call_id,
                        .tag = record.tag,
                        .cseq = record.cseq + 1,
                        .sent_by = record.way.sent_by,
                        .transport = record.way.hop.transport,
                        .remove_all = false,
                        .contacts = {},
                        .expires = 0,
                        .credentials_of = nullptr};
  for (const Aliased& contact : record.contacts)
    text.contacts.push_back({.alias = contact.alias, .instance = contact.instance, .q = {}, .expires = 0});
  Forward forward{.id = 0, .branch = minter_.branch(random_), .hop = record.way.hop, .bytes = {}};
  forward.bytes = base::share(write(text, forward.branch));
  out.forwards.push_back(std::move(forward));
  records_.erase(key);
}

void Upstream::on_deadline(base::Instant now, Output& out) {
  Due due;
  while (deadlines_.pop_due(now, due)) {
    if (due.wait != 0) {
      on_failed(due.wait, now, out);
      continue;
    }
    const auto found = records_.find(due.key);
    if (found == records_.end()) continue;
    found->second.deadline = {};
    if (found->second.waiting) {  // its answer decides, and comes within RelaySettings::answer
      found->second.deadline = deadlines_.arm(now + base::seconds(1), Due{due.key, 0});
      continue;
    }
    const std::string key = found->first;
    give_up(key, found->second, out);
  }
}

}  // namespace sbc::registrar
