#pragma once
// The way of packets from one worker to the writer: bytes in a circle, with one thread that puts in and one that takes
// out. Neither waits for the other; what finds no room is counted and gone.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "media-relay/base/counter.h"

namespace recording {

class Ring {
 public:
  // `bytes`: a power of two.
  explicit Ring(std::size_t bytes) : capacity_(bytes), bytes_(std::make_unique_for_overwrite<std::byte[]>(bytes)) {}

  // One thread. The two parts are handed out as one piece. False: there was no room.
  bool push(std::span<const std::byte> head, std::span<const std::byte> body);

  // Another thread. Hands out everything that is there, in order: `take(std::span<const std::byte>)`.
  template <typename Take>
  void drain(Take&& take) {
    const std::uint64_t end = written_.load(std::memory_order_acquire);
    std::uint64_t at = read_.load(std::memory_order_relaxed);
    while (at != end) {
      std::uint32_t size = 0;
      std::memcpy(&size, bytes_.get() + place(at), sizeof size);
      if (size == kSkip) {  // the rest up to the seam is not used
        at += capacity_ - place(at);
        continue;
      }
      take(std::span<const std::byte>(bytes_.get() + place(at) + kLengthBytes, size));
      at += padded(size);
      read_.store(at, std::memory_order_release);
    }
    read_.store(at, std::memory_order_release);
  }

  std::uint64_t lost() const { return lost_.value(); }

 private:
  static constexpr std::uint32_t kSkip = UINT32_MAX;
  static constexpr std::size_t kLengthBytes = 8;  // pieces stay aligned to it

  std::size_t place(std::uint64_t at) const { return static_cast<std::size_t>(at & (capacity_ - 1)); }
  static std::size_t padded(std::size_t size) { return (kLengthBytes + size + 7) & ~std::size_t{7}; }

  const std::size_t capacity_;
  std::unique_ptr<std::byte[]> bytes_;
  alignas(base::kCacheLine) std::atomic<std::uint64_t> written_{0};
  base::Counter lost_;
  alignas(base::kCacheLine) std::atomic<std::uint64_t> read_{0};
};

}  // namespace recording
