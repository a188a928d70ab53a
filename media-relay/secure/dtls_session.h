#pragma once
// One DTLS association whose only purpose is keys for SRTP (RFC 5763, RFC 5764), with DTLS 1.2 (RFC 6347). Datagrams go
// in, datagrams are appended.
//
//   Idle --start (active) or a ClientHello (passive)--> Handshaking --> Unverified --> Done --> Closed
//     ^                                                     |  (the fingerprint may be
//     +--- went wrong: begins anew -------------------------+   signalled later)
//     the active role gives up after kMaxDtlsAttempts: Failed
//
// Keys are released only when the peer's certificate is the one that signalling vouches for; a wrong one is final. It
// is judged when the handshake is over: before that it may be from anybody who forges the peer's address. For the same
// reason a handshake begins with a cookie (RFC 6347 4.2.1), whatever is known of the address: who cannot hear at it
// neither begins one in the peer's name nor has the peer sent what answers another hello than its own. He can still
// spoil one while it is under way: it is begun anew, and plaintext alerts are not believed at all. After it nothing in
// the clear is looked at: there is no renegotiation, and a new handshake takes a new session, which signalling asks
// for.
//
// Random numbers come from OpenSSL's generator, and retransmissions are due by OpenSSL's clock: `now` only says when to
// look. That is the one room below the purity line whose timing a test cannot dictate.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/time.h"
#include "media-relay/secure/certificate.h"
#include "media-relay/secure/dtls_record.h"
#include "media-relay/secure/hmac_sha1.h"
#include "media-relay/secure/parameters.h"

typedef struct ssl_st SSL;

namespace secure {

struct DatagramLink;

enum class DtlsRole : std::uint8_t { Active, Passive };  // who sends the ClientHello (RFC 4145 section 4)

enum class DtlsState : std::uint8_t { Idle, Handshaking, Unverified, Done, Closed, Failed };
std::string_view name_of(DtlsState state);

enum class DtlsFailure : std::uint8_t {
  None,
  Fingerprint,  // the certificate is not the one that was signalled
  NoProfile,    // no suite that both sides have (RFC 5764 4.1.1)
  Handshake,    // too many attempts went wrong
  Timeout,      // the peer did not answer
};
std::string_view name_of(DtlsFailure failure);

// Why a datagram was not looked at.
enum class DtlsRefusal : std::uint8_t {
  Malformed,    // not a row of DTLS records
  Unexpected,   // not a ClientHello where one has to be, or one where none may be
  ClearAlert,   // anybody can have sent it
  OtherSource,  // not the peer with whom the handshake goes on
  NoCookie,     // told to come again with one
};

struct DtlsParameters {
  DtlsRole role = DtlsRole::Passive;
  std::vector<Fingerprint> fingerprints;  // empty: not known yet
  friend bool operator==(const DtlsParameters&, const DtlsParameters&) = default;
};

// Both directions, ready for a context. `send` is what we protect with.
struct DtlsKeys {
  Parameters send;
  Parameters receive;

  template <typename Carrier>
  void carry(Carrier& c) {
    c(send, receive);
  }
};

using Datagram = std::vector<std::byte>;

struct DtlsTiming {
  unsigned first_timeout_us = kDtlsFirstTimeoutMicroseconds;
  base::Duration patience = base::seconds(20);  // of one attempt
};

class DtlsSession {
 public:
  static std::unique_ptr<DtlsSession> make(std::shared_ptr<const Identity> identity, DtlsParameters parameters,
                                           DtlsTiming timing = {});
  ~DtlsSession();
  DtlsSession(const DtlsSession&) = delete;
  DtlsSession& operator=(const DtlsSession&) = delete;

