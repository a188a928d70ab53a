#include "sbc/call/media_security.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

namespace sbc::call {
namespace {

using Kind = LineSecurity::Kind;

control::SrtpStream stream_of(const sdp::Crypto& crypto) {
  control::SrtpStream out{std::string(sdp::name_of(crypto.suite)), {}};
  for (const sdp::CryptoKey& key : crypto.keys) out.keys.push_back({key.key_and_salt, key.mki, key.lifetime});
  return out;
}

bool accepts(const LegSecurity& security, sdp::Suite suite) {
  return std::ranges::find(security.suites, suite) != security.suites.end();
}

// A line that has no usable keys: fine only where nobody has asked for more.
LineSecurity without_keys(const LegSecurity& security, bool secure) {
  return {.kind = secure || security.must_protect() ? Kind::Refused : Kind::Plain};
}

bool wants_protection(const sdp::Media& media) {
  return sdp::is_secure(media) || sdp::is_handshake_profile(media.proto);
}

// The first of its lines whose suite we accept.
std::optional<sdp::Crypto> acceptable_key(const LegSecurity& security, const sdp::Session& offer,
                                          const sdp::Media& media, sdp::CryptoFaults* skipped) {
  for (sdp::Crypto& crypto : sdp::cryptos_of(offer, media, skipped))
    if (accepts(security, crypto.suite)) return std::move(crypto);
  return std::nullopt;
}

// Offerers older than RFC 8643 offer one stream in two lines, as SAVP and as AVP, and want one of them refused.
bool is_offered_protected(const LegSecurity& security, const sdp::Session& offer, std::size_t index) {
  if (wants_protection(offer.media[index])) return false;
  const std::string_view kind = sdp::remote_media(offer, index).kind;
  for (std::size_t i = 0; i < offer.media.size(); ++i) {
    if (!sdp::is_secure(offer.media[i])) continue;
    const sdp::RemoteMedia twin = sdp::remote_media(offer, i);
    if (twin.usable() && twin.kind == kind && acceptable_key(security, offer, offer.media[i], nullptr)) return true;
  }
  return false;
}

// RFC 8643 3.1: RTP/AVP or RTP/AVPF, with what DTLS needs.
bool may_have_handshake(const LegSecurity& security, const sdp::Media& media) {
  if (sdp::is_handshake_profile(media.proto)) return true;
  return security.is_best_effort() && sdp::is_rtp(media) && !sdp::is_secure(media);
}

// RFC 8842 5.3, RFC 8827: DTLS with all of it on one port, and with ICE where that is wanted.
std::optional<sdp::Handshake> usable_handshake(const LegSecurity& security, const sdp::Session& session,
                                               const sdp::Media& media) {
  if (!may_have_handshake(security, media)) return std::nullopt;
  auto said = sdp::handshake_of(session, media);
  if (!said || !said->rtcp_mux) return std::nullopt;
  if (security.uses_ice() && (said->ice_ufrag.empty() || said->ice_password.empty())) return std::nullopt;
  return said;
}

LineSecurity judge_handshake(const LegSecurity& security, const sdp::Session& local, const sdp::Session& remote,
                             std::size_t index) {
  const auto mine = sdp::handshake_of(local, local.media[index]);
  auto theirs = usable_handshake(security, remote, remote.media[index]);
  if (!mine || !theirs) return {.kind = Kind::Refused};
  LineSecurity out{.kind = Kind::Protected, .peer = std::move(theirs)};
  out.own = sdp::OwnHandshake{mine->setup, {}, mine->tls_id, mine->ice_ufrag, mine->ice_password};
  return out;
}

control::DtlsRole role_of(const LineSecurity& line) {
  using sdp::Setup;
  if (!line.own || line.own->setup == Setup::Passive) return control::DtlsRole::Passive;
  if (line.own->setup == Setup::Active) return control::DtlsRole::Active;
  // We offered either. RFC 8842 5.2: until the answer comes a ClientHello may.
  return line.peer && line.peer->setup != Setup::Active ? control::DtlsRole::Active : control::DtlsRole::Passive;
}

std::string drawn(base::Random& random, std::size_t size) {
  static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += kLetters[random.below(kLetters.size())];
  return out;
}

}  // namespace

// RFC 8839 5.4: 24 bits of a user name and 128 of a password at least; RFC 8842 4: 120 bits of a tls-id.
sdp::OwnHandshake fresh_handshake(base::Random& random) {
  sdp::OwnHandshake out;
  out.tls_id = drawn(random, 24);
  out.ice_ufrag = drawn(random, 8);
  out.ice_password = drawn(random, 24);
  return out;
}

control::Dtls dtls_of(const LineSecurity& line) {
  control::Dtls out{role_of(line), line.own->tls_id, {}};
  if (!line.peer) return out;
  // RFC 8842 4: both names make the association. Where nobody says one, the certificate does.
  for (const sdp::Fingerprint& f : line.peer->fingerprints) out.fingerprints.push_back({f.hash, f.value});
  return out;
}

std::optional<control::Ice> ice_of(const LegSecurity& security, const LineSecurity& line) {
  // RFC 8445 8.2: between two lite agents nobody checks; the addresses that were said are the pair.
  if (!security.uses_ice() || (line.peer && line.peer->ice_lite)) return std::nullopt;
  return control::Ice{line.own->ice_ufrag, base::Secret(std::as_bytes(std::span(line.own->ice_password))),
                      line.peer ? line.peer->ice_ufrag : std::string()};
}

// RFC 8842 5.3: an association that goes on keeps its roles.
sdp::Setup answer_setup(const sdp::Handshake& offered, const std::optional<LineSecurity>& before) {
  using sdp::Setup;
  if (offered.setup != Setup::ActPass) return offered.setup == Setup::Active ? Setup::Passive : Setup::Active;
  if (!before || !before->own || !before->peer) return Setup::Active;
  return role_of(*before) == control::DtlsRole::Active ? Setup::Active : Setup::Passive;
}

LineSecurity judge_offer(const LegSecurity& security, const sdp::Session& offer, std::size_t index,
                         sdp::CryptoFaults* skipped) {
  if (index >= offer.media.size()) return {};
  const sdp::Media& media = offer.media[index];
  if (security.handshakes()) {
    auto said = usable_handshake(security, offer, media);
    if (!said) return {.kind = Kind::Refused};
    return {.kind = Kind::Protected, .peer = std::move(said)};
  }
  if (security.is_best_effort())
    if (auto said = usable_handshake(security, offer, media)) return {.kind = Kind::Protected, .peer = std::move(said)};
  if (sdp::is_handshake_profile(media.proto)) return {.kind = Kind::Refused};
  if (security.may_say_keys()) {
    if (auto key = acceptable_key(security, offer, media, skipped))
      return {.kind = Kind::Protected, .theirs = std::move(key)};
    if (is_offered_protected(security, offer, index)) return {.kind = Kind::Refused};
  }
  return without_keys(security, wants_protection(media));
}

LineSecurity judge_agreed(const LegSecurity& security, const sdp::Session& local, const sdp::Session& remote,
                          std::size_t index, sdp::CryptoFaults* skipped) {
  if (index >= local.media.size() || index >= remote.media.size()) return {};
  if (security.handshakes()) return judge_handshake(security, local, remote, index);
  // RFC 8643 3.2: an answer with a fingerprint has accepted DTLS, whatever else was offered, and it is that or nothing.
  const auto accepted = [](const sdp::Session& session, const sdp::Media& media) {
    return sdp::handshake_of(session, media).has_value();
  };
  if (security.is_best_effort() && accepted(local, local.media[index]) && accepted(remote, remote.media[index]))
    return judge_handshake(security, local, remote, index);
  if (security.may_say_keys()) {
    const auto pair = sdp::agreed_crypto(sdp::cryptos_of(local, local.media[index]),
                                         sdp::cryptos_of(remote, remote.media[index], skipped));
    if (pair) return {.kind = Kind::Protected, .theirs = pair->theirs, .ours = pair->ours};
  }
  return without_keys(security, wants_protection(local.media[index]) || wants_protection(remote.media[index]));
}

std::vector<sdp::Crypto> offered_cryptos(const LegSecurity& security, const std::optional<sdp::Crypto>& present,
                                         base::Random& random) {
  std::vector<sdp::Crypto> out;
  const auto next_tag = [&out] { return static_cast<std::uint32_t>(out.size() + 1); };
  if (present) out.push_back({next_tag(), present->suite, {present->keys.front()}});
  for (const sdp::Suite suite : security.suites)
    if (!present || suite != present->suite) out.push_back(sdp::fresh_crypto(next_tag(), suite, random));
  return out;
}

control::Srtp srtp_of(const LineSecurity& line) {
  control::Srtp out;
  if (line.ours) out.send = stream_of(*line.ours);
  if (line.theirs) out.receive = stream_of(*line.theirs);
  return out;
}

}  // namespace sbc::call
