#pragma once
// What signalling says about one direction of protected media.

#include <cstdint>
#include <string>
#include <vector>

#include "media-relay/base/secret.h"
#include "media-relay/secure/limits.h"
#include "media-relay/secure/suite.h"

namespace secure {

struct MasterKey {
  base::Secret key_and_salt;                 // as long as the suite says: key first
  std::string mki;                           // raw bytes; of one length for all keys of a direction, empty: not used
  std::uint64_t lifetime = kMaxRtpLifetime;  // packets that may be sent under it
  friend bool operator==(const MasterKey&, const MasterKey&) = default;

  template <typename Carrier>
  void carry(Carrier& c) {
    c(key_and_salt, mki, lifetime);
  }
};

struct Parameters {
  Suite suite = Suite::AesCm128HmacSha1_80;
  // What is sent uses the first; what is received may use any, named by its MKI.
  std::vector<MasterKey> keys;
  friend bool operator==(const Parameters&, const Parameters&) = default;

  template <typename Carrier>
  void carry(Carrier& c) {
    c.choice(suite, static_cast<Suite>(kSuites - 1));
    c(keys);
  }
};

// Empty when a context can be made of them, else what is wrong (never with a key in it).
std::string check(const Parameters& parameters);

// Whether packets under the one may be packets under the other: the same suite, and a key that is in both, whatever
// else is said of it.
bool share_a_key(const Parameters& a, const Parameters& b);

}  // namespace secure
