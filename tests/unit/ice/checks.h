#pragma once
// Connectivity checks as a full agent sends them.

#include <cstdint>
#include <string>
#include <string_view>

#include "media-relay/secure/hmac_sha1.h"
#include "media-relay/stun/wire.h"

namespace ice::testing {

class CheckBuilder {
 public:
  explicit CheckBuilder(std::uint16_t type = stun::kBindingRequest) { head(type); }

  CheckBuilder& attribute(std::uint16_t type, std::string_view value) {
    put16(type);
    put16(value.size());
    text_ += value;
    while (text_.size() % 4 != 0) text_ += '\0';
    return *this;
  }
  CheckBuilder& username(std::string_view name) { return attribute(stun::kUsername, name); }
  CheckBuilder& priority(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
    return attribute(stun::kPriority, bytes);
  }
  CheckBuilder& controlling() { return attribute(stun::kIceControlling, "tiebreak"); }
  CheckBuilder& controlled() { return attribute(stun::kIceControlled, "tiebreak"); }
  CheckBuilder& use_candidate() { return attribute(stun::kUseCandidate, ""); }
  CheckBuilder& integrity(std::string_view password) {
    set_length(text_.size() - stun::kHeaderBytes + stun::kIntegrityBytes);
    const auto code =
        secure::HmacSha1(std::as_bytes(std::span(password))).of(std::as_bytes(std::span(std::string_view(text_))));
    return attribute(stun::kMessageIntegrity, {reinterpret_cast<const char*>(code.data()), code.size()});
  }
  CheckBuilder& fingerprint() {
    set_length(text_.size() - stun::kHeaderBytes + stun::kFingerprintBytes);
    const std::uint32_t crc = stun::crc32(text_) ^ stun::kFingerprintXor;
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(crc >> shift & 0xff);
    return attribute(stun::kFingerprint, bytes);
  }
  std::string take() {
    set_length(text_.size() - stun::kHeaderBytes);
    return text_;
  }

 private:
  void put16(std::size_t value) {
    text_ += static_cast<char>(value >> 8 & 0xff);
    text_ += static_cast<char>(value & 0xff);
  }
  void head(std::uint16_t type) {
    put16(type);
    put16(0);
    text_ +=
        "\x21\x12\xa4\x42"
        "transaction!";
  }
  void set_length(std::size_t length) {
    text_[2] = static_cast<char>(length >> 8 & 0xff);
    text_[3] = static_cast<char>(length & 0xff);
  }

  std::string text_;
};

}  // namespace ice::testing
