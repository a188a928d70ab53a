#pragma once
// The order of a policy's candidates where some have a weight.
//
//   route { { trunk = "a", weight = 3 }, { trunk = "b", weight = 1 }, { trunk = "c" } }      a b c, or one time in four
//   b a c
//
// Neighbours in a list that have a weight are shuffled among themselves, each next one drawn with a chance in
// proportion to its weight (RFC 2782); weight 0 comes after them. What has none stays where it is. An element of a list
// may be a list, which is drawn, too, and moves as a whole. The policy's decision is the lots, not what is drawn: it is
// the same when it is made again.

#include <vector>

#include "media-relay/base/random.h"

#include "sbc/policy/decision.h"

namespace sbc::route {

// Pointers into `candidates`. Lists with Lot::drawn_by take nothing from `random`: equal texts give equal orders, on
// every machine and at any time, and when an element comes or goes only those that were or will be behind it move
// (rendezvous hashing, weighted).
std::vector<const policy::Candidate*> drawn(const std::vector<policy::Candidate>& candidates, base::Random& random);

}  // namespace sbc::route
