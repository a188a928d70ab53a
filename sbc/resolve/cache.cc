#include "sbc/resolve/cache.h"

#include <algorithm>

#include "sbc/resolve/limits.h"
#include "sbc/route/limits.h"

namespace sbc::resolve {

using route::DnsAnswer;

const DnsAnswer* Cache::find(const route::Question& question, base::Instant now, bool refreshing) {
  const auto found = entries_.find(question);
  if (found == entries_.end()) return nullptr;
  Entry& entry = found->second;
  if (now >= entry.until || (refreshing && now >= entry.refresh_at)) return nullptr;
  recent_.splice(recent_.begin(), recent_, entry.place);
  return &entry.answer;
}

base::Duration Cache::lifetime(const DnsAnswer& answer) const {
  switch (answer.outcome) {
    case DnsAnswer::Outcome::Found:
      return std::clamp(answer.ttl, limits_.min_ttl, limits_.max_ttl);
    case DnsAnswer::Outcome::Nothing:
      if (answer.ttl == base::Duration::zero()) return limits_.negative_ttl;
      return std::min(std::max(answer.ttl, limits_.min_ttl), limits_.negative_ttl);
    case DnsAnswer::Outcome::Failed:
    case DnsAnswer::Outcome::Silent:
      return kFailureTtl;
  }
  return kFailureTtl;
}

const DnsAnswer& Cache::store(const route::Question& question, DnsAnswer answer, base::Instant now) {
  const bool useless = answer.outcome == DnsAnswer::Outcome::Failed || answer.outcome == DnsAnswer::Outcome::Silent;
  auto found = entries_.find(question);
  if (useless && found != entries_.end()) {
    Entry& old = found->second;
    if (old.answer.outcome == DnsAnswer::Outcome::Found && now < old.good_until + route::kStaleFor) {
      ++stale_;
      old.until = std::max(old.until, now + route::kStaleStep);
      old.refresh_at = now + kFailureTtl;
      return old.answer;
    }
  }
  if (found == entries_.end()) {
    recent_.push_front(question);
    found = entries_.emplace(question, Entry{.answer = {}, .place = recent_.begin()}).first;
  } else {
    recent_.splice(recent_.begin(), recent_, found->second.place);
  }
  Entry& entry = found->second;
  const base::Duration life = lifetime(answer);
  entry.answer = std::move(answer);
  entry.until = entry.good_until = now + life;
  entry.refresh_at = now + life * 3 / 4;
  while (entries_.size() > limits_.entries) {  // at least one: never the one just stored
    entries_.erase(recent_.back());
    recent_.pop_back();
    ++evicted_;
  }
  return entry.answer;
}

}  // namespace sbc::resolve
