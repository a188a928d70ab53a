#pragma once
// One TLS connection without its socket: ciphertext in, plaintext out, and the other way round.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/ip.h"

#include "sbc/tls/context.h"
#include "sbc/tls/identity.h"

struct ssl_st;

namespace sbc::tls {

// Why a session is of no use. Names of metrics: see name_of.
enum class Failure : std::uint8_t {
  None,
  NotTls,         // the first bytes are something else
  Version,        // below TLS 1.2
  NoCipher,       // nothing in common
  NoCertificate,  // required, and not shown
  Untrusted,      // of no authority that we know, or made for another purpose
  Expired,        // or not valid yet
  WrongName,      // good, and somebody else's
  PeerRefused,    // an alert came: it does not like ours
  TooLong,        // more bytes than a handshake needs
  Protocol,       // anything else that breaks the protocol
  kCount
};
const char* name_of(Failure failure);  // "wrong_name"

// Whom a client must find (RFC 5922 7.3): the domain that was wanted before any DNS answer, or, when that is "",
// whoever has the address.
struct Wanted {
  std::string name;
  base::IpAddress address;
};

class Session {
 public:
  enum class State : std::uint8_t { Handshaking, Open, Closed, Failed };

  static std::unique_ptr<Session> server(std::shared_ptr<const Context> context);
  // The first flight waits in take_output() at once.
  static std::unique_ptr<Session> client(std::shared_ptr<const Context> context, Wanted wanted);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Bytes from the peer; appends what they say to `plain`, which grows by at most their number. Whatever the state
  // becomes, take_output() may have something for the peer afterwards, an alert for example.
  State feed(std::string_view ciphertext, std::string& plain);
  // Only while Open. False: the session has failed.
  bool encrypt(std::string_view plain);
  // Says good-bye; nothing is encrypted afterwards.
  void close();
  std::string take_output();

  State state() const { return state_; }
  Failure failure() const { return failure_; }
  const std::string& failure_text() const { return failure_text_; }  // "certificate has expired", for logs
  // Of the peer's certificate, verified; empty when it has not shown one.
  const Identity& peer() const { return peer_; }
  bool has_peer() const { return has_peer_; }

 private:
  Session(std::shared_ptr<const Context> context, bool is_client, Wanted wanted);
  void handshake();
  void read(std::string& plain);
  void on_established();
  void fail_with_error();
  void fail(Failure failure, std::string text);

  std::shared_ptr<const Context> context_;
  bool is_client_;
  Wanted wanted_;
  ssl_st* ssl_ = nullptr;
  State state_ = State::Handshaking;
  Failure failure_ = Failure::None;
  std::string failure_text_;
  std::size_t handshake_bytes_ = 0;
  Identity peer_;
  bool has_peer_ = false;
};

}  // namespace sbc::tls
