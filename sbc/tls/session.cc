#include "sbc/tls/session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>

#include "sbc/tls/limits.h"

namespace sbc::tls {
namespace {

// OpenSSL keeps the alerts that came from the peer above this number.
constexpr int kAlertReasons = 1000;
constexpr std::size_t kRecord = 16 * 1024;

Failure failure_of_verification(long result) {
  return result == X509_V_ERR_CERT_HAS_EXPIRED || result == X509_V_ERR_CERT_NOT_YET_VALID ? Failure::Expired
                                                                                          : Failure::Untrusted;
}

Failure failure_of(int reason, long verification) {
  switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_BAD_RECORD_TYPE:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return Failure::NotTls;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
      return Failure::Version;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
      return Failure::NoCipher;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return Failure::NoCertificate;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return failure_of_verification(verification);
    default:
      return reason > kAlertReasons ? Failure::PeerRefused : Failure::Protocol;
  }
}

}  // namespace

const char* name_of(Failure failure) {
  switch (failure) {
    case Failure::None:
      return "none";
    case Failure::NotTls:
      return "not_tls";
    case Failure::Version:
      return "version";
    case Failure::NoCipher:
      return "no_cipher";
    case Failure::NoCertificate:
      return "no_certificate";
    case Failure::Untrusted:
      return "untrusted";
    case Failure::Expired:
      return "expired";
    case Failure::WrongName:
      return "wrong_name";
    case Failure::PeerRefused:
      return "peer_refused";
    case Failure::TooLong:
      return "too_long";
    case Failure::Protocol:
      return "protocol";
    case Failure::kCount:
      break;
  }
  return "?";
}

std::unique_ptr<Session> Session::server(std::shared_ptr<const Context> context) {
  return std::unique_ptr<Session>(new Session(std::move(context), false, {}));
}

std::unique_ptr<Session> Session::client(std::shared_ptr<const Context> context, Wanted wanted) {
  std::unique_ptr<Session> made(new Session(std::move(context), true, std::move(wanted)));
  made->handshake();
  return made;
}

Session::Session(std::shared_ptr<const Context> context, bool is_client, Wanted wanted)
    : context_(std::move(context)), is_client_(is_client), wanted_(std::move(wanted)) {
  ssl_ = SSL_new(is_client_ ? context_->client() : context_->server());
  SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  if (!is_client_) {
    SSL_set_accept_state(ssl_);
    return;
  }
  SSL_set_connect_state(ssl_);
  // RFC 6066 3: no literal addresses.
  if (!wanted_.name.empty()) SSL_set_tlsext_host_name(ssl_, wanted_.name.c_str());
}

Session::~Session() {
  SSL_free(ssl_);
}

Session::State Session::feed(std::string_view ciphertext, std::string& plain) {
  if (state_ == State::Closed || state_ == State::Failed) return state_;
  if (state_ == State::Handshaking) {
    handshake_bytes_ += ciphertext.size();
    if (handshake_bytes_ > kHandshakeBytes) {
      fail(Failure::TooLong, "handshake longer than " + std::to_string(kHandshakeBytes) + " bytes");
      return state_;
    }
  }
  // A memory BIO takes everything, or there is no memory.
  BIO_write(SSL_get_rbio(ssl_), ciphertext.data(), static_cast<int>(ciphertext.size()));
  if (state_ == State::Handshaking) handshake();
  if (state_ == State::Open) read(plain);
  return state_;
}

void Session::handshake() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_);
  if (done == 1) return on_established();
  const int error = SSL_get_error(ssl_, done);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail_with_error();
}

void Session::on_established() {
  state_ = State::Open;
  if (const X509* const certificate = SSL_get0_peer_certificate(ssl_); certificate != nullptr) {
    peer_ = identity_of(*certificate);
    has_peer_ = SSL_get_verify_result(ssl_) == X509_V_OK && SSL_get_verify_mode(ssl_) != SSL_VERIFY_NONE;
  }
  if (!is_client_) return;
  const bool right = has_peer_ && (wanted_.name.empty() ? peer_.names(wanted_.address) : peer_.names(wanted_.name));
  if (right) return;
  std::string text = "expected " + (wanted_.name.empty() ? wanted_.address.text() : wanted_.name) + ", got";
  for (const std::string& domain : peer_.domains) text += " " + domain;
  for (const base::IpAddress& address : peer_.addresses) text += " " + address.text();
  fail(Failure::WrongName, std::move(text));
}

void Session::read(std::string& plain) {
  std::array<char, kRecord> buffer;
  for (;;) {
    ERR_clear_error();
    const int n = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
    if (n > 0) {
      plain.append(buffer.data(), static_cast<std::size_t>(n));
      continue;
    }
    const int error = SSL_get_error(ssl_, n);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
    if (error == SSL_ERROR_ZERO_RETURN) {
      state_ = State::Closed;
      return;
    }
    return fail_with_error();
  }
}

bool Session::encrypt(std::string_view plain) {
  if (state_ != State::Open) return false;
  if (plain.empty()) return true;
  ERR_clear_error();
  std::size_t written = 0;
  if (SSL_write_ex(ssl_, plain.data(), plain.size(), &written) == 1 && written == plain.size()) return true;
  fail_with_error();
  return false;
}

void Session::close() {
  if (state_ != State::Open) return;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
  state_ = State::Closed;
}

std::string Session::take_output() {
  BIO* const out = SSL_get_wbio(ssl_);
  std::string bytes(BIO_ctrl_pending(out), '\0');
  if (bytes.empty()) return bytes;
  const int n = BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return bytes;
}

void Session::fail_with_error() {
  const unsigned long error = ERR_peek_last_error();
  const long verification = SSL_get_verify_result(ssl_);
  const int reason = ERR_GET_REASON(error);
  const Failure kind = failure_of(reason, verification);
  const char* text = ERR_reason_error_string(error);
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) text = X509_verify_cert_error_string(verification);
  fail(kind, text == nullptr ? "the connection is broken" : text);
  ERR_clear_error();
}

void Session::fail(Failure failure, std::string text) {
  state_ = State::Failed;
  failure_ = failure;
  failure_text_ = std::move(text);
}

}  // namespace sbc::tls
