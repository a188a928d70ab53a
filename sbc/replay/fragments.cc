#include "sbc/replay/fragments.h"

#include <algorithm>
#include <iterator>

#include "sbc/replay/limits.h"

namespace sbc::replay {

std::optional<Unwrapped> Fragments::add(const Fragment& fragment, std::int64_t at_us) {
  give_up_old(at_us);
  const auto datagram = datagram_of(fragment, at_us);
  if (!fits(*datagram, fragment)) {
    ++lost_;
    datagram->odd = true;
    return std::nullopt;
  }
  if (datagram->odd || !datagram->size) return std::nullopt;
  std::size_t end = 0;
  for (const auto& [begins, bytes] : datagram->parts) {
    if (begins != end) return std::nullopt;
    end += bytes.size();
  }
  if (end != *datagram->size) return std::nullopt;
  whole_.clear();
  for (const auto& [begins, bytes] : datagram->parts) whole_ += bytes;
  const std::int64_t began = datagram->began_us;
  waiting_.erase(datagram);
  return unwrap_segment({.protocol = fragment.protocol, .from = fragment.from, .to = fragment.to, .bytes = whole_},
                        began);
}

std::uint64_t Fragments::lost() const {
  std::uint64_t lost = lost_;
  for (const auto& datagram : waiting_) lost += datagram.parts.size();
  return lost;
}

// Captures hold a handful at once: looking through them is cheaper than a table.
Fragments::Waiting::iterator Fragments::datagram_of(const Fragment& fragment, std::int64_t at_us) {
  const Key key{fragment.from, fragment.to, fragment.protocol, fragment.id};
  const auto found = std::ranges::find(waiting_, key, &Datagram::key);
  if (found != waiting_.end()) return found;
  if (waiting_.size() == kMaxDatagrams) give_up(waiting_.begin());
  return waiting_.insert(waiting_.end(), Datagram{.key = key, .began_us = at_us, .parts = {}, .size = {}});
}

// Overlaps are what attackers send; the same part again is what a network may do.
bool Fragments::fits(Datagram& datagram, const Fragment& fragment) {
  const std::size_t end = fragment.offset + fragment.bytes.size();
  if (end > kMaxDatagramBytes || (fragment.more && fragment.bytes.size() % 8 != 0)) return false;
  if (!fragment.more) {
    if (datagram.size && *datagram.size != end) return false;
    if (!datagram.parts.empty() && datagram.parts.back().first + datagram.parts.back().second.size() > end)
      return false;
    datagram.size = end;
  } else if (datagram.size && end > *datagram.size) {
    return false;
  }
  const auto after =
      std::ranges::lower_bound(datagram.parts, fragment.offset, {}, &std::pair<std::size_t, std::string>::first);
  if (after != datagram.parts.end() && after->first == fragment.offset) return after->second == fragment.bytes;
  if (after != datagram.parts.end() && after->first < end) return false;
  if (after != datagram.parts.begin()) {
    const auto& before = *std::prev(after);
    if (before.first + before.second.size() > fragment.offset) return false;
  }
  if (fragment.bytes.empty() && fragment.more) return false;
  datagram.parts.emplace(after, fragment.offset, std::string(fragment.bytes));
  return true;
}

void Fragments::give_up_old(std::int64_t at_us) {
  while (!waiting_.empty() && at_us - waiting_.front().began_us > kFragmentWaitUs) give_up(waiting_.begin());
}

void Fragments::give_up(Waiting::iterator datagram) {
  lost_ += datagram->parts.size();
  waiting_.erase(datagram);
}

}  // namespace sbc::replay
