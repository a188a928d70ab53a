#include "sbc/register/trunk_registration.h"

#include <algorithm>
#include <set>

#include "sbc/auth/limits.h"
#include "sbc/register/limits.h"
#include "sbc/register/request.h"
#include "sbc/register/upstream_message.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/retry_after.h"
#include "sbc/sip/via.h"
#include "sbc/sip/writer.h"

namespace sbc::registrar {
namespace {

auth::HeaderValues values_of(const sip::Message& message, sip::HeaderId server, sip::HeaderId proxy) {
  auth::HeaderValues values;
  for (const auto& field : message.headers()) {
    if (field.id == server) values.server.push_back(field.value);
    if (field.id == proxy) values.proxy.push_back(field.value);
  }
  return values;
}

bool same(const TrunkRegistration& a, const TrunkRegistration& b) {
  return a.registrar == b.registrar && a.user == b.user && a.line == b.line && a.expires == b.expires;
}

base::Duration part(base::Duration whole, std::uint64_t least, std::uint64_t spread, base::Random& random) {
  return whole * static_cast<std::int64_t>(least + random.below(spread)) / 100;
}

std::string text_of(const sip::Message& response) {
  return std::to_string(response.status()) + " " + std::string(sip::reason_phrase_for(response.status()));
}

}  // namespace

std::size_t TrunkRegistrations::registered(base::Instant now) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      entries_, [now](const auto& entry) { return entry.second.until > now && !entry.second.leaving; }));
}

void TrunkRegistrations::use(const std::vector<TrunkRegistration>& wanted, base::Instant now, Output& out) {
  std::set<std::string, std::less<>> names;
  for (const TrunkRegistration& wish : wanted) {
    const auto name = wish.name();
    names.insert(name);
    const auto [at, added] = entries_.try_emplace(name);
    Entry& entry = at->second;
    const bool again = added || entry.leaving || !same(entry.wish, wish);
    entry.wish = wish;
    if (!again) continue;
    if (added) {
      entry.call_id = minter_.call_id(random_);
      entry.tag = minter_.tag(random_);
      entry.cseq = static_cast<std::uint32_t>(random_.below(1U << 20));
    }
    entry.leaving = false;
    entry.expires = wish.expires;
    waiting_.erase(entry.id);  // what is on its way belongs to the past
    entry.id = 0;
    deadlines_.cancel(entry.due);
    entry.due = deadlines_.arm(now + part(kTrunkStartSpread, 0, 100, random_), name);
  }
  for (auto& [name, entry] : entries_)
    if (!names.contains(name)) leave(entry, out);
  std::erase_if(entries_, [](const auto& entry) { return entry.second.leaving && entry.second.id == 0; });
}

void TrunkRegistrations::stop(base::Instant, Output& out) {
  for (auto& [name, entry] : entries_) leave(entry, out);
  std::erase_if(entries_, [](const auto& entry) { return entry.second.leaving && entry.second.id == 0; });
}

void TrunkRegistrations::leave(Entry& entry, Output& out) {
  if (entry.leaving) return;
  entry.leaving = true;
  deadlines_.cancel(entry.due);
  entry.due = {};
  entry.challenges = 0;
  // RFC 3261 10.2: not while another one has no answer.
  if (entry.id != 0) return;
  // One that was never accepted has nothing to take back.
  if (entry.until == base::Instant{} || entry.ways.empty()) return;
  send(entry, out);
}

// A REGISTER has come to its end in an entry that leaves.
void TrunkRegistrations::left(Entry& entry, bool accepted, Output& out) {
  const bool bound = accepted || entry.until != base::Instant{};
  if (!entry.removes && bound) return send(entry, out);
  const std::string name = entry.wish.name();
  entries_.erase(name);
}

void TrunkRegistrations::begin(Entry& entry, Output& out) {
  entry.state = State::Locating;
  entry.challenges = 0;
  waiting_.erase(entry.id);
  entry.id = 0;
  out.locates.push_back({entry.wish.name(), entry.wish.trunk});
}

