#pragma once
// State as bytes, for a process to leave to its successor on the same machine. A type says once what it consists of,
// for both ways:
//
//   template <typename Carrier>
//   void carry(Carrier& c) {
//     c(first_, second_);
//     c.expect(first_ <= kMost);
//   }
//
// Nothing names a field in the bytes: who keeps them says which layout they have, and another layout is not read.
// An Instant is kept as its distance from `now`: time stands still between packing and unpacking.

#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/secret.h"
#include "media-relay/base/time.h"

namespace base {

template <typename T, typename Carrier>
concept Carried = requires(T& value, Carrier& c) { value.carry(c); };

// Appends to a string.
class Packer {
 public:
  static constexpr bool kReading = false;
  Packer(std::string& out, Instant now) : out_(out), now_(now) {}

  template <typename... T>
  void operator()(T&... values) {
    (put(values), ...);
  }
  template <typename E>
  void choice(E& value, E) {
    number(static_cast<std::uint64_t>(value));
  }
  // What has to be true of what was carried; if not, it cannot be.
  void expect(bool holds) { failed_ = failed_ || !holds; }
  bool failed() const { return failed_; }

 private:
  void number(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) out_ += static_cast<char>(value >> shift & 0xff);
  }
  void raw(std::string_view bytes) {
    number(bytes.size());
    out_.append(bytes);
  }
  template <std::integral T>
  void put(T& value) {
    number(static_cast<std::uint64_t>(value));
  }
  void put(std::byte& value) { out_ += static_cast<char>(value); }
  void put(Duration& value) { number(static_cast<std::uint64_t>(value.count())); }
  void put(Instant& value) {
    bool never = value == kNever;
    put(never);
    Duration distance = never ? Duration{} : value - now_;
    put(distance);
  }
  void put(std::string& value) { raw(value); }
  void put(Secret& value) { raw({reinterpret_cast<const char*>(value.bytes().data()), value.size()}); }
  void put(IpAddress& value) {
    std::uint8_t family = value.is_v4() ? 4 : value.is_v6() ? 6 : 0;
    put(family);
    if (family == 4) number(value.v4_host_order());
    if (family == 6) out_.append(reinterpret_cast<const char*>(value.v6_bytes().data()), value.v6_bytes().size());
  }
  void put(Endpoint& value) { (*this)(value.ip, value.port); }
  template <typename T>
  void put(std::optional<T>& value) {
    bool present = value.has_value();
    put(present);
    if (value) put(*value);
  }
  template <typename T>
  void put(std::vector<T>& values) {
    number(values.size());
    for (T& value : values) put(value);
  }
  template <typename T, std::size_t N>
  void put(std::array<T, N>& values) {
    for (T& value : values) put(value);
  }
  template <Carried<Packer> T>
  void put(T& value) {
    value.carry(*this);
  }

  std::string& out_;
  Instant now_;
  bool failed_ = false;
};

// Reads what a Packer wrote. After the first thing that cannot be, all values are left as they are or empty, and
// `failed` says so. Takes no more memory than a small multiple of the bytes it is given.
class Unpacker {
 public:
  static constexpr bool kReading = true;
  Unpacker(std::string_view in, Instant now) : in_(in), now_(now) {}

  template <typename... T>
  void operator()(T&... values) {
    (take(values), ...);
  }
  template <typename E>
  void choice(E& value, E last) {
    const std::uint64_t n = number();
    expect(n <= static_cast<std::uint64_t>(last));
    if (!failed_) value = static_cast<E>(n);
  }
  void expect(bool holds) { failed_ = failed_ || !holds; }
  bool failed() const { return failed_; }
  bool at_end() const { return in_.empty(); }

 private:
  std::string_view bytes(std::uint64_t count) {
    expect(count <= in_.size());
    if (failed_) return {};
    const std::string_view out = in_.substr(0, static_cast<std::size_t>(count));
    in_.remove_prefix(out.size());
    return out;
  }
  std::uint64_t number() {
    const std::string_view from = bytes(8);
    std::uint64_t value = 0;
    for (std::size_t i = from.size(); i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(from[i]);
    return value;
  }
  template <std::integral T>
  void take(T& value) {
    const std::uint64_t n = number();
    if constexpr (std::same_as<T, bool>)
      expect(n <= 1);
    else
      expect(static_cast<std::uint64_t>(static_cast<T>(n)) == n);
    if (!failed_) value = static_cast<T>(n);
  }
  void take(std::byte& value) {
    const std::string_view from = bytes(1);
    if (!from.empty()) value = static_cast<std::byte>(from[0]);
  }
  void take(Duration& value) {
    const auto count = static_cast<Duration::rep>(number());
    // A century is more than any state knows of, and leaves room for sums.
    static constexpr Duration kMost = hours(24 * 366 * 100);
    expect(Duration(count) <= kMost && Duration(count) >= -kMost);
    if (!failed_) value = Duration(count);
  }
  void take(Instant& value) {
    bool never = false;
    Duration distance{};
    (*this)(never, distance);
    if (!failed_) value = never ? kNever : now_ + distance;
  }
  void take(std::string& value) { value = bytes(number()); }
  void take(Secret& value) {
    const std::string_view from = bytes(number());
    expect(from.size() <= Secret::kMaxBytes);
    if (!failed_) value = Secret(std::as_bytes(std::span(from)));
  }
  void take(IpAddress& value) {
    std::uint8_t family = 0;
    take(family);
    expect(family == 0 || family == 4 || family == 6);
    std::uint32_t host = 0;
    std::array<std::uint8_t, 16> v6{};
    if (family == 4) take(host);
    if (family == 6) {
      const std::string_view from = bytes(v6.size());
      std::memcpy(v6.data(), from.data(), from.size());
    }
    if (failed_) return;
    value = family == 4 ? IpAddress::v4(host) : family == 6 ? IpAddress::v6(v6) : IpAddress();
  }
  void take(Endpoint& value) { (*this)(value.ip, value.port); }
  template <typename T>
  void take(std::optional<T>& value) {
    bool present = false;
    take(present);
    value.reset();
    // Not emplace(): of a nested class clang 19 holds that it cannot be made from nothing while the class around it is
    // incomplete.
    if (!present || failed_) return;
    T fresh{};
    take(fresh);
    value = std::move(fresh);
  }
  template <typename T>
  void take(std::vector<T>& values) {
    const std::uint64_t count = number();
    values.clear();
    for (std::uint64_t i = 0; i < count && !failed_; ++i) {
      expect(!in_.empty());
      if (!failed_) take(values.emplace_back());
    }
  }
  template <typename T, std::size_t N>
  void take(std::array<T, N>& values) {
    for (T& value : values) take(value);
  }
  template <Carried<Unpacker> T>
  void take(T& value) {
    value.carry(*this);
  }

  std::string_view in_;
  Instant now_;
  bool failed_ = false;
};

}  // namespace base
