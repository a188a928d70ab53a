// Provisional responses: what the callee's 18x mean here, and what the caller is sent, reliably (RFC 3262) or not.

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/call/leg_message.h"
#include "sbc/call/limits.h"
#include "sbc/call/machine.h"
#include "sbc/call/rivals.h"
#include "sbc/sip/rseq.h"
#include "sbc/sip/values.h"

namespace sbc::call {
namespace {

constexpr base::Duration kProgressRefresh = base::seconds(60);  // RFC 3261 13.3.1.1

}  // namespace

bool caller_requires_reliable(const sip::Message& invite) {
  return sip::lists_token(invite, sip::HeaderId::Require, "100rel");
}

bool Machine::caller_has_reliable() const {
  if (core_.settings->reliable_toward(call_.a.realm) == Reliable::Never) return false;
  return caller_requires_reliable(*call_.invite) || sip::lists_token(*call_.invite, sip::HeaderId::Supported, "100rel");
}

void Machine::ring(const Input& in) {
  const sip::Message& response = *in.message;
  if (response.status() == 100) return;
  if (dialog::has_too_many_routes(response)) {
    ++core_.counters.refused_routes;
    return;
  }
  const auto rseq = sip::reliable_number(response);
  // RFC 6228 4: a 199 that makes its dialog itself says nothing, unless it must be acknowledged.
  if (response.status() == 199 && !rseq && find_fork(call_.attempt->start.local_tag, response.to_tag()) == nullptr)
    return;
  Fork* fork = fork_of(in);
  if (fork == nullptr || fork->hung_up) return;
  if (rseq && fork->b && fork->from_callee.on_response(*rseq) != dialog::ReliableClient::Verdict::Take) return;
  if (response.status() == 199) {
    if (rseq) send_prack(*fork, *rseq, {});
    early_dialog_over(*fork);
    return;
  }
  if (fork->ended) return;
  note_ringing();
  policy::ResponseDecision said = provisional_decision(response);
  const bool hidden = said.kind == policy::ResponseDecision::Kind::Hide;
  Progress progress{.status = said.status != 0 ? said.status : std::min(response.status(), 183),
                    .reason = std::move(said.reason),
                    .changes = std::move(said.headers)};
  if (call_.attempt->offered) {
    // What the caller has heard once it keeps hearing. Later responses without SDP change nothing about it.
    if (!fork->described && sdp_of(response).value_or(std::nullopt)) fork->muted = hidden || !said.early_media;
    take_early_answer(*fork, in, rseq.has_value());
    if (rseq) send_prack(*fork, *rseq, {});
  } else if (rseq && take_early_offer(*fork, in, *rseq, progress)) {
    return;  // it goes on when the relay has ports for it
  }
  // RFC 3262 5: an offer that came in a reliable response has to be answered, and only the caller can.
  if (hidden && !fork->owed) {
    ++core_.counters.hidden_progress;
    return;
  }
  const bool rings = progress.status == 180;
  progress_to_caller(*fork, std::move(progress));
  if (rings) begin_ringback();
}

void Machine::note_ringing() {
  Attempt& attempt = *call_.attempt;
  if (attempt.rang) return;
  attempt.rang = true;
  attempt.rang_at = now_;
  if (!call_.record.rang) call_.record.rang = now_ - call_.began;
  call_.hunt.answered(core_.health);
  const auto& wanted = call_.hunt.current()->candidate;
  const base::Duration most = wanted.ring_timeout_s != 0 ? base::seconds(wanted.ring_timeout_s) : core_.settings->ring;
  attempt.due = attempt.started + most;
  arm(call_.setup_timer, TimerKind::Setup, attempt.due, Side::B);
}

// RFC 3261 13.2.1: an answer in a provisional response is the answer; if that was not reliable, the 2xx may still bring
// another one. What cannot be used is passed over here: the 2xx decides.
void Machine::take_early_answer(Fork& fork, const Input& in, bool reliable) {
  const auto sdp = sdp_of(*in.message);
  if (!sdp || !*sdp) return;
  Media& media = media_of(fork);
  const bool first = !media.settled(Side::B);
  if (first && !media.take_answer(Side::B, **sdp, reliable ? sdp::Finality::Final : sdp::Finality::Early)) return;
  if (fork.muted) return;  // the relay does not turn to it
  // After the answer the same SDP may come again, and says nothing new (RFC 6337 3.1.1), but that its fork speaks.
  const bool begins = fork.spoke == 0;
  fork.spoke = ++call_.spoken;
  call_.attempt->early_media = true;
  select(fork);
  if (first || begins) decide_nat(Side::B, *in.message, in.source);
  ask_relay(false);
}

// RFC 3262 5: the first reliable response to an INVITE without an offer carries one; the PRACK brings the answer, so it
// waits for the caller's. True: the response waits for the relay.
bool Machine::take_early_offer(Fork& fork, const Input& in, std::uint32_t rseq, const Progress& progress) {
  const auto sdp = sdp_of(*in.message);
  Media& media = media_of(fork);
  if (!sdp || !*sdp || fork.owed || media.settled(Side::B) || !media.take_offer(Side::B, **sdp)) {
    send_prack(fork, rseq, {});
    return false;
  }
  fork.owed = rseq;
  fork.spoke = ++call_.spoken;
  select(fork);
  decide_nat(Side::B, *in.message, in.source);
  if (!call_.media.needs_ports()) return false;
  fork.held.assign(1, progress);
  if (call_.session_open) {
    ask_relay(true);
  } else {
    open_session();
  }
  return true;
}

// The relay has ports for an offer in a provisional response, or for several of those that are called at once.
void Machine::pass_early_offer() {
  if (early_exchange_anchored()) return;
  for (Fork& fork : call_.forks) {
    if (fork.ended || !fork.owed || fork.offered || fork.held.empty()) continue;
    if (&fork != call_.selected && media_of(fork).needs_ports()) continue;
    turn_to(call_, fork.attempt);
    Progress progress = std::move(fork.held.front());
    fork.held.clear();
    progress_to_caller(fork, std::move(progress));
  }
}

void Machine::send_prack(Fork& fork, std::uint32_t rseq, std::string_view sdp) {
  if (!fork.b) return;
  std::string headers = "RAck: ";
  base::append_number(headers, rseq);
  headers += ' ';
  base::append_number(headers, call_.attempt->start.cseq);
  headers += " INVITE\r\n";
  // What its answer says, unless it is a challenge, changes nothing: a callee that does not take it ends the INVITE by
  // itself (RFC 3262 3).
  fork.prack = request_early(Side::B, fork,
                             {.method = sip::Method::Prack, .headers = headers, .sdp = sdp, .answer_matters = true});
}

// RFC 6228: one early dialog of the far side is over. The call is not, and the caller hears of it if it wants to.
void Machine::early_dialog_over(Fork& fork) {
  if (fork.ended) return;
  const bool told = fork.a.has_value();
  leave_fork(fork);
  if (told && sip::lists_token(*call_.invite, sip::HeaderId::Supported, "199")) send_progress(fork, {.status = 199});
}

// --- toward the caller ------------------------------------------------------------------------------------------

void Machine::progress_to_caller(Fork& fork, Progress progress) {
  fork.last = std::move(progress);
  call_.ringing = &fork;
  send_progress(fork, fork.last);
  arm(call_.refresh_timer, TimerKind::Refresh, now_ + kProgressRefresh);
}

// What the response says about media, "" when nothing.
std::string Machine::early_description(Fork& fork, bool reliable) {
  if (fork.muted) return {};
  Media& media = media_of(fork);
  if (offers_to_caller(fork)) return media.make_offer(Side::A).value_or("");
  if (call_.proposed || !call_.attempt->offered || !media.described(Side::B) || media.settled(Side::A)) return {};
  // Later responses without SDP do not take early media away, so the last answer goes with them (RFC 3261 13.3.1.1).
  return media.make_answer(Side::A, reliable ? sdp::Finality::Final : sdp::Finality::Early).value_or("");
}

void Machine::send_progress(Fork& fork, const Progress& progress) {
  const int status = progress.status;
  const sip::Message* request = core_.layer.request_of(call_.a.server);
  if (request == nullptr) return;  // the transaction is gone: its ServerFailed said so
  const Media* media = &fork == call_.selected ? &call_.media : fork.media ? &*fork.media : nullptr;
  const bool settled = media != nullptr && media->settled(Side::A);
  const bool speaks = status != 199 && !fork.muted;
  const bool offers = speaks && offers_to_caller(fork);
  const bool answers =
      speaks && !call_.proposed && media != nullptr && call_.attempt->offered && media->described(Side::B) && !settled;
  const bool required = caller_requires_reliable(*call_.invite);
  const auto wanted = core_.settings->reliable_toward(call_.a.realm);
  bool reliable = required || offers;
  // RFC 6228 5: nobody needs to know for sure that somebody else has gone.
  if (!reliable && status != 199 && caller_has_reliable())
    reliable = wanted == Reliable::Always || (wanted == Reliable::WithSdp && answers);
  if (reliable && call_.late_offer && !offers && !settled) {
    // RFC 3262 5: it would have to carry an offer that nobody has made (trap 28).
    if (required) return;
    reliable = false;
  }
  if (reliable && fork.to_caller.waiting()) {
    if (fork.ended) return;
    if (fork.held.size() >= kMaxHeldProgress) {
      core_.counters.limits.add(limit::Reached::HeldProgress);
      fork.held.pop_back();
    }
    fork.held.push_back(progress);
    return;
  }
  const std::string body = status == 199 ? "" : early_description(fork, reliable);
  std::vector<sip::ExtraHeader> headers;
  std::string number;
  if (reliable) {
    number = std::to_string(*fork.to_caller.start(core_.random, now_));
    headers.push_back({"Require", "100rel"});
    headers.push_back({"RSeq", number});
  }
  auto bytes = leg_response(*request, call_.source, call_.a, status, fork.tag, headers, sdp_body(body), progress.reason,
                            progress.changes);
  core_.layer.respond(call_.a.server, status, bytes, now_, out_.transaction);
  if (!fork.a) fork.a = dialog::Dialog::from_server(*call_.invite, fork.tag);
  fork.described = fork.described || !body.empty();
  if (status == 199) fork.last.status = status;
  if (!reliable) return;
  fork.offered = fork.offered || offers;
  fork.unacknowledged = std::move(bytes);
  fork.unacknowledged_status = status;
  fork.unacknowledged_sdp = !body.empty();
  if (fork.ended) fork.to_caller.stop();
  arm_reliable();
}

void Machine::arm_reliable() {
  base::Instant next = base::kNever;
  for (const Fork& fork : call_.forks) next = std::min(next, fork.to_caller.next_deadline());
  if (call_.change) next = std::min(next, call_.change->to_asking.next_deadline());
  arm(call_.reliable_timer, TimerKind::Reliable, next);
}

void Machine::repeat_progress() {
  if (!repeat_change_progress()) return;
  for (Fork& fork : call_.forks) {
    switch (fork.to_caller.on_deadline(now_)) {
      case dialog::ReliableServer::Step::Idle:
        break;
      case dialog::ReliableServer::Step::Resend:
        core_.layer.respond(call_.a.server, fork.unacknowledged_status, fork.unacknowledged, now_, out_.transaction);
        break;
      case dialog::ReliableServer::Step::GiveUp:
        feed(Event::NoAck, {.side = Side::A, .cause = EndCause::NoAck});
        return;
    }
  }
  arm_reliable();
}

void Machine::refresh_progress() {
  if (call_.state != State::Inviting || call_.ringing == nullptr) return;
  turn_to(call_, call_.ringing->attempt);
  // One that waits for its PRACK is being repeated already.
  if (!call_.ringing->ended && !call_.ringing->to_caller.waiting()) send_progress(*call_.ringing, call_.ringing->last);
  arm(call_.refresh_timer, TimerKind::Refresh, now_ + kProgressRefresh);
}

}  // namespace sbc::call
