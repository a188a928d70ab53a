// Session timers (RFC 4028), one for each leg: what requests and 2xx say about them, the refreshes that we send, and
// those of a peer, which are answered here and never cross to the other leg.

#include "sbc/call/leg_message.h"
#include "sbc/call/machine.h"
#include "sbc/sip/retry_after.h"
#include "sbc/sip/values.h"

namespace sbc::call {
namespace {

// The call is busy with an exchange, which may refresh the leg by itself.
constexpr base::Duration kWhileBusy = base::seconds(2);

}  // namespace

void Machine::arm_session(Side side) {
  arm(call_.session_timer[static_cast<int>(side)], TimerKind::Session, call_.leg(side).session.next_deadline(), side);
}

void Machine::learn_allow(Side side, const sip::Message& message) {
  if (message.count(sip::HeaderId::Allow) == 0) return;  // says nothing (RFC 3261 20.5)
  call_.leg(side).allows_update = sip::lists_token(message, sip::HeaderId::Allow, "UPDATE");
}

void Machine::note_session(Side side, const sip::Message& response) {
  learn_allow(side, response);
  call_.leg(side).session.accepted(response, now_);
  arm_session(side);
}

std::vector<sip::ExtraHeader> Machine::with_session(Side side, const sip::Message& request, int status,
                                                    std::span<const sip::ExtraHeader> headers, std::string& interval) {
  std::vector<sip::ExtraHeader> all(headers.begin(), headers.end());
  if (status / 100 != 2) return all;
  learn_allow(side, request);
  auto answer = call_.leg(side).session.answer(request, now_);
  arm_session(side);
  all.push_back({"Supported", transfers_from(*core_.settings, call_.leg(side).realm) ? "timer, replaces" : "timer"});
  if (answer.session_expires.empty()) return all;
  interval = std::move(answer.session_expires);
  all.push_back({"Session-Expires", interval});
  if (answer.require_timer) all.push_back({"Require", "timer"});
  return all;
}

bool Machine::refuse_interval(const Input& in) {
  if (dialog::SessionTimer::acceptable(*in.message, core_.settings->session)) return false;
  ++core_.counters.refused_interval;
  const std::string least = std::to_string(core_.settings->session.min);
  const sip::ExtraHeader min_se[] = {{"Min-SE", least}};
  respond_to(in, 422, min_se);
  return true;
}

// --- the peer refreshes -----------------------------------------------------------------------------------------

void Machine::answer_update(const Input& in) {
  Leg& leg = call_.leg(in.side);
  // RFC 3311 5.2: the one before has no final response yet.
  if (leg.gate.remote_pending() && call_.by_update && call_.inviter == in.side) return defer_offer(in);
  if (refuse_interval(in)) return;
  leg.dialog->refresh_target(*in.message);
  leg.hop = in.source.hop;
  learn_way(in.side);
  std::string interval;
  respond_to(in, 200, with_session(in.side, *in.message, 200, {}, interval));
}

// A re-INVITE or UPDATE whose description says nothing new. RFC 4028 7.4: the answer says that nothing changed either.
bool Machine::answer_unchanged(const Input& in, std::string_view sdp) {
  const Media& media = call_.media;
  if (!media.unchanged(in.side, sdp) && !media.only_preconditions(in.side, sdp) && !media.only_place(in.side, sdp))
    return false;
  std::expected<std::string, MediaError> body = std::unexpected(MediaError{});
  if (call_.media.take_offer(in.side, sdp)) body = call_.media.make_answer(in.side, sdp::Finality::Final);
  if (!body) {
    call_.media.roll_back();
    return false;
  }
  Leg& leg = call_.leg(in.side);
  leg.dialog->refresh_target(*in.message);
  learn_way(in.side);
  call_.leg(other(in.side)).gate.local_done();
  call_.state = State::Reconfirming;
  respond_inviter(200, {}, *body);
  if (call_.by_update) finish_exchange();
  return true;
}

// --- we refresh -------------------------------------------------------------------------------------------------

void Machine::session_due(Side side) {
  Leg& leg = call_.leg(side);
  switch (leg.session.on_deadline(now_)) {
    case dialog::SessionTimer::Due::Nothing:
      break;
    case dialog::SessionTimer::Due::Refresh:
      if (call_.state == State::Active && !call_.moving) {  // each leg is about to be asked anyway
        refresh(side);
        return;
      }
      leg.session.postpone(now_ + kWhileBusy);
      break;
    case dialog::SessionTimer::Due::Expire:
      note(Note::Level::Info,
           std::string("the session of leg ") + (side == Side::A ? "A" : "B") + " was not refreshed");
      feed(Event::Kill, {.side = side, .cause = EndCause::SessionExpired});
      return;
  }
  arm_session(side);
}

// RFC 4028 7.4: UPDATE without an offer where the peer has it, otherwise a re-INVITE that offers what it knows already.
void Machine::refresh(Side side) {
  Leg& leg = call_.leg(side);
  arm_session(side);
  std::string body;
  if (!leg.allows_update) {
    auto same = call_.media.repeat_offer(side);
    if (!same) {
      note(Note::Level::Error, "cannot refresh: " + same.error().text);
      return;  // the peer, or the expiration, decides
    }
    body = *std::move(same);
  }
  ++core_.counters.refreshes;
  (void)leg.gate.try_local_invite();  // Active: no change is under way on either leg
  call_.refreshing = side;
  call_.state = State::Refreshing;
  send_change(side, leg.allows_update ? sip::Method::Update : sip::Method::Invite, body);
}

void Machine::refreshed(const Input& in) {
  Leg& leg = call_.leg(call_.refreshing);
  if (in.side != call_.refreshing || in.message->cseq().number != leg.change_cseq) return ack_again(in);
  leg.dialog->refresh_target(*in.message);
  leg.hop = in.source.hop;
  learn_way(in.side);
  learn_packages(in.side, *in.message);
  note_session(in.side, *in.message);
  bool taken = true;
  if (in.message->method() == sip::Method::Invite) {
    send_ack(in.side, {});
    const auto sdp = sdp_of(*in.message);
    if (call_.change && call_.change->settled) {
      ask_relay(false);
    } else if (sdp && *sdp && call_.media.take_answer(in.side, **sdp, sdp::Finality::Final)) {
      ask_relay(false);  // it may have moved its ports
    } else {
      call_.media.roll_back();  // nothing was asked, so nothing changes
      taken = false;
    }
  }
  finish_refresh();
  if (moves_leg()) moved_leg(taken);
}

void Machine::refresh_failed(const Input& in) {
  const int status = in.message->status();
  Leg& leg = call_.leg(call_.refreshing);
  if (undo_change()) ask_relay(false);
  if (status == 481 || status == 408) {  // RFC 4028 10
    leg.over = status == 481;            // whoever says 408 may well be there, and waits for a BYE
    feed(Event::PeerGone, {.side = call_.refreshing, .cause = EndCause::PeerGone});
    return;
  }
  finish_refresh();
  if (moves_leg()) return leg_refused_to_move(in);
  const bool without_update = in.message->method() == sip::Method::Update && (status == 405 || status == 501);
  if (without_update) leg.allows_update = false;
  if (without_update || (status == 422 && leg.session.too_small(*in.message))) return refresh(in.side);
  if (status == 491) {
    leg.session.postpone(now_ + dialog::glare_wait(leg.dialog->opened(), core_.random));
  } else if (const auto wait = sip::retry_after(*in.message)) {
    leg.session.postpone(now_ + base::seconds(*wait));
  } else {
    leg.session.refused(now_);
  }
  arm_session(in.side);
}

void Machine::finish_refresh() {
  call_.leg(call_.refreshing).gate.local_done();
  call_.leg(call_.refreshing).client = {};
  call_.change.reset();
  call_.state = State::Active;
  arm(call_.tidy_timer, TimerKind::Tidy, now_ + 64 * core_.settings->t1);
}

// Leg B's first INVITE asked for too short an interval: again, to the same target (RFC 4028 7.3).
bool Machine::redial_longer(const Input& in) {
  if (in.message->status() != 422 || call_.attempt->rang || !call_.b.session.too_small(*in.message)) return false;
  dial();
  return true;
}

}  // namespace sbc::call
