// Refusals of an offer that pass: the border asks once more while the leg that wants the change still waits.

#include <algorithm>

#include "sbc/call/machine.h"
#include "sbc/sip/retry_after.h"

namespace sbc::call {
namespace {

// Offers that collide a third time collide for another reason; whoever asked is told.
constexpr int kMostTries = 2;

// RFC 3261 14.2 and RFC 3311 5.2 let the peer name up to 10 s.
constexpr base::Duration kLongestWait = base::seconds(10);

// An UPDATE is a transaction of 64*T1 and must be answered in it, so its offer waits less.
constexpr base::Duration kLongestWaitOfUpdate = base::seconds(5);
constexpr int kUpdateLivesT1 = 60;

}  // namespace

bool Machine::try_again(const Input& in) {
  const Side to = other(call_.inviter);
  Leg& leg = call_.leg(to);
  const int status = in.message->status();
  if (call_.inviter_gone || in.side != to) return false;
  const bool without_update = in.message->method() == sip::Method::Update && (status == 405 || status == 501);
  if (without_update) leg.allows_update = false;
  if (without_update || (status == 422 && leg.session.too_small(*in.message))) {
    send_offer();
    return true;
  }
  base::Duration wait{};
  if (status == 491) {
    wait = dialog::glare_wait(leg.dialog->opened(), core_.random);
  } else if (status == 500) {
    const auto seconds = sip::retry_after(*in.message);
    if (!seconds) return false;
    wait = base::seconds(*seconds);
  } else {
    return false;
  }
  const base::Duration longest =
      call_.by_update ? std::min(kLongestWaitOfUpdate, kUpdateLivesT1 * core_.settings->t1) : kLongestWait;
  if (wait > longest || ++call_.tries > kMostTries) return false;
  leg.client = {};  // nothing is under way there; the state waits for the timer
  arm(call_.again_timer, TimerKind::Again, now_ + wait, to);
  return true;
}

void Machine::offer_again() {
  if (call_.state != State::Reinviting || call_.leg(other(call_.inviter)).client) return;
  ++core_.counters.offers_again;
  send_offer();
}

}  // namespace sbc::call
