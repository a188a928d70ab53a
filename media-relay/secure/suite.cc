#include "media-relay/secure/suite.h"

#include <algorithm>
#include <array>

namespace secure {
namespace {

constexpr std::array<Traits, kSuites> kTraits{{
    {"AES_CM_128_HMAC_SHA1_80", 16, 14, 10, 10, false},
    {"AES_CM_128_HMAC_SHA1_32", 16, 14, 4, 10, false},
    {"AES_192_CM_HMAC_SHA1_80", 24, 14, 10, 10, false},
    {"AES_192_CM_HMAC_SHA1_32", 24, 14, 4, 10, false},
    {"AES_256_CM_HMAC_SHA1_80", 32, 14, 10, 10, false},
    {"AES_256_CM_HMAC_SHA1_32", 32, 14, 4, 10, false},
    {"AEAD_AES_128_GCM", 16, 12, 16, 16, true},
    {"AEAD_AES_256_GCM", 32, 12, 16, 16, true},
}};

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace

const Traits& traits_of(Suite suite) {
  return kTraits[static_cast<std::size_t>(suite)];
}

std::optional<Suite> suite_named(std::string_view name) {
  for (std::size_t i = 0; i < kSuites; ++i)
    if (std::ranges::equal(name, kTraits[i].name, {}, upper)) return static_cast<Suite>(i);
  return std::nullopt;
}

}  // namespace secure
