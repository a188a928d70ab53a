#pragma once
// What became of each place that a call could have gone to. Internal to the room.

#include <string>
#include <vector>

#include "sbc/explain/ring.h"

namespace sbc::explain {

struct CandidateOutcome {
  std::string target;
  std::string outcome;  // "taken: it answered", "failed: 503 ...", "skipped: ...", "not needed: ..."
};

// In the order in which they were to be tried, those that were skipped at once first.
std::vector<CandidateOutcome> candidates_of(const Explanation& call);

}  // namespace sbc::explain
