#pragma once
// OpenSSL's AES with a key that is scheduled once and then used for many packets.

#include <openssl/evp.h>

#include <cstddef>
#include <memory>
#include <span>

namespace secure {

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

enum class Way : int { Open = 0, Seal = 1 };  // as EVP_CipherInit_ex takes it

// AES in counter mode or GCM by the length of the key (16, 24 or 32 bytes; GCM 16 or 32). Null when the library fails.
CipherContext make_counter_mode(std::span<const std::byte> key);
CipherContext make_gcm(std::span<const std::byte> key, Way way);

inline unsigned char* raw(std::byte* bytes) {
  return reinterpret_cast<unsigned char*>(bytes);
}
inline const unsigned char* raw(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}

// Exclusive-or of the key stream that begins at `counter` (16 bytes) with `bytes`, in place.
bool apply_key_stream(EVP_CIPHER_CTX* context, const std::byte* counter, std::span<std::byte> bytes);

}  // namespace secure
