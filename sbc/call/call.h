#pragma once
// One call: two legs, what joins them, and where it stands. Plain state; machine.h is what moves it.

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/base/deadline_queue.h"
#include "media-relay/base/slab.h"

#include "sbc/call/asking.h"
#include "sbc/call/crossing.h"
#include "sbc/call/digits.h"
#include "sbc/call/facts.h"
#include "sbc/call/fork.h"
#include "sbc/call/media.h"
#include "sbc/call/record.h"
#include "sbc/call/refer.h"
#include "sbc/call/state.h"
#include "sbc/call/stowed.h"
#include "sbc/call/timers.h"
#include "sbc/call/told.h"
#include "sbc/dialog/accepted_invite.h"
#include "sbc/dialog/ack_store.h"
#include "sbc/dialog/dialog.h"
#include "sbc/dialog/invite_gate.h"
#include "sbc/dialog/reliable.h"
#include "sbc/dialog/session_timer.h"
#include "sbc/identity/redirect.h"
#include "sbc/leak/watch.h"
#include "sbc/route/hunt.h"
#include "sbc/transaction/ids.h"

namespace sbc::call {

struct Call;
using CallHandle = base::Handle<Call>;

// One side of a call.
struct Leg {
  std::string realm;
  std::string trunk;
  std::string aor;         // of the registered phone that was called; "": none
  std::string user;        // address of record of a caller that has proved it; "": of nobody
  sip::Hop hop;            // where the peer's messages come from, or, before the first, where ours went
  std::string contact;     // our Contact value here
  std::string allow;       // what we accept from this peer, for Allow
  std::string packages;    // its Recv-Info (RFC 6086)
  bool symmetric = false;  // requests go to `hop`, whatever the peer's Contact says (it sits behind a NAT)
  std::optional<dialog::Dialog> dialog;
  route::NamedHost way_of;        // the host name that the next request goes to, when it is one,
  std::vector<route::Place> way;  // and its places, once they are known
  bool way_moved = false;         // one of them failed: requests go to the first now, wherever the peer was last seen
  std::uint8_t way_failures = 0;  // in a row (under_way.h)
  dialog::InviteGate gate;

  // We as server of an INVITE.
  transaction::ServerId server;     // the one under way, or the one whose 2xx awaits its ACK
  dialog::AcceptedInvite accepted;  // retransmission of our 2xx
  base::SharedBytes accepted_bytes;

  dialog::SessionTimer session;  // of this leg alone (RFC 4028)
  bool allows_update = false;    // the peer's Allow lists UPDATE

  // We as client of an INVITE or UPDATE.
  transaction::ClientId client;   // of a change under way: re-INVITE or UPDATE
  std::uint32_t change_cseq = 0;  // its CSeq
  std::uint32_t invite_cseq = 0;  // of the INVITE whose 2xx needs an ACK from us
  bool owes_ack = false;          // its 2xx came, and our ACK waits for the other leg's answer
  dialog::AckStore acks{base::seconds(32)};

  // We as client of a trunk that asks for digest credentials (credentials.h).
  std::string invite_credentials;  // header lines of the last accepted INVITE, which its ACK repeats
  std::uint32_t challenges = 0;    // in a row; a 2xx starts again

  transaction::ClientId bye;                  // ours, under way
  std::optional<std::string> bye_when_acked;  // header lines of a BYE that must wait for the peer's ACK (RFC 3261 15)
  bool over = false;                          // BYE sent or received

  Said said;                 // by the peer
  Told told;                 // to it, about the other side
  std::uint32_t refers = 0;  // REFERs accepted from this peer
};

// One INVITE to one target. The current one may become a leg; an abandoned one only has to be cleaned up after.
struct Attempt {
  transaction::ClientId client;
  dialog::ClientStart start;
  sip::Hop hop;
  std::string realm;
  std::string trunk;        // "": none
  std::string credentials;  // header lines of its INVITE that a 2xx came to, which the ACK repeats
  base::Instant started{};
  base::Instant due = base::kNever;  // when its time is over: to the first response, then to the final one
  bool offered = false;              // its INVITE carried SDP
  bool rang = false;
  std::optional<base::Instant> rang_at = {};  // its first 18x
  bool early_media = false;                   // its SDP was passed to the caller
  bool finished = false;                      // it has its final response, and is kept for further 2xx of its forks
  bool shares_tag = false;                    // with an INVITE after it (Repeat), which owns the tag now
};

// An INVITE that a place of a name did not take, for the next place of that name (next_place.cc).
struct Repeat {
  dialog::ClientStart start;
  bool same_number = true;  // its CSeq stays as it was
  sip::Hop hop;             // where it went
  std::string contact;
  dialog::SessionTimer session;
  std::optional<sdp::OriginIdentity> identity = {};  // of its offer; nullopt: it had none

