#include "sbc/auth/algorithm.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <memory>

#include "media-relay/base/text.h"

namespace sbc::auth {
namespace {

struct Name {
  Algorithm algorithm;
  std::string_view text;
};

constexpr std::array<Name, 6> kNames = {{
    {{Hash::Md5, false}, "MD5"},
    {{Hash::Md5, true}, "MD5-sess"},
    {{Hash::Sha256, false}, "SHA-256"},
    {{Hash::Sha256, true}, "SHA-256-sess"},
    {{Hash::Sha512_256, false}, "SHA-512-256"},
    {{Hash::Sha512_256, true}, "SHA-512-256-sess"},
}};

// Fetched once per process: an implicit fetch costs more than hashing a REGISTER.
const EVP_MD* method_of(Hash hash) {
  static const std::array<const EVP_MD*, kHashCount> methods = {EVP_MD_fetch(nullptr, "MD5", nullptr),
                                                                EVP_MD_fetch(nullptr, "SHA2-256", nullptr),
                                                                EVP_MD_fetch(nullptr, "SHA2-512/256", nullptr)};
  return methods[static_cast<std::size_t>(hash)];
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

std::optional<Algorithm> algorithm_from(std::string_view token) {
  for (const Name& name : kNames)
    if (base::equals_ignoring_case(name.text, token)) return name.algorithm;
  return std::nullopt;
}

std::string_view name_of(Algorithm algorithm) {
  for (const Name& name : kNames)
    if (name.algorithm == algorithm) return name.text;
  return {};
}

std::string digest_of(Hash hash, std::initializer_list<std::string_view> parts) {
  const EVP_MD* method = method_of(hash);
  // A crypto policy may have taken MD5 away; "" equals no response.
  if (method == nullptr) return {};
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int length = 0;
  bool ok = context && EVP_DigestInit_ex(context.get(), method, nullptr) == 1;
  bool first = true;
  for (std::string_view part : parts) {
    if (!first) ok = ok && EVP_DigestUpdate(context.get(), ":", 1) == 1;
    first = false;
    ok = ok && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  ok = ok && EVP_DigestFinal_ex(context.get(), out.data(), &length) == 1;
  if (!ok) return {};
  return base::to_hex({reinterpret_cast<const char*>(out.data()), length});
}

std::size_t hex_length(Hash hash) {
  return hash == Hash::Md5 ? 32 : 64;
}

std::string ha1_of(Hash hash, std::string_view username, std::string_view realm, std::string_view password) {
  return digest_of(hash, {username, realm, password});
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace sbc::auth
