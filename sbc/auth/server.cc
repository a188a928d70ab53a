#include "sbc/auth/server.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/auth/challenge.h"
#include "sbc/auth/response.h"

namespace sbc::auth {
namespace {

struct Target {
  std::string_view scheme;
  std::string_view user;  // with password
  std::string_view host;
};

// Just enough of a URI to compare two of them; what cannot be cut so is compared byte for byte by the caller.
Target target_of(std::string_view uri) {
  Target out;
  const std::size_t colon = uri.find(':');
  if (colon == std::string_view::npos) return {uri, {}, {}};
  out.scheme = uri.substr(0, colon);
  std::string_view rest = uri.substr(colon + 1);
  rest = rest.substr(0, rest.find('?'));
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    out.user = rest.substr(0, at);
    rest = rest.substr(at + 1);
  }
  out.host = rest.substr(0, rest.find(';'));
  const std::string_view port = base::equals_ignoring_case(out.scheme, "sips") ? ":5061" : ":5060";
  if (out.host.ends_with(port)) out.host.remove_suffix(port.size());
  return out;
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Accepted:
      return "accepted";
    case Verdict::WrongResponse:
      return "wrong_response";
    case Verdict::UnknownUser:
      return "unknown_user";
    case Verdict::Stale:
      return "stale";
    case Verdict::Replayed:
      return "replayed";
    case Verdict::UnsupportedAlgorithm:
      return "unsupported_algorithm";
    case Verdict::UnsupportedQop:
      return "unsupported_qop";
    case Verdict::WrongUri:
      return "wrong_uri";
    case Verdict::Malformed:
      return "malformed";
  }
  return {};
}

bool same_target(std::string_view digest_uri, std::string_view request_uri) {
  if (digest_uri == request_uri) return true;
  const Target a = target_of(digest_uri);
  const Target b = target_of(request_uri);
  return !a.host.empty() && base::equals_ignoring_case(a.scheme, b.scheme) && a.user == b.user &&
         base::equals_ignoring_case(a.host, b.host);
}

Verdict Server::verify(const ServerSettings& settings, const ServerRequest& request, const Credentials& credentials,
                       const Secret* secret, base::Instant now) const {
  if (!same_target(credentials.uri, request.request_uri)) return Verdict::WrongUri;
  if (!credentials.algorithm ||
      std::ranges::find(settings.algorithms, *credentials.algorithm) == settings.algorithms.end())
    return Verdict::UnsupportedAlgorithm;
  const Algorithm algorithm = *credentials.algorithm;
  const bool legacy = credentials.qop.empty();
  if (legacy ? !settings.allow_without_qop : credentials.qop != "auth") return Verdict::UnsupportedQop;

  // A stranger costs the same hashes as a user, so that time does not tell them apart.
  static const Secret kNobody = Secret::from_password({});
  const Secret& known = secret == nullptr ? kNobody : *secret;
  const auto ha1 = known.ha1(algorithm.hash, credentials.username, settings.realm);
  if (!ha1) return Verdict::UnsupportedAlgorithm;
  const std::string expected = response_of({.algorithm = algorithm,
                                            .ha1 = *ha1,
                                            .method = request.method,
                                            .uri = credentials.uri,
                                            .nonce = credentials.nonce,
                                            .cnonce = credentials.cnonce,
                                            .nonce_count = credentials.nc_text,
                                            .qop = credentials.qop,
                                            .body = {}});
  const bool right = !expected.empty() && equal_in_constant_time(expected, credentials.response);
  if (secret == nullptr) return Verdict::UnknownUser;
  if (!right || credentials.realm != settings.realm) return Verdict::WrongResponse;

  // Only now: stale=true tells a client that its password was right (RFC 7616 3.3).
  const auto nonce = mint_.check(credentials.nonce, settings.realm, now, settings.nonce_lifetime);
  if (!nonce) return Verdict::Stale;
  if (!legacy && !guard_.use(*nonce, credentials.nonce_count)) return Verdict::Replayed;
  return Verdict::Accepted;
}

std::vector<std::string> Server::challenges(const ServerSettings& settings, const Secret* secret, bool stale,
                                            base::Instant now, base::Random& random) const {
  std::vector<Algorithm> algorithms = settings.algorithms;
  if (secret != nullptr) {
    if (auto possible = secret->supported(algorithms); !possible.empty()) algorithms = std::move(possible);
  }
  // RFC 8760 2.3: the most preferred first, each algorithm once.
  std::ranges::sort(
      algorithms, [](Algorithm a, Algorithm b) { return a.hash != b.hash ? a.hash > b.hash : a.session < b.session; });
  Challenge challenge;
  challenge.realm = settings.realm;
  challenge.nonce = mint_.issue(settings.realm, now, random);
  challenge.qop_auth = true;
  challenge.stale = stale;
  std::vector<std::string> out;
  for (Algorithm algorithm : algorithms) {
    challenge.algorithm = algorithm;
    std::string text = write_challenge(challenge);
    if (std::ranges::find(out, text) == out.end()) out.push_back(std::move(text));
  }
  return out;
}

}  // namespace sbc::auth
