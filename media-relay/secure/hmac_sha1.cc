// SHA-1's plain functions are deprecated since OpenSSL 3.0 in favour of EVP. They are used here because their state is
// a plain struct: EVP_MAC and EVP_MD_CTX_copy allocate for each packet, and hashing both pads anew for each packet
// costs two blocks where a packet of speech has four.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "media-relay/secure/hmac_sha1.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>

namespace secure {

struct HmacSha1::States {
  SHA_CTX inner;
  SHA_CTX outer;
};

namespace {

constexpr std::size_t kBlock = 64;

void start(SHA_CTX& state, std::span<const std::byte> key, std::byte pad) {
  std::array<std::byte, kBlock> block{};
  std::ranges::copy(key.first(std::min(key.size(), kBlock)), block.begin());
  for (std::byte& b : block) b ^= pad;
  SHA1_Init(&state);
  SHA1_Update(&state, block.data(), block.size());
  OPENSSL_cleanse(block.data(), block.size());
}

unsigned char* out(HmacSha1::Code& code) {
  return reinterpret_cast<unsigned char*>(code.data());
}

}  // namespace

HmacSha1::HmacSha1(std::span<const std::byte> key) : states_(std::make_unique<States>()) {
  start(states_->inner, key, std::byte{0x36});
  start(states_->outer, key, std::byte{0x5c});
}

HmacSha1::~HmacSha1() {
  if (states_) OPENSSL_cleanse(states_.get(), sizeof *states_);
}

HmacSha1::HmacSha1(HmacSha1&&) noexcept = default;

HmacSha1::Code HmacSha1::of(std::span<const std::byte> first, std::span<const std::byte> second) const {
  Code code;
  SHA_CTX state = states_->inner;
  SHA1_Update(&state, first.data(), first.size());
  SHA1_Update(&state, second.data(), second.size());
  SHA1_Final(out(code), &state);
  state = states_->outer;
  SHA1_Update(&state, code.data(), code.size());
  SHA1_Final(out(code), &state);
  return code;
}

}  // namespace secure
