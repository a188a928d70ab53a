#include "sbc/register/upstream.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/auth/credentials.h"
#include "sbc/register/limits.h"
#include "sbc/register/outbound.h"
#include "sbc/register/owned_header.h"
#include "sbc/register/request.h"
#include "sbc/register/upstream_message.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/name_addr.h"
#include "sbc/sip/uri.h"
#include "sbc/sip/values.h"

namespace sbc::registrar {
namespace {

bool same_flow(const sip::Hop& a, const sip::Hop& b) {
  if (a.transport != b.transport || a.listener != b.listener) return false;
  return sip::is_reliable(a.transport) ? a.connection == b.connection : a.remote == b.remote;
}

std::string digest_user_of(const sip::Message& request) {
  for (const auto id : {sip::HeaderId::Authorization, sip::HeaderId::ProxyAuthorization}) {
    const auto value = request.find(id);
    if (!value) continue;
    if (const auto credentials = auth::parse_credentials(*value)) return credentials->username;
  }
  return {};
}

bool lists_path(const sip::Message& request) {
  return sip::lists_token(request, sip::HeaderId::Supported, "path");
}

bool removes(const Update& update) {
  return update.remove_all || std::ranges::any_of(update.changes, [](const auto& c) { return c.expires_s == 0; });
}

}  // namespace

std::string alias_key(std::string_view user) {
  return "sip:" + std::string(user) + "@alias.invalid";  // RFC 2606: no phone can have it
}

Plan Upstream::later(std::uint32_t least, std::uint32_t spread) {
  const auto seconds = least + static_cast<std::uint32_t>(random_.below(spread));
  return {503, {}, {owned_header(sip::HeaderId::RetryAfter, std::to_string(seconds))}};
}

bool Upstream::same_place(const sip::Hop& one, const sip::Hop& other) {
  return one.transport == other.transport && one.remote == other.remote;
}

// The one that answered last; after a loss the one that follows it, round and round.
const UpstreamWay& Upstream::choose_way(Bucket& bucket, const std::vector<UpstreamWay>& ways) {
  auto way = std::ranges::find_if(ways, [&](const UpstreamWay& known) { return same_place(known.hop, bucket.way); });
  if (way == ways.end()) {
    way = ways.begin();
  } else if (bucket.lost && ++way == ways.end()) {
    way = ways.begin();
  }
  bucket.way = way->hop;
  bucket.lost = false;
  return *way;
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
    for (const std::string_view known : {"path", "outbound", "gruu"})
      if (base::equals_ignoring_case(tag, known)) return;
    unsupported.append(unsupported.empty() ? "" : ", ").append(tag);
  });
  if (!unsupported.empty()) return Plan{420, {}, {owned_header(sip::HeaderId::Unsupported, unsupported)}};
  // RFC 3327 5.2.
  if (request.relay.path == UpstreamPath::Required && !lists_path(*request.message))
    return Plan{421, {}, {owned_header(sip::HeaderId::Require, "path")}};
  return std::nullopt;
}

