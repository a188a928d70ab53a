#pragma once
// Whether a leg's media is protected, line by line: what of an offer can be accepted, what an answer has agreed on, and
// what is offered. Keys come from and go into SDP (sdp/crypto.h); the two legs of a call have nothing of this in
// common.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "media-relay/base/random.h"
#include "media-relay/control/messages.h"

#include "sbc/policy/decision.h"
#include "sbc/sdp/crypto.h"
#include "sbc/sdp/handshake.h"
#include "sbc/sdp/remote_media.h"

namespace sbc::call {

// How one leg is to be protected.
struct LegSecurity {
  policy::MediaSecurity mode = policy::MediaSecurity::None;
  // Keys may be said on this leg: its signalling is encrypted, or the operator wants it so. Without, BestEffort is
  // about DTLS alone, and no line can be accepted when it is Sdes.
  bool keys_allowed = false;
  std::vector<sdp::Suite> suites = {};  // those that are offered and accepted, best first

  // DTLS: no key is in any SDP.
  bool handshakes() const { return mode == policy::MediaSecurity::Dtls || uses_ice(); }
  // RFC 8643: where the peer has it, and in either way.
  bool is_best_effort() const { return mode == policy::MediaSecurity::BestEffort; }
  bool may_shake_hands() const { return handshakes() || is_best_effort(); }
  bool may_say_keys() const { return (mode == policy::MediaSecurity::Sdes || is_best_effort()) && keys_allowed; }
  bool uses_ice() const { return mode == policy::MediaSecurity::Webrtc; }
  bool may_protect() const { return may_shake_hands() || may_say_keys(); }
  bool must_protect() const { return mode == policy::MediaSecurity::Sdes || handshakes(); }
};

// What keys are made with, and where lines that cannot be used are counted. Without `random` the leg never protects.
struct KeyTools {
  base::Random* random = nullptr;
  sdp::CryptoFaults* skipped = nullptr;
  sdp::RefusedLines* refused = nullptr;
};

// What becomes of one m-line.
struct LineSecurity {
  enum class Kind : std::uint8_t { Plain, Protected, Refused };
  Kind kind = Kind::Plain;
  std::optional<sdp::Crypto> theirs = {};     // Protected: the peer's line
  std::optional<sdp::Crypto> ours = {};       // and ours, when it is known already
  std::optional<sdp::Handshake> peer = {};    // Protected by DTLS: what the peer says, when it is known already
  std::optional<sdp::OwnHandshake> own = {};  // and what we do; its fingerprint is the relay's to know
};

// The line of an offer that the leg's peer makes: DTLS where the leg has that, else the first of its a=crypto lines
// whose suite we accept; the offerer prefers the first (RFC 4568 5.1.1). A line in clear is refused when another one of
// its kind can be accepted with keys (RTP/SAVP beside RTP/AVP): the two are one stream.
LineSecurity judge_offer(const LegSecurity& security, const sdp::Session& offer, std::size_t index,
                         sdp::CryptoFaults* skipped = nullptr);
// What a leg shows its peer: credentials for ICE and the name of its association, drawn by lot.
sdp::OwnHandshake fresh_handshake(base::Random& random);
// In the relay's terms.
control::Dtls dtls_of(const LineSecurity& line);
std::optional<control::Ice> ice_of(const LegSecurity& security, const LineSecurity& line);
// Who sends the ClientHello when the peer has offered this; `before`: what was agreed on for the same association.
sdp::Setup answer_setup(const sdp::Handshake& offered, const std::optional<LineSecurity>& before);

// The line after offer and answer, whoever made which.
LineSecurity judge_agreed(const LegSecurity& security, const sdp::Session& local, const sdp::Session& remote,
                          std::size_t index, sdp::CryptoFaults* skipped = nullptr);

// What we offer: `present` comes first, if anything. It protects the line now, or has the suite of what does.
std::vector<sdp::Crypto> offered_cryptos(const LegSecurity& security, const std::optional<sdp::Crypto>& present,
                                         base::Random& random);

// In the relay's terms; a direction that is not known yet is left out.
control::Srtp srtp_of(const LineSecurity& line);

}  // namespace sbc::call
