#pragma once
// A leg that is named from outside of its dialog (Replaces, Join, Target-Dialog), for those who have no part in its
// call.

#include <optional>
#include <string>

#include "sbc/body/identifiers.h"
#include "sbc/call/core.h"

namespace sbc::call {

struct KnownLeg {
  std::string realm;
  std::string trunk;    // "" none
  std::string party;    // its peer, by address of record
  bool by_peer = true;  // named as its peer tells us: the local tag is ours. False: as anybody tells its peer
  // The leg across from it, of which the local tag is ours; no Call-ID: it has no dialog yet.
  body::DialogIds far;
  std::string far_realm;
  std::string far_trunk;
};

// `named`: local and remote as whoever is to read the header has them. nullopt: no leg that talks is called so.
std::optional<KnownLeg> known_leg(const Core& core, const body::DialogIds& named);

// The peer of a leg, by address of record.
std::string party_of(const Call& call, Side side);

}  // namespace sbc::call
