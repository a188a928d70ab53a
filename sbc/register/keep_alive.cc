#include "sbc/register/keep_alive.h"

#include <algorithm>
#include <utility>

#include "sbc/register/limits.h"
#include "sbc/sip/method.h"
#include "sbc/sip/via.h"
#include "sbc/sip/writer.h"

namespace sbc::registrar {
namespace {

using policy::KeepAlive;

// RFC 8489 5: | 00, method Binding, class indication | length 0 | magic cookie | transaction id |
std::string stun_indication(base::Random& random) {
  std::string bytes("\x00\x11\x00\x00\x21\x12\xa4\x42", 8);
  for (const std::uint64_t word : {random.next(), random.next()})
    for (unsigned i = 0; i < 6; ++i) bytes.push_back(static_cast<char>(word >> (8 * i)));
  return bytes;
}

bool very_same_flow(const sip::Hop& a, const sip::Hop& b) {
  return a.transport == b.transport && a.listener == b.listener && a.remote == b.remote && a.connection == b.connection;
}

}  // namespace

std::string KeepAlives::key_of(const Binding& binding) {
  return binding.aor + "\n" + binding.call_id + "\n" + binding.contact_uri;  // a newline is in none
}

// Between three quarters of the interval and all of it, so that phones that registered together do not stay together.
void KeepAlives::arm(const std::string& key, Entry& entry, base::Duration wait, base::Instant now) {
  deadlines_.cancel(entry.due);
  const auto slack = static_cast<std::uint64_t>(std::max<base::Duration>(wait / 4, base::Duration(1)).count());
  entry.due = deadlines_.arm(now + wait - base::Duration(static_cast<std::int64_t>(random_.below(slack))), key);
}

void KeepAlives::drop(const std::string& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  deadlines_.cancel(found->second.due);
  waiting_.erase(found->second.waiting);
  entries_.erase(found);
}

void KeepAlives::registered(const std::vector<Binding>& bindings, const Wish& wish, base::Instant now) {
  for (const Binding& binding : bindings) {
    const std::string key = key_of(binding);
    if (wish.method == KeepAlive::None || !binding.path.empty()) {
      drop(key);
      continue;
    }
    const bool known = entries_.contains(key);
    if (!known && entries_.size() >= kMaxKeptAlive) {
      ++counters_.refused;
      continue;
    }
    Entry& entry = entries_[key];
    const bool as_before = known && very_same_flow(entry.flow, binding.flow) && entry.wish.method == wish.method &&
                           entry.wish.interval == wish.interval;
    entry.aor = binding.aor;
    entry.call_id = binding.call_id;
    entry.uri = binding.contact_uri;
    entry.flow = binding.flow;
    entry.wish = wish;
    entry.missed = 0;  // it has just been heard
    entry.marked = false;
    if (!known) {
      entry.sip_call_id = minter_.call_id(random_);
      entry.tag = minter_.tag(random_);
      entry.cseq = static_cast<std::uint32_t>(random_.below(1U << 20));
    }
    if (!as_before) {
      waiting_.erase(entry.waiting);  // it asked another flow
      entry.waiting = 0;
    }
    // A first ping anywhere within the interval; a refresh does not push the next one away.
    if (!as_before && entry.waiting == 0)
      arm(key, entry,
          base::Duration(1 +
                         static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(wish.interval.count())))),
          now);
  }
}

// The registrar knows; what has expired, moved or was taken back needs no keep-alive.
bool KeepAlives::still_bound(Entry& entry, base::Instant now) {
  return std::ranges::any_of(store_.lookup(entry.aor, now), [&entry](const Binding& binding) {
    return binding.call_id == entry.call_id && binding.contact_uri == entry.uri &&
           very_same_flow(binding.flow, entry.flow);
  });
}

void KeepAlives::on_deadline(base::Instant now, Output& out) {
  std::string key;
  for (std::size_t sent = 0; sent < kKeepAliveBurst && deadlines_.pop_due(now, key); ++sent) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) continue;
    Entry& entry = found->second;
    entry.due = {};
    if (!still_bound(entry, now)) {
      drop(key);
      continue;
    }
    send(key, entry, out);
    if (entry.waiting == 0) arm(key, entry, entry.wish.interval, now);
  }
}

