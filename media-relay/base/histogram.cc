#include "media-relay/base/histogram.h"

#include <algorithm>
#include <functional>
#include <stdexcept>

namespace base {

Histogram::Histogram(std::span<const double> upper_bounds)
    : bounds_(upper_bounds.begin(), upper_bounds.end()), counts_(upper_bounds.size() + 1) {
  if (!std::ranges::is_sorted(bounds_, std::less_equal<>()))
    throw std::invalid_argument("histogram bounds must ascend");
}

void Histogram::observe(double value, std::uint64_t times) {
  const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  counts_[static_cast<std::size_t>(bucket)].add(times);
  sum_.store(sum_.load(std::memory_order_relaxed) + value * static_cast<double>(times), std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const {
  std::uint64_t total = 0;
  for (const Counter& c : counts_) total += c.value();
  return total;
}

}  // namespace base
