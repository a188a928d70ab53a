#pragma once
// HMAC-SHA1 (RFC 2104) with a key that is hashed once: the states behind the inner and the outer pad are kept and
// copied for each packet.

#include <array>
#include <cstddef>
#include <memory>
#include <span>

namespace secure {

class HmacSha1 {
 public:
  static constexpr std::size_t kBytes = 20;
  using Code = std::array<std::byte, kBytes>;

  // A key of at most 64 bytes, one block of the hash.
  explicit HmacSha1(std::span<const std::byte> key);
  ~HmacSha1();
  HmacSha1(HmacSha1&&) noexcept;
  HmacSha1& operator=(HmacSha1&&) = delete;

  // Over `first` and `second`, one behind the other.
  Code of(std::span<const std::byte> first, std::span<const std::byte> second = {}) const;

 private:
  struct States;
  std::unique_ptr<States> states_;
};

}  // namespace secure