void KeepAlives::send(const std::string& key, Entry& entry, Output& out) {
  Ping ping;
  ping.hop = entry.flow;
  switch (entry.wish.method) {
    case KeepAlive::None:
      return;
    case KeepAlive::Options:
      ++counters_.options;
      ping.id = entry.waiting = ++last_id_;
      waiting_.emplace(ping.id, key);
      ++entry.cseq;
      ping.branch = minter_.branch(random_);
      ping.bytes = base::share(options(entry, ping.branch));
      break;
    case KeepAlive::Stun:
      if (entry.flow.transport == sip::Transport::Udp) {
        ++counters_.stun;
        ping.bytes = base::share(stun_indication(random_));
        break;
      }
      [[fallthrough]];
    case KeepAlive::Crlf:
      ++counters_.crlf;
      ping.bytes = base::share(std::string("\r\n\r\n"));
      break;
  }
  out.pings.push_back(std::move(ping));
}

// RFC 3261 11.1. Nothing of the phone's user but its own contact is in it.
std::string KeepAlives::options(const Entry& entry, std::string_view branch) {
  std::string bytes;
  sip::Writer writer(bytes, 500);
  writer.request_line(sip::Method::Options, entry.uri);
  writer.begin(sip::HeaderId::Via);
  sip::append_via(writer.text(), entry.flow.transport, entry.wish.sent_by, branch);
  writer.end();
  writer.header(sip::HeaderId::MaxForwards, std::uint64_t{70});
  writer.header(sip::HeaderId::From, "<sip:" + entry.wish.host + ">;tag=" + entry.tag);
  writer.header(sip::HeaderId::To, "<" + entry.uri + ">");
  writer.header(sip::HeaderId::CallId, entry.sip_call_id);
  writer.header(sip::HeaderId::CSeq, std::to_string(entry.cseq) + " OPTIONS");
  writer.header(sip::HeaderId::Contact, "<sip:" + entry.wish.sent_by + ">");
  writer.finish();
  return bytes;
}

KeepAlives::Entry* KeepAlives::answered(std::uint64_t id, std::string& key) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return nullptr;
  key = std::move(found->second);
  waiting_.erase(found);
  const auto entry = entries_.find(key);
  if (entry == entries_.end() || entry->second.waiting != id) return nullptr;
  entry->second.waiting = 0;
  return &entry->second;
}

void KeepAlives::on_answer(std::uint64_t id, base::Instant now) {
  ++counters_.answered;
  std::string key;
  Entry* entry = answered(id, key);
  if (entry == nullptr) return;
  entry->missed = 0;
  if (std::exchange(entry->marked, false)) {
    ++counters_.recovered;
    store_.report(entry->aor, entry->call_id, entry->uri, FlowReport::Heard);
  }
  arm(key, *entry, entry->wish.interval, now);
}

void KeepAlives::on_silence(std::uint64_t id, base::Instant now, Output& out) {
  ++counters_.silent;
  std::string key;
  Entry* entry = answered(id, key);
  if (entry == nullptr) return;
  const SilencePolicy& silence = entry->wish.silence;
  const bool enough = ++entry->missed >= silence.misses;
  if (enough && silence.action == SilencePolicy::Action::Unbind) {
    // What is bound again meanwhile, over another flow, is not what was asked.
    if (still_bound(*entry, now)) {
      ++counters_.unbound;
      store_.report(entry->aor, entry->call_id, entry->uri, FlowReport::Gone);
      out.lost.push_back({entry->wish.realm, entry->aor, entry->call_id});
    }
    return drop(key);
  }
  if (enough && silence.action == SilencePolicy::Action::Mark && !entry->marked && still_bound(*entry, now)) {
    entry->marked = true;
    ++counters_.marked;
    store_.report(entry->aor, entry->call_id, entry->uri, FlowReport::Silent);
  }
  arm(key, *entry, entry->wish.interval, now);
}

}  // namespace sbc::registrar
