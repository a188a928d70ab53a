// Early dialogs: found, made, selected for the relay, and ended. Rule of selection: the relay forwards the fork that
// sent SDP last, unless that fork has ended.

#include "sbc/call/fork.h"

#include <algorithm>

#include "sbc/call/leg_message.h"
#include "sbc/call/limits.h"
#include "sbc/call/machine.h"
#include "sbc/call/rivals.h"
#include "sbc/sip/values.h"

namespace sbc::call {

Fork* Machine::find_fork(std::string_view attempt, std::string_view remote_tag) {
  const auto found = std::ranges::find_if(
      call_.forks, [&](const Fork& f) { return f.attempt == attempt && f.remote_tag == remote_tag; });
  return found == call_.forks.end() ? nullptr : &*found;
}

Fork* Machine::fork_for(Side side, const sip::Message& request) {
  for (Fork& fork : call_.forks) {
    const auto& dialog = fork.dialog(side);
    if (dialog && dialog->matches(request)) return &fork;
  }
  return nullptr;
}

// The fork that a response of the current attempt belongs to; a new one for a new To tag. nullptr: one too many.
Fork* Machine::fork_of(const Input& in) {
  const sip::Message& response = *in.message;
  const auto& start = call_.attempt->start;
  Fork* fork = find_fork(start.local_tag, response.to_tag());
  if (fork == nullptr) {
    if (call_.forks.size() >= kMaxForks && response.status() < 200) {
      ++core_.counters.refused_forks;
      return nullptr;
    }
    fork = &call_.forks.emplace_back();
    fork->attempt = start.local_tag;
    fork->remote_tag = std::string(response.to_tag());
    fork->to_caller = dialog::ReliableServer(core_.settings->t1);
    if (call_.offered) fork->media = *call_.offered;
    if (auto made = dialog::Dialog::from_client(start, response)) fork->b = *std::move(made);
    fork->symmetric = nat_decision(Side::B, response, in.source, *fork->media).symmetric_signalling;
    if (fork->b && !fork->symmetric) learn_way(Side::B, *fork->b);
    take_tag(*fork);
  }
  fork->hop = in.source.hop;
  if (response.find(sip::HeaderId::Allow))
    fork->allows_update = sip::lists_token(response, sip::HeaderId::Allow, "UPDATE");
  return fork;
}

// The first fork speaks to the caller with the call's own tag, each further one with one of its own. The next attempt
// goes on with the tag of one that failed, if nothing that binds was said with it.
void Machine::take_tag(Fork& fork) {
  const auto holder = std::ranges::find(call_.forks, call_.local_tag_a, &Fork::tag);
  if (holder == call_.forks.end()) {
    fork.tag = call_.local_tag_a;
    return;
  }
  const bool lives = attempt_of_tag(call_, holder->attempt) != nullptr;
  if (!lives && !holder->described && !holder->to_caller.used()) {
    fork.tag = std::exchange(holder->tag, {});
    fork.a = std::exchange(holder->a, std::nullopt);
    return;
  }
  fork.tag = core_.minter.tag(core_.random);
  core_.dialogs.emplace(fork.tag, DialogRef{call_.handle, Side::A});
  sdp::OriginIdentity identity = fork.media->identity(Side::A);
  identity.session_id = core_.random.below(std::uint64_t{1} << 62);
  fork.media->rename(Side::A, std::move(identity));  // another dialog, another session
}

Media& Machine::media_of(Fork& fork) {
  return &fork == call_.selected ? call_.media : *fork.media;
}

void Machine::select(Fork& fork) {
  if (call_.selected == &fork) return;
  if (call_.selected != nullptr) call_.selected->media = std::move(call_.media);
  call_.media = *std::move(fork.media);
  fork.media.reset();
  call_.selected = &fork;
}

void Machine::close_fork(Fork& fork) {
  fork.ended = true;
  fork.to_caller.stop();
  fork.held.clear();
  fork.owed.reset();
  if (!fork.exchange) return;
  const EarlyExchange exchange = *std::exchange(fork.exchange, std::nullopt);
  core_.layer.abandon(exchange.client);
  // RFC 3261 15.1.2: a request that waits while the dialog ends gets 487.
  respond_early(
      {.side = exchange.from, .message = exchange.request, .source = exchange.source, .server = exchange.server}, 487);
}

// The attempt failed, or the INVITE has its final response: every early dialog but the winner's is over.
void Machine::close_forks(const Fork* winner) {
  for (Fork& fork : call_.forks)
    if (&fork != winner) close_fork(fork);
  arm_reliable();
}

// One early dialog ends, the call goes on: the relay turns to the fork that spoke last before it.
void Machine::leave_fork(Fork& fork) {
  close_fork(fork);
  arm_reliable();
  if (call_.selected != &fork) return;
  Fork* next = nullptr;
  for (Fork& other : call_.forks)
    if (!other.ended && other.spoke != 0 && (next == nullptr || other.spoke > next->spoke)) next = &other;
  if (next != nullptr) {
    select(*next);
  } else {
    fork.media = std::exchange(call_.media, *call_.offered);
    call_.selected = nullptr;
  }
  ask_relay(false);
}

// RFC 6228 6: early dialogs of a target that has failed, in which the caller would wait in vain while another one is
// tried. One in which nothing was said that binds goes on with that target (take_tag).
void Machine::tell_of_dead_dialogs(int status) {
  if (caller_requires_reliable(*call_.invite) || !sip::lists_token(*call_.invite, sip::HeaderId::Supported, "199"))
    return;
  for (Fork& fork : call_.forks) {
    const bool goes_on = fork.tag == call_.local_tag_a && !fork.described && !fork.to_caller.used();
    if (!fork.ended || !fork.a || goes_on || fork.hung_up || fork.last.status == 199) continue;
    const policy::HeaderOp why{
        .kind = policy::HeaderOp::Kind::Set, .name = "Reason", .value = "SIP;cause=" + std::to_string(status)};
    send_progress(fork, {.status = 199, .changes = {why}});
  }
}

// The selected fork has answered: its early dialog with the caller becomes leg A.
void Machine::keep_winner() {
  Fork& winner = *call_.selected;
  close_forks(&winner);
  winner.to_caller.stop();
  arm_reliable();
  call_.a.dialog = winner.a ? *winner.a : dialog::Dialog::from_server(*call_.invite, winner.tag);
  call_.a.dialog->confirm();
  if (call_.local_tag_a != winner.tag) core_.dialogs.erase(call_.local_tag_a);
  for (Fork& fork : call_.forks) {
    if (&fork == &winner) continue;
    core_.dialogs.erase(fork.tag);
    fork.tag.clear();
    fork.media.reset();
  }
  call_.local_tag_a = winner.tag;
  call_.offered.reset();
}

// The caller's tag is no longer theirs to forget: its leg leaves, or is about to.
void Machine::unname_forks() {
  for (Fork& fork : call_.forks)
    if (fork.tag == call_.local_tag_a) fork.tag.clear();
}

void Machine::forget_forks() {
  for (const Fork& fork : call_.forks)
    if (fork.tag != call_.local_tag_a) core_.dialogs.erase(fork.tag);
  call_.forks.clear();
  call_.selected = nullptr;
  call_.ringing = nullptr;
  call_.offered.reset();
}

Leg Machine::early_leg(Side side, Fork& fork) const {
  const Leg& whole = call_.leg(side);
  Leg leg;
  leg.realm = whole.realm;
  leg.trunk = whole.trunk;
  leg.contact = whole.contact;
  leg.allow = whole.allow;
  leg.told = whole.told;
  leg.hop = side == Side::A ? whole.hop : fork.hop;
  leg.symmetric = side == Side::A ? whole.symmetric : fork.symmetric;
  leg.dialog = fork.dialog(side);
  leg.way_of = whole.way_of;
  leg.way = whole.way;
  leg.way_moved = whole.way_moved;
  return leg;
}

transaction::ClientId Machine::request_early(Side side, Fork& fork, const EarlyRequest& request) {
  const std::uint32_t cseq = fork.dialog(side)->next_cseq();
  const Leg leg = early_leg(side, fork);
  const sip::Hop hop = next_hop(core_, leg);
  const std::string branch = core_.minter.branch(core_.random);
  auto bytes = in_dialog_request(core_, leg, hop, request.method, cseq, branch, request.headers, sdp_body(request.sdp));
  return core_.layer.request({.method = request.method,
                              .method_text = {},
                              .branch = branch,
                              .hop = hop,
                              .bytes = std::move(bytes),
                              .owner = request.answer_matters ? call_.handle.pack() : 0},
                             now_, out_.transaction);
}

void Machine::respond_early(const Input& in, int status, std::span<const sip::ExtraHeader> headers,
                            std::string_view sdp) {
  core_.layer.respond(
      in.server, status,
      leg_response(*in.message, in.source, call_.leg(in.side), status, call_.local_tag_a, headers, sdp_body(sdp)), now_,
      out_.transaction);
}

void Machine::ask_again_later(const Input& in) {
  const std::string seconds = std::to_string(dialog::retry_after_seconds(core_.random));
  const sip::ExtraHeader retry[] = {{"Retry-After", seconds}};
  respond_early(in, 500, retry);
}

}  // namespace sbc::call
