#pragma once
// Identifiers that we give out: branch, tag, Call-ID and the user part of our Contact.
//
// Each one carries the shard that minted it and a short proof (SipHash) that it is ours, so that a message which
// arrives at the wrong shard can be handed over without any shared table, and an identifier that a stranger made up
// leads nowhere. All kinds have one shape: 24 characters of lower-case base32 (a-z, 2-7), valid as token, word and user
// part, stable under peers that fold case, and silent about host and product. 64 of its bits are random (RFC 3261 19.3
// asks for 32).
//
//   | shard xor r0 (1 byte) | r0..r7 random (8 bytes) | proof over shard and random (6 bytes) |

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "media-relay/base/hash.h"
#include "media-relay/base/random.h"

namespace sbc::sip {

// RFC 3261 8.1.1.7: what every branch of an RFC 3261 element starts with.
inline constexpr std::string_view kMagicCookie = "z9hG4bK";

class Minter {
 public:
  // All shards of one process, and all processes that may see each other's messages, share one key.
  Minter(base::HashKey key, std::uint8_t shard) : key_(key), shard_(shard) {}

  std::string branch(base::Random& random) const;  // magic cookie and 24 characters
  std::string tag(base::Random& random) const { return word(random); }
  std::string call_id(base::Random& random) const { return word(random); }
  std::string user(base::Random& random) const { return word(random); }

  // The shard that minted `id` (any kind; a branch with its cookie); nullopt when `id` is not one of ours.
  std::optional<std::uint8_t> shard_of(std::string_view id) const;

  std::uint8_t shard() const { return shard_; }

 private:
  std::string word(base::Random& random) const;
  void append_word(std::string& out, base::Random& random) const;
  std::uint64_t proof(std::uint8_t shard, std::uint64_t random) const;

  base::HashKey key_;
  std::uint8_t shard_;
};

}  // namespace sbc::sip
