#include "media-relay/secure/parameters.h"

#include <algorithm>

namespace secure {

std::string check(const Parameters& parameters) {
  const Traits& traits = traits_of(parameters.suite);
  const std::size_t wanted = traits.key_bytes + traits.salt_bytes;
  if (parameters.keys.empty() || parameters.keys.size() > kMaxKeys)
    return "keys: expected 1 to " + std::to_string(kMaxKeys) + ", got " + std::to_string(parameters.keys.size());
  for (std::size_t i = 0; i < parameters.keys.size(); ++i) {
    const MasterKey& key = parameters.keys[i];
    if (key.key_and_salt.size() != wanted)
      return "key: expected " + std::to_string(wanted) + " bytes for " + std::string(traits.name) + ", got " +
             std::to_string(key.key_and_salt.size());
    if (key.mki.size() > kMaxMkiBytes)
      return "mki: expected at most " + std::to_string(kMaxMkiBytes) + " bytes, got " + std::to_string(key.mki.size());
    if (key.mki.size() != parameters.keys[0].mki.size()) return "mki: expected the same length for all keys";
    if (key.lifetime == 0 || key.lifetime > kMaxRtpLifetime) return "lifetime: expected 1 to 2^48 packets";
    for (std::size_t j = 0; j < i; ++j)
      if (parameters.keys[j].mki == key.mki) return "mki: expected another one for each key";
  }
  return {};
}

bool share_a_key(const Parameters& a, const Parameters& b) {
  return a.suite == b.suite && std::ranges::any_of(a.keys, [&b](const MasterKey& key) {
           return std::ranges::find(b.keys, key.key_and_salt, &MasterKey::key_and_salt) != b.keys.end();
         });
}

}  // namespace secure
