#include "media-relay/secure/cipher.h"

namespace secure {
namespace {

CipherContext make(const EVP_CIPHER* cipher, std::span<const std::byte> key, Way way) {
  CipherContext context(EVP_CIPHER_CTX_new());
  if (cipher == nullptr || !context) return nullptr;
  if (EVP_CipherInit_ex(context.get(), cipher, nullptr, raw(key.data()), nullptr, static_cast<int>(way)) != 1)
    return nullptr;
  return context;
}

}  // namespace

CipherContext make_counter_mode(std::span<const std::byte> key) {
  switch (key.size()) {
    case 16:
      return make(EVP_aes_128_ctr(), key, Way::Seal);
    case 24:
      return make(EVP_aes_192_ctr(), key, Way::Seal);
    case 32:
      return make(EVP_aes_256_ctr(), key, Way::Seal);
    default:
      return nullptr;
  }
}

CipherContext make_gcm(std::span<const std::byte> key, Way way) {
  switch (key.size()) {
    case 16:
      return make(EVP_aes_128_gcm(), key, way);
    case 32:
      return make(EVP_aes_256_gcm(), key, way);
    default:
      return nullptr;
  }
}

bool apply_key_stream(EVP_CIPHER_CTX* context, const std::byte* counter, std::span<std::byte> bytes) {
  int length = 0;
  return EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, raw(counter), -1) == 1 &&
         EVP_CipherUpdate(context, raw(bytes.data()), &length, raw(bytes.data()), static_cast<int>(bytes.size())) == 1;
}

}  // namespace secure
