// What becomes of a REGISTER upstream: its response, its loss, and the end of the phone's interest.

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/register/limits.h"
#include "sbc/register/outbound.h"
#include "sbc/register/owned_header.h"
#include "sbc/register/request.h"
#include "sbc/register/upstream.h"
#include "sbc/register/upstream_message.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/values.h"

namespace sbc::registrar {
namespace {

// A GRUU is made to be shown to others: it passes when it names nothing but the address of record's own domain, and as
// a public one the address of record itself (RFC 5627 5.1).
std::string usable_gruu(const sip::Contact& contact, std::string_view name, std::string_view aor,
                        std::uint64_t& hidden) {
  const auto value = contact.address.param(name);
  if (!value) return {};
  const std::string text = sip::unquote(*value);
  const auto uri = sip::parse_uri(text);
  const auto canonical = uri ? canonical_aor(*uri) : std::unexpected(AorError::NotSip);
  const bool with_gr = canonical && uri->param("gr") && text.size() <= kMaxContactUriBytes;
  const auto domain = [](std::string_view address) { return address.substr(address.rfind('@') + 1); };
  if (with_gr && (name == "pub-gruu" ? *canonical == aor : domain(*canonical) == domain(aor))) return text;
  ++hidden;
  return {};
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

void Upstream::on_response(std::uint64_t id, const sip::Message& response, base::Instant now, Output& out) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end() || response.status() < 200) return;
  Waiting& waiting = found->second;
  const int status = response.status();
  if (status == 423 && !waiting.again && !waiting.gone) {  // trap 71: our interval, not the phone's, so we repair it
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
  if (done.gone) return drop_answer(done, status / 100 == 2, out);
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
        done.answer.plan.headers.push_back(owned_header(field.id, std::string(field.value)));
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
        plan.headers.push_back(owned_header(sip::HeaderId::Contact, contact_value(binding, now)));
    return;
  }
  std::uint32_t granted = waiting.asked;
  hear(waiting, response, granted);
  Record& record = waiting.record;
  record.waiting = false;
  record.forward_at = now + base::seconds(granted) / 2;
  record.expires = now + base::seconds(granted);
  const auto [at, added] = records_.try_emplace(waiting.key);
  const base::DeadlineId armed = at->second.deadline;
  at->second = record;
  at->second.deadline = armed;
  plan = bind(waiting.key, at->second, update, waiting.named,
              {*waiting.answer.request, waiting.flow_timer, waiting.answer.source, waiting.own_sent_by}, now);
}

// What the registrar says of each contact, and of routes.
void Upstream::hear(Waiting& waiting, const sip::Message& response, std::uint32_t& granted) {
  const auto contacts = sip::parse_contacts(response).value_or(sip::ContactList{});
  for (std::size_t i = 0; i < waiting.named.size(); ++i) {
    ContactChange& change = waiting.update.changes[i];
    Aliased& named = waiting.named[i];
    if (change.expires_s == 0) continue;
    const auto listed = std::ranges::find_if(
        contacts.values, [&named](const auto& contact) { return contact.address.uri.user == named.alias; });
    const bool found = listed != contacts.values.end();
    // RFC 3261 10.3 step 8: the parameter; a registrar that gives none means the header's, or what was asked.
    const std::uint32_t life =
        std::max(1U, (found ? listed->expires : std::nullopt)
                         .value_or(std::min(waiting.asked, expires_header(response, waiting.asked))));
    granted = std::min(granted, life);
    change.expires_s = std::min(change.expires_s, life);
    if (!found || !wants_gruu(*waiting.answer.request)) continue;
    named.pub_gruu = usable_gruu(*listed, "pub-gruu", waiting.update.aor, counters_.hidden);
    named.temp_gruu = usable_gruu(*listed, "temp-gruu", waiting.update.aor, counters_.hidden);
  }
  if (response.find(sip::HeaderId::ServiceRoute)) {
    auto routes = joined_routes(response, sip::HeaderId::ServiceRoute);
    if (!routes || routes->size() > kMaxPathBytes) {
      ++counters_.hidden;
      routes.reset();
    }
    waiting.record.service_route = std::move(routes).value_or("");
  } else {
    waiting.record.service_route.clear();
  }
}

// Writes the phone's side: the store, the record and its end. The plan is the phone's 200.
Plan Upstream::bind(const std::string& key, Record& record, const Update& update, const std::vector<Aliased>& named,
                    const Asked& asked, base::Instant now) {
  Update full = update;
  full.service_route = record.service_route;
  for (ContactChange& change : full.changes)
    if (const auto name = std::ranges::find_if(named, [&](const Aliased& n) { return n.uri == change.uri; });
        name != named.end()) {
      change.given_pub_gruu = name->pub_gruu;
      change.given_temp_gruu = name->temp_gruu;
    }
  const auto merged = store_.apply(full, now);
  if (!merged) {
    if (merged.error() == UpdateError::TooManyContacts) return {403, "Too Many Contacts", {}};
    return later(kFullRetryAfterSeconds, kRetrySpreadSeconds);
  }
  if (update.remove_all) {
    unbind_aliases(update, record.contacts, now);
    for (const Aliased& contact : record.contacts) forget_instance(key, record.aor, contact);
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
      forget_instance(key, record.aor, aliased);
      std::erase_if(record.contacts, same);
      continue;
    }
    longest = std::max(longest, change.expires_s);
    take_over(key, aliased, update, now);
    const auto known = std::ranges::find_if(record.contacts, same);
    if (known == record.contacts.end()) {
      record.contacts.push_back(aliased);
    } else {
      *known = aliased;
    }
  }
  record.phone_cseq = update.cseq;
  Plan plan = phones_answer(record, merged->bindings, update, asked, now);
  note_flow(record.flow.connection, Due{key, 0});
  record.until = std::max(record.until, now + base::seconds(longest));
  deadlines_.cancel(record.deadline);
  record.deadline = {};
  if (record.contacts.empty()) {
    forget(key);
  } else {
    record.deadline = deadlines_.arm(record.until, Due{key, 0});
  }
  return plan;
}

