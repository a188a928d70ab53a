// The relay of a call that talks has lost its session: it died, was restarted, or is about to stop. Another one (or the
// same, come back) opens a new session, and each leg gets a re-INVITE that offers what it was told before at the new
// addresses. The parties hear nothing for as long as that takes; the call goes on.

#include <algorithm>

#include "sbc/call/machine.h"

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

void Machine::move_media() {
  if (!call_.moving) {
    ++core_.counters.moves;
    const auto calls = static_cast<std::int64_t>(core_.calls.size());
    const auto spread = std::min(base::Duration(base::seconds(calls)) / kMovesPerSecond, kLongestSpread);
    const base::Duration wait(core_.random.below(static_cast<std::uint64_t>(spread.count()) + 1));
    call_.moving = std::make_unique<Moving>(Moving{.give_up = now_ + wait + kMoveTakes});
    note(Note::Level::Warning, "the relay lost the session: the call's media moves");
    arm(call_.moving->timer, TimerKind::Move, now_ + wait);
  } else {
    // The one that was asked is gone as well.
    if (call_.moving->step == Moving::Step::Opening) call_.state = State::Active;
    arm(call_.moving->timer, TimerKind::Move, now_ + kMoveAgain);
  }
  call_.moving->step = Moving::Step::Wait;
}

void Machine::go_on_moving() {
  Moving& moving = *call_.moving;
  if (now_ >= moving.give_up) return fail_to_move("no relay, or no answer, in time");
  if (call_.state != State::Active) return arm(moving.timer, TimerKind::Move, now_ + kMoveAgain);
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
  call_.moving->step = Moving::Step::Wait;
  arm(call_.moving->timer, TimerKind::Move, now_ + kMoveAgain);
}

void Machine::offer_new_place(Side side) {
  auto offer = call_.media.make_offer(side);
  if (!offer) {
    call_.media.roll_back();
    return fail_to_move(offer.error().text);
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
  stop_moving();
  ++core_.counters.moved;
  note(Note::Level::Info, "the call's media has moved");
}

void Machine::leg_refused_to_move(const Input& in) {
  const int status = in.message->status();
  if (status != 491 && status != 500 && status != 503)
    return fail_to_move("a leg refused the new place with " + std::to_string(status));
  arm(call_.moving->timer, TimerKind::Move,
      now_ + dialog::glare_wait(call_.leg(in.side).dialog->opened(), core_.random));
}

void Machine::fail_to_move(const std::string& why) {
  note(Note::Level::Warning, "the call's media could not move: " + why);
  stop_moving();
  feed(Event::Kill, {.cause = EndCause::RelayFailure});
}

void Machine::stop_moving() {
  if (!call_.moving) return;
  disarm(call_.moving->timer);
  call_.moving.reset();
}

}  // namespace sbc::call