  bool leaves_as(const sip::Hop& other) const {
    return hop.transport == other.transport && hop.listener == other.listener;
  }
};

// A REFER that went on to the other party: NOTIFYs name it by the CSeq that it had there.
struct Referral {
  Side from = Side::A;
  std::uint32_t asked = 0;   // CSeq of the transferor's
  std::uint32_t passed = 0;  // and of ours
};

// A request whose answer changes nothing, on its way.
struct Aside {
  transaction::ClientId client;
  Side side = Side::A;
  std::unique_ptr<Leg> gone = {};  // what it needs of a leg that is no longer the call's; null: that of `side`
};

// A leg between two calls.
struct MovedLeg {
  Leg leg;
  sdp::OfferAnswer description;          // what was agreed with it
  leak::WordSet words = {};              // by which the leak guard knows it
  base::Instant ends_by = base::kNever;  // of the call that it leaves
};

// An early dialog of a transfer's target whose provisional responses must be acknowledged (RFC 3262).
struct RingingTarget {
  dialog::Dialog dialog;
  dialog::ReliableClient responses = {};
  std::optional<sdp::OfferAnswer> agreed = {};  // its offer, answered for now; nullopt: it has made none
};

// A transfer that the border carries out (transfer.cc).
struct Transfer {
  Side from = Side::A;      // the transferor
  bool reports = true;      // it wants NOTIFYs (RFC 4488)
  std::string event;        // of these: "refer;id=93809824"
  std::string referred_by;  // user part of the Referred-By toward the target; "": none
  // Who asked for it outside of the call's dialogs (referrer.cc), with the dialog of that REFER; null: the transferor.
  std::unique_ptr<Leg> referrer;
  int reported = 100;  // the last status
  route::Hunt hunt;
  std::size_t redirections = 0;  // these three as the call's
  std::vector<std::string> redirected;
  std::vector<identity::Redirect> forwarded;
  std::optional<Attempt> attempt;
  std::unique_ptr<Repeat> repeat;       // for the target that is tried next
  std::vector<RingingTarget> ringing;   // early dialogs of the attempt
  Leg leg;                              // of the target; takes the transferor's place
  std::uint32_t locating = 0;           // Lookup::number of the target that is a host name; 0: none is waited for
  std::unique_ptr<NamedDialog> second;  // of the transferor's second call, whose far leg is waited for
  base::Instant second_by{};            // until then, while that call is busy
  std::uint32_t asked = 0;              // LegWanted::number; 0: no other shard was asked
  std::unique_ptr<MovedLeg> given;      // and has answered
  base::DeadlineId timer;
};

// Why the media of a call moves to another relay session.
enum class MoveReason : std::uint8_t {
  Lost,      // the relay does not have it any more: it died, or was restarted
  Closed,    // the relay ended it
  Draining,  // the relay will end it
  kCount
};

// The media on its way to another relay session (move_media.cc).
struct Moving {
  enum class Step : std::uint8_t {
    Wait,     // for its turn, for a relay, or for a change of the peers' that is under way
    Opening,  // a relay was asked
    LegA,     // it has a session; leg A is to be asked, or was
    LegB,     // leg A has moved
  };
  Step step = Step::Wait;
  base::Instant give_up{};
  MoveReason reason = MoveReason::Lost;
  base::DeadlineId timer = {};
  // The session that the call leaves, which carries its media until both legs know the new one; null: it is gone.
  struct Held {
    std::string session;
    Media::Place place;
    std::vector<control::FlowAddresses> recorded = {};  // RecordingSession::addresses
  };
  std::unique_ptr<Held> held = {};
};

// A party that is being replaced (takeover.cc), with what it gets back when it is not.
struct Takeover {
  Side side = Side::A;
  Leg replaced;
  LegMedia media;
  sdp::OfferAnswer description;
};

struct AtOnce;
struct ChangeProgress;
struct HeldRequest;
struct KeyWatch;
struct RecordingSession;
struct Seats;

struct Call {
  explicit Call(sdp::OriginIdentity identity_a);
  Call(Call&&) noexcept;
  Call& operator=(Call&&) noexcept;
  ~Call();

  State state = State::Idle;
  CallHandle handle;
  std::string session;  // of the relay, and the call's name in logs

  StowedMessage invite;  // leg A's, for the policy's facts and for headers that cross
  sip::Source source;
  Arrival arrival;
  bool emergency = false;  // a call for help: never hidden
  bool first = false;  // that, or one of priority (RFC 4412) from where it is trusted: never refused for want of room
  std::vector<std::uint64_t> turns;  // those that this INVITE comes from (loop.h), oldest first; of most calls none
  policy::InviteDecision decision;
  std::unique_ptr<Asking> asking;  // while the policy is being asked
  std::uint32_t questions = 0;     // that it had so far

