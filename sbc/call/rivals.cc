#include "sbc/call/rivals.h"

#include <algorithm>
#include <utility>

#include "sbc/call/guarded_lines.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/machine.h"
#include "sbc/call/securing.h"

namespace sbc::call {
namespace {

const Attempt* attempt_where(const Call& call, auto matches) {
  if (call.attempt && matches(*call.attempt)) return &*call.attempt;
  if (!call.at_once) return nullptr;
  const auto found = std::ranges::find_if(call.at_once->rivals, matches, &Rival::attempt);
  return found != call.at_once->rivals.end() ? &found->attempt : nullptr;
}

void turn_where(Call& call, auto matches) {
  auto& rivals = call.at_once->rivals;
  const auto found = std::ranges::find_if(rivals, matches, &Rival::attempt);
  if (found == rivals.end()) return;
  Rival rival = std::exchange(*found, put_aside(call));
  take_up(call, std::move(rival));
}

}  // namespace

Rival put_aside(Call& call) {
  Rival rival{.attempt = *std::move(call.attempt),
              .place = call.hunt.place(),
              .leg = std::move(call.b),
              .offered = std::move(call.offered),
              .proposed = call.proposed,
              .timer = std::exchange(call.setup_timer, {})};
  call.attempt.reset();
  call.b = Leg{};
  call.b.acks = std::move(rival.leg.acks);
  return rival;
}

void take_up(Call& call, Rival&& rival) {
  auto acks = std::move(call.b.acks);
  call.attempt = std::move(rival.attempt);
  call.b = std::move(rival.leg);
  call.b.acks = std::move(acks);
  call.offered = std::move(rival.offered);
  call.proposed = rival.proposed;
  call.setup_timer = rival.timer;
  call.hunt.turn_to(rival.place);
  call.record.realm_b = call.b.realm;
  call.record.trunk_b = call.b.trunk;
  call.record.call_id_b = call.attempt->start.call_id;
}

void turn_to(Call& call, std::string_view tag) {
  if (!call.at_once || !call.attempt) return;
  const auto fork = std::ranges::find(call.forks, tag, &Fork::tag);
  const std::string_view ours = fork != call.forks.end() ? std::string_view(fork->attempt) : tag;
  turn_where(call, [ours](const Attempt& attempt) { return attempt.start.local_tag == ours; });
}

void turn_to(Call& call, transaction::ClientId client) {
  if (!call.at_once || !call.attempt || !client) return;
  for (const Fork& fork : call.forks) {
    if (fork.prack != client && (!fork.exchange || fork.exchange->client != client)) continue;
    const std::string ours = fork.attempt;
    return turn_where(call, [&ours](const Attempt& attempt) { return attempt.start.local_tag == ours; });
  }
  turn_where(call, [client](const Attempt& attempt) { return attempt.client == client; });
}

bool turn_to_due(Call& call, base::Instant now) {
  if (!call.attempt) return false;
  if (call.attempt->due <= now) return true;
  if (!call.at_once) return false;
  turn_where(call, [now](const Attempt& attempt) { return attempt.due <= now; });
  return call.attempt->due <= now;
}

const Attempt* attempt_of_client(const Call& call, transaction::ClientId client) {
  return attempt_where(call, [client](const Attempt& attempt) { return attempt.client == client; });
}

const Attempt* attempt_of_tag(const Call& call, std::string_view tag) {
  return attempt_where(call, [tag](const Attempt& attempt) { return attempt.start.local_tag == tag; });
}

// --- the call ---------------------------------------------------------------------------------------------------

void Machine::dial_all() {
  dial();
  call_others();
}

// Places of the same list, as far as they can be called with the one that has just been: the relay's session is that of
// all, so it must have the ports already.
void Machine::call_others() {
  if (!call_.hunt.next_joins()) return;
  while (call_.state == State::Inviting && call_.attempt && call_.hunt.next_joins()) {
    if (!call_.at_once) call_.at_once = std::make_unique<AtOnce>();
    auto& rivals = call_.at_once->rivals;
    call_.media = *call_.offered;
    const std::size_t before = call_.hunt.place();
    rivals.push_back(put_aside(call_));
    call_.hunt.join();
    const route::Target target = *call_.hunt.current();
    if (!enter_target(target)) continue;
    const bool offers = !call_.late_offer || call_.proposed;
    if (!offers || (call_.media.anchored() && !call_.media.needs_ports())) {
      dial();
      continue;
    }
    note(Note::Level::Info, "called after the others: " + target.text() + ": the relay has no ports for it yet");
    call_.hunt.put_off(before);
    Rival first = std::move(rivals.back());
    rivals.pop_back();
    take_up(call_, std::move(first));
  }
  if (call_.selected == nullptr && call_.offered) call_.media = *call_.offered;
}

// `lines`: of the CANCEL.
void Machine::cancel_rivals(std::string_view lines, const std::string& why) {
  if (!call_.at_once) return;
  for (Rival& rival : call_.at_once->rivals) {
    disarm(rival.timer);
    note(Note::Level::Info, "cancelled: " + call_.hunt.at(rival.place).text() + ": " + why);
    if (!rival.attempt.finished) {
      const std::string guarded = guarded_lines(core_.layer.guard(), *core_.settings, call_.watch.get(),
                                                end_of(Side::B), lines, rival.attempt.start.call_id, call_.session);
      core_.layer.cancel(rival.attempt.client, guarded, now_, out_.transaction);
    }
    call_.strays.push_back(std::move(rival.attempt));
  }
  call_.at_once->rivals.clear();
}

// One of several that are called at once has failed, and is off. False: others go on. True: it was the last one, and
// `failed` is the one of all of them that says most, as the caller is told of it (RFC 3261 16.7 step 6).
bool Machine::last_at_once(FailedTarget& failed, const route::Failure& failure, const std::string& tag) {
  if (!call_.at_once) call_.at_once = std::make_unique<AtOnce>();
  AtOnce& group = *call_.at_once;
  const route::Verdict usual = failed.usual;
  const policy::AttemptFacts last = failed.facts;
  if (!group.best || route::says_more(failure, group.best_failure)) {
    group.best = std::move(failed);
    group.best_failure = failure;
    group.gave_up_waiting = call_.gave_up_waiting;
  }
  if (route::status_of(failure) >= 600) {  // RFC 3261 16.7 step 5: it speaks for all
    cancel_rivals({}, "another one refused for all");
    call_.hunt.leave_out_joining();
  } else if (!group.rivals.empty()) {
    Rival next = std::move(group.rivals.back());
    group.rivals.pop_back();
    take_up(call_, std::move(next));
    leave_forks_of(tag);
    return false;
  } else if (call_.hunt.next_joins()) {  // nobody heard of the call yet
    call_.hunt.advance();
    try_target();
    return false;
  }
  close_forks(nullptr);
  failed = *std::move(group.best);
  failed.usual = usual;
  failed.facts.usual = last.usual;
  failed.facts.remaining = last.remaining;
  failed.facts.next = last.next;
  call_.gave_up_waiting = group.gave_up_waiting;
  call_.at_once.reset();
  return true;
}

// The caller goes on with what it hears of the others. The border's own tone goes on as long as one of them rings.
void Machine::leave_forks_of(const std::string& attempt) {
  const auto rings = [](const Attempt& one) { return one.rang; };
  const Attempt* ringing = attempt_where(call_, rings);
  for (Fork& fork : call_.forks) {
    if (fork.attempt != attempt || fork.ended) continue;
    if (fork.player && ringing != nullptr) {
      fork.attempt = ringing->start.local_tag;
    } else {
      leave_fork(fork);
    }
  }
  if (call_.ringing == nullptr || !call_.ringing->ended) return;
  for (Fork& fork : call_.forks)
    if (!fork.ended && fork.a) call_.ringing = &fork;
}

void Machine::attempts_due() {
  if (!call_.at_once) return feed(Event::RingTimeout, {.side = Side::B});
  while (call_.at_once && call_.state == State::Inviting && turn_to_due(call_, now_))
    feed(Event::RingTimeout, {.side = Side::B});
}

}  // namespace sbc::call
