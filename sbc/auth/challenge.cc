#include "sbc/auth/challenge.h"

#include "media-relay/base/text.h"

#include "sbc/auth/parameters.h"

namespace sbc::auth {
namespace {

// qop="auth,auth-int": what we do not know is passed over (RFC 7616 3.3).
void read_qop(std::string_view list, Challenge& out) {
  out.has_qop = true;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view option = base::trim(list.substr(0, comma));
    out.qop_auth = out.qop_auth || base::equals_ignoring_case(option, "auth");
    out.qop_auth_int = out.qop_auth_int || base::equals_ignoring_case(option, "auth-int");
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
}

}  // namespace

std::expected<Challenge, std::string> parse_challenge(std::string_view header_value) {
  const auto parameters = parse_parameters(header_value);
  if (!parameters) return std::unexpected(parameters.error());
  if (!base::equals_ignoring_case(parameters->scheme, "Digest"))
    return std::unexpected("expected scheme Digest, got \"" + base::printable(parameters->scheme, 20) + "\"");
  const std::string* realm = parameters->find("realm");
  const std::string* nonce = parameters->find("nonce");
  if (realm == nullptr) return std::unexpected("Digest: expected realm, got none");
  if (nonce == nullptr) return std::unexpected("Digest: expected nonce, got none");

  Challenge out;
  out.realm = *realm;
  out.nonce = *nonce;
  if (const std::string* opaque = parameters->find("opaque"); opaque != nullptr) {
    out.opaque = *opaque;
    out.has_opaque = true;
  }
  if (const std::string* algorithm = parameters->find("algorithm"); algorithm != nullptr) {
    out.algorithm = algorithm_from(*algorithm);
    out.has_algorithm = true;
  }
  if (const std::string* qop = parameters->find("qop"); qop != nullptr) read_qop(*qop, out);
  if (const std::string* stale = parameters->find("stale"); stale != nullptr)
    out.stale = base::equals_ignoring_case(*stale, "true");
  return out;
}

std::string write_challenge(const Challenge& challenge) {
  std::string out = "Digest realm=" + quoted(challenge.realm) + ", nonce=" + quoted(challenge.nonce);
  if (challenge.has_opaque) out += ", opaque=" + quoted(challenge.opaque);
  if (challenge.stale) out += ", stale=true";
  if (challenge.algorithm) {
    out += ", algorithm=";
    out += name_of(*challenge.algorithm);
  }
  if (challenge.qop_auth && challenge.qop_auth_int)
    out += ", qop=\"auth,auth-int\"";
  else if (challenge.qop_auth)
    out += ", qop=\"auth\"";
  else if (challenge.qop_auth_int)
    out += ", qop=\"auth-int\"";
  return out;
}

}  // namespace sbc::auth
