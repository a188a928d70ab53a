#pragma once
// Answers that may be used again, for as long as whoever asked has said. The least recently used goes first when there
// are too many.

#include <cstddef>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "media-relay/base/hash.h"
#include "media-relay/base/time.h"

#include "sbc/lookup/limits.h"

namespace sbc::lookup {

template <typename Kept>
class Cache {
 public:
  explicit Cache(std::size_t entries) : entries_(entries) {}

  // nullptr: not known, or no longer. Valid until the next call of anything here.
  const Kept* find(std::string_view key, base::Instant now) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    if (found->second->until <= now) {
      erase(found->second);
      return nullptr;
    }
    order_.splice(order_.begin(), order_, found->second);
    return &found->second->kept;
  }

  // `bytes`: of the answer, as near as one can say.
  void store(const std::string& key, Kept kept, std::size_t bytes, base::Instant until) {
    if (const auto found = by_key_.find(key); found != by_key_.end()) erase(found->second);
    order_.push_front({.key = key, .kept = std::move(kept), .bytes = key.size() + bytes, .until = until});
    by_key_.emplace(key, order_.begin());
    bytes_ += order_.front().bytes;
    shrink();
  }

  void set_entries(std::size_t entries) {
    entries_ = entries;
    shrink();
  }
  std::size_t size() const { return by_key_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string key;
    Kept kept;
    std::size_t bytes = 0;
    base::Instant until{};
  };
  using Place = typename std::list<Entry>::iterator;

  void erase(Place entry) {
    bytes_ -= entry->bytes;
    by_key_.erase(entry->key);
    order_.erase(entry);
  }
  void shrink() {
    while (!order_.empty() && (order_.size() > entries_ || bytes_ > kMaxCacheBytes)) erase(std::prev(order_.end()));
  }

  std::size_t entries_;
  std::size_t bytes_ = 0;
  std::list<Entry> order_;  // most recently used first
  std::unordered_map<std::string, Place, base::StringHash, std::equal_to<>> by_key_;
};

}  // namespace sbc::lookup
