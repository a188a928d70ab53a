#include "sbc/policy/rate_windows.h"

namespace sbc::policy {

std::uint64_t RateWindows::add(std::string_view name, base::Duration window, std::uint32_t amount, base::Instant now) {
  std::string key = std::to_string(window.count());
  key.append(" ").append(name);
  const std::int64_t number = now.time_since_epoch() / window;
  const auto into =
      static_cast<double>((now.time_since_epoch() % window).count()) / static_cast<double>(window.count());

  auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    if (amount == 0 || most_ == 0) return amount;  // a question makes no counter
    if (order_.size() >= most_) {
      by_key_.erase(order_.back().key);
      order_.pop_back();
      ++forgotten_;
    }
    order_.push_front({.key = std::move(key), .window = number});
    found = by_key_.emplace(order_.front().key, order_.begin()).first;
  } else {
    order_.splice(order_.begin(), order_, found->second);
  }
  Counter& counter = *found->second;
  if (counter.window != number) {
    counter.before = counter.window + 1 == number ? counter.now : 0;
    counter.now = 0;
    counter.window = number;
  }
  counter.now += amount;
  return counter.now + static_cast<std::uint64_t>(static_cast<double>(counter.before) * (1 - into));
}

}  // namespace sbc::policy