void TrunkRegistrations::located(const std::string& name, std::vector<UpstreamWay> ways, base::Instant now,
                                 Output& out) {
  const auto found = entries_.find(name);
  if (found == entries_.end() || found->second.state != State::Locating || found->second.leaving) return;
  Entry& entry = found->second;
  entry.ways = std::move(ways);
  entry.way = 0;
  if (entry.ways.empty()) {
    ++counters_.lost;
    return wait(entry, "nowhere to send to", std::nullopt, now, out);
  }
  send(entry, out);
}

void TrunkRegistrations::send(Entry& entry, Output& out) {
  const UpstreamWay& way = entry.ways[entry.way];
  waiting_.erase(entry.id);
  entry.id = ++last_id_;
  entry.state = State::Trying;
  entry.removes = entry.leaving;
  waiting_.emplace(entry.id, entry.wish.name());
  ++entry.cseq;
  ++counters_.sent;
  Register made{.id = entry.id, .branch = minter_.branch(random_), .hop = way.hop, .bytes = {}};
  made.bytes = base::share(write(entry, way, made.branch));
  out.registers.push_back(std::move(made));
}

// RFC 3261 10.2.
std::string TrunkRegistrations::write(Entry& entry, const UpstreamWay& way, std::string_view branch) {
  const TrunkRegistration& wish = entry.wish;
  const std::uint32_t expires = entry.leaving ? 0 : entry.expires;
  std::string bytes;
  sip::Writer writer(bytes, 900);
  writer.request_line(sip::Method::Register, wish.registrar);
  writer.begin(sip::HeaderId::Via);
  sip::append_via(writer.text(), way.hop.transport, way.sent_by, branch);
  writer.end();
  writer.header(sip::HeaderId::MaxForwards, std::uint64_t{70});
  writer.header(sip::HeaderId::From, "<" + wish.aor + ">;tag=" + entry.tag);
  writer.header(sip::HeaderId::To, "<" + wish.aor + ">");
  writer.header(sip::HeaderId::CallId, entry.call_id);
  writer.header(sip::HeaderId::CSeq, std::to_string(entry.cseq) + " REGISTER");
  writer.header(sip::HeaderId::Contact, "<" + own_uri(wish.user, way.sent_by, way.hop.transport) +
                                            ";line=" + wish.line + ">;expires=" + std::to_string(expires));
  writer.header(sip::HeaderId::Expires, expires);
  if (wish.account) {
    for (const auto& line :
         entry.session.authorize(*wish.account, {.method = "REGISTER", .uri = wish.registrar, .body = {}}, random_))
      writer.header(line.proxy ? sip::HeaderId::ProxyAuthorization : sip::HeaderId::Authorization, line.value);
  }
  writer.finish();
  return bytes;
}

void TrunkRegistrations::on_response(std::uint64_t id, const sip::Message& response, const sip::Message* request,
                                     base::Instant now, Output& out) {
  const auto named = waiting_.find(id);
  if (named == waiting_.end() || response.status() < 200) return;
  Entry& entry = entries_.find(named->second)->second;
  waiting_.erase(named);
  entry.id = 0;
  const int status = response.status();
  if ((status == 401 || status == 407) && answer_challenge(entry, response, request, out)) return;
  if (entry.leaving) return left(entry, status / 100 == 2, out);
  if (status / 100 == 2) return accepted(entry, response, now, out);
  if (status == 423) {  // RFC 3261 10.2.8
    const auto least = sip::parse_delta_seconds(response.find(sip::HeaderId::MinExpires).value_or(""));
    if (least && *least > entry.expires && *least <= kMaxExpiresCeiling) {
      ++counters_.too_brief;
      entry.expires = *least;
      return send(entry, out);
    }
  }
  const std::optional<std::uint32_t> after = sip::retry_after(response);
  if ((status / 100 == 5 || status == 408) && !after) {
    ++counters_.lost;
    return next_way(entry, text_of(response), now, out);
  }
  ++counters_.refused;
  wait(entry, text_of(response), after, now, out);
}

