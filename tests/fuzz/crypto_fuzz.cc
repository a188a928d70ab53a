// rooms: sdp
// The value of an a=crypto line: what is read keeps the limits, and what we write of it reads the same.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sbc/sdp/crypto.h"
#include "sbc/sdp/limits.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto crypto = sbc::sdp::parse_crypto({reinterpret_cast<const char*>(data), size});
  if (!crypto) return 0;
  if (crypto->keys.empty() || crypto->keys.size() > sbc::sdp::kMaxCryptoKeys) std::abort();
  for (const auto& key : crypto->keys) {
    if (key.key_and_salt.size() != sbc::sdp::key_and_salt_bytes(crypto->suite)) std::abort();
    if (key.mki.size() > sbc::sdp::kMaxMkiBytes) std::abort();
  }
  const sbc::sdp::Crypto plain{crypto->tag, crypto->suite, {{crypto->keys[0].key_and_salt, 0, {}}}};
  if (sbc::sdp::parse_crypto(sbc::sdp::crypto_value(plain)) != plain) std::abort();
  return 0;
}
