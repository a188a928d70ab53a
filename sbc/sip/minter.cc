#include "sbc/sip/minter.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#include "media-relay/base/text.h"

namespace sbc::sip {
namespace {

constexpr std::size_t kBytes = 15;
constexpr std::size_t kCharacters = 24;
constexpr std::uint64_t kProofMask = 0xffff'ffff'ffff;  // 48 bits

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";  // RFC 4648 6, lower case

constexpr std::array<std::int8_t, 256> kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    const char c = kAlphabet[i];
    values[static_cast<unsigned char>(c)] = static_cast<std::int8_t>(i);
    // Peers that raise the case of what they echo exist; the word is still ours.
    if (c >= 'a') values[static_cast<unsigned char>(c - 32)] = static_cast<std::int8_t>(i);
  }
  return values;
}();

using Raw = std::array<unsigned char, kBytes>;

void store(unsigned char* at, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) at[i] = static_cast<unsigned char>(value >> (8 * i));
}

std::uint64_t load(const unsigned char* at, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value |= std::uint64_t{at[i]} << (8 * i);
  return value;
}

std::optional<Raw> decode(std::string_view word) {
  if (word.size() != kCharacters) return std::nullopt;
  Raw raw{};
  std::size_t filled = 0;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : word) {
    const std::int8_t value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = (bits << 5) | static_cast<std::uint32_t>(value);
    count += 5;
    if (count >= 8) {
      count -= 8;
      raw[filled++] = static_cast<unsigned char>(bits >> count);
    }
  }
  return raw;
}

}  // namespace

std::uint64_t Minter::proof(std::uint8_t shard, std::uint64_t random) const {
  std::array<unsigned char, 9> covered{};
  store(covered.data(), random, 8);
  covered[8] = shard;
  return base::siphash(key_, std::string_view(reinterpret_cast<const char*>(covered.data()), covered.size())) &
         kProofMask;
}

void Minter::append_word(std::string& out, base::Random& random) const {
  const std::uint64_t noise = random.next();
  Raw raw{};
  raw[0] = static_cast<unsigned char>(shard_ ^ static_cast<std::uint8_t>(noise));
  store(&raw[1], noise, 8);
  store(&raw[9], proof(shard_, noise), 6);

  std::array<char, kCharacters> text;
  std::uint32_t bits = 0;
  unsigned count = 0;
  std::size_t filled = 0;
  for (const unsigned char byte : raw) {
    bits = (bits << 8) | byte;
    count += 8;
    while (count >= 5) {
      count -= 5;
      text[filled++] = kAlphabet[(bits >> count) & 31];
    }
  }
  out.append(text.data(), text.size());
}

std::string Minter::word(base::Random& random) const {
  std::string out;
  append_word(out, random);
  return out;
}

std::string Minter::branch(base::Random& random) const {
  std::string out;
  out.reserve(kMagicCookie.size() + kCharacters);
  out = kMagicCookie;
  append_word(out, random);
  return out;
}

std::optional<std::uint8_t> Minter::shard_of(std::string_view id) const {
  if (id.size() == kMagicCookie.size() + kCharacters &&
      base::equals_ignoring_case(id.substr(0, kMagicCookie.size()), kMagicCookie))
    id.remove_prefix(kMagicCookie.size());
  const std::optional<Raw> raw = decode(id);
  if (!raw) return std::nullopt;
  const std::uint64_t noise = load(&(*raw)[1], 8);
  const std::uint8_t shard = static_cast<std::uint8_t>((*raw)[0] ^ static_cast<std::uint8_t>(noise));
  if (load(&(*raw)[9], 6) != proof(shard, noise)) return std::nullopt;
  return shard;
}

}  // namespace sbc::sip
