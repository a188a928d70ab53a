#pragma once
// The call as one state table.
//
//   Idle --Invite--> Deciding --Routed--> Anchoring --RelayReady--> Inviting --Accept--> Confirming --Ack--> Active
//                        |                    |                     |  ^  |                   |               |  ^
//                     Refused           RelayRefused             Reject/BranchDead            |             Offer|
//                        |                    |                  next candidate, or none      |               v  |
//                        v                    v                        |               NoAck/Bye     Reanchoring |
//                      Ended <----------------+<-----------------------+                      |               v  |
//                        ^                                                                    |        Reinviting
//                        |        Cancel: Inviting --> Canceling --Reject--> Ended            |               v  |
//                        |                             Canceling --Accept--> Closing          v        Reconfirming
//                        +------------------------------------ByesDone--- Closing <------- any of these on Bye, loss
//
// Announcing comes between Deciding and Ended when a refusal is told in words: the caller hears a sound, then gets the
// final response.
//
// Asking is the wait for what the policy wants to know before it decides, about the call or about a target that failed;
// it comes after Deciding or Inviting, and Answered leads on, or to the next question.
//
// Locating is the wait for the resolver before a candidate that is a host name; it comes between Deciding or Inviting
// and Anchoring, and Located or LocateFailed leads on. Answering is the wait for the relay between the far side's 2xx
// and ours when the offer came in that 2xx (late offer), and the wait for the caller's PRACK (RFC 3262 5). Each (state,
// event) pair is decided below: a transition that does something, ignored with a reason, or a bug of ours, which ends
// that call and is counted (never the process). `static_assert` shows that none is missing.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sbc::call {

enum class State : std::uint8_t {
  Idle,          // nothing has happened yet
  Deciding,      // the policy has been asked
  Asking,        // the policy waits for an answer before it decides
  Announcing,    // the call is refused; the caller hears why, and gets the final response then
  Locating,      // the candidate is a host name, the resolver has been asked for its places
  Anchoring,     // a candidate is chosen, the relay is opening the session
  Inviting,      // leg B is being invited; early media may flow
  Answering,     // leg B answered; the relay is opening the session, or an early dialog's exchange has to end first
  Confirming,    // our 2xx went to leg A; its ACK is awaited
  Active,        // talking
  Reanchoring,   // a re-INVITE needs more ports, the relay was asked
  Reinviting,    // the re-INVITE went to the other leg
  Reconfirming,  // the re-INVITE was answered 2xx; its ACK is awaited
  Refreshing,    // our own refresh of one leg's session timer is under way there
  Canceling,     // leg A is answered for good, leg B's INVITE has no final response yet
  Closing,       // BYE is on its way on one leg or both
  Ended,         // to be removed
};
inline constexpr std::size_t kStates = 17;

enum class Event : std::uint8_t {
  Invite,        // a new call arrives
  Routed,        // policy: route to these candidates
  Refused,       // policy: reject, challenge or drop
  Answered,      // what the policy wants to know is there, or no longer waited for
  Located,       // the resolver found the places of the candidate's name
  LocateFailed,  // it found none
  RelayReady,    // the relay opened or extended the session
  RelayRefused,  // the relay refused a command, or did not answer it
  RelayLost,     // the relay no longer has the session
  MediaLost,     // the relay heard nothing for the media timeout, or cannot secure what it hears
  Progress,      // 1xx (not 100) from the leg that was invited
  Accept,        // 2xx from the leg that was invited
  Reject,        // 3xx to 6xx from the leg that was invited
  BranchDead,    // no response in time, or the transport failed, toward the leg that was invited
  RingTimeout,   // the candidate's time is over
  Cancel,        // the inviting leg cancelled
  Expired,       // its invitation holds no longer (RFC 3261 13.3.1)
  PeerGone,      // our final response could not be delivered (it gets a BYE), or the peer says 481 or 408 in a dialog
  Ack,           // ACK to our 2xx
  NoAck,         // no ACK to our 2xx, or no PRACK to a reliable provisional response, in 64*T1
  Offer,         // re-INVITE from either leg
  Bye,           // BYE from either leg
  ByesDone,      // every BYE of ours is answered or timed out
  Kill,          // operator, shutdown, or the longest permitted duration
  PickUp,        // a newcomer takes the place of the callee that rings (RFC 3891)
  Played,        // the sound of an announcement is over, or cannot be heard
};
inline constexpr std::size_t kEvents = 26;

