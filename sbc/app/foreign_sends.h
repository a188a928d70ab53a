#pragma once
// What a shard sends for others, over connections of its own: whose it was, should it fail.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

namespace sbc::app {

class ForeignSends {
 public:
  struct Origin {
    std::uint8_t shard = 0;
    std::uint64_t token = 0;  // over there
  };

  // The token of what is sent for another shard: no transaction has it, since no table has so many slots. As it stands
  // it is nobody's.
  static constexpr std::uint64_t kNobody = 0x7fff'ffff;
  // Those that can still be told of; of older ones the timers of their transactions say that they are lost.
  static constexpr std::size_t kRemembered = 4096;

  std::uint64_t note(const Origin& origin) {
    if (!ring_) ring_ = std::make_unique<Ring>();
    if (++number_ == 0) ++number_;
    (*ring_)[number_ % kRemembered] = {number_, origin};
    return (std::uint64_t{number_} << 32) | kNobody;
  }
  // Once. nullopt: the token is this shard's own, nobody's, or forgotten.
  std::optional<Origin> take(std::uint64_t token) {
    if ((token & 0xffff'ffff) != kNobody || token == kNobody || !ring_) return std::nullopt;
    const auto number = static_cast<std::uint32_t>(token >> 32);
    Entry& entry = (*ring_)[number % kRemembered];
    if (entry.number != number) return std::nullopt;
    entry.number = 0;
    return entry.origin;
  }

 private:
  struct Entry {
    std::uint32_t number = 0;
    Origin origin;
  };
  using Ring = std::array<Entry, kRemembered>;

  std::uint32_t number_ = 0;
  std::unique_ptr<Ring> ring_;  // made for the first one: most shards of small borders send nothing for others
};

}  // namespace sbc::app
