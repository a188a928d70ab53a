#pragma once
// Nonces that need no memory: time and a serial number, signed together with the realm. Every shard that has the key
// can check the nonce of any other.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "media-relay/base/hash.h"
#include "media-relay/base/random.h"
#include "media-relay/base/time.h"

namespace sbc::auth {

struct Nonce {
  base::Instant issued;
  std::uint64_t serial = 0;  // random; tells two nonces of one instant apart
};

enum class NonceError : std::uint8_t {
  Foreign,  // not ours, or made for another realm, or before a restart: the client deserves a fresh one
  Expired
};

class NonceMint {
 public:
  // The key is secret and random; shards of one process share it.
  explicit NonceMint(base::HashKey key) : key_(key) {}

  std::string issue(std::string_view realm, base::Instant now, base::Random& random) const;
  // The signature is compared in constant time. A nonce slightly ahead of `now` is good: shards read their clocks at
  // different moments.
  std::expected<Nonce, NonceError> check(std::string_view nonce, std::string_view realm, base::Instant now,
                                         base::Duration lifetime) const;

 private:
  std::uint64_t sign(std::string_view stamp, std::string_view realm) const;

  base::HashKey key_;
};

}  // namespace sbc::auth
