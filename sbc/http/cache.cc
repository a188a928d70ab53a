#include "sbc/http/cache.h"

#include "sbc/http/limits.h"

namespace sbc::http {

const Response* Cache::find(const std::string& key, base::Instant now) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  if (found->second->until <= now) {
    erase(found->second);
    return nullptr;
  }
  order_.splice(order_.begin(), order_, found->second);
  return &found->second->response;
}

void Cache::store(const std::string& key, const Response& response, base::Instant until) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) erase(found->second);
  order_.push_front({.key = key, .response = response, .until = until});
  by_key_.emplace(key, order_.begin());
  bytes_ += order_.front().bytes();
  shrink();
}

void Cache::set_entries(std::size_t entries) {
  entries_ = entries;
  shrink();
}

void Cache::shrink() {
  while (!order_.empty() && (order_.size() > entries_ || bytes_ > kMaxCacheBytes)) erase(std::prev(order_.end()));
}

void Cache::erase(std::list<Entry>::iterator entry) {
  bytes_ -= entry->bytes();
  by_key_.erase(entry->key);
  order_.erase(entry);
}

}  // namespace sbc::http
