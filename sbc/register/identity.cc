#include "sbc/register/identity.h"

#include "sbc/auth/credentials.h"
#include "sbc/register/limits.h"

namespace sbc::registrar {
namespace {

bool carries_credentials(const sip::HeaderField& field) {
  return field.id == sip::HeaderId::Authorization || field.id == sip::HeaderId::ProxyAuthorization;
}

// Whose address of record the request is about.
const sip::Uri& named_uri(const sip::Message& request) {
  return request.method() == sip::Method::Register ? request.to().uri : request.from().uri;
}

// The domain that a digest user name belongs to: its own after '@', else the one that the request names, else the
// first.
std::string domain_of(const Domains& domains, std::string_view username, const sip::Message& request,
                      const sip::Source& source) {
  if (const std::size_t at = username.rfind('@'); at != std::string_view::npos)
    if (auto own = domains.serving(username.substr(at + 1), source.local.ip)) return *own;
  if (auto named = domains.serving(named_uri(request).host, source.local.ip)) return *named;
  return domains.empty() ? std::string{} : domains.names().front();
}

}  // namespace

Identity IdentityChecker::check(const RealmSettings& realm, const sip::Message& request, const sip::Source& source,
                                base::Instant now) {
  Identity identity;
  std::size_t tried = 0;
  for (const sip::HeaderField& field : request.headers()) {
    if (!carries_credentials(field)) continue;
    const auto credentials = auth::parse_credentials(field.value);
    if (!credentials) {
      // Others' schemes and realms are none of our business; what claims to be digest and is not may have been for us.
      if (credentials.error().kind == auth::CredentialsError::Malformed && !identity.verdict)
        identity.verdict = auth::Verdict::Malformed;
      continue;
    }
    if (credentials->realm != realm.digest.realm || tried == kMaxCredentials) continue;
    ++tried;
    const User* user = nullptr;
    if (!credentials->username_is_hashed)  // which we never offer
      user = users_->find_by_digest_name(credentials->username,
                                         domain_of(realm.domains, credentials->username, request, source));
    identity.verdict = server_->verify(realm.digest, {request.method_text(), request.request_uri_text()}, *credentials,
                                       user == nullptr ? nullptr : &user->secret, now);
    if (identity.verdict == auth::Verdict::Accepted) {
      identity.user = user;
      break;
    }
  }
  if (!identity.verdict)
    ++counters_.without_credentials;
  else if (identity.authenticated())
    ++counters_.accepted;
  else
    ++counters_.refused[static_cast<std::size_t>(*identity.verdict)];
  return identity;
}

const User* IdentityChecker::named_user(const RealmSettings& realm, const sip::Message& request,
                                        const sip::Source& source) const {
  const auto aor = realm.domains.local_aor(named_uri(request), source.local.ip);
  return aor ? users_->find(aor->user, aor->domain) : nullptr;
}

Plan IdentityChecker::challenge(const RealmSettings& realm, const sip::Message& request, const sip::Source& source,
                                const Identity& identity, ChallengeRole role, base::Instant now, base::Random& random) {
  if (identity.verdict == auth::Verdict::Malformed) return {400, "Malformed Digest Credentials", {}};
  if (identity.verdict == auth::Verdict::WrongUri) return {400, "Digest URI Is Not The Request-URI", {}};
  const bool stale = identity.verdict == auth::Verdict::Stale || identity.verdict == auth::Verdict::Replayed;
  const User* user = named_user(realm, request, source);
  Plan plan;
  plan.status = role == ChallengeRole::UserAgent ? 401 : 407;
  const std::string name(sip::canonical_name(role == ChallengeRole::UserAgent ? sip::HeaderId::WwwAuthenticate
                                                                              : sip::HeaderId::ProxyAuthenticate));
  for (std::string& value :
       server_->challenges(realm.digest, user == nullptr ? nullptr : &user->secret, stale, now, random))
    plan.headers.push_back({name, std::move(value)});
  ++counters_.challenges;
  return plan;
}

}  // namespace sbc::registrar
