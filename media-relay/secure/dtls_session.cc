#include "media-relay/secure/dtls_session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <utility>

#include "media-relay/secure/dtls_bio.h"
#include "media-relay/secure/dtls_context.h"
#include "media-relay/secure/dtls_keys.h"
#include "media-relay/secure/dtls_record.h"

namespace secure {
namespace {

// How long a peer of whom nothing is known but its address may keep another one waiting.
constexpr base::Duration kUnvouchedHold = base::seconds(2);
// Between an attempt that went wrong and the next one of the active role: twice as long each time.
constexpr base::Duration kFirstPause = base::milliseconds(500);
constexpr base::Duration kLongestPause = base::seconds(8);

unsigned timeout(SSL* ssl, unsigned last) {
  return session_of(ssl)->next_timeout(last);
}

}  // namespace

std::string_view name_of(DtlsState state) {
  static constexpr std::array<std::string_view, 6> kNames{"idle", "handshaking", "unverified",
                                                          "done", "closed",      "failed"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string_view name_of(DtlsFailure failure) {
  static constexpr std::array<std::string_view, 5> kNames{"none", "fingerprint", "no_profile", "handshake", "timeout"};
  return kNames[static_cast<std::size_t>(failure)];
}

void DtlsSession::Free::operator()(SSL* ssl) const {
  SSL_free(ssl);
}

DtlsSession::DtlsSession(std::shared_ptr<const Identity> identity, DtlsParameters parameters, DtlsTiming timing)
    : identity_(std::move(identity)),
      parameters_(std::move(parameters)),
      timing_(timing),
      link_(std::make_unique<DatagramLink>()) {}
DtlsSession::~DtlsSession() = default;

std::unique_ptr<DtlsSession> DtlsSession::make(std::shared_ptr<const Identity> identity, DtlsParameters parameters,
                                               DtlsTiming timing) {
  return std::unique_ptr<DtlsSession>(new DtlsSession(std::move(identity), std::move(parameters), timing));
}

unsigned DtlsSession::next_timeout(unsigned last) const {
  return last == 0 ? timing_.first_timeout_us : std::min(2 * last, kDtlsLongestTimeoutMicroseconds);
}

DtlsSession::Ssl DtlsSession::make_ssl() {
  Ssl out(SSL_new(identity_->context()));
  BIO* bio = out ? make_datagram_bio(*link_) : nullptr;
  if (bio == nullptr || !set_session(out.get(), this)) {
    BIO_free(bio);
    return nullptr;
  }
  SSL_set_bio(out.get(), bio, bio);
  SSL_set_mtu(out.get(), static_cast<long>(kDtlsMtu));
  DTLS_set_timer_cb(out.get(), timeout);
  if (parameters_.role == DtlsRole::Active)
    SSL_set_connect_state(out.get());
  else
    SSL_set_accept_state(out.get());
  return out;
}

void DtlsSession::begin(const base::Endpoint& peer, bool vouched, base::Instant now) {
  state_ = DtlsState::Handshaking;
  peer_ = peer;
  peer_vouched_ = vouched;
  begun_ = now;
  datagrams_ = 0;
  give_up_ = now + timing_.patience;
}

void DtlsSession::start(const base::Endpoint& peer, base::Instant now, std::vector<Datagram>& out) {
  if (state_ != DtlsState::Idle || parameters_.role != DtlsRole::Active) return;
  ssl_ = make_ssl();
  if (!ssl_) return fail(DtlsFailure::Handshake);
  begin(peer, true, now);
  step(now);
  flush(out);
}

bool DtlsSession::is_under_way_with(const DtlsOutline& hello, const base::Endpoint& from, bool vouched) const {
  return state_ == DtlsState::Handshaking && hello.random == client_ && (from == peer_ || vouched);
}

bool DtlsSession::may_displace(const base::Endpoint& from, bool vouched, base::Instant now) const {
  if (state_ == DtlsState::Idle || from == peer_ || vouched) return true;
  return !peer_vouched_ && now - begun_ >= kUnvouchedHold;
}

bool DtlsSession::returns_cookie(SSL* ssl, std::span<const std::byte> hello, const base::Endpoint& from) {
  SSL_set_options(ssl, SSL_OP_COOKIE_EXCHANGE);
  cookie_ = identity_->cookie_for(from);
  link_->input = hello;
  BIO_ADDR* address = BIO_ADDR_new();
  const int heard = address == nullptr ? -1 : DTLSv1_listen(ssl, address);
  BIO_ADDR_free(address);
  ERR_clear_error();
  return heard > 0;
}

// Of one without a cookie nothing is kept, and nothing is lost of a handshake that is under way.
std::optional<DtlsRefusal> DtlsSession::take_hello(std::span<const std::byte> datagram, const DtlsOutline& outline,
                                                   const base::Endpoint& from, bool vouched, base::Instant now) {
  Ssl fresh = make_ssl();
  if (!fresh) {
    fail(DtlsFailure::Handshake);
    return DtlsRefusal::Unexpected;
  }
  if (!returns_cookie(fresh.get(), datagram, from)) return DtlsRefusal::NoCookie;
  ssl_ = std::move(fresh);
  client_ = outline.random;
  begin(from, vouched, now);
  return std::nullopt;
}

std::optional<DtlsRefusal> DtlsSession::on_datagram(std::span<const std::byte> datagram, const base::Endpoint& from,
                                                    bool vouched, base::Instant now, std::vector<Datagram>& out) {
  const auto outline = outline_of(datagram);
  if (!outline) return DtlsRefusal::Malformed;
  if (outline->clear_alert) return DtlsRefusal::ClearAlert;
  const bool settled = state_ != DtlsState::Idle && state_ != DtlsState::Handshaking;
  if (outline->client_hello && (settled || parameters_.role == DtlsRole::Active)) return DtlsRefusal::Unexpected;
  if (state_ == DtlsState::Failed || state_ == DtlsState::Closed) return DtlsRefusal::Unexpected;
  if (settled && !ssl_) return DtlsRefusal::Unexpected;  // carried over
  if (outline->client_hello && !is_under_way_with(*outline, from, vouched)) {
    if (!may_displace(from, vouched, now)) return DtlsRefusal::OtherSource;
    if (const auto refused = take_hello(datagram, *outline, from, vouched, now)) {
      flush(out);
      return refused;
    }
  } else if (state_ == DtlsState::Idle) {
    return DtlsRefusal::Unexpected;
  } else if (from != peer_ && !vouched) {
    return DtlsRefusal::OtherSource;
  }
  if (vouched) peer_ = from;
  link_->input = datagram;
  if (settled) {
    drain();
  } else if (++datagrams_ > kMaxHandshakeDatagrams) {
    begin_anew(DtlsFailure::Handshake, now);
  } else {
    step(now);
  }
  link_->input = {};
  flush(out);
  return std::nullopt;
}

void DtlsSession::step(base::Instant now) {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  const int error = SSL_get_error(ssl_.get(), done);
  ERR_clear_error();
  if (done == 1) {
    finish(now);
    return;
  }
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return arm(now);
  begin_anew(DtlsFailure::Handshake, now);
}

// After the handshake: the peer's last flight again (OpenSSL repeats ours), or its close_notify, which is authentic.
void DtlsSession::drain() {
  std::array<std::byte, 256> waste{};
  for (int left = 8; left > 0; --left) {
    ERR_clear_error();
    const int got = SSL_read(ssl_.get(), waste.data(), static_cast<int>(waste.size()));
    if (got > 0) continue;  // RFC 5764 3: application data has no place here
    const int error = SSL_get_error(ssl_.get(), got);
    ERR_clear_error();
    if (error != SSL_ERROR_ZERO_RETURN && error != SSL_ERROR_SSL) return;
    state_ = DtlsState::Closed;
    keys_.reset();
    exported_.reset();
    deadline_ = base::kNever;
    return;
  }
}

void DtlsSession::finish(base::Instant now) {
  give_up_ = base::kNever;
  arm(now);
  exported_ = export_keys(ssl_.get(), parameters_.role);
  if (!exported_) return dismiss(DtlsFailure::NoProfile, now);
  state_ = DtlsState::Unverified;
  verify(now);
}

void DtlsSession::verify(base::Instant now) {
  if (parameters_.fingerprints.empty()) return;
  if (!vouches(parameters_.fingerprints, SSL_get0_peer_certificate(ssl_.get())))
    return dismiss(DtlsFailure::Fingerprint, now);
  keys_ = std::move(exported_);
  exported_.reset();
  state_ = DtlsState::Done;
}

// A handshake that is over, with somebody who is not wanted: he is told. trap 44: one of whom no more is known than
// that he hears at his address cannot end a call.
void DtlsSession::dismiss(DtlsFailure why, base::Instant now) {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  if (peer_vouched_)
    fail(why);
  else
    begin_anew(why, now);
}

void DtlsSession::set_fingerprints(const std::vector<Fingerprint>& fingerprints, base::Instant now) {
  parameters_.fingerprints = fingerprints;
  if (state_ == DtlsState::Unverified) verify(now);
  link_->output.clear();
}

void DtlsSession::begin_anew(DtlsFailure why, base::Instant now) {
  const bool active = parameters_.role == DtlsRole::Active;
  // Waiting costs nothing, and whoever lies about its address shall not be able to end it.
  if (active && ++attempts_ >= kMaxDtlsAttempts) return fail(why);
  ssl_.reset();
  exported_.reset();
  state_ = DtlsState::Idle;
  give_up_ = base::kNever;
  deadline_ = active ? now + std::min(kFirstPause * (1 << (attempts_ - 1)), kLongestPause) : base::kNever;
}

void DtlsSession::fail(DtlsFailure why) {
  state_ = DtlsState::Failed;
  failure_ = why;
  keys_.reset();
  exported_.reset();
  deadline_ = base::kNever;
  give_up_ = base::kNever;
}

void DtlsSession::close(std::vector<Datagram>& out) {
  if (state_ != DtlsState::Done && state_ != DtlsState::Unverified) return;
  if (ssl_) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
    flush(out);
  }
  state_ = DtlsState::Closed;
  keys_.reset();
  exported_.reset();
  deadline_ = base::kNever;
}

void DtlsSession::arm(base::Instant now) {
  deadline_ = give_up_;
  timeval left{};
  if (ssl_ && DTLSv1_get_timeout(ssl_.get(), &left) == 1)
    deadline_ = std::min(deadline_, now + base::seconds(left.tv_sec) + base::microseconds(left.tv_usec));
}

void DtlsSession::on_deadline(base::Instant now, std::vector<Datagram>& out) {
  if (now < deadline_) return;
  deadline_ = base::kNever;
  if (state_ == DtlsState::Idle) return start(peer_, now, out);
  if (state_ == DtlsState::Handshaking && now >= give_up_) {
    begin_anew(DtlsFailure::Timeout, now);
    return;
  }
  if (!ssl_) return;
  ERR_clear_error();
  const auto repeated = DTLSv1_handle_timeout(ssl_.get());
  ERR_clear_error();
  flush(out);
  if (repeated < 0 && state_ == DtlsState::Handshaking) return begin_anew(DtlsFailure::Timeout, now);
  arm(now);
}

void DtlsSession::flush(std::vector<Datagram>& out) {
  for (Datagram& d : link_->output) out.push_back(std::move(d));
  link_->output.clear();
}

}  // namespace secure
