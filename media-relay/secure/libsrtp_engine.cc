// The reference engine: libsrtp with its own counters. Debian builds it on NSS, which makes it several times slower
// than ours with one stream and thirty times with many.

#include <srtp2/srtp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "media-relay/secure/engines.h"
#include "media-relay/secure/layout.h"

namespace secure {
namespace {

bool library_is_ready() {
  static const bool ready = srtp_init() == srtp_err_status_ok;
  return ready;
}

struct FreeSession {
  void operator()(srtp_ctx_t_* session) const { srtp_dealloc(session); }
};
using Session = std::unique_ptr<srtp_ctx_t_, FreeSession>;

void set_policy(Suite suite, srtp_policy_t& out) {
  switch (suite) {
    case Suite::AesCm128HmacSha1_80:
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&out.rtp);
      break;
    case Suite::AesCm128HmacSha1_32:
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&out.rtp);
      break;
    case Suite::AesCm192HmacSha1_80:
      srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80(&out.rtp);
      break;
    case Suite::AesCm192HmacSha1_32:
      srtp_crypto_policy_set_aes_cm_192_hmac_sha1_32(&out.rtp);
      break;
    case Suite::AesCm256HmacSha1_80:
      srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&out.rtp);
      break;
    case Suite::AesCm256HmacSha1_32:
      srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&out.rtp);
      break;
    case Suite::AeadAes128Gcm:
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&out.rtp);
      break;
    case Suite::AeadAes256Gcm:
      srtp_crypto_policy_set_aes_gcm_256_16_auth(&out.rtp);
      break;
  }
  out.rtcp = out.rtp;
  out.rtcp.auth_tag_len = static_cast<int>(traits_of(suite).rtcp_tag_bytes);
}

Session make_session(const Parameters& parameters, srtp_ssrc_type_t direction) {
  if (!library_is_ready()) return nullptr;
  std::vector<std::vector<unsigned char>> bytes;  // the library takes pointers that are not const
  std::vector<srtp_master_key_t> keys;
  std::vector<srtp_master_key_t*> pointers;
  for (const MasterKey& key : parameters.keys) {
    const auto* first = reinterpret_cast<const unsigned char*>(key.key_and_salt.bytes().data());
    bytes.emplace_back(first, first + key.key_and_salt.size());
    bytes.emplace_back(key.mki.begin(), key.mki.end());
  }
  for (std::size_t i = 0; i < bytes.size(); i += 2)
    keys.push_back({bytes[i].data(), bytes[i + 1].data(), static_cast<unsigned>(bytes[i + 1].size())});
  for (srtp_master_key_t& key : keys) pointers.push_back(&key);

  srtp_policy_t policy{};
  set_policy(parameters.suite, policy);
  policy.ssrc.type = direction;
  policy.window_size = kRtpWindow;
  if (parameters.keys[0].mki.empty()) {
    policy.key = bytes[0].data();
  } else {
    policy.keys = pointers.data();
    policy.num_master_keys = pointers.size();
  }
  srtp_t session = nullptr;
  const bool made = srtp_create(&session, &policy) == srtp_err_status_ok;
  for (auto& secret : bytes)
    if (!secret.empty()) explicit_bzero(secret.data(), secret.size());
  return Session(made ? session : nullptr);
}

std::unexpected<Refusal> refusal_of(srtp_err_status_t status) {
  switch (status) {
    case srtp_err_status_auth_fail:
    case srtp_err_status_cant_check:
      return std::unexpected(Refusal::Unauthentic);
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
      return std::unexpected(Refusal::Replayed);
    case srtp_err_status_bad_mki:
      return std::unexpected(Refusal::UnknownKey);
    case srtp_err_status_key_expired:
      return std::unexpected(Refusal::KeyExpired);
    default:
      return std::unexpected(Refusal::Malformed);
  }
}

// The library keeps as many sources as come; we do not.
class Sources {
 public:
  bool admits(std::uint32_t ssrc) const {
    return known_.size() < kMaxStreams || std::ranges::find(known_, ssrc) != known_.end();
  }
  void note(std::uint32_t ssrc) {
    if (std::ranges::find(known_, ssrc) == known_.end()) known_.push_back(ssrc);
  }

 private:
  std::vector<std::uint32_t> known_;
};

class LibsrtpSender final : public Sender {
 public:
  LibsrtpSender(Session session, const Parameters& parameters)
      : session_(std::move(session)),
        traits_(traits_of(parameters.suite)),
        mki_bytes_(parameters.keys[0].mki.size()),
        left_(parameters.keys[0].lifetime) {}