std::string_view name_of(State);
std::string_view name_of(Event);

// What the machine does; each is a member function of Machine of the same name in snake case.
enum class Step : std::uint8_t {
  Undecided,        // must not occur in the table
  Ignore,           // can happen, needs nothing
  Bug,              // cannot happen unless we broke a promise
  Decide,           // ask the policy
  GoOnAsking,       // the policy goes on with the answer
  Prepare,          // take the first candidate, open the relay session
  Refuse,           // answer leg A as the policy said, or announce that first
  Announce,         // the relay is ready: early media to leg A
  EndAnnouncement,  // answer leg A as the policy said
  TryPlaces,        // the candidate's places are known: try the first
  PassOverName,     // the candidate's name has no place: the next candidate
  Dial,             // send leg B's INVITE
  FailSetup,        // no media: 500/503 to leg A
  Ring,             // pass the provisional on, with early media
  PassEarlyOffer,   // the relay is ready for an offer that came in a provisional
  Answer,           // pass the 2xx on (or ask the relay first)
  AnswerAnchored,   // late offer: the relay is ready, pass the 2xx on
  NextOrFail,       // try the next candidate or give leg A the final response
  AbandonBranch,    // cancel the branch, try the next candidate
  CancelCall,       // 487 to leg A, CANCEL to leg B
  CancelDeciding,   // 487 to leg A, nothing is on leg B yet
  CancelAnswered,   // leg A is gone while leg B has answered: ACK and BYE leg B
  Finish,           // leg B's INVITE is over, end
  LateAnswer,       // 2xx after CANCEL: ACK, then BYE (RFC 3261 9.1, 15)
  Confirm,          // leg A's ACK: carry a late answer to leg B
  AcceptOffer,      // re-INVITE: start renegotiation
  DeferOffer,       // re-INVITE while another is pending: 491 or 500
  RefuseOffer,      // re-INVITE in a state that has no session to change
  SendOffer,        // the relay extended the session: re-INVITE to the other leg
  PassAnswer,       // answer of the re-INVITE back to the leg that asked
  RollBack,         // the re-INVITE failed: session as before
  ConfirmOffer,     // ACK of the re-INVITE
  CancelOffer,      // the re-INVITE was cancelled, or our provisional response, or the UPDATE, waited too long
  RingAgain,        // a reliable provisional response to our re-INVITE
  Refreshed,        // our refresh was accepted
  RefreshFailed,    // our refresh was refused: again later, or the end
  HangUp,           // BYE from one leg: answer it, BYE the other
  HangUpEarly,      // BYE in an early dialog: answer it, then as CANCEL
  HangUpBoth,       // BYE to both legs with a Reason
  MoveMedia,        // another relay session, and a re-INVITE to each leg
  AnswerBye,        // BYE while closing: 200, nothing else
  AckAgain,         // 2xx retransmitted: its ACK again; 2xx of another fork: ACK and BYE it
  AckClosing,       // the ACK that a BYE was waiting for
  PickUp,           // cancel leg B's INVITE, connect the newcomer with leg A
  End,              // remove
};

struct Cell {
  State state;
  Event event;
  Step step;
};

