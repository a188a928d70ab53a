// What parties hear of the border itself: before there is an answer why the caller is refused, and that the callee
// rings; and what both are told once there is one.

#include <algorithm>
#include <utility>

#include "sbc/call/leg_message.h"
#include "sbc/call/limits.h"
#include "sbc/call/machine.h"
#include "sbc/call/recording.h"
#include "sbc/call/securing.h"

namespace sbc::call {

// A refusal that is told in words: the caller is played a sound as early media, and then gets the final response.
// Whatever goes wrong on the way, the final response goes out.
bool Machine::begin_announcement() {
  const auto& decision = call_.decision;
  if (decision.kind != policy::InviteDecision::Kind::Reject || decision.announcement.empty()) return false;
  const auto offer = sdp_of(*call_.invite).value_or(std::nullopt);
  if (!offer) return false;  // an offer of ours would be answered after the final response
  call_.media.leg(Side::A) = leg_media(*core_.settings, {call_.a.realm, call_.a.trunk, call_.source.hop.transport});
  if (const auto taken = call_.media.take_offer(Side::A, *offer); !taken) {
    note(Note::Level::Info, "refused without an announcement: " + taken.error().text);
    return false;
  }
  decide_nat(Side::A, *call_.invite, call_.source);
  call_.media.leg(Side::B) = LegMedia{};
  call_.media.leg(Side::B).network = call_.media.leg(Side::A).network;
  call_.media.start_leg_b(new_identity(call_.source.hop.listener));
  call_.state = State::Announcing;
  open_session();
  arm(call_.setup_timer, TimerKind::Setup, now_ + kLongestAnnouncement, Side::B);
  return true;
}

// The same when those who were called have failed, and the policy gives up: in an early dialog of its own, for the
// caller may have heard of others.
bool Machine::announce_failure(const std::string& sound) {
  if (sound.empty() || !call_.offered || call_.late_offer || !call_.session_open || call_.forks.size() >= kMaxForks)
    return false;
  Media player = *call_.offered;
  if (const auto begun = player.begin_playing(sound, 1, new_identity(call_.source.hop.listener)); !begun) {
    note(Note::Level::Info, "refused without an announcement: " + begun.error().text);
    return false;
  }
  ++core_.counters.announcements;
  call_.selected = nullptr;
  call_.media = *std::exchange(call_.offered, nullptr);
  call_.attempt.emplace().offered = true;
  Fork& fork = call_.forks.emplace_back();
  fork.player = true;
  fork.remote_tag = core_.minter.tag(core_.random);  // nobody's
  fork.to_caller = dialog::ReliableServer(core_.settings->t1);
  fork.media = std::move(player);
  take_tag(fork);
  select(fork);
  call_.state = State::Announcing;
  arm(call_.setup_timer, TimerKind::Setup, now_ + kLongestAnnouncement, Side::B);
  send_progress(fork, {});
  ask_relay(false);
  return true;
}

// There are ports: the player answers, the caller gets that answer, and the relay plays.
void Machine::announce() {
  if (call_.media.plays()) return;
  const auto begun = call_.media.begin_playing(call_.decision.announcement, 1, new_identity(call_.source.hop.listener));
  if (!begun) {
    note(Note::Level::Info, "refused without an announcement: " + begun.error().text);
    return end_announcement();
  }
  ++core_.counters.announcements;
  // The early dialog that the caller's PRACK and BYE belong to.
  call_.attempt.emplace().offered = true;
  Fork& fork = call_.forks.emplace_back();
  fork.to_caller = dialog::ReliableServer(core_.settings->t1);
  fork.tag = call_.local_tag_a;
  call_.selected = &fork;
  send_progress(fork, {});
  ask_relay(false);
}

void Machine::end_announcement() {
  disarm(call_.setup_timer);
  const auto& decision = call_.decision;
  if (decision.kind == policy::InviteDecision::Kind::Route) return answer_failure(call_.hunt.answer());
  std::vector<sip::ExtraHeader> headers;
  for (const auto& header : decision.headers) headers.push_back({header.name, header.value});
  respond_caller(decision.status, headers, {}, decision.reason);
  finished(EndCause::Policy, EndedBy::Border);
  close_session("announced");
  settle();
}

// The callee rings and says nothing of media. The tone comes in an early dialog of its own, as if the call had forked
// to somebody who plays it: what that one answers binds the callee's answer to nothing (RFC 3261 13.2.2.4; trap 26).
void Machine::begin_ringback() {
  const auto& wanted = call_.hunt.current()->candidate.ringback;
  const std::string sound = wanted.value_or(call_.media.leg(Side::A).ringback);
  if (sound.empty() || !call_.attempt->offered || call_.late_offer || call_.selected != nullptr) return;
  if (call_.forks.size() >= kMaxForks || std::ranges::any_of(call_.forks, [this](const Fork& f) {
        return f.player && f.attempt == call_.attempt->start.local_tag;
      }))
    return;
  Media player = *call_.offered;
  if (const auto begun = player.begin_playing(sound, 0, new_identity(call_.source.hop.listener)); !begun) {
    note(Note::Level::Info, "no ringback: " + begun.error().text);
    return;
  }
  ++core_.counters.ringbacks;
  Fork& fork = call_.forks.emplace_back();
  fork.player = true;
  fork.attempt = call_.attempt->start.local_tag;
  fork.remote_tag = core_.minter.tag(core_.random);  // nobody's
  fork.to_caller = dialog::ReliableServer(core_.settings->t1);
  fork.media = std::move(player);
  take_tag(fork);
  select(fork);
  send_progress(fork, {});
  ask_relay(false);
}

// That the call is recorded is for both, the welcome for the caller: each hears it before the other side.
void Machine::announce_answered() {
  if (const auto wanted = wanted_recording(call_.media); wanted.wanted() && !wanted.announcement.empty())
    for (const Side side : {Side::A, Side::B}) call_.media.announce(side, wanted.announcement);
  const route::Target* target = call_.hunt.current();
  if (target != nullptr && !target->candidate.welcome.empty()) call_.media.announce(Side::A, target->candidate.welcome);
}

void Machine::sound_over(const control::PlayEnded& ended) {
  const Side side = ended.half == control::HalfSide::A ? Side::A : Side::B;
  if (call_.media.announced(side, ended.number)) ask_relay(false);
}

}  // namespace sbc::call