  Outcome protect_rtp(std::span<std::byte> storage, std::size_t size) override {
    const auto layout = read_rtp_layout(storage.first(size));
    if (!layout) return std::unexpected(Refusal::Malformed);
    if (storage.size() - size < rtp_tail(traits_, mki_bytes_).bytes) return std::unexpected(Refusal::NoRoom);
    if (left_ == 0) return std::unexpected(Refusal::KeyExpired);
    if (!sources_.admits(layout->ssrc)) return std::unexpected(Refusal::TooManyStreams);
    int length = static_cast<int>(size);
    const auto status = srtp_protect_mki(session_.get(), storage.data(), &length, mki_bytes_ != 0, 0);
    if (status != srtp_err_status_ok) return refusal_of(status);
    sources_.note(layout->ssrc);
    --left_;
    return static_cast<std::size_t>(length);
  }

  Outcome protect_rtcp(std::span<std::byte> storage, std::size_t size) override {
    const auto layout = read_rtcp_layout(storage.first(size));
    if (!layout) return std::unexpected(Refusal::Malformed);
    if (storage.size() - size < rtcp_tail(traits_, mki_bytes_).bytes) return std::unexpected(Refusal::NoRoom);
    if (!sources_.admits(layout->ssrc)) return std::unexpected(Refusal::TooManyStreams);
    int length = static_cast<int>(size);
    const auto status = srtp_protect_rtcp_mki(session_.get(), storage.data(), &length, mki_bytes_ != 0, 0);
    if (status != srtp_err_status_ok) return refusal_of(status);
    sources_.note(layout->ssrc);
    return static_cast<std::size_t>(length);
  }

  // The library does not tell its replay windows.
  void pack(base::Packer& out) override { out.expect(false); }
  void unpack(base::Unpacker& in) override { in.expect(false); }
  void keep_in(Ledger*) override {}
  bool catch_up(const Ledger&) override { return false; }

 private:
  Session session_;
  const Traits& traits_;
  std::size_t mki_bytes_;
  std::uint64_t left_;
  Sources sources_;
};

class LibsrtpReceiver final : public Receiver {
 public:
  LibsrtpReceiver(Session session, const Parameters& parameters)
      : session_(std::move(session)),
        rtp_tail_(rtp_tail(traits_of(parameters.suite), parameters.keys[0].mki.size()).bytes),
        rtcp_tail_(rtcp_tail(traits_of(parameters.suite), parameters.keys[0].mki.size()).bytes),
        with_mki_(!parameters.keys[0].mki.empty()) {}

  Outcome unprotect_rtp(std::span<std::byte> packet) override {
    const auto layout = read_rtp_layout(packet);
    if (!layout) return std::unexpected(Refusal::Malformed);
    if (packet.size() < layout->header_bytes + rtp_tail_) return std::unexpected(Refusal::Unauthentic);
    if (!sources_.admits(layout->ssrc)) return std::unexpected(Refusal::TooManyStreams);
    int length = static_cast<int>(packet.size());
    const auto status = srtp_unprotect_mki(session_.get(), packet.data(), &length, with_mki_);
    if (status != srtp_err_status_ok) return refusal_of(status);
    sources_.note(layout->ssrc);
    return static_cast<std::size_t>(length);
  }

  Outcome unprotect_rtcp(std::span<std::byte> packet) override {
    const auto layout = read_rtcp_layout(packet);
    if (!layout) return std::unexpected(Refusal::Malformed);
    if (packet.size() < kRtcpClearBytes + rtcp_tail_) return std::unexpected(Refusal::Unauthentic);
    if (!sources_.admits(layout->ssrc)) return std::unexpected(Refusal::TooManyStreams);
    int length = static_cast<int>(packet.size());
    const auto status = srtp_unprotect_rtcp_mki(session_.get(), packet.data(), &length, with_mki_);
    if (status != srtp_err_status_ok) return refusal_of(status);
    sources_.note(layout->ssrc);
    return static_cast<std::size_t>(length);
  }

  // The library does not tell its replay windows.
  void pack(base::Packer& out) override { out.expect(false); }
  void unpack(base::Unpacker& in) override { in.expect(false); }
  void keep_in(Ledger*) override {}
  bool catch_up(const Ledger&) override { return false; }

 private:
  Session session_;
  std::size_t rtp_tail_;
  std::size_t rtcp_tail_;
  bool with_mki_;
  Sources sources_;
};

}  // namespace

bool is_right_in_libsrtp(Suite suite) {
  return suite != Suite::AesCm192HmacSha1_80 && suite != Suite::AesCm192HmacSha1_32;
}

std::unique_ptr<Sender> make_libsrtp_sender(const Parameters& parameters) {
  Session session = make_session(parameters, ssrc_any_outbound);
  return session ? std::make_unique<LibsrtpSender>(std::move(session), parameters) : nullptr;
}

std::unique_ptr<Receiver> make_libsrtp_receiver(const Parameters& parameters) {
  Session session = make_session(parameters, ssrc_any_inbound);
  return session ? std::make_unique<LibsrtpReceiver>(std::move(session), parameters) : nullptr;
}

}  // namespace secure