// clang-format off
inline constexpr auto kCells = std::to_array<Cell>({
  // Idle: only an INVITE makes a call.
  {State::Idle, Event::Invite, Step::Decide},

  // Deciding: policy runs; leg A may give up.
  {State::Deciding, Event::Routed, Step::Prepare},
  {State::Deciding, Event::Refused, Step::Refuse},
  {State::Deciding, Event::Cancel, Step::CancelDeciding},
  {State::Deciding, Event::Expired, Step::CancelDeciding},
  {State::Deciding, Event::PeerGone, Step::End},
  {State::Deciding, Event::Kill, Step::FailSetup},

  // Asking: as Locating, but the policy waits. An answer for a call that has moved on is dropped before it gets here.
  {State::Asking, Event::Answered, Step::GoOnAsking},
  {State::Asking, Event::RelayReady, Step::Ignore},         // of an earlier candidate
  {State::Asking, Event::RelayRefused, Step::FailSetup},
  {State::Asking, Event::RelayLost, Step::FailSetup},
  {State::Asking, Event::MediaLost, Step::Ignore},
  {State::Asking, Event::Cancel, Step::CancelDeciding},
  {State::Asking, Event::Expired, Step::CancelDeciding},
  {State::Asking, Event::PeerGone, Step::CancelDeciding},
  {State::Asking, Event::Bye, Step::HangUpEarly},
  {State::Asking, Event::Offer, Step::DeferOffer},
  {State::Asking, Event::Ack, Step::Ignore},
  {State::Asking, Event::Kill, Step::FailSetup},

  // Announcing: there is no leg B.
  {State::Announcing, Event::RelayReady, Step::Announce},
  {State::Announcing, Event::RelayRefused, Step::EndAnnouncement},
  {State::Announcing, Event::RelayLost, Step::EndAnnouncement},
  {State::Announcing, Event::MediaLost, Step::Ignore},
  {State::Announcing, Event::Played, Step::EndAnnouncement},
  {State::Announcing, Event::RingTimeout, Step::EndAnnouncement},  // it takes too long
  {State::Announcing, Event::Cancel, Step::CancelDeciding},
  {State::Announcing, Event::Expired, Step::EndAnnouncement},
  {State::Announcing, Event::PeerGone, Step::CancelDeciding},
  {State::Announcing, Event::Bye, Step::HangUpEarly},
  {State::Announcing, Event::Offer, Step::DeferOffer},
  {State::Announcing, Event::Ack, Step::Ignore},
  {State::Announcing, Event::NoAck, Step::EndAnnouncement},        // RFC 3262 3: no PRACK
  {State::Announcing, Event::Kill, Step::EndAnnouncement},

  // Locating: as Anchoring, but the resolver is waited for. Its answer for a call that has moved on is dropped before
  // it gets here.
  {State::Locating, Event::Located, Step::TryPlaces},
  {State::Locating, Event::LocateFailed, Step::PassOverName},
  {State::Locating, Event::RelayReady, Step::Ignore},       // of an earlier candidate
  {State::Locating, Event::RelayRefused, Step::FailSetup},
  {State::Locating, Event::RelayLost, Step::FailSetup},
  {State::Locating, Event::MediaLost, Step::Ignore},
  {State::Locating, Event::Cancel, Step::CancelDeciding},
  {State::Locating, Event::Expired, Step::CancelDeciding},
  {State::Locating, Event::PeerGone, Step::CancelDeciding},
  {State::Locating, Event::Bye, Step::HangUpEarly},
  {State::Locating, Event::Offer, Step::DeferOffer},
  {State::Locating, Event::Ack, Step::Ignore},
  {State::Locating, Event::Kill, Step::FailSetup},

  // Anchoring: no INVITE on leg B yet, so nothing can come from it but leftovers of abandoned branches.
  {State::Anchoring, Event::RelayReady, Step::Dial},
  {State::Anchoring, Event::RelayRefused, Step::FailSetup},
  {State::Anchoring, Event::RelayLost, Step::FailSetup},
  {State::Anchoring, Event::Cancel, Step::CancelDeciding},
  {State::Anchoring, Event::Expired, Step::CancelDeciding},
  {State::Anchoring, Event::PeerGone, Step::CancelDeciding},
  {State::Anchoring, Event::MediaLost, Step::Ignore},
  {State::Anchoring, Event::Bye, Step::HangUpEarly},        // an earlier candidate rang, so leg A may know a dialog
  {State::Anchoring, Event::Offer, Step::DeferOffer},
  {State::Anchoring, Event::Ack, Step::Ignore},
  {State::Anchoring, Event::Kill, Step::FailSetup},

  // Inviting: leg B has our INVITE.
  {State::Inviting, Event::RelayReady, Step::PassEarlyOffer},  // or the reply to a change that nobody waits for
  {State::Inviting, Event::RelayRefused, Step::CancelCall},
  {State::Inviting, Event::RelayLost, Step::CancelCall},
  {State::Inviting, Event::MediaLost, Step::Ignore},        // silence is normal before the answer
  {State::Inviting, Event::Progress, Step::Ring},
  {State::Inviting, Event::Accept, Step::Answer},
  {State::Inviting, Event::Reject, Step::NextOrFail},
  {State::Inviting, Event::BranchDead, Step::NextOrFail},
  {State::Inviting, Event::RingTimeout, Step::AbandonBranch},
  {State::Inviting, Event::Cancel, Step::CancelCall},
  {State::Inviting, Event::Expired, Step::CancelCall},
  {State::Inviting, Event::PeerGone, Step::CancelCall},
  {State::Inviting, Event::Bye, Step::HangUpEarly},         // RFC 3261 15: the caller may end an early dialog with BYE
  {State::Inviting, Event::Offer, Step::DeferOffer},
  {State::Inviting, Event::Ack, Step::Ignore},
  {State::Inviting, Event::NoAck, Step::CancelCall},        // RFC 3262 3: no PRACK to a reliable 18x
  {State::Inviting, Event::Kill, Step::CancelCall},
  {State::Inviting, Event::PickUp, Step::PickUp},

  // Answering: leg B has answered, leg A has not heard of it yet.
  {State::Answering, Event::RelayReady, Step::AnswerAnchored},
  {State::Answering, Event::RelayRefused, Step::CancelAnswered},
  {State::Answering, Event::RelayLost, Step::CancelAnswered},
  {State::Answering, Event::MediaLost, Step::Ignore},
  {State::Answering, Event::Progress, Step::Ignore},        // overtaken by the 2xx
  {State::Answering, Event::Accept, Step::AckAgain},
  {State::Answering, Event::Expired, Step::Ignore},         // leg B accepted in time
  {State::Answering, Event::Cancel, Step::CancelAnswered},  // RFC 5407 3.1.2: leg A gets 487, leg B ACK and BYE
  {State::Answering, Event::PeerGone, Step::CancelAnswered},
  {State::Answering, Event::Bye, Step::CancelAnswered},
  {State::Answering, Event::Offer, Step::DeferOffer},
  {State::Answering, Event::Ack, Step::Confirm},            // a newcomer's, who was offered what leg A has offered
  {State::Answering, Event::NoAck, Step::CancelAnswered},
  {State::Answering, Event::Kill, Step::CancelAnswered},

  // Confirming: our 2xx is on its way to leg A.
  {State::Confirming, Event::RelayReady, Step::Ignore},
  {State::Confirming, Event::RelayRefused, Step::HangUpBoth},
  {State::Confirming, Event::RelayLost, Step::MoveMedia},
  {State::Confirming, Event::MediaLost, Step::HangUpBoth},
  {State::Confirming, Event::Progress, Step::Ignore},
  {State::Confirming, Event::Accept, Step::AckAgain},
  {State::Confirming, Event::Ack, Step::Confirm},
  {State::Confirming, Event::NoAck, Step::HangUpBoth},      // RFC 3261 13.3.1.4
  {State::Confirming, Event::Cancel, Step::Ignore},         // too late: the final response is sent (RFC 3261 9.2)
  {State::Confirming, Event::PeerGone, Step::HangUpBoth},
  {State::Confirming, Event::Offer, Step::DeferOffer},
  {State::Confirming, Event::Bye, Step::HangUp},
  {State::Confirming, Event::Kill, Step::HangUpBoth},

  // Active.
  {State::Active, Event::RelayReady, Step::Ignore},
  {State::Active, Event::RelayRefused, Step::HangUpBoth},
  {State::Active, Event::RelayLost, Step::MoveMedia},
  {State::Active, Event::MediaLost, Step::HangUpBoth},
  {State::Active, Event::Accept, Step::AckAgain},           // the ACK was lost, or a second fork answered
  {State::Active, Event::Ack, Step::Ignore},                // retransmitted ACK
  {State::Active, Event::PeerGone, Step::HangUpBoth},
  {State::Active, Event::Offer, Step::AcceptOffer},
  {State::Active, Event::Bye, Step::HangUp},
  {State::Active, Event::Kill, Step::HangUpBoth},

  // Reanchoring: a re-INVITE waits for the relay, or a move to another one does.
  {State::Reanchoring, Event::RelayReady, Step::SendOffer},
  {State::Reanchoring, Event::RelayRefused, Step::RollBack},
  {State::Reanchoring, Event::RelayLost, Step::MoveMedia},
  {State::Reanchoring, Event::MediaLost, Step::HangUpBoth},
  {State::Reanchoring, Event::Accept, Step::AckAgain},
  {State::Reanchoring, Event::Ack, Step::Ignore},
  {State::Reanchoring, Event::Cancel, Step::CancelOffer},
  {State::Reanchoring, Event::PeerGone, Step::HangUpBoth},
  {State::Reanchoring, Event::Offer, Step::DeferOffer},
  {State::Reanchoring, Event::Bye, Step::HangUp},
  {State::Reanchoring, Event::Kill, Step::HangUpBoth},

  // Reinviting: the other leg has the re-INVITE.
  {State::Reinviting, Event::RingTimeout, Step::CancelOffer},  // an UPDATE waits for a re-INVITE for too long
  {State::Reinviting, Event::RelayReady, Step::Ignore},
  {State::Reinviting, Event::RelayRefused, Step::HangUpBoth},
  {State::Reinviting, Event::RelayLost, Step::MoveMedia},
  {State::Reinviting, Event::MediaLost, Step::HangUpBoth},
  {State::Reinviting, Event::Progress, Step::RingAgain},
  {State::Reinviting, Event::Accept, Step::PassAnswer},
  {State::Reinviting, Event::Reject, Step::RollBack},
  {State::Reinviting, Event::BranchDead, Step::HangUpBoth}, // RFC 3261 12.2.1.2: no response at all ends the dialog
  {State::Reinviting, Event::Ack, Step::Ignore},
  {State::Reinviting, Event::NoAck, Step::CancelOffer},        // RFC 3262 3: no PRACK
  {State::Reinviting, Event::Cancel, Step::CancelOffer},
  {State::Reinviting, Event::PeerGone, Step::HangUpBoth},
  {State::Reinviting, Event::Offer, Step::DeferOffer},
  {State::Reinviting, Event::Bye, Step::HangUp},
  {State::Reinviting, Event::Kill, Step::HangUpBoth},

  // Reconfirming: our 2xx to the re-INVITE waits for its ACK.
  {State::Reconfirming, Event::RelayReady, Step::Ignore},
  {State::Reconfirming, Event::RelayRefused, Step::HangUpBoth},
  {State::Reconfirming, Event::RelayLost, Step::MoveMedia},
  {State::Reconfirming, Event::MediaLost, Step::HangUpBoth},
  {State::Reconfirming, Event::Progress, Step::Ignore},
  {State::Reconfirming, Event::Accept, Step::AckAgain},
  {State::Reconfirming, Event::Ack, Step::ConfirmOffer},
  {State::Reconfirming, Event::NoAck, Step::HangUpBoth},
  {State::Reconfirming, Event::Cancel, Step::Ignore},
  {State::Reconfirming, Event::PeerGone, Step::HangUpBoth},
  {State::Reconfirming, Event::Offer, Step::DeferOffer},
  {State::Reconfirming, Event::Bye, Step::HangUp},
  {State::Reconfirming, Event::Kill, Step::HangUpBoth},

  // Refreshing: one leg has a request of ours that changes nothing; both legs wait with theirs (491).
  {State::Refreshing, Event::RelayReady, Step::Ignore},
  {State::Refreshing, Event::RelayRefused, Step::HangUpBoth},
  {State::Refreshing, Event::RelayLost, Step::MoveMedia},
  {State::Refreshing, Event::MediaLost, Step::HangUpBoth},
  {State::Refreshing, Event::Progress, Step::RingAgain},
  {State::Refreshing, Event::Accept, Step::Refreshed},
  {State::Refreshing, Event::Reject, Step::RefreshFailed},
  {State::Refreshing, Event::BranchDead, Step::HangUpBoth},  // RFC 4028 10: no response at all ends the dialog
  {State::Refreshing, Event::Ack, Step::Ignore},
  {State::Refreshing, Event::PeerGone, Step::HangUpBoth},
  {State::Refreshing, Event::Offer, Step::DeferOffer},
  {State::Refreshing, Event::Bye, Step::HangUp},
  {State::Refreshing, Event::Kill, Step::HangUpBoth},

  // Canceling: leg A has its final response; leg B still owes one.
  {State::Canceling, Event::RelayReady, Step::Ignore},
  {State::Canceling, Event::RelayRefused, Step::Ignore},
  {State::Canceling, Event::RelayLost, Step::Ignore},
  {State::Canceling, Event::MediaLost, Step::Ignore},
  {State::Canceling, Event::Progress, Step::Ignore},
  {State::Canceling, Event::Accept, Step::LateAnswer},
  {State::Canceling, Event::Reject, Step::Finish},
  {State::Canceling, Event::BranchDead, Step::Finish},
  {State::Canceling, Event::RingTimeout, Step::Ignore},
  {State::Canceling, Event::Cancel, Step::Ignore},
  {State::Canceling, Event::PeerGone, Step::Ignore},
  {State::Canceling, Event::Bye, Step::AnswerBye},
  {State::Canceling, Event::Offer, Step::RefuseOffer},
  {State::Canceling, Event::Ack, Step::Ignore},
  {State::Canceling, Event::Kill, Step::Ignore},            // already on its way out, bounded by 64*T1

  // Closing: BYEs are out; both legs are refused everything but BYE.
  {State::Closing, Event::RelayReady, Step::Ignore},
  {State::Closing, Event::RelayRefused, Step::Ignore},
  {State::Closing, Event::RelayLost, Step::Ignore},
  {State::Closing, Event::MediaLost, Step::Ignore},
  {State::Closing, Event::Progress, Step::Ignore},
  {State::Closing, Event::Accept, Step::AckAgain},
  {State::Closing, Event::Reject, Step::Ignore},
  {State::Closing, Event::BranchDead, Step::Ignore},
  {State::Closing, Event::RingTimeout, Step::Ignore},
  {State::Closing, Event::Cancel, Step::Ignore},
  {State::Closing, Event::PeerGone, Step::Ignore},
  {State::Closing, Event::Ack, Step::AckClosing},
  {State::Closing, Event::NoAck, Step::AckClosing},
  {State::Closing, Event::Offer, Step::RefuseOffer},
  {State::Closing, Event::Bye, Step::AnswerBye},
  {State::Closing, Event::ByesDone, Step::End},
  {State::Closing, Event::Kill, Step::Ignore},
});
// clang-format on

