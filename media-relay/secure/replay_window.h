#pragma once
// Which packets of one source have been seen (RFC 3711 3.3.2): the highest index, and one bit for each of the `Size`
// indexes up to it.

#include <array>
#include <cstddef>
#include <cstdint>

namespace secure {

template <std::size_t Size>
class ReplayWindow {
  static_assert(Size % 64 == 0);

 public:
  std::uint64_t highest() const { return highest_; }
  // Nothing was seen.
  bool empty() const { return is_new(highest_); }

  // Neither seen nor too old to tell.
  bool is_new(std::uint64_t index) const {
    if (index > highest_) return true;
    if (highest_ - index >= Size) return false;
    return (words_[word(index)] & bit(index)) == 0;
  }

  // `index` must be new.
  void mark(std::uint64_t index) {
    if (index > highest_) {
      if (index - highest_ >= Size) {
        words_ = {};
      } else {
        for (std::uint64_t i = highest_ + 1; i < index; ++i) words_[word(i)] &= ~bit(i);
      }
      highest_ = index;
    }
    words_[word(index)] |= bit(index);
  }

  // As if every index up to this one had been seen, for what was really seen is not known any more.
  void close_up_to(std::uint64_t index) {
    if (index < highest_) return;
    highest_ = index;
    words_.fill(~std::uint64_t{0});
  }

  template <typename Carrier>
  void carry(Carrier& c) {
    c(highest_, words_);
  }

 private:
  // The bits lie in a ring: index modulo Size.
  static std::size_t word(std::uint64_t index) { return static_cast<std::size_t>(index / 64 % (Size / 64)); }
  static std::uint64_t bit(std::uint64_t index) { return std::uint64_t{1} << (index % 64); }

  std::uint64_t highest_ = 0;
  std::array<std::uint64_t, Size / 64> words_{};
};

}  // namespace secure
