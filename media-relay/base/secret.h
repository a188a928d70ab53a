#pragma once
// A few bytes that nobody else shall read: a key on its way from the signalling to the packet path.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace base {

// Holds up to kMaxBytes bytes inside itself, so that no allocator keeps a copy; wiped when it is destroyed or assigned
// to. Copies are secrets too. Never to be logged: there is no text of it.
class Secret {
 public:
  // An AES-256 master key and its salt take 46 (RFC 6188 section 2); DTLS exports no more for one side.
  static constexpr std::size_t kMaxBytes = 64;

  Secret() = default;
  // `bytes` beyond kMaxBytes are cut off: check before.
  explicit Secret(std::span<const std::byte> bytes) { assign(bytes); }
  Secret(const Secret& other) : Secret(other.bytes()) {}
  Secret& operator=(const Secret& other) {
    if (this != &other) assign(other.bytes());
    return *this;
  }
  ~Secret() { wipe(); }

  std::span<const std::byte> bytes() const { return std::span(bytes_).first(size_); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void wipe() {
    explicit_bzero(bytes_.data(), bytes_.size());
    size_ = 0;
  }

  // In a time that does not depend on where they differ.
  friend bool operator==(const Secret& a, const Secret& b) {
    unsigned different = a.size_ ^ b.size_;
    for (std::size_t i = 0; i < kMaxBytes; ++i) different |= std::to_integer<unsigned>(a.bytes_[i] ^ b.bytes_[i]);
    return different == 0;
  }

 private:
  void assign(std::span<const std::byte> bytes) {
    wipe();
    size_ = static_cast<std::uint8_t>(bytes.size() < kMaxBytes ? bytes.size() : kMaxBytes);
    if (size_ != 0) std::memcpy(bytes_.data(), bytes.data(), size_);
  }

  std::array<std::byte, kMaxBytes> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace base
