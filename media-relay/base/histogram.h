#pragma once
// A distribution in fixed buckets. One writer, any reader.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "media-relay/base/counter.h"

namespace base {

class Histogram {
 public:
  explicit Histogram(std::span<const double> upper_bounds);  // ascending; +Inf is implied
  Histogram(std::initializer_list<double> upper_bounds)
      : Histogram(std::span<const double>(upper_bounds.begin(), upper_bounds.size())) {}

  void observe(double value, std::uint64_t times = 1);

  std::span<const double> bounds() const { return bounds_; }
  std::uint64_t count_in(std::size_t bucket) const { return counts_[bucket].value(); }  // bounds().size() is +Inf
  double sum() const { return sum_.load(std::memory_order_relaxed); }
  std::uint64_t count() const;

 private:
  std::vector<double> bounds_;
  std::vector<Counter> counts_;
  std::atomic<double> sum_{0};
};

}  // namespace base
