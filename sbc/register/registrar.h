#pragma once
// The registrar (RFC 3261 section 10.3): from a REGISTER, who sent it and what the policy said, to the whole answer.

#include <cstdint>
#include <string_view>

#include "media-relay/base/random.h"
#include "media-relay/base/time.h"

#include "sbc/policy/decision.h"
#include "sbc/policy/facts.h"
#include "sbc/register/identity.h"
#include "sbc/register/location.h"
#include "sbc/register/settings.h"
#include "sbc/register/users.h"
#include "sbc/sip/message.h"
#include "sbc/sip/transport.h"

namespace sbc::registrar {

struct Now {
  base::Instant instant;
  base::WallTime wall;
};

struct RegistrarCounters {
  std::uint64_t requests = 0;
  std::uint64_t accepted = 0;  // 200, queries included
  std::uint64_t queries = 0;   // 200 without Contact
  std::uint64_t bindings_added = 0;
  std::uint64_t bindings_refreshed = 0;
  std::uint64_t bindings_removed = 0;
  std::uint64_t challenged = 0;
  // Refused, by reason.
  std::uint64_t malformed = 0;          // 400
  std::uint64_t bad_extension = 0;      // 420
  std::uint64_t denied_by_policy = 0;   // as the policy says
  std::uint64_t dropped_by_policy = 0;  // no answer
  std::uint64_t forbidden = 0;          // 403: another user's address of record
  std::uint64_t not_served = 0;         // 403: Request-URI of a domain that is not ours
  std::uint64_t not_found = 0;          // 404
  std::uint64_t too_brief = 0;          // 423
  std::uint64_t out_of_order = 0;       // 500
  std::uint64_t too_many_contacts = 0;  // 403
  std::uint64_t store_full = 0;         // 503
  std::uint64_t store_failed = 0;       // 500
};

// One per shard; store and directory are shared by all. The order of work for one REGISTER:
//
//   Identity id = identities.check(realm, request, source, now);
//   policy::RegisterFacts facts = ...; registrar.describe(request, facts);
//   policy::RegisterDecision decision = policy.on_register(facts);
//   Plan plan = registrar.handle(realm, request, source, id, decision, now, random);
//   if (plan.status != 0) respond with plan.status and plan.headers
class Registrar {
 public:
  Registrar(LocationStore& store, const Users& users, IdentityChecker& identities)
      : store_(store), users_(&users), identities_(identities) {}
  // After a reload, together with IdentityChecker::set_users.
  void set_users(const Users& users) { users_ = &users; }

  // Fills the fields that only a REGISTER has: contacts, removes_all, expires.
  static void describe(const sip::Message& request, const RealmSettings& realm, policy::RegisterFacts& facts);

  // Policy Accept without authentication binds as well: an operator who trusts a network says so in the policy. An
  // authenticated user may only change his own address of record, whatever the policy says.
  Plan handle(const RealmSettings& realm, const sip::Message& request, const sip::Source& source,
              const Identity& identity, const policy::RegisterDecision& decision, Now now, base::Random& random);

  const RegistrarCounters& counters() const { return counters_; }

 private:
  LocationStore& store_;
  const Users* users_;
  IdentityChecker& identities_;
  RegistrarCounters counters_;
};

// "Sat, 13 Nov 2010 23:29:00 GMT" (RFC 3261 section 20.17).
std::string date_text(base::WallTime wall);

}  // namespace sbc::registrar
