// INVITE with Replaces that names a callee who has not answered yet (RFC 3891 3, 7.1): a newcomer N picks up what rings
// at B. Only the party that began an early dialog may be asked to replace it, and toward B that is the border.
//
//   A -- INVITE --> border -- INVITE --> B (rings)
//                   border <-- INVITE, Replaces: B's dialog -- N        policy and credentials as for any call of N's
//                   realm border -- CANCEL --> B (and all that it forked to)
//   A <-- 200 ----- border ----- 200 --> N
//
// N becomes leg B, with a fork of its own: what A was told while B rang binds nobody, since A may take the 200 as that
// of another branch (RFC 3261 13.2.2.4). Who has offered gets the other one's offer as the answer; when only one has,
// the other one's ACK brings the answer.

#include "sbc/call/identity.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/machine.h"
#include "sbc/call/rivals.h"

namespace sbc::call {
namespace {

// RFC 3891 3: a call that has just ended is not there to be picked up.
constexpr int kGone = 603;

}  // namespace

// The call's media with N in the place of leg B, nothing answered yet; or why the two cannot talk.
std::expected<Media, MediaError> Machine::media_with(const sip::Message& invite, std::uint16_t listener) {
  Media media = *call_.offered;
  media.start_leg(Side::B, new_identity(listener));
  const auto offer = sdp_of(invite).value_or(std::nullopt);
  if (!offer) {
    if (call_.late_offer && !call_.proposed) return std::unexpected(MediaError{488, "nobody has an offer"});
    return media;
  }
  media.propose(nullptr);
  if (auto taken = media.take_offer(Side::B, *offer); !taken) return std::unexpected(std::move(taken.error()));
  Media trial = media;
  if (call_.late_offer) return media;
  if (auto answers = trial.answer_each_other(); !answers) return std::unexpected(std::move(answers.error()));
  return media;
}

void Machine::pick_up(const Input& in) {
  const sip::Message& invite = *in.message;
  note(Note::Level::Info, "somebody picks up what rings at the callee");
  give_up_callee();
  const bool offers = !sdp_of(invite).value_or(std::nullopt).value_or("").empty();
  Leg& leg = call_.b = std::move(in.newcomer->leg);
  const std::string& tag = leg.dialog->local_tag();
  core_.dialogs[tag] = DialogRef{call_.handle, Side::B};
  core_.layer.set_owner(leg.server, call_.handle.pack());
  core_.layer.heard(call_, tag, invite, in.source);
  hear(core_, call_, Side::B, invite);
  introduce(core_, call_);
  call_.record.call_id_b = std::string(invite.call_id());
  call_.newcomer_waits = true;

  Fork& fork = call_.forks.emplace_back();
  fork.attempt = tag;
  fork.remote_tag = leg.dialog->remote_tag();
  fork.to_caller = dialog::ReliableServer(core_.settings->t1);
  fork.b = leg.dialog;
  fork.hop = in.source.hop;
  fork.media = std::move(in.newcomer->media);
  take_tag(fork);
  select(fork);
  decide_nat(Side::B, invite, in.source);
  fork.symmetric = leg.symmetric;
  learn_way(Side::B);
  call_.state = State::Answering;
  if (!offers) return offer_to_newcomer();
  call_.proposed = false;
  call_.late_offer ? offer_to_caller(in) : cross_answers();
}

// B has lost: its INVITE is cancelled, and what comes of it is cleaned up aside.
void Machine::give_up_callee() {
  disarm(call_.setup_timer);
  call_.hunt.stop();
  close_forks(nullptr);
  cancel_rivals(kElsewhere, "somebody picked up what rings");
  if (call_.attempt->finished) return take_off_attempt();
  core_.layer.cancel(call_.attempt->client, kElsewhere, now_, out_.transaction);
  call_.strays.push_back(*std::move(call_.attempt));
  call_.attempt.reset();
}

// Both have offered.
void Machine::cross_answers() {
  const auto answers = call_.media.answer_each_other();
  if (!answers) return bad_answer(answers.error());
  answer_newcomer(200, answers->to_b);
  send_answer_to_caller(answers->to_a);
  ask_relay(false);
}

// Only A has, or the border in its name: it gets its 200 when N has answered.
void Machine::offer_to_newcomer() {
  const auto offer = call_.media.make_offer(Side::B);
  if (!offer) return bad_answer(offer.error());
  answer_newcomer(200, *offer);
}

// Only N has: A's ACK brings the answer, which N's 200 waits for.
void Machine::offer_to_caller(const Input& in) {
  call_.held_response = in.message;
  if (!call_.media.needs_ports()) return answer_anchored();
  call_.session_open ? ask_relay(true) : open_session();
}

// The newcomer's final response; after it, it is a party like any other, or none.
void Machine::answer_newcomer(int status, std::string_view sdp) {
  call_.newcomer_waits = false;
  Leg& leg = call_.b;
  leg.over = status >= 300;
  const auto request = core_.layer.request_ptr(leg.server);
  const sip::Source* source = core_.layer.source_of(leg.server);
  if (request == nullptr || source == nullptr) return;  // the transaction is gone: its ServerFailed said so
  std::string interval;
  const auto all = with_session(Side::B, *request, status, with_packages(Side::B, *request, status, {}), interval);
  auto bytes = leg_response(*request, *source, leg, status, leg.dialog->local_tag(), all, sdp_body(sdp));
  core_.layer.respond(leg.server, status, bytes, now_, out_.transaction);
  if (status < 300) start_accepted(Side::B, request->cseq().number, std::move(bytes));
}

// The newcomer's ACK, with the answer when we had to offer.
void Machine::newcomer_confirmed(const Input& in) {
  if (call_.state == State::Confirming) {
    if (!call_.a.accepted.waiting()) call_.state = State::Active;
    return;
  }
  const auto sdp = sdp_of(*in.message);
  std::expected<void, MediaError> taken = std::unexpected(MediaError{488, "ACK without an answer"});
  if (sdp && *sdp) taken = call_.media.take_answer(Side::B, **sdp, sdp::Finality::Final);
  if (!taken) return bad_answer(taken.error());
  decide_nat(Side::B, *in.message, in.source);  // now that its media address is known
  accept_when_ready();
}

// N gives up; A may have the call already.
bool Machine::newcomer_cancelled(const Input& in) {
  if (in.side != Side::B || (call_.state != State::Answering && call_.state != State::Confirming)) return false;
  if (!call_.newcomer_waits) return true;  // RFC 3261 9.2: too late
  answer_newcomer(487, {});
  feed(Event::Kill, {.side = Side::B, .cause = EndCause::Cancel});
  return true;
}

// The call ends while N waits.
bool Machine::dismiss_newcomer() {
  if (!call_.newcomer_waits) return false;
  answer_newcomer(kGone, {});
  return true;
}

}  // namespace sbc::call
