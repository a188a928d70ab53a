#include "media-relay/secure/transform.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <utility>

#include "media-relay/secure/hmac_sha1.h"

namespace secure {
namespace {

constexpr std::uint32_t kEncrypted = 0x80000000;  // the E flag (RFC 3711 3.4)
constexpr std::size_t kWord = 4;

void put_u32(std::byte* out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) *out++ = static_cast<std::byte>(value >> shift);
}

// SSRC and 48 bits of index, exclusive-ored into the salt: at byte `at` of counter or nonce.
void mix(std::byte* out, const Frame& frame) {
  for (int i = 0; i < 4; ++i) out[i] ^= static_cast<std::byte>(frame.ssrc >> (24 - 8 * i));
  for (int i = 0; i < 6; ++i) out[4 + i] ^= static_cast<std::byte>(frame.index >> (40 - 8 * i));
}

std::size_t append(std::span<std::byte> storage, std::size_t size, std::span<const std::byte> bytes) {
  std::ranges::copy(bytes, storage.subspan(size).begin());
  return size + bytes.size();
}

class CounterMode final : public Transform {
 public:
  CounterMode(CipherContext cipher, const Traits& traits, Stream stream, const SessionKeys& keys)
      : cipher_(std::move(cipher)),
        hmac_(keys.authentication.bytes()),
        salt_(keys.salt),
        stream_(stream),
        tag_bytes_(stream == Stream::Rtp ? traits.rtp_tag_bytes : traits.rtcp_tag_bytes) {}

  std::size_t seal(std::span<std::byte> storage, const Frame& frame, std::span<const std::byte> mki) override {
    if (!encrypt(storage, frame)) return 0;
    std::size_t size = frame.size;
    if (stream_ == Stream::Rtcp) {
      put_u32(storage.data() + size, kEncrypted | static_cast<std::uint32_t>(frame.index));
      size += kWord;
    }
    const HmacSha1::Code code = code_of(storage.first(size), frame);
    size = append(storage, size, mki);
    return append(storage, size, std::span(code).first(tag_bytes_));
  }

  bool open(std::span<std::byte> packet, const Frame& frame) override {
    const std::size_t signed_bytes = frame.size + (stream_ == Stream::Rtcp ? kWord : 0);
    const HmacSha1::Code code = code_of(packet.first(signed_bytes), frame);
    if (CRYPTO_memcmp(code.data(), packet.last(tag_bytes_).data(), tag_bytes_) != 0) return false;
    return encrypt(packet, frame);
  }

 private:
  bool encrypt(std::span<std::byte> bytes, const Frame& frame) {
    std::array<std::byte, 16> counter{};  // RFC 3711 4.1.1: (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16)
    std::ranges::copy(salt_.bytes(), counter.begin());
    mix(counter.data() + 4, frame);
    return apply_key_stream(cipher_.get(), counter.data(),
                            bytes.subspan(frame.clear_bytes, frame.size - frame.clear_bytes));
  }

  // RFC 3711 4.2: RTP is followed by the rollover counter, RTCP by the word that is sent anyhow.
  HmacSha1::Code code_of(std::span<const std::byte> bytes, const Frame& frame) const {
    if (stream_ == Stream::Rtcp) return hmac_.of(bytes);
    std::array<std::byte, kWord> rollover;
    put_u32(rollover.data(), static_cast<std::uint32_t>(frame.index >> 16));
    return hmac_.of(bytes, rollover);
  }

  CipherContext cipher_;
  HmacSha1 hmac_;
  base::Secret salt_;
  Stream stream_;
  std::size_t tag_bytes_;
};

class Gcm final : public Transform {
 public:
  static constexpr std::size_t kTag = 16;

  Gcm(CipherContext cipher, Stream stream, const SessionKeys& keys)
      : cipher_(std::move(cipher)), salt_(keys.salt), stream_(stream) {}

  std::size_t seal(std::span<std::byte> storage, const Frame& frame, std::span<const std::byte> mki) override {
    const std::uint32_t word = kEncrypted | static_cast<std::uint32_t>(frame.index);
    if (!start(storage, frame, word) || !crypt(storage, frame)) return 0;
    int length = 0;
    std::size_t size = frame.size;
    if (EVP_CipherFinal_ex(cipher_.get(), raw(storage.data() + size), &length) != 1) return 0;
    if (EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_AEAD_GET_TAG, kTag, storage.data() + size) != 1) return 0;
    size += kTag;
    if (stream_ == Stream::Rtcp) {
      put_u32(storage.data() + size, word);
      size += kWord;
    }
    return append(storage, size, mki);
  }

  bool open(std::span<std::byte> packet, const Frame& frame) override {
    const std::uint32_t word = kEncrypted | static_cast<std::uint32_t>(frame.index);
    if (!start(packet, frame, word) || !crypt(packet, frame)) return false;
    std::byte* tag = packet.data() + frame.size;
    if (EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_AEAD_SET_TAG, kTag, tag) != 1) return false;
    int length = 0;
    return EVP_CipherFinal_ex(cipher_.get(), raw(tag), &length) == 1;
  }

 private:
  // Nonce and associated data: the clear header, for RTCP also the word behind the tag (RFC 7714 8.2, 9.2).
  bool start(std::span<const std::byte> packet, const Frame& frame, std::uint32_t word) {
    std::array<std::byte, 12> nonce{};
    std::ranges::copy(salt_.bytes(), nonce.begin());
    mix(nonce.data() + 2, frame);
    if (EVP_CipherInit_ex(cipher_.get(), nullptr, nullptr, nullptr, raw(nonce.data()), -1) != 1) return false;
    if (!add(packet.first(frame.clear_bytes))) return false;
    std::array<std::byte, kWord> trailer;
    put_u32(trailer.data(), word);
    return stream_ == Stream::Rtp || add(trailer);
  }

  bool add(std::span<const std::byte> associated) {
    int length = 0;
    return EVP_CipherUpdate(cipher_.get(), nullptr, &length, raw(associated.data()),
                            static_cast<int>(associated.size())) == 1;
  }

  bool crypt(std::span<std::byte> packet, const Frame& frame) {
    const auto bytes = packet.subspan(frame.clear_bytes, frame.size - frame.clear_bytes);
    int length = 0;
    return bytes.empty() || EVP_CipherUpdate(cipher_.get(), raw(bytes.data()), &length, raw(bytes.data()),
                                             static_cast<int>(bytes.size())) == 1;
  }

  CipherContext cipher_;
  base::Secret salt_;
  Stream stream_;
};

}  // namespace

std::unique_ptr<Transform> make_transform(Suite suite, Stream stream, const SessionKeys& keys, Way way) {
  const Traits& traits = traits_of(suite);
  CipherContext cipher = traits.aead ? make_gcm(keys.cipher.bytes(), way) : make_counter_mode(keys.cipher.bytes());
  if (!cipher) return nullptr;
  if (traits.aead) return std::make_unique<Gcm>(std::move(cipher), stream, keys);
  return std::make_unique<CounterMode>(std::move(cipher), traits, stream, keys);
}

}  // namespace secure