// What cannot happen in a state, said just as plainly: it would mean that we broke a promise of our own.
constexpr std::uint32_t bit(Event e) {
  return 1u << static_cast<unsigned>(e);
}

template <typename... E>
constexpr std::uint32_t bits(E... events) {
  return (bit(events) | ...);
}

// Events that only an attempt on leg B can cause, and events that only an established dialog can cause.
inline constexpr std::uint32_t kFromAttempt =
    bits(Event::Progress, Event::Accept, Event::Reject, Event::BranchDead, Event::RingTimeout);
inline constexpr std::uint32_t kFromDialog = bits(Event::Ack, Event::NoAck, Event::Offer, Event::Bye);
inline constexpr std::uint32_t kFromRelay =
    bits(Event::RelayReady, Event::RelayRefused, Event::RelayLost, Event::MediaLost);
inline constexpr std::uint32_t kFromPolicy = bits(Event::Routed, Event::Refused);
// Calls hands these to no call that does not wait for them, nor Played and Answered; nor does takeover.cc PickUp.
inline constexpr std::uint32_t kFromResolver = bits(Event::Located, Event::LocateFailed);
inline constexpr std::uint32_t kAll = (1u << kEvents) - 1;

// clang-format off
inline constexpr std::array<std::uint32_t, kStates> kImpossible = {
    /* Idle         */ kAll & ~bit(Event::Invite),
    /* Deciding     */ bits(Event::Invite, Event::ByesDone) | kFromRelay | kFromAttempt | kFromDialog,
    /* Asking       */ bits(Event::Invite, Event::ByesDone, Event::NoAck) | kFromPolicy | kFromAttempt,
    /* Announcing   */ bits(Event::Invite, Event::ByesDone, Event::Progress, Event::Accept, Event::Reject, Event::BranchDead) | kFromPolicy,
    /* Locating     */ bits(Event::Invite, Event::ByesDone, Event::NoAck) | kFromPolicy | kFromAttempt,
    /* Anchoring    */ bits(Event::Invite, Event::ByesDone, Event::NoAck) | kFromPolicy | kFromAttempt,
    /* Inviting     */ bits(Event::Invite, Event::ByesDone) | kFromPolicy,
    /* Answering    */ bits(Event::Invite, Event::ByesDone, Event::Reject, Event::BranchDead, Event::RingTimeout) | kFromPolicy,
    /* Confirming   */ bits(Event::Invite, Event::Expired, Event::ByesDone, Event::Reject, Event::BranchDead, Event::RingTimeout) | kFromPolicy,
    /* Active       */ bits(Event::Invite, Event::Expired, Event::ByesDone, Event::Progress, Event::Reject, Event::BranchDead,
                            Event::RingTimeout, Event::Cancel, Event::NoAck) | kFromPolicy,
    /* Reanchoring  */ bits(Event::Invite, Event::Expired, Event::ByesDone, Event::Progress, Event::Reject, Event::BranchDead,
                            Event::RingTimeout, Event::NoAck) | kFromPolicy,
    /* Reinviting   */ bits(Event::Invite, Event::Expired, Event::ByesDone) | kFromPolicy,
    /* Reconfirming */ bits(Event::Invite, Event::Expired, Event::ByesDone, Event::Reject, Event::BranchDead, Event::RingTimeout) | kFromPolicy,
    /* Refreshing   */ bits(Event::Invite, Event::Expired, Event::ByesDone, Event::RingTimeout, Event::Cancel, Event::NoAck) | kFromPolicy,
    /* Canceling    */ bits(Event::Invite, Event::Expired, Event::ByesDone, Event::NoAck) | kFromPolicy,
    /* Closing      */ bits(Event::Invite, Event::Expired) | kFromPolicy,
    /* Ended        */ kAll,
};
// clang-format on