void Upstream::on_register(const Request& request, base::Instant now, Output& out) {
  const auto answer = [&](Plan plan) {
    out.answers.push_back(
        {.server = request.server, .request = request.message, .source = request.source, .plan = std::move(plan)});
    out.answers.back().watch = request.watch;
  };
  if (auto refused = refuse_early(request)) return answer(*std::move(refused));
  const auto aor = request.realm.domains.local_aor(request.message->to().uri, request.source.local.ip);
  if (!aor) return answer({404, {}, {}});

  Terms terms = terms_for(request.realm, request.decision);
  terms.expiry.maximum = std::min(terms.expiry.maximum, request.relay.phone_expires);
  terms.expiry.minimum = std::min(terms.expiry.minimum, terms.expiry.maximum);
  terms.expiry.standard = terms.expiry.maximum;
  terms.vouched = request.vouched;
  terms.next_epoch = 0;  // the registrar's GRUUs count, not ours
  auto update = read_update(*request.message, request.source, terms, aor->text());
  if (!update) {
    Plan plan{update.error().status, update.error().text, {}};
    if (plan.status == 423)
      plan = {423, {}, {owned_header(sip::HeaderId::MinExpires, std::to_string(terms.expiry.minimum))}};
    return answer(std::move(plan));
  }
  // A newline is in neither.
  const std::string key = std::string(request.realm_name) + "\n" + update->aor + "\n" + update->call_id;
  const auto found = records_.find(key);
  Record* record = found == records_.end() ? nullptr : &found->second;
  if (record != nullptr && update->cseq <= record->phone_cseq) return answer({500, "Out Of Order", {}});
  // RFC 3261 10.2: no second one before the first is answered.
  if (record != nullptr && record->waiting) return answer({500, {}, {owned_header(sip::HeaderId::RetryAfter, "2")}});
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
  out.answers.back().watch = request.watch;
  if (request.watch) out.answers.back().known = known_of(key, record);
  out.answers.back().plan =
      bind(key, record, update, std::vector<Aliased>(record.contacts),
           {*request.message, request.realm.flow_timer, request.source, request.own_sent_by}, now);
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
                  .asked = request.relay.upstream_expires,
                  .flow_timer = request.realm.flow_timer,
                  .own_sent_by = std::string(request.own_sent_by)};
  waiting.answer.watch = request.watch;
  Record& record = waiting.record;
  if (const auto known = records_.find(key); known != records_.end()) {
    record = known->second;
    known->second.waiting = true;
    if (request.watch) waiting.answer.known = known_of(key, record);
  } else {
    record.call_id = minter_.call_id(random_);
    record.tag = minter_.tag(random_);
  }
  record.aor = waiting.update.aor;
  record.flow = waiting.update.flow;
  if (auto user = digest_user_of(message); !user.empty()) record.digest_user = std::move(user);
  record.path = waiting.update.path;
  record.keep_closed = request.relay.keep_closed;
  record.phone_cseq = waiting.update.cseq;
  record.request_uri = message.request_uri_text();
  record.from = "<" + std::string(message.from().uri_text) + ">";
  record.to = "<" + std::string(message.to().uri_text) + ">";
  Bucket& bucket = buckets_[std::string(request.realm_name)];
  record.way = choose_way(bucket, request.ways);
  for (const ContactChange& change : waiting.update.changes)
    waiting.named.push_back(
        {change.uri, change.params, alias_for(key, record, change), change.instance, change.reg_id, {}, {}});
  const std::uint64_t id = ++last_id_;
  Waiting& kept = waiting_.emplace(id, std::move(waiting)).first->second;
  deadlines_.arm(now + request.relay.answer, Due{{}, id});
  note_flow(request.source.hop.connection, Due{{}, id});
  ++counters_.forwarded;
  send(id, kept, out);
}

// A contact keeps its alias; so does a phone that came back under another Call-ID (trap 72), once the registrar has
// accepted it.
std::string Upstream::alias_for(const std::string& key, const Record& record, const ContactChange& change) {
  const auto named = [](const Record& of, auto same) -> const Aliased* {
    const auto found = std::ranges::find_if(of.contacts, same);
    return found == of.contacts.end() ? nullptr : &*found;
  };
  if (const auto* known = named(record, [&](const Aliased& c) { return c.uri == change.uri; })) return known->alias;
  if (!change.instance.empty()) {
    const auto other = instances_.find(instance_key(key, record.aor, change.instance, change.reg_id));
    const auto at = other == instances_.end() ? records_.end() : records_.find(other->second);
    if (at != records_.end()) {
      const auto same = [&](const Aliased& c) { return c.instance == change.instance && c.reg_id == change.reg_id; };
      if (const auto* known = named(at->second, same)) return known->alias;
    }
  }
  return minter_.user(random_);
}

std::string Upstream::instance_key(std::string_view key, std::string_view aor, std::string_view instance,
                                   std::string_view reg_id) {
  std::string text(key.substr(0, key.find('\n')));  // the realm
  text.append("\n").append(aor).append("\n").append(instance).append("\n").append(reg_id);
  return text;
}

