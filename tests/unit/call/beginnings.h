#pragma once
// From where the exhaustive explorer sets out.

#include <cstdint>
#include <string_view>

#include "stage.h"

namespace sbc::call::test {

enum class Beginning : std::uint8_t {
  Nothing,           // the callee has the INVITE
  Ringing,           // ... and rings
  Talking,           //
  Changing,          // a re-INVITE is under way
  Answered,          // ... and answered reliably, not acknowledged yet
  Offered,           // ... and the other leg's offer came reliably, not answered yet
  Asking,            // the policy waits for an answer before it decides of the call
  AskingOfAFailure,  // ... or of a target that failed
  Reliable,          // the callee rings reliably
  Proposed,          // ... and the border has made the offer
  Redirected,        // a redirection is followed
  // The relay has not answered yet. It is to open a session for
  Anchoring,    // the first INVITE,
  Previewed,    // an offer in a reliable provisional response,
  LateOffered,  // one in the 2xx,
  Moving,       // a call whose session is lost;
  Reanchoring,  // to have more ports for a re-INVITE,
  Connecting,   // others for the target of a transfer that has accepted.
  // Two calls become one:
  Transferring,  // the target of a transfer rings,
  TakingOver,    // somebody is about to take the callee's place,
  PickingUp,     // or has picked up what rings, and the caller has no answer yet.
  // The call leaves its relay:
  MovingA,    // it is dead, and leg A is asked to go to another one,
  DrainingA,  // it drains, likewise,
  DrainingB,  // and leg B is.
  // Two are called at once:
  AtOnce,       // nobody has said anything yet,
  EarlyAtOnce,  // or both have early media, reliably.
  kCount
};

std::string_view name_of(Beginning beginning);

void begin(Stage& stage, Beginning beginning);

}  // namespace sbc::call::test
