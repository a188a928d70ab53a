#include "sbc/app/source_failures.h"

#include <algorithm>

namespace sbc::app {

std::uint32_t SourceFailures::Entry::decayed(base::Instant now) const {
  const auto halvings = now > since ? (now - since) / kHalfLife : 0;
  return halvings >= 32 ? 0 : count >> halvings;
}

SourceFailures::Set& SourceFailures::set_of(const base::IpAddress& source) {
  return sets_[base::EndpointHash{}(base::Endpoint{source, 0}) % kSets];
}

void SourceFailures::note(const base::IpAddress& source, base::Instant now) {
  const std::lock_guard lock(mutex_);
  Set& set = set_of(source);
  auto entry = std::ranges::find(set, source, &Entry::source);
  if (entry == set.end()) {
    entry = std::ranges::min_element(set, {}, [now](const Entry& e) { return e.decayed(now); });
    *entry = Entry{source, 0, now};
  }
  const std::uint32_t count = entry->decayed(now);
  if (count != entry->count) entry->since = now;
  entry->count = count == UINT32_MAX ? count : count + 1;
}

std::uint32_t SourceFailures::recent(const base::IpAddress& source, base::Instant now) {
  const std::lock_guard lock(mutex_);
  const Set& set = set_of(source);
  const auto entry = std::ranges::find(set, source, &Entry::source);
  return entry == set.end() ? 0 : entry->decayed(now);
}

}  // namespace sbc::app
