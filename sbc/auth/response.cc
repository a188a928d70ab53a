#include "sbc/auth/response.h"

namespace sbc::auth {

std::string response_of(const ResponseInput& input) {
  const Hash hash = input.algorithm.hash;
  const std::string ha1 =
      input.algorithm.session ? digest_of(hash, {input.ha1, input.nonce, input.cnonce}) : std::string(input.ha1);
  const std::string ha2 = input.qop == "auth-int"
                              ? digest_of(hash, {input.method, input.uri, digest_of(hash, {input.body})})
                              : digest_of(hash, {input.method, input.uri});
  if (ha1.empty() || ha2.empty()) return {};
  if (input.qop.empty()) return digest_of(hash, {ha1, input.nonce, ha2});  // RFC 2069
  return digest_of(hash, {ha1, input.nonce, input.nonce_count, input.cnonce, input.qop, ha2});
}

}  // namespace sbc::auth
