#include "sbc/auth/client.h"

#include <array>
#include <cstdio>

#include "sbc/auth/parameters.h"
#include "sbc/auth/response.h"

namespace sbc::auth {
namespace {

// What to answer with; nullopt: neither of the offers is known to us.
std::optional<std::string_view> qop_for(const Challenge& challenge) {
  if (challenge.qop_auth) return "auth";
  if (challenge.qop_auth_int) return "auth-int";
  if (challenge.has_qop) return std::nullopt;
  return "";  // an RFC 2069 server
}

std::string hex8(std::uint32_t value) {
  std::array<char, 9> text{};
  std::snprintf(text.data(), text.size(), "%08x", value);
  return text.data();
}

}  // namespace

const Challenge* choose(std::span<const Challenge> challenges, const Secret& secret) {
  const Challenge* best = nullptr;
  for (const Challenge& challenge : challenges) {
    if (!challenge.algorithm || !secret.supports(challenge.algorithm->hash) || !qop_for(challenge)) continue;
    // RFC 8760 2.4 takes the topmost "unless a local policy dictates otherwise"; ours is that nobody talks us into a
    // weaker algorithm by putting it first.
    if (best == nullptr || challenge.algorithm->hash > best->algorithm->hash) best = &challenge;
  }
  return best;
}

std::expected<std::string, std::string> answer(const Challenge& challenge, const ClientRequest& request,
                                               const Secret& secret) {
  if (!challenge.algorithm) return std::unexpected("no known algorithm in the challenge");
  const auto qop = qop_for(challenge);
  if (!qop) return std::unexpected("no known qop in the challenge");
  const Algorithm algorithm = *challenge.algorithm;
  const auto ha1 = secret.ha1(algorithm.hash, request.username, challenge.realm);
  if (!ha1) return std::unexpected("no HA1 for " + std::string(name_of(algorithm)));

  const std::string count = hex8(request.nonce_count);
  const std::string response = response_of({.algorithm = algorithm,
                                            .ha1 = *ha1,
                                            .method = request.method,
                                            .uri = request.uri,
                                            .nonce = challenge.nonce,
                                            .cnonce = request.cnonce,
                                            .nonce_count = count,
                                            .qop = *qop,
                                            .body = request.body});
  if (response.empty()) return std::unexpected(std::string(name_of(algorithm)) + " is not available");

  std::string out = "Digest username=" + quoted(request.username) + ", realm=" + quoted(challenge.realm) +
                    ", nonce=" + quoted(challenge.nonce) + ", uri=" + quoted(request.uri) + ", response=\"" + response +
                    '"';
  if (challenge.has_algorithm) {
    out += ", algorithm=";
    out += name_of(algorithm);
  }
  if (!qop->empty() || algorithm.session) out += ", cnonce=" + quoted(request.cnonce);
  if (!qop->empty()) {
    out += ", qop=";
    out += *qop;
    out += ", nc=" + count;
  }
  if (challenge.has_opaque) out += ", opaque=" + quoted(challenge.opaque);
  return out;
}

}  // namespace sbc::auth
