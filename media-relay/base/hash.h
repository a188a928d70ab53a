#pragma once
// Keyed hashing: tables that strangers can fill need a hash that strangers cannot predict, and the identifiers that we
// mint need a short proof that we minted them.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace base {

struct HashKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

// SipHash-2-4 (Aumasson and Bernstein, 2012).
std::uint64_t siphash(const HashKey& key, std::string_view data);

// Hash of string tables, keyed once per process from the kernel. Allows look-up by string_view.
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const;
};

}  // namespace base
