#pragma once
// A vector of plain values whose first N live inside it. Pinned: neither copied nor moved.

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

namespace sbc::sip {

template <typename T, std::size_t N>
class InlineVector {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  InlineVector() = default;
  InlineVector(const InlineVector&) = delete;
  InlineVector& operator=(const InlineVector&) = delete;

  void push_back(const T& value) {
    if (size_ < N) {
      std::construct_at(inline_.values.data() + size_++, value);
      return;
    }
    if (size_ == N) {
      heap_.reserve(N * 2);
      heap_.assign(inline_.values.begin(), inline_.values.end());
    }
    heap_.push_back(value);
    ++size_;
  }
  std::size_t size() const { return size_; }
  std::span<const T> span() const { return {size_ <= N ? inline_.values.data() : heap_.data(), size_}; }
  std::span<T> span() { return {size_ <= N ? inline_.values.data() : heap_.data(), size_}; }

 private:
  // Left uninitialised: clearing what is about to be written shows in the parser's time.
  union Storage {
    Storage() {}
    std::array<T, N> values;
  };

  std::size_t size_ = 0;
  Storage inline_;
  std::vector<T> heap_;  // all values, once they are more than N
};

}  // namespace sbc::sip
