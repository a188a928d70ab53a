// rooms: auth
// Credentials and challenges from strangers: nothing crashes, and what we write of what we read is read the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sbc/auth/challenge.h"
#include "sbc/auth/client.h"
#include "sbc/auth/credentials.h"
#include "sbc/auth/server.h"

namespace {

void must(bool held) {
  if (!held) std::abort();
}

void check_challenge(std::string_view text) {
  const auto challenge = sbc::auth::parse_challenge(text);
  if (!challenge) {
    must(!challenge.error().empty());
    return;
  }
  const auto again = sbc::auth::parse_challenge(sbc::auth::write_challenge(*challenge));
  // Escapes make the written text longer, so that a value near the limits may be refused the second time.
  if (again) {
    must(again->realm == challenge->realm && again->nonce == challenge->nonce && again->opaque == challenge->opaque);
    must(again->stale == challenge->stale && again->qop_auth == challenge->qop_auth);
  }
  static const sbc::auth::Secret secret = sbc::auth::Secret::from_password("secret");
  const auto value = sbc::auth::answer(
      *challenge, {.method = "REGISTER", .uri = "sip:a", .username = "u", .cnonce = "c", .nonce_count = 1, .body = {}},
      secret);
  if (value && value->size() < 2048) {
    const auto read = sbc::auth::parse_credentials(*value);
    must(read.has_value() && read->realm == challenge->realm && read->nonce == challenge->nonce);
  }
}

void check_credentials(std::string_view text) {
  const auto credentials = sbc::auth::parse_credentials(text);
  if (!credentials) {
    must(!credentials.error().text.empty());
    return;
  }
  static sbc::auth::ReplayGuard guard(64);
  static const sbc::auth::Server server({1, 2}, guard);
  static const sbc::auth::Secret secret = sbc::auth::Secret::from_password("secret");
  sbc::auth::ServerSettings settings;
  settings.realm = credentials->realm;
  settings.allow_without_qop = true;
  const auto verdict = server.verify(settings, {"REGISTER", credentials->uri}, *credentials, &secret, base::Instant{});
  must(verdict != sbc::auth::Verdict::Accepted);  // nobody guesses a signed nonce
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_challenge(text);
  check_credentials(text);
  (void)sbc::auth::realm_of(text);
  (void)sbc::auth::same_target(text.substr(0, size / 2), text.substr(size / 2));
  return 0;
}