Plan Upstream::phones_answer(const Record& record, const std::vector<Binding>& bindings, const Update& update,
                             const Asked& asked, base::Instant now) {
  Plan plan{200, {}, {}};
  const bool gruu = wants_gruu(asked.request);
  for (const Binding& binding : bindings) {
    if (binding.call_id != update.call_id) continue;
    plan.headers.push_back(
        owned_header(sip::HeaderId::Contact,
                     contact_value(binding, now) + (gruu ? gruus_.params(binding, random_) : std::string{})));
  }
  if (update.flow_asked) add_flow_headers(asked.request, asked.flow_timer, plan);
  // RFC 3327 5.3, of the phone's own side; what was added upstream is between us and the registrar.
  if (sip::lists_token(asked.request, sip::HeaderId::Supported, "path"))
    for (auto& value : routes_of(update.path))
      plan.headers.push_back(owned_header(sip::HeaderId::Path, std::move(value)));
  // trap 75, RFC 3608 6: the registrar's routes stay here; the phone's lead through us.
  if (!record.service_route.empty() && !asked.own_sent_by.empty())
    plan.headers.push_back(owned_header(sip::HeaderId::ServiceRoute,
                                        "<" + own_uri("", asked.own_sent_by, asked.source.hop.transport) + ";lr>"));
  return plan;
}

// A phone that came back under another Call-ID: what it had before ends here, and keeps its name upstream.
void Upstream::take_over(const std::string& key, const Aliased& contact, const Update& update, base::Instant now) {
  if (contact.instance.empty()) return;
  std::string& owner = instances_[instance_key(key, records_.find(key)->second.aor, contact.instance, contact.reg_id)];
  const std::string before = std::exchange(owner, key);
  if (before.empty() || before == key) return;
  const auto old = records_.find(before);
  if (old == records_.end()) return;
  std::erase_if(old->second.contacts, [&](const Aliased& known) {
    if (known.instance != contact.instance || known.reg_id != contact.reg_id) return false;
    if (known.uri != contact.uri) unbind_aliases(update, {known}, now);
    return true;
  });
  if (!old->second.contacts.empty() || old->second.waiting) return;
  deadlines_.cancel(old->second.deadline);
  records_.erase(old);
}

void Upstream::forget(const std::string& key) {
  const auto found = records_.find(key);
  if (found == records_.end()) return;
  for (const Aliased& contact : found->second.contacts) forget_instance(key, found->second.aor, contact);
  records_.erase(found);
}

