#include "media-relay/recording/ring.h"

namespace recording {

bool Ring::push(std::span<const std::byte> head, std::span<const std::byte> body) {
  const std::size_t size = head.size() + body.size();
  const std::size_t needed = padded(size);
  std::uint64_t at = written_.load(std::memory_order_relaxed);
  const std::size_t room = capacity_ - static_cast<std::size_t>(at - read_.load(std::memory_order_acquire));
  const std::size_t to_seam = capacity_ - place(at);
  const std::size_t skipped = needed > to_seam ? to_seam : 0;
  if (needed + skipped > room) {
    lost_.add();
    return false;
  }
  const auto put = [this](std::uint64_t where, const void* from, std::size_t count) {
    if (count != 0) std::memcpy(bytes_.get() + place(where), from, count);
  };
  if (skipped != 0) {
    put(at, &kSkip, sizeof kSkip);
    at += skipped;
  }
  const auto length = static_cast<std::uint32_t>(size);
  put(at, &length, sizeof length);
  put(at + kLengthBytes, head.data(), head.size());
  put(at + kLengthBytes + head.size(), body.data(), body.size());
  written_.store(at + needed, std::memory_order_release);
  return true;
}

}  // namespace recording
