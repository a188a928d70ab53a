#include "sbc/app/signposts.h"

namespace sbc::app {

bool Signposts::put(const std::string& tag, std::uint8_t shard) {
  const std::scoped_lock lock(mutex_);
  if (dialogs_.size() >= kMost && !dialogs_.contains(tag)) return false;
  dialogs_[tag] = shard;
  count_.store(dialogs_.size() + attempts_.size(), std::memory_order_relaxed);
  return true;
}

void Signposts::remove(std::string_view tag) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = dialogs_.find(tag); found != dialogs_.end()) dialogs_.erase(found);
  count_.store(dialogs_.size() + attempts_.size(), std::memory_order_relaxed);
}

bool Signposts::put_attempt(const std::string& call_id, std::uint8_t shard) {
  if (call_id.size() > kLongest) return false;
  const std::scoped_lock lock(mutex_);
  if (attempts_.insert_or_assign(call_id, shard).second) order_.push_back(call_id);
  const bool full = order_.size() > kAttempts;
  if (full) {
    attempts_.erase(order_.front());
    order_.pop_front();
  }
  count_.store(dialogs_.size() + attempts_.size(), std::memory_order_relaxed);
  return !full;
}

std::optional<std::uint8_t> Signposts::find(std::string_view name) const {
  if (size() == 0) return std::nullopt;
  const std::shared_lock lock(mutex_);
  for (const auto* table : {&dialogs_, &attempts_})
    if (const auto found = table->find(name); found != table->end()) return found->second;
  return std::nullopt;
}

}  // namespace sbc::app