bool TrunkRegistrations::answer_challenge(Entry& entry, const sip::Message& response, const sip::Message* request,
                                          Output& out) {
  if (!entry.wish.account || request == nullptr || entry.challenges >= auth::kMaxClientRetries) return false;
  const auto reaction = entry.session.challenged(
      *entry.wish.account, values_of(response, sip::HeaderId::WwwAuthenticate, sip::HeaderId::ProxyAuthenticate),
      values_of(*request, sip::HeaderId::Authorization, sip::HeaderId::ProxyAuthorization), &counters_.limits);
  if (reaction != auth::Reaction::Retry) return false;
  ++entry.challenges;
  ++counters_.challenged;
  send(entry, out);
  return true;
}

void TrunkRegistrations::accepted(Entry& entry, const sip::Message& response, base::Instant now, Output& out) {
  ++counters_.accepted;
  std::uint32_t granted = std::min(entry.expires, expires_header(response, entry.expires));
  const auto contacts = sip::parse_contacts(response).value_or(sip::ContactList{});
  for (const auto& contact : contacts.values)
    if (contact.address.uri.param("line") == entry.wish.line && contact.expires) granted = *contact.expires;
  granted = std::max(granted, 1U);
  if (entry.until == base::Instant{} || entry.told)
    out.changes.push_back({entry.wish.name(), entry.wish.trunk, true, {}});
  entry.told = false;
  entry.failures = 0;
  entry.challenges = 0;
  entry.state = State::Registered;
  entry.until = now + base::seconds(granted);
  // Early enough for a second try, and not all at once.
  entry.due = deadlines_.arm(now + part(base::seconds(granted), 70, 20, random_), entry.wish.name());
}

void TrunkRegistrations::next_way(Entry& entry, std::string why, base::Instant now, Output& out) {
  if (entry.way + 1 >= entry.ways.size()) return wait(entry, std::move(why), std::nullopt, now, out);
  ++entry.way;
  entry.challenges = 0;
  send(entry, out);
}

// RFC 5626 4.5: from half to all of a time that doubles with each failure.
void TrunkRegistrations::wait(Entry& entry, std::string why, std::optional<std::uint32_t> seconds, base::Instant now,
                              Output& out) {
  base::Duration time = entry.wish.retry;
  for (unsigned i = 0; i < entry.failures && time < entry.wish.retry_most; ++i) time *= 2;
  time = part(std::min(time, entry.wish.retry_most), 50, 51, random_);
  if (seconds) time = std::min<base::Duration>(base::seconds(*seconds), base::hours(24));
  ++entry.failures;
  entry.state = State::Waiting;
  if (!entry.told) out.changes.push_back({entry.wish.name(), entry.wish.trunk, false, std::move(why)});
  entry.told = true;
  const auto name = entry.wish.name();
  entry.due = deadlines_.arm(now + std::max<base::Duration>(time, base::seconds(1)), name);
}

void TrunkRegistrations::on_failed(std::uint64_t id, base::Instant now, Output& out) {
  const auto named = waiting_.find(id);
  if (named == waiting_.end()) return;
  Entry& entry = entries_.find(named->second)->second;
  waiting_.erase(named);
  entry.id = 0;
  if (entry.leaving) return left(entry, false, out);
  ++counters_.lost;
  next_way(entry, "no response", now, out);
}

void TrunkRegistrations::on_deadline(base::Instant now, Output& out) {
  std::string name;
  while (deadlines_.pop_due(now, name)) {
    const auto found = entries_.find(name);
    if (found == entries_.end() || found->second.leaving) continue;
    Entry& entry = found->second;
    entry.due = {};
    if (entry.until != base::Instant{} && entry.until <= now) {
      ++counters_.expired;
      entry.until = {};
    }
    begin(entry, out);
  }
}

}  // namespace sbc::registrar
