#include "sbc/route/probes.h"

#include <algorithm>

#include "sbc/route/limits.h"

namespace sbc::route {
namespace {

TrunkHealth::Key key_of(const sip::Hop& hop) {
  return {hop.transport, hop.remote};
}

// Between nine and eleven tenths: what began together drifts apart.
base::Duration around(base::Duration d, base::Random& random) {
  return d * 9 / 10 + base::Duration(static_cast<base::Duration::rep>(
                          random.below(static_cast<std::uint64_t>(std::max<base::Duration::rep>(1, (d / 5).count())))));
}

}  // namespace

std::string Probed::text() const {
  return std::string(sip::name_of(hop.transport)) + " " + hop.remote.text();
}

const char* name_of(Reason reason) {
  switch (reason) {
    case Reason::ProbeAnswered:
      return "probe_answered";
    case Reason::ProbeStatus:
      return "probe_status";
    case Reason::ProbeSilent:
      return "probe_silent";
    case Reason::ProbeUnreachable:
      return "probe_unreachable";
    case Reason::CallAnswered:
      return "call_answered";
    case Reason::CallStatus:
      return "call_status";
    case Reason::CallSilent:
      return "call_silent";
    case Reason::CallUnreachable:
      return "call_unreachable";
    case Reason::kCount:
      break;
  }
  return "";
}

std::size_t Probes::use(const std::vector<Probed>& wanted, base::Instant now) {
  std::map<Key, const Probed*> keys;
  std::size_t left_out = 0;
  for (const Probed& target : wanted) {
    if (keys.contains(key_of(target.hop))) continue;
    if (keys.size() >= kMaxProbed)
      ++left_out;
    else
      keys.emplace(key_of(target.hop), &target);
  }
  std::erase_if(entries_, [&](auto& of) {
    if (keys.contains(of.first)) return false;
    deadlines_.cancel(of.second.due);
    under_way_.erase(of.second.probe);
    if (!of.second.status.up) changes_.push_back({.key = of.first, .kind = TrunkHealth::Change::Kind::Up});
    return true;
  });
  for (const auto& [key, target] : keys) {
    const auto [at, fresh] = entries_.try_emplace(key);
    Entry& entry = at->second;
    if (!fresh) {
      if (entry.status.target != *target) entry.status.target = *target;
      continue;
    }
    entry.status = {.target = *target,
                    .since = now,
                    .transitions = std::vector<std::uint64_t>(static_cast<std::size_t>(Reason::kCount))};
    const auto spread = static_cast<std::uint64_t>(target->rules.interval.count());
    schedule(key, entry, base::Duration(static_cast<base::Duration::rep>(random_.below(spread))), now);
  }
  return left_out;
}

void Probes::schedule(const Key& key, Entry& entry, base::Duration wait, base::Instant now) {
  deadlines_.cancel(entry.due);
  entry.due = deadlines_.arm(now + wait, key);
}

std::vector<Probes::Start> Probes::on_deadline(base::Instant now) {
  std::vector<Start> starts;
  Key key;
  while (deadlines_.pop_due(now, key)) {
    Entry& entry = entries_.at(key);
    entry.due = {};
    if (entry.probe != 0) {
      finish(entry, false, Reason::ProbeSilent, {}, now);
      continue;
    }
    if (under_way_.size() >= kMaxProbesUnderWay) {
      schedule(key, entry, around(base::seconds(1), random_), now);
      continue;
    }
    entry.probe = ++last_probe_;
    under_way_.emplace(entry.probe, key);
    schedule(key, entry, entry.status.target.rules.timeout, now);
    starts.push_back({.probe = entry.probe, .target = &entry.status.target});
  }
  return starts;
}

Probes::Entry* Probes::entry_of(std::uint64_t probe) {
  const auto found = under_way_.find(probe);
  return found == under_way_.end() ? nullptr : &entries_.at(found->second);
}

void Probes::answered(std::uint64_t probe, int status, std::optional<base::Duration> retry_after, base::Instant now) {
  Entry* entry = entry_of(probe);
  if (entry == nullptr) return;
  const bool good = entry->status.target.rules.up.contains(status);
  base::Duration not_before{};
  if (status == 503 && retry_after) {
    // RFC 3261 21.5.4: it is there, and asks to be left alone.
    not_before = std::min(*retry_after, kMaxRetryAfter);
    changes_.push_back(
        {.key = key_of(entry->status.target.hop), .kind = TrunkHealth::Change::Kind::Busy, .wait = not_before});
  }
  finish(*entry, good, good ? Reason::ProbeAnswered : Reason::ProbeStatus, not_before, now);
}

void Probes::unreachable(std::uint64_t probe, base::Instant now) {
  if (Entry* entry = entry_of(probe)) finish(*entry, false, Reason::ProbeUnreachable, {}, now);
}

void Probes::finish(Entry& entry, bool good, Reason reason, base::Duration not_before, base::Instant now) {
  under_way_.erase(entry.probe);
  entry.probe = 0;
  ++(good ? entry.status.good : entry.status.bad);
  sign(entry, good, reason, now);
  const base::Duration interval = entry.status.target.rules.interval;
  const base::Duration wait = around(entry.against > 0 ? interval / 4 : interval, random_);
  schedule(key_of(entry.status.target.hop), entry, std::max(wait, not_before), now);
}

void Probes::heard(const TrunkHealth::Report& report, base::Instant now) {
  using enum TrunkHealth::Sign;
  const auto found = entries_.find(report.key);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  if (report.busy) {
    const auto wait = std::min(*report.busy, kMaxRetryAfter);
    changes_.push_back({.key = report.key, .kind = TrunkHealth::Change::Kind::Busy, .wait = wait});
    if (entry.probe == 0) schedule(report.key, entry, wait, now);
    return;
  }
  const bool good = report.sign == Answered;
  sign(entry, good,
       good                         ? Reason::CallAnswered
       : report.sign == Unavailable ? Reason::CallStatus
       : report.sign == Silent      ? Reason::CallSilent
                                    : Reason::CallUnreachable,
       now);
  // A first doubt is looked into soon.
  if (entry.against == 1 && entry.probe == 0)
    schedule(report.key, entry, around(entry.status.target.rules.interval / 4, random_), now);
}

void Probes::sign(Entry& entry, bool good, Reason reason, base::Instant now) {
  Status& status = entry.status;
  if (good == status.up) {
    entry.against = 0;
    return;
  }
  const ProbeRules& rules = status.target.rules;
  if (++entry.against < (status.up ? rules.down_after : rules.up_after)) return;
  entry.against = 0;
  status.up = good;
  status.since = now;
  status.reason = reason;
  ++status.transitions.at(static_cast<std::size_t>(reason));
  using Kind = TrunkHealth::Change::Kind;
  changes_.push_back({.key = key_of(status.target.hop), .kind = good ? Kind::Up : Kind::Down});
}

std::vector<TrunkHealth::Change> Probes::take_changes() {
  return std::exchange(changes_, {});
}

std::vector<Probes::Status> Probes::statuses() const {
  std::vector<Status> all;
  for (const auto& [key, entry] : entries_) all.push_back(entry.status);
  std::ranges::sort(all, {}, [](const Status& s) { return std::tuple(s.target.trunk, s.target.text()); });
  return all;
}

}  // namespace sbc::route
