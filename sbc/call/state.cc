#include "sbc/call/state.h"

namespace sbc::call {

std::string_view name_of(State state) {
  switch (state) {
    case State::Idle:
      return "idle";
    case State::Deciding:
      return "deciding";
    case State::Asking:
      return "asking";
    case State::Announcing:
      return "announcing";
    case State::Locating:
      return "locating";
    case State::Anchoring:
      return "anchoring";
    case State::Inviting:
      return "inviting";
    case State::Answering:
      return "answering";
    case State::Confirming:
      return "confirming";
    case State::Active:
      return "active";
    case State::Reanchoring:
      return "reanchoring";
    case State::Reinviting:
      return "reinviting";
    case State::Reconfirming:
      return "reconfirming";
    case State::Refreshing:
      return "refreshing";
    case State::Canceling:
      return "canceling";
    case State::Closing:
      return "closing";
    case State::Ended:
      return "ended";
  }
  return "?";
}

std::string_view name_of(Event event) {
  switch (event) {
    case Event::Invite:
      return "invite";
    case Event::Routed:
      return "routed";
    case Event::Refused:
      return "refused";
    case Event::Answered:
      return "answered";
    case Event::Located:
      return "located";
    case Event::LocateFailed:
      return "locate_failed";
    case Event::RelayReady:
      return "relay_ready";
    case Event::RelayRefused:
      return "relay_refused";
    case Event::RelayLost:
      return "relay_lost";
    case Event::MediaLost:
      return "media_lost";
    case Event::Progress:
      return "progress";
    case Event::Accept:
      return "accept";
    case Event::Reject:
      return "reject";
    case Event::BranchDead:
      return "branch_dead";
    case Event::RingTimeout:
      return "ring_timeout";
    case Event::Cancel:
      return "cancel";
    case Event::Expired:
      return "expired";
    case Event::PeerGone:
      return "peer_gone";
    case Event::Ack:
      return "ack";
    case Event::NoAck:
      return "no_ack";
    case Event::Offer:
      return "offer";
    case Event::Bye:
      return "bye";
    case Event::ByesDone:
      return "byes_done";
    case Event::Kill:
      return "kill";
    case Event::PickUp:
      return "pick_up";
    case Event::Played:
      return "played";
  }
  return "?";
}

}  // namespace sbc::call
