#include "media-relay/session/port_pool.h"

#include <algorithm>

namespace session {

PortPool::PortPool(std::uint16_t first, std::uint16_t last, base::Duration quarantine)
    : base_(static_cast<std::uint32_t>(first) + (first % 2U)), quarantine_(quarantine) {
  // The last pair needs its odd port inside the range, too.
  const std::size_t pairs = base_ + 1U > last ? 0 : (last - base_ + 1U) / 2U;
  used_.assign(pairs, false);
  free_.reserve(pairs);
  for (std::size_t i = 0; i < pairs; ++i) free_.push_back(static_cast<std::uint16_t>(i));
}

void PortPool::wake(base::Instant now) {
  while (!resting_.empty() && resting_.front().until <= now) {
    free_.push_back(resting_.front().pair);
    resting_.pop_front();
  }
}

std::optional<std::uint16_t> PortPool::acquire(base::Instant now, base::Random& random) {
  wake(now);
  if (free_.empty()) return std::nullopt;
  const std::size_t at = static_cast<std::size_t>(random.below(free_.size()));
  const std::uint16_t pair = free_[at];
  free_[at] = free_.back();
  free_.pop_back();
  used_[pair] = true;
  ++in_use_;
  return static_cast<std::uint16_t>(base_ + 2U * pair);
}

std::optional<std::uint16_t> PortPool::acquire_early(base::Instant now) {
  wake(now);
  if (!free_.empty() || resting_.empty() || resting_.front().until - now > quarantine_ / 2) return std::nullopt;
  const std::uint16_t pair = resting_.front().pair;
  resting_.pop_front();
  used_[pair] = true;
  ++in_use_;
  return static_cast<std::uint16_t>(base_ + 2U * pair);
}

std::optional<std::uint16_t> PortPool::remove_free(std::uint16_t port) {
  if (port < base_ || (port - base_) % 2U != 0) return std::nullopt;
  const auto found = std::ranges::find(free_, static_cast<std::uint16_t>((port - base_) / 2U));
  if (found == free_.end()) return std::nullopt;
  const std::uint16_t pair = *found;
  *found = free_.back();
  free_.pop_back();
  return pair;
}

bool PortPool::take(std::uint16_t port) {
  const auto pair = remove_free(port);
  if (!pair) return false;
  used_[*pair] = true;
  ++in_use_;
  return true;
}

void PortPool::rest(std::uint16_t port, base::Instant until) {
  const auto pair = remove_free(port);
  if (pair) resting_.push_back({until, *pair});
}

std::vector<PortPool::Rest> PortPool::resting(base::Instant now) {
  wake(now);
  std::vector<Rest> out;
  for (const Resting& r : resting_) out.push_back({static_cast<std::uint16_t>(base_ + 2U * r.pair), r.until});
  return out;
}

bool PortPool::release(std::uint16_t port, base::Instant now) {
  if (port < base_ || (port - base_) % 2U != 0) return false;
  const std::size_t pair = (port - base_) / 2U;
  if (pair >= used_.size() || !used_[pair]) return false;
  used_[pair] = false;
  --in_use_;
  resting_.push_back({now + quarantine_, static_cast<std::uint16_t>(pair)});
  return true;
}

std::size_t PortPool::quarantined(base::Instant now) {
  wake(now);
  return resting_.size();
}

std::size_t PortPool::free(base::Instant now) {
  wake(now);
  return free_.size();
}

}  // namespace session
