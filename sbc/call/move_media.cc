// The relay of a call that talks has lost its session: it died, was restarted, or has stopped. Another one (or the
// same, come back) opens a new session, and each leg gets a re-INVITE that offers what it was told before at the new
// addresses. The parties hear nothing for as long as that takes; the call goes on. When the relay drains, its session
// is still there, and is closed when both legs know the new one; a call that cannot move then stays.

#include <algorithm>

#include "sbc/call/machine.h"
#include "sbc/call/recording_client.h"

namespace sbc::call {
namespace {

// A relay restarts in a second or two. Whoever hears nothing for much longer hangs up by himself.
constexpr base::Duration kMoveTakes = base::seconds(10);
constexpr base::Duration kMoveAgain = base::milliseconds(500);
// A relay takes its calls with it all at once; those that are left get them, and the peers their re-INVITEs, one after
// the other.
constexpr std::int64_t kMovesPerSecond = 500;
constexpr base::Duration kLongestSpread = base::seconds(4);

}  // namespace

void Machine::begin_moving(MoveReason reason, base::Duration wait) {
  ++core_.counters.moves;
  ++core_.counters.moves_begun[static_cast<std::size_t>(reason)];
  call_.moving = std::make_unique<Moving>(Moving{.give_up = now_ + wait + kMoveTakes, .reason = reason});
}

void Machine::move_media(MoveReason reason) {
  if (!call_.moving) {
    const auto calls = static_cast<std::int64_t>(core_.calls.size());
    const auto spread = std::min(base::Duration(base::seconds(calls)) / kMovesPerSecond, kLongestSpread);
    const base::Duration wait(core_.random.below(static_cast<std::uint64_t>(spread.count()) + 1));
    begin_moving(reason, wait);
    note(Note::Level::Warning, "the relay lost the session: the call's media moves");
    arm(call_.moving->timer, TimerKind::Move, now_ + wait);
  } else {
    // The one that was asked is gone as well.
    if (call_.moving->step == Moving::Step::Opening) call_.state = State::Active;
    arm(call_.moving->timer, TimerKind::Move, now_ + kMoveAgain);
  }
  call_.moving->step = Moving::Step::Wait;
}

void Machine::leave_relay() {
  // A call that is not there yet, or is about to become another one, is asked again.
  if (call_.state != State::Active || call_.moving || call_.transfer || call_.takeover || !call_.session_open) return;
  if (call_.relay_answered != call_.relay_asked) return;
  begin_moving(MoveReason::Draining, {});
  note(Note::Level::Info, "the relay drains: the call's media moves");
  go_on_moving();
}

void Machine::go_on_moving() {
  Moving& moving = *call_.moving;
  if (now_ >= moving.give_up) return stay_or_end("no relay, or no answer, in time");
  // What a peer asks for goes first: whoever is told of it is told of the new place as well.
  if (call_.state != State::Active || call_.held) return arm(moving.timer, TimerKind::Move, now_ + kMoveAgain);
  if (moving.step == Moving::Step::Wait) {
    open_session();
    moving.step = Moving::Step::Opening;
    call_.state = State::Reanchoring;
    return;
  }
  offer_new_place(moving.step == Moving::Step::LegA ? Side::A : Side::B);
}

void Machine::moved_to_new_relay() {
  call_.state = State::Active;
  call_.moving->step = Moving::Step::LegA;
  go_on_moving();
}

void Machine::no_relay_yet() {
  call_.state = State::Active;
  if (can_stay()) return return_to_session("no other relay takes it");
  call_.moving->step = Moving::Step::Wait;
  arm(call_.moving->timer, TimerKind::Move, now_ + kMoveAgain);
}

void Machine::offer_new_place(Side side) {
  auto offer = call_.media.make_offer(side);
  if (!offer) {
    call_.media.roll_back();
    return stay_or_end(offer.error().text);
  }
  // Active: no change is under way on either leg.
  (void)call_.leg(side).gate.try_local_invite();
  call_.refreshing = side;
  call_.state = State::Refreshing;
  send_change(side, sip::Method::Invite, *offer);
}

void Machine::moved_leg(bool taken) {
  Moving& moving = *call_.moving;
  if (!taken) return fail_to_move("the answer to the new place cannot be used");
  if (moving.step == Moving::Step::LegA) {
    moving.step = Moving::Step::LegB;
    return go_on_moving();
  }
  ++core_.counters.moved;
  ++core_.counters.moves_done[static_cast<std::size_t>(moving.reason)];
  stop_moving();
  note(Note::Level::Info, "the call's media has moved");
}

void Machine::leg_refused_to_move(const Input& in) {
  const int status = in.message->status();
  if (status != 491 && status != 500 && status != 503)
    return stay_or_end("a leg refused the new place with " + std::to_string(status));
  arm(call_.moving->timer, TimerKind::Move,
      now_ + dialog::glare_wait(call_.leg(in.side).dialog->opened(), core_.random));
}

void Machine::fail_to_move(const std::string& why) {
  note(Note::Level::Warning, "the call's media could not move: " + why);
  ++core_.counters.moves_failed;
  stop_moving();
  feed(Event::Kill, {.cause = EndCause::RelayFailure});
}

// --- the session that is left -----------------------------------------------------------------------------------

// While a relay drains, the media flows through it until both legs know the other one.
bool Machine::hold_session() {
  if (!call_.moving || call_.moving->reason != MoveReason::Draining || call_.moving->held) return false;
  call_.moving->held = std::make_unique<Moving::Held>(Moving::Held{call_.session, call_.media.place()});
  if (call_.recorder) call_.moving->held->recorded = call_.recorder->addresses;
  return true;
}

// A leg that has accepted the new place sends there.
bool Machine::can_stay() const {
  return call_.moving->held && call_.moving->step < Moving::Step::LegB &&
         call_.media.is_place(call_.moving->held->place);
}

void Machine::stay_or_end(const std::string& why) {
  if (can_stay()) return return_to_session(why);
  fail_to_move(why);
}

// The relay that drains keeps its session for as long as it says; the call is asked again to leave it.
void Machine::return_to_session(const std::string& why) {
  note(Note::Level::Info, "the call's media stays where it is for now: " + why);
  ++core_.counters.moves_put_off;
  out_.relay.push_back({0, control::Close{call_.session, "not moved"}});
  core_.sessions.erase(call_.session);
  Moving::Held held = std::move(*call_.moving->held);
  call_.moving->held.reset();
  call_.session = std::move(held.session);
  call_.media.go_back(std::move(held.place));
  call_.relay_asked = call_.relay_answered = call_.relay_awaited = 0;
  if (call_.recorder) {
    for (control::FlowAddresses& flow : held.recorded) flow.index += kFirstCopy;
    RecordingClient(core_, call_, now_, out_).anchored(held.recorded);
  }
  stop_moving();
  ask_relay(false);
}

void Machine::held_session_lost() {
  if (!call_.moving || !call_.moving->held) return;
  core_.sessions.erase(call_.moving->held->session);
  call_.moving->held.reset();
}

void Machine::release_held() {
  if (!call_.moving->held) return;
  core_.sessions.erase(call_.moving->held->session);
  out_.relay.push_back({0, control::Close{call_.moving->held->session, "moved"}});
}

void Machine::stop_moving() {
  if (!call_.moving) return;
  disarm(call_.moving->timer);
  release_held();
  call_.moving.reset();
}

}  // namespace sbc::call
