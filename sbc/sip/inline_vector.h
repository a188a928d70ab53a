#pragma once
// A vector of plain values whose first N live inside it. Pinned: neither copied nor moved.

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

namespace sbc::sip {

template <typename T, std::size_t N>
class InlineVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  InlineVector() = default;
  InlineVector(const InlineVector&) = delete;
  InlineVector& operator=(const InlineVector&) = delete;

  void push_back(const T& value) {
    if (size_ < N) {
      inline_[size_++] = value;
      return;
    }
    if (size_ == N) {
      heap_.reserve(N * 2);
      heap_.assign(inline_.begin(), inline_.end());
    }
    heap_.push_back(value);
    ++size_;
  }
  std::size_t size() const { return size_; }
  std::span<const T> span() const { return {size_ <= N ? inline_.data() : heap_.data(), size_}; }
  std::span<T> span() { return {size_ <= N ? inline_.data() : heap_.data(), size_}; }

 private:
  std::size_t size_ = 0;
  std::array<T, N> inline_;
  std::vector<T> heap_;  // all values, once they are more than N
};

}  // namespace sbc::sip
