// The second half of an attended transfer (transfer.cc): a leg leaves the call that it was part of, on this shard or
// another one, and takes the transferor's place in the first call.

#include "sbc/call/identity.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/machine.h"
#include "sbc/call/mapped_ids.h"
#include "sbc/call/refer.h"

namespace sbc::call {
namespace {

// An answer that has not come by then was lost with a mailbox that was full.
constexpr base::Duration kAnotherShardTakes = base::seconds(2);
// One of the two calls is in the middle of an exchange of its own.
constexpr base::Duration kUntilFree = base::milliseconds(100);
// The ACK that the second call still misses was on its way before the REFER was.
constexpr base::Duration kWaitsForSecond = base::seconds(2);
constexpr int kBusy = 500;

}  // namespace

// The transferor's other call gives its far leg to this one. 202, or the status of the refusal.
int Machine::join_calls(const Input& in, const NamedDialog& named) {
  if (!find_dialog(core_, named.call_id, named.to_tag, named.from_tag)) return ask_for_leg(in, named);
  auto moved = leg_of_ours(in.side, named);
  if (!moved && moved.error() == kBusy) {
    accept_refer(in);
    expect_leg(named);
    wait_for_second();
    return 202;
  }
  if (!moved) return moved.error();
  accept_refer(in);
  report_transfer(200);
  forget_transfer();
  join(in.side, *std::move(moved));
  return 202;
}

std::expected<MovedLeg, int> Machine::leg_of_ours(Side transferor, const NamedDialog& named) {
  const std::string& realm = call_.leg(transferor).realm;
  return give_leg(core_, {.call = call_.handle, .number = 0, .shard = 0, .named = named, .realm = realm}, now_, out_);
}

void Machine::expect_leg(const NamedDialog& named) {
  call_.transfer->second = std::make_unique<NamedDialog>(named);
  call_.transfer->second_by = now_ + kWaitsForSecond;
}

// The second call is busy with an exchange, as one that has just been answered is until its ACK comes. False: for too
// long.
bool Machine::wait_for_second() {
  Transfer& transfer = *call_.transfer;
  if (now_ >= transfer.second_by) return false;
  transfer.asked = 0;
  arm(transfer.timer, TimerKind::Transfer, now_ + kUntilFree);
  return true;
}

void Machine::try_second_again() {
  Transfer& transfer = *call_.transfer;
  const NamedDialog& named = *transfer.second;
  if (!find_dialog(core_, named.call_id, named.to_tag, named.from_tag))
    return shard_of_second(named) ? ask_shard(named) : refuse_second(481);
  second_found(leg_of_ours(transfer.from, named));
}

void Machine::second_found(std::expected<MovedLeg, int> moved) {
  if (!moved) {
    if (moved.error() != kBusy || !wait_for_second()) refuse_second(moved.error());
    return;
  }
  call_.transfer->given = std::make_unique<MovedLeg>(*std::move(moved));
  join_when_free();
}

// As if the REFER had been refused, which got its 202 before that was known.
void Machine::refuse_second(int status) {
  ++core_.counters.refused_transfer;
  fail_transfer(status);
}

// The tag that we gave says which shard has the call, or can say where it went.
std::optional<std::uint8_t> Machine::shard_of_second(const NamedDialog& named) const {
  const auto shard = core_.minter.shard_of(named.to_tag);
  return shard ? shard : core_.minter.shard_of(named.from_tag);
}

// The transferor gets 202 now, and a NOTIFY when it is known.
int Machine::ask_for_leg(const Input& in, const NamedDialog& named) {
  if (!shard_of_second(named)) return 481;
  accept_refer(in);
  expect_leg(named);
  ask_shard(named);
  return 202;
}

void Machine::ask_shard(const NamedDialog& named) {
  Transfer& transfer = *call_.transfer;
  transfer.asked = ++call_.lookups;
  out_.wanted.push_back({.call = call_.handle,
                         .number = transfer.asked,
                         .shard = *shard_of_second(named),
                         .named = named,
                         .realm = call_.leg(transfer.from).realm});
  arm(transfer.timer, TimerKind::Transfer, now_ + kAnotherShardTakes);
}

bool Machine::leg_arrived(const LegWanted& wanted, std::expected<MovedLeg, int>& moved) {
  if (!call_.transfer || call_.transfer->asked != wanted.number) return false;
  second_found(std::move(moved));
  return true;
}

void Machine::join_when_free() {
  Transfer& transfer = *call_.transfer;
  if (call_.state != State::Active) return arm(transfer.timer, TimerKind::Transfer, now_ + kUntilFree);
  report_transfer(200);
  disarm(transfer.timer);
  const Side side = transfer.from;
  MovedLeg moved = std::move(*transfer.given);
  forget_transfer();
  join(side, std::move(moved));
}

// The newcomer is asked for an offer, with which the party that stays is invited again.
void Machine::join(Side side, MovedLeg&& moved) {
  replace_leg(side, std::move(moved.leg));
  shorten_duration(moved.ends_by);
  if (call_.watch != nullptr) call_.watch->adopt(end_of(side), moved.words);
  arm_session(side);
  introduce(core_, call_);
  ask_newcomer(side, std::move(moved.description));
}

void Machine::ask_newcomer(Side side, sdp::OfferAnswer&& agreed) {
  call_.media.adopt(side, std::move(agreed));
  call_.media.lose_keys(side);
  core_.dialogs[call_.leg(side).dialog->local_tag()] = DialogRef{call_.handle, side};
  call_.inviter = other(side);
  call_.by_update = false;
  call_.tries = 0;
  call_.late_offer = true;
  call_.joining = true;
  (void)call_.leg(side).gate.try_local_invite();
  send_offer();
}

// The call ends without this leg, which goes on elsewhere.
MovedLeg Machine::release_leg(Side side) {
  drop_held();
  drop_keys(Side::A);
  drop_keys(Side::B);
  MovedLeg moved{std::exchange(call_.leg(side), Leg{}), call_.media.description(side)};
  moved.ends_by = call_.ends_by;
  if (call_.watch != nullptr) moved.words = call_.watch->of(end_of(side));
  // Transactions stay where they were made.
  moved.leg.server = {};
  moved.leg.client = {};
  call_.leg(side).over = true;
  disarm(call_.accepted_timer[static_cast<int>(side)]);
  disarm(call_.session_timer[static_cast<int>(side)]);
  core_.dialogs.erase(moved.leg.dialog->local_tag());
  if (side == Side::A) {
    unname_forks();
    call_.local_tag_a.clear();
  }
  if (side == Side::B) call_.attempt.reset();
  finished(EndCause::Bye, EndedBy::Border);
  close_session("transferred");
  send_bye(other(side), {});
  settle();
  core_.ended_aside.push_back(call_.handle);
  return moved;
}

std::expected<MovedLeg, int> give_leg(Core& core, const LegWanted& wanted, base::Instant now, Output& out) {
  const NamedDialog& named = wanted.named;
  const auto found = find_dialog(core, named.call_id, named.to_tag, named.from_tag);
  if (!found) return std::unexpected(481);
  Call& call = *core.calls.find(found->call);
  const Side far = other(found->side);
  const bool itself = wanted.number == 0 && call.handle == wanted.call;
  if (itself || call.leg(found->side).realm != wanted.realm) return std::unexpected(403);
  if (call.state != State::Active || call.transfer || !call.leg(far).dialog) return std::unexpected(500);
  return Machine(core, call, now, out).release_leg(far);
}

void Machine::forget_dialog(const std::string& tag) {
  core_.dialogs.erase(tag);
  const auto shard = core_.minter.shard_of(tag);
  if (shard && *shard != core_.minter.shard()) out_.guests_gone.push_back(tag);
}

}  // namespace sbc::call