  // Of the active role: sends the ClientHello. Does nothing when it was sent already.
  void start(const base::Endpoint& peer, base::Instant now, std::vector<Datagram>& out);
  // A datagram of DTLS (RFC 7983). The caller has made sure that the source is one from which the peer may come.
  // `vouched`: it is known to be the peer's, by an ICE check or by signalling. What is appended goes back to the
  // source.
  std::optional<DtlsRefusal> on_datagram(std::span<const std::byte> datagram, const base::Endpoint& from, bool vouched,
                                         base::Instant now, std::vector<Datagram>& out);
  // What signalling knows now. Fingerprints only ever become known: other ones are another session.
  void set_fingerprints(const std::vector<Fingerprint>& fingerprints, base::Instant now);
  // Tells the peer that it is over, if there is one to tell.
  void close(std::vector<Datagram>& out);

  base::Instant next_deadline() const { return deadline_; }
  void on_deadline(base::Instant now, std::vector<Datagram>& out);

  DtlsState state() const { return state_; }
  DtlsFailure failure() const { return failure_; }
  DtlsRole role() const { return parameters_.role; }
  // With whom the handshake goes on, or went; empty when there is none.
  const base::Endpoint& peer() const { return peer_; }
  // In state Done.
  const std::optional<DtlsKeys>& keys() const { return keys_; }

  // Of an association that is done, over, or not begun: a handshake that is under way cannot be carried, and one that
  // was carried no longer hears its peer's close_notify, nor repeats the last flight of its handshake.
  template <typename Carrier>
  void carry(Carrier& c) {
    DtlsState state = state_;
    c.expect(state != DtlsState::Handshaking && state != DtlsState::Unverified);
    c.choice(state, DtlsState::Failed);
    c.choice(failure_, DtlsFailure::Timeout);
    c.choice(parameters_.role, DtlsRole::Passive);
    c(peer_, peer_vouched_, attempts_, deadline_, keys_);
    c.expect(state != DtlsState::Handshaking && state != DtlsState::Unverified);
    c.expect((state == DtlsState::Done) == keys_.has_value());
    if (keys_) c.expect(check(keys_->send).empty() && check(keys_->receive).empty());
    state_ = state;
  }

  // For the callbacks of OpenSSL.
  std::span<const std::byte> cookie() const { return cookie_; }
  unsigned next_timeout(unsigned last) const;

 private:
  struct Free {
    void operator()(SSL* ssl) const;
  };
  DtlsSession(std::shared_ptr<const Identity> identity, DtlsParameters parameters, DtlsTiming timing);
  using Ssl = std::unique_ptr<SSL, Free>;
  Ssl make_ssl();
  void begin(const base::Endpoint& peer, bool vouched, base::Instant now);
  std::optional<DtlsRefusal> take_hello(std::span<const std::byte> datagram, const DtlsOutline& outline,
                                        const base::Endpoint& from, bool vouched, base::Instant now);
  bool returns_cookie(SSL* ssl, std::span<const std::byte> hello, const base::Endpoint& from);
  bool is_under_way_with(const DtlsOutline& hello, const base::Endpoint& from, bool vouched) const;
  bool may_displace(const base::Endpoint& from, bool vouched, base::Instant now) const;
  void step(base::Instant now);
  void drain();
  void finish(base::Instant now);
  void verify(base::Instant now);
  void dismiss(DtlsFailure why, base::Instant now);
  void begin_anew(DtlsFailure why, base::Instant now);
  void fail(DtlsFailure why);
  void arm(base::Instant now);
  void flush(std::vector<Datagram>& out);

  std::shared_ptr<const Identity> identity_;
  DtlsParameters parameters_;
  DtlsTiming timing_;
  std::unique_ptr<DatagramLink> link_;  // outlives what refers to it
  Ssl ssl_;
  DtlsState state_ = DtlsState::Idle;
  DtlsFailure failure_ = DtlsFailure::None;
  base::Endpoint peer_;
  bool peer_vouched_ = false;
  base::Instant begun_{};
  std::array<std::byte, 32> client_{};  // of whom the handshake is, when it is the other side
  unsigned attempts_ = 0;
  std::size_t datagrams_ = 0;         // of this attempt
  std::optional<DtlsKeys> exported_;  // withheld
  std::optional<DtlsKeys> keys_;
  HmacSha1::Code cookie_{};
  base::Instant deadline_ = base::kNever;
  base::Instant give_up_ = base::kNever;
};

}  // namespace secure
