#pragma once
// What descriptions say of media whose keys come from a DTLS handshake (RFC 5763, 8842, 8122) and whose place is found
// by ICE (RFC 8839). Each leg has its own: nothing of this crosses.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/sdp/session.h"

namespace sbc::sdp {

enum class Setup : std::uint8_t { ActPass, Active, Passive };  // RFC 4145 4; holdconn is not for DTLS (RFC 8842 5.1)
std::string_view name_of(Setup setup);

struct Fingerprint {
  std::string hash;   // in small letters; "sha-256", "sha-384" or "sha-512": others vouch for nothing
  std::string value;  // raw
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

struct Handshake {
  Setup setup = Setup::ActPass;  // as in an offer that says nothing (RFC 4145 4.1 would be active; nobody means it)
  std::vector<Fingerprint> fingerprints;  // not empty; no more than the relay takes
  std::string tls_id;                     // "": none
  std::string ice_ufrag;                  // "": no ICE
  std::string ice_password;
  bool ice_lite = false;
  bool rtcp_mux = false;
  // RFC 8842 3.1: the same association goes on.
  bool same_association(const Handshake& other) const {
    return fingerprints == other.fingerprints && tls_id == other.tls_id;
  }
};

// What the m-line says, or the session for it, or the line whose transport it shares (bundle.h). nullopt without a
// fingerprint that can be used.
std::optional<Handshake> handshake_of(const Session& session, const Media& media);

// Whether the two say the same but for o=, the place of the media and the role in a handshake: an agent that tells
// which pair it has nominated (RFC 8839 4.4.1.2.2). Associations, credentials, directions and holds are the same.
bool same_but_place(const Session& a, const Session& b);

// UDP/TLS/RTP/SAVP, UDP/TLS/RTP/SAVPF (RFC 5764 8).
bool is_handshake_profile(std::string_view proto);
std::string_view handshake_profile(bool feedback);

// Our lines of one m-line.
struct OwnHandshake {
  Setup setup = Setup::ActPass;
  std::string fingerprint;  // SHA-256, as in SDP: "4A:AD:..."
  std::string tls_id;       // "": not said
  std::string ice_ufrag;    // "": no ICE
  std::string ice_password;
  bool mux_only = true;  // in an offer: RTCP is multiplexed or not at all (RFC 8858)
};
// With a candidate at this address, which is the only one.
void append_handshake(std::string& out, const OwnHandshake& own, const base::Endpoint& rtp, bool offer);

}  // namespace sbc::sdp
