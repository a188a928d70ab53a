#include "sbc/call/media_security.h"

#include <algorithm>

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

}  // namespace

LineSecurity judge_offer(const LegSecurity& security, const sdp::Session& offer, std::size_t index,
                         sdp::CryptoFaults* skipped) {
  if (index >= offer.media.size()) return {};
  const sdp::Media& media = offer.media[index];
  if (security.may_protect()) {
    for (sdp::Crypto& crypto : sdp::cryptos_of(offer, media, skipped))
      if (accepts(security, crypto.suite)) return {.kind = Kind::Protected, .theirs = std::move(crypto)};
  }
  return without_keys(security, sdp::is_secure(media));
}

LineSecurity judge_agreed(const LegSecurity& security, const sdp::Session& local, const sdp::Session& remote,
                          std::size_t index, sdp::CryptoFaults* skipped) {
  if (index >= local.media.size() || index >= remote.media.size()) return {};
  if (security.may_protect()) {
    const auto pair = sdp::agreed_crypto(sdp::cryptos_of(local, local.media[index]),
                                         sdp::cryptos_of(remote, remote.media[index], skipped));
    if (pair) return {.kind = Kind::Protected, .theirs = pair->theirs, .ours = pair->ours};
  }
  return without_keys(security, sdp::is_secure(local.media[index]) || sdp::is_secure(remote.media[index]));
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
