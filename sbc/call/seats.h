#pragma once
// For what a call counts (occupancy.h): on each side the realm, trunk and user that its leg is at, and the class that
// it was admitted in.

#include <array>
#include <vector>

#include "sbc/call/occupancy.h"

namespace sbc::call {

struct Call;
struct Core;

struct Seats {
  struct OfLeg {
    Occupancy::Seat realm, trunk, user;
  };
  std::array<OfLeg, 2> legs;
  std::vector<OfLeg> rivals;  // of those that are called at once, beside the current one
  Occupancy::Seat in_class;
};

// After each event, since legs come, go and move to other calls in many ways. A call that only waits for answers to its
// BYEs counts no more.
void follow_seats(Core& core, Call& call);

}  // namespace sbc::call