  Leg a;
  Leg b;
  std::string local_tag_a;
  route::Hunt hunt;
  std::optional<Attempt> attempt;
  std::unique_ptr<AtOnce> at_once;             // others that are called together with it (rivals.h); null: none
  std::vector<Attempt> strays;                 // abandoned attempts
  std::unique_ptr<Repeat> repeat;              // for the target that is tried next
  std::vector<policy::AttemptFacts> failures;  // targets that did not take the call, as the policy was told of them
  std::unique_ptr<Seats> seats;                // for what it counts (seats.h); null: for nothing yet, or no more

  std::size_t redirections = 0;               // followed so far
  std::vector<std::string> redirected;        // where they led, and where the first came from
  std::vector<identity::Redirect> forwarded;  // who redirected, oldest first

  std::list<Fork> forks;           // early dialogs of all attempts, until a while after the answer
  Fork* selected = nullptr;        // whose media is `media`
  Fork* ringing = nullptr;         // whose provisional response the caller got last
  std::uint32_t spoken = 0;        // Fork::spoke of the last one that did
  std::unique_ptr<Media> offered;  // the media as no fork has answered it yet: what each new one begins with

  std::uint32_t lookups = 0;                      // questions to the resolver so far; the number of the last one
  std::array<std::deque<InfoDigit>, 2> digits;    // by leg: INFOs that wait
  std::array<std::unique_ptr<KeyWatch>, 2> keys;  // by leg: which its media has brought; null: none came yet
  std::array<PictureAsking, 2> pictures;          // by leg: when it was asked for one
  std::vector<Passing> passing;                   // requests on their way from one leg to the other
  std::vector<Aside> asides;                      // and from the border alone

  std::vector<Referral> referrals;  // the last kMaxReferrals

  std::unique_ptr<Transfer> transfer;
  std::unique_ptr<ChangeProgress> change;  // null: nothing reliable was said of the re-INVITE under way
  std::unique_ptr<HeldRequest> held;       // the next one, which waits for a moment
  std::unique_ptr<Takeover> takeover;
  base::Instant enter_by{};     // its Replaces names a call that is busy, and waits until then (takeover.cc)
  bool newcomer_waits = false;  // leg B came by an INVITE with Replaces, which has no final response yet (pickup.cc)
  std::unique_ptr<Moving> moving;
  bool recording_paused = false;
  std::unique_ptr<RecordingSession> recorder;  // null: no recording server was wanted yet
  bool joining = false;                        // the re-INVITE under way asks a leg of another call for its offer

  std::unique_ptr<leak::Watch> watch;  // null: the leak guard is off

  Media media;
  bool session_open = false;         // the relay has it, or is about to
  std::uint32_t relay_asked = 0;     // opens and modifies of this session sent
  std::uint32_t relay_answered = 0;  // and answered
  std::uint32_t relay_awaited = 0;   // the one that the state waits for
  bool close_asked = false;          // of the relay, for the session
  bool close_answered = false;       // and it has told its last statistics

  Side inviter = Side::A;         // of the exchange under way, or the last one
  bool by_update = false;         // the exchange began with an UPDATE: its 2xx gets no ACK (RFC 3311)
  bool proposed = false;          // leg B was offered what the border made up, since the caller offered nothing
  bool late_offer = false;        // the exchange began with an INVITE without SDP
  bool inviter_gone = false;      // its re-INVITE was cancelled; what the other leg answers must be undone
  bool gave_up_waiting = false;   // the last attempt ended because our time for it was over
  bool restored = false;          // the re-INVITE under way is the one that undoes it
  int tries = 0;                  // of the offer under way, after refusals that pass (RFC 3261 14.1)
  Side refreshing = Side::A;      // the leg of our own refresh under way
  sip::MessagePtr held_response;  // the 2xx that waits for the relay

  base::DeadlineId setup_timer;    // first response, then ringing
  base::DeadlineId expiry_timer;   // the caller's invitation holds no longer (RFC 3261 13.3.1)
  base::DeadlineId refresh_timer;  // 1xx again each minute (RFC 3261 13.3.1.1)
  base::DeadlineId accepted_timer[2];
  base::DeadlineId session_timer[2];
  base::DeadlineId again_timer;  // the offer goes out again
  base::DeadlineId duration_timer;
  base::Instant ends_by = base::kNever;  // when that is due
  std::uint32_t max_duration_s = 0;      // of the policy, instead of the place's; 0: as the place has it
  std::unique_ptr<PolicyTimers> timers;  // null: the policy has set none
  base::DeadlineId tidy_timer;           // frees what only retransmissions can need
  base::DeadlineId reliable_timer;       // next repetition of a response that waits for PRACK
  // What the policy changes of the callee's 2xx; null: nothing, or it has not come.
  std::unique_ptr<policy::ResponseDecision> answer_change;

  base::Instant began{};
  base::Instant answered_at{};
  CallRecord record;

  Leg& leg(Side side) { return side == Side::A ? a : b; }
  const Leg& leg(Side side) const { return side == Side::A ? a : b; }
};

}  // namespace sbc::call
