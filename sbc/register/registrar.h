#pragma once
// The registrar (RFC 3261 section 10.3): from a REGISTER, who sent it and what the policy said, to the whole answer.

#include <cstdint>
#include <optional>
#include <string>

#include "media-relay/base/random.h"
#include "media-relay/base/time.h"

#include "sbc/policy/decision.h"
#include "sbc/policy/facts.h"
#include "sbc/register/gruu.h"
#include "sbc/register/identity.h"
#include "sbc/register/location.h"
#include "sbc/register/settings.h"
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
  std::uint64_t gruus = 0;  // temporary ones issued
  std::uint64_t flows = 0;  // 200 that made, kept or ended a flow of RFC 5626
  std::uint64_t challenged = 0;
  // Refused, by reason.
  std::uint64_t malformed = 0;          // 400
  std::uint64_t bad_extension = 0;      // 420
  std::uint64_t lacking_outbound = 0;   // 439
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

// One per shard; the store is shared by all. The order of work for one REGISTER:
//
//   Identity id = identities.check(realm, request, source, now);
//   policy::RegisterFacts facts = ...; registrar.describe(request, facts);
//   policy::RegisterDecision decision = policy.on_register(facts);
//   Plan plan = registrar.handle(realm, request, source, id, decision, now, random);
//   if (plan.status != 0) respond with plan.status and plan.headers
class Registrar {
 public:
  Registrar(LocationStore& store, IdentityChecker& identities, const Gruus& gruus)
      : store_(store), identities_(identities), gruus_(gruus) {}

  // Fills the fields that only a REGISTER has: contacts, removes_all, expires.
  static void describe(const sip::Message& request, const RealmSettings& realm, policy::RegisterFacts& facts);

  // Policy Accept without authentication binds any address of record of a served domain: an operator who trusts a
  // network says so in the policy. An authenticated user may only change his own, whatever the policy says. Policy
  // Challenge is met by good credentials.
  Plan handle(const RealmSettings& realm, const sip::Message& request, const sip::Source& source,
              const Identity& identity, const policy::RegisterDecision& decision, Now now, base::Random& random);

  const RegistrarCounters& counters() const { return counters_; }

 private:
  struct Work;  // what the steps of one REGISTER share

  std::optional<Plan> admit(const Work& work);
  Plan update(const Work& work, const std::string& aor);
  Plan accepted(const std::vector<Binding>& bindings, const Work& work);
  Plan refuse(UpdateError error);

  LocationStore& store_;
  IdentityChecker& identities_;
  const Gruus& gruus_;
  RegistrarCounters counters_;
};

}  // namespace sbc::registrar