void Upstream::forget_instance(const std::string& key, const std::string& aor, const Aliased& contact) {
  if (contact.instance.empty()) return;
  const auto owner = instances_.find(instance_key(key, aor, contact.instance, contact.reg_id));
  if (owner != instances_.end() && owner->second == key) instances_.erase(owner);
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
  Bucket& bucket = buckets_[waiting.key.substr(0, waiting.key.find('\n'))];
  if (same_place(bucket.way, waiting.record.way.hop)) bucket.lost = true;  // unless others have found that out before
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
                         {*answer.request, waiting.flow_timer, answer.source, waiting.own_sent_by}, now);
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
  if (!waiting.gone) return lost(waiting, now, out);
  if (const auto record = records_.find(waiting.key); record != records_.end()) record->second.waiting = false;
  drop_answer(waiting, false, out);
}

// The phone's credentials are not ours, so a registrar that asks for them keeps the alias until its end.
void Upstream::take_back(std::string_view key, const Record& record, const UpstreamRegister& text, Output& out) {
  Forward forward{.id = 0, .branch = minter_.branch(random_), .hop = record.way.hop, .bytes = {}};
  forward.bytes = base::share(write(text, forward.branch));
  forward.known = known_of(key, record);
  out.forwards.push_back(std::move(forward));
}

namespace {

// What takes all contacts of a record back.
template <typename Record, typename Contacts>
UpstreamRegister farewell(const Record& record, const Contacts& contacts) {
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
  for (const auto& contact : contacts)
    text.contacts.push_back(
        {.alias = contact.alias, .instance = contact.instance, .reg_id = {}, .q = {}, .expires = 0});
  return text;
}

}  // namespace

void Upstream::give_up(const std::string& key, Record& record, Output& out) {
  ++counters_.deregistered;
  take_back(key, record, farewell(record, record.contacts), out);
  forget(key);
}

// The answer would find nobody, and a binding would lead nowhere. What the registrar has bound for it is taken back
// like that of any other closed connection.
void Upstream::drop_answer(Waiting& waiting, bool accepted, Output& out) {
  ++counters_.dropped;
  waiting.answer.gone = true;
  out.answers.push_back(std::move(waiting.answer));
  if (const auto record = records_.find(waiting.key); record != records_.end())
    record->second.cseq = std::max(record->second.cseq, waiting.record.cseq);
  if (!accepted || waiting.record.keep_closed || records_.contains(waiting.key)) return;
  ++counters_.deregistered;
  take_back(waiting.key, waiting.record, farewell(waiting.record, waiting.named), out);
}

void Upstream::on_flow_closed(sip::ConnectionId connection, base::Instant now, Output& out) {
  const auto found = flows_.find(connection);
  if (found == flows_.end()) return;
  const auto notes = std::move(found->second);
  flows_.erase(found);
  for (const Due& note : notes) {
    if (note.wait != 0) {
      if (const auto waiting = waiting_.find(note.wait); waiting != waiting_.end()) waiting->second.gone = true;
      continue;
    }
    const auto record = records_.find(note.key);
    if (record == records_.end() || record->second.flow.connection != connection) continue;
    ++counters_.closed;
    Update gone;
    gone.call_id = note.key.substr(note.key.rfind('\n') + 1);
    gone.cseq = record->second.phone_cseq + 1;
    gone.flow = record->second.flow;
    unbind_aliases(gone, record->second.contacts, now);
    if (record->second.keep_closed || record->second.waiting) continue;
    deadlines_.cancel(record->second.deadline);
    give_up(note.key, record->second, out);
  }
}

void Upstream::on_lost_phone(std::string_view realm, std::string_view aor, std::string_view call_id, base::Instant now,
                             Output& out) {
  std::string key(realm);
  key.append("\n").append(aor).append("\n").append(call_id);
  const auto found = records_.find(key);
  if (found == records_.end() || found->second.waiting) return;
  Record& record = found->second;
  Update gone;
  gone.call_id = call_id;
  gone.cseq = record.phone_cseq + 1;
  gone.flow = record.flow;
  unbind_aliases(gone, record.contacts, now);
  deadlines_.cancel(record.deadline);
  give_up(key, record, out);
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
