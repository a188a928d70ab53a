#pragma once
// What policies count, by names of their own, over a window of time that slides.

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "media-relay/base/time.h"

namespace sbc::policy {

class RateWindows {
 public:
  // Names that are kept. Each is some 200 bytes with a name of usual length; the least recently used goes first.
  explicit RateWindows(std::size_t names) : most_(names) {}

  // Adds to the counter and gives the sum of the last `window`, what is added included: exact within a window that
  // began at a multiple of its length, and estimated from the last one where it slides over its end (what came in it is
  // taken to have come evenly). A counter of another window is another counter. `now` may come from any clock, but
  // from one only.
  std::uint64_t add(std::string_view name, base::Duration window, std::uint32_t amount, base::Instant now);

  std::size_t size() const { return order_.size(); }
  std::uint64_t forgotten() const { return forgotten_; }  // names that went because there were too many

 private:
  struct Counter {
    std::string key;
    std::int64_t window = 0;   // number of the running one since the beginning of time
    std::uint64_t now = 0;     // in it
    std::uint64_t before = 0;  // in the last one
  };

  std::size_t most_;
  std::uint64_t forgotten_ = 0;
  std::list<Counter> order_;                                                   // most recently used first
  std::unordered_map<std::string_view, std::list<Counter>::iterator> by_key_;  // views of Counter::key
};

}  // namespace sbc::policy