// RFC 5626 5.1: the first hop of a phone with flows puts its token into Path, and says ob.
bool Upstream::add_path(const Waiting& waiting, const sip::Message& phone, UpstreamRegister& text) {
  const auto kept = std::ranges::find_if(waiting.update.changes, [](const auto& c) { return c.expires_s > 0; });
  const bool wanted = waiting.relay.path == UpstreamPath::Required ||
                      (waiting.relay.path == UpstreamPath::Supported && lists_path(phone));
  const auto supports = [&text](std::string_view tag) {
    text.supported.append(text.supported.empty() ? "" : ", ").append(tag);
  };
  const bool path = wanted && kept != waiting.update.changes.end();
  if (path) {
    const auto& alias = waiting.named[static_cast<std::size_t>(kept - waiting.update.changes.begin())].alias;
    text.path = "<" + own_uri(alias, text.sent_by, text.transport) + ";lr" +
                (first_hop_of(phone) == FirstHop::Ours ? ";ob>" : ">");
    text.require_path = waiting.relay.path == UpstreamPath::Required;
    supports("path");
    if (waiting.update.flow_asked) supports("outbound");
  }
  const bool instance = kept != waiting.update.changes.end() && !kept->instance.empty();
  if (instance && wants_gruu(phone)) supports("gruu");
  return path;
}

void Upstream::note_flow(sip::ConnectionId connection, Due due) {
  if (!connection) return;
  auto& notes = flows_[connection];
  // Refreshes note the same again.
  const bool known = std::ranges::any_of(notes, [&due](const Due& n) { return n.wait == 0 && n.key == due.key; });
  if (due.wait == 0 && known) return;
  if (due.wait != 0) std::erase_if(notes, [this](const Due& n) { return n.wait != 0 && !waiting_.contains(n.wait); });
  if (notes.size() >= kMaxFlowNotes) return counters_.limits.add(limit::Reached::FlowNotes);
  notes.push_back(std::move(due));
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
  const sip::Message& phone = *waiting.answer.request;
  const bool path = add_path(waiting, phone, text);
  for (std::size_t i = 0; i < waiting.named.size(); ++i) {
    const ContactChange& change = waiting.update.changes[i];
    text.contacts.push_back({.alias = waiting.named[i].alias,
                             .instance = change.instance,
                             // Without our Path the registrar could not tell which flow is which.
                             .reg_id = path ? std::string_view(change.reg_id) : std::string_view{},
                             .q = change.has_q ? std::optional(change.q) : std::nullopt,
                             .expires = change.expires_s == 0 ? 0 : waiting.asked});
  }
  Forward forward{.id = id, .branch = minter_.branch(random_), .hop = record.way.hop, .bytes = {}};
  forward.bytes = base::share(write(text, forward.branch));
  forward.watch = waiting.answer.watch;
  forward.known = waiting.answer.known;
  out.forwards.push_back(std::move(forward));
}

leak::Watch* Upstream::watch_of(std::uint64_t id) const {
  const auto found = waiting_.find(id);
  return found != waiting_.end() ? found->second.answer.watch.get() : nullptr;
}

// What a later message need not say again: a refresh that is answered here, a farewell.
std::vector<Upstream::Known> Upstream::known_of(std::string_view key, const Record& record) {
  std::vector<Known> known;
  const auto address = [&known](leak::End end, const base::IpAddress& ip) {
    if (!ip.empty() && !ip.is_any() && !ip.is_loopback()) known.push_back({end, leak::Kind::Address, ip.text()});
  };
  const auto host = [&](leak::End end, std::string_view text) {
    if (const auto ip = base::IpAddress::parse(text)) return address(end, *ip);
    if (text.contains('.')) known.push_back({end, leak::Kind::Host, std::string(text)});
  };
  known.push_back({leak::End::A, leak::Kind::CallId, std::string(key.substr(key.rfind('\n') + 1))});
  address(leak::End::A, record.flow.remote.ip);
  for (const Aliased& contact : record.contacts)
    if (const auto uri = sip::parse_uri(contact.uri)) host(leak::End::A, uri->host);
  known.push_back({leak::End::B, leak::Kind::CallId, record.call_id});
  known.push_back({leak::End::B, leak::Kind::Tag, record.tag});
  address(leak::End::B, record.way.hop.remote.ip);
  for (const auto& route : routes_of(record.service_route))
    if (const auto to = sip::parse_name_addr(route)) host(leak::End::B, to->uri.host);
  return known;
}

}  // namespace sbc::registrar