using Table = std::array<std::array<Step, kEvents>, kStates>;

constexpr Table make_table() {
  Table table{};
  for (const Cell& cell : kCells)
    table[static_cast<std::size_t>(cell.state)][static_cast<std::size_t>(cell.event)] = cell.step;
  for (std::size_t s = 0; s < kStates; ++s) {
    const std::uint32_t impossible = kImpossible[s] |
                                     (s == static_cast<std::size_t>(State::Locating) ? 0U : kFromResolver) |
                                     (s == static_cast<std::size_t>(State::Asking) ? 0U : bit(Event::Answered)) |
                                     (s == static_cast<std::size_t>(State::Inviting) ? 0U : bit(Event::PickUp)) |
                                     (s == static_cast<std::size_t>(State::Announcing) ? 0U : bit(Event::Played));
    for (std::size_t e = 0; e < kEvents; ++e)
      if ((impossible >> e & 1) != 0 && table[s][e] == Step::Undecided) table[s][e] = Step::Bug;
  }
  return table;
}

inline constexpr Table kTable = make_table();

constexpr bool every_pair_is_decided_once() {
  std::array<std::uint32_t, kStates> seen{};
  for (const Cell& cell : kCells) {
    const auto s = static_cast<std::size_t>(cell.state);
    if ((seen[s] & bit(cell.event)) != 0 || (kImpossible[s] & bit(cell.event)) != 0) return false;
    seen[s] |= bit(cell.event);
  }
  for (const auto& row : kTable)
    for (const Step step : row)
      if (step == Step::Undecided) return false;
  return true;
}
static_assert(every_pair_is_decided_once(), "a (state, event) pair of the call table is missing or listed twice");

constexpr Step step_for(State s, Event e) {
  return kTable[static_cast<std::size_t>(s)][static_cast<std::size_t>(e)];
}

}  // namespace sbc::call
