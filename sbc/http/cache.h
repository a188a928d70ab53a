#pragma once
// Answers that may be used again, for as long as whoever asked has said. The least recently used goes first when there
// are too many.

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>

#include "media-relay/base/time.h"

#include "sbc/http/message.h"

namespace sbc::http {

class Cache {
 public:
  explicit Cache(std::size_t entries) : entries_(entries) {}

  // nullptr: not known, or no longer. Valid until the next call of anything here.
  const Response* find(const std::string& key, base::Instant now);
  void store(const std::string& key, const Response& response, base::Instant until);
  void set_entries(std::size_t entries);
  std::size_t size() const { return by_key_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string key;
    Response response;
    base::Instant until{};
    std::size_t bytes() const { return key.size() + response.content_type.size() + response.body.size(); }
  };
  void erase(std::list<Entry>::iterator entry);
  void shrink();

  std::size_t entries_;
  std::size_t bytes_ = 0;
  std::list<Entry> order_;  // most recently used first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
};

}  // namespace sbc::http
