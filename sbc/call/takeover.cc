// INVITE with Replaces (RFC 3891): a newcomer N takes the place of a party L that talks across the border to Y.
//
//   N -- INVITE, Replaces: L's dialog --> border      policy and credentials as for any call of N's realm
//                                         border -- re-INVITE with N's offer --> Y
//   N <-- 200 with Y's answer             border -- BYE --> L
//
// The call of N never has a leg B: its leg A goes over to L's call, which treats its INVITE as an offer of that side.
// Until Y agrees L is kept aside, and gets its place back when Y does not. An L that still rings: pickup.cc.

#include "sbc/call/identity.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/machine.h"
#include "sbc/call/mapped_ids.h"
#include "sbc/call/refer.h"
#include "sbc/call/rivals.h"
#include "sbc/call/securing.h"

namespace sbc::call {
namespace {

// As long as a request inside a dialog waits for a call that is busy (held_request.cc).
constexpr base::Duration kWaitsToEnter = base::seconds(2);
constexpr base::Duration kUntilNextTry = base::milliseconds(100);

}  // namespace

// The dialog that the INVITE names: with the border's tag as the one of whoever is asked (RFC 3891 3), or, by a peer
// that was told how the other end names it, with that end's: then the border answers in its place.
std::optional<NamedLeg> Machine::named_to_replace() const {
  const auto value = call_.invite->find(sip::HeaderId::Replaces);
  const auto named = value ? named_dialog(*value) : std::nullopt;
  if (!named) return std::nullopt;
  auto found = find_leg(core_, named->call_id, named->to_tag, named->from_tag);
  if (!found) {
    found = find_leg(core_, named->call_id, named->from_tag, named->to_tag);
    if (found) found->at.side = other(found->at.side);
  }
  // Of several that ring at once it is this one that leg B is asked about.
  if (found && found->fork != nullptr) turn_to(*core_.calls.find(found->at.call), found->fork->attempt);
  return found;
}

// For the policy, which decides who may take whose place.
std::string Machine::replaced_party() const {
  const auto found = named_to_replace();
  if (!found) return {};
  const Call& first = *core_.calls.find(found->at.call);
  const Side side = found->at.side;
  if (side == Side::B && !first.b.aor.empty()) return first.b.aor;
  if (side == Side::A && !first.arrival.registered_aor.empty()) return first.arrival.registered_aor;
  std::string uri;
  if (const auto& dialog = first.leg(side).dialog) {
    uri = dialog->remote_uri();
  } else if (side == Side::A) {
    uri = "<" + std::string(first.invite->from().uri_text) + ">";
  } else if (found->fork != nullptr && found->fork->b) {
    uri = found->fork->b->remote_uri();
  }
  const auto party = sip::parse_name_addr(uri);
  return party ? to_address(party->uri, {}).aor : "";
}

// The status that N gets when it cannot be done; 0: `found` is the party to replace.
int Machine::may_replace(Replaced& found) const {
  const auto named = named_dialog(*call_.invite->find(sip::HeaderId::Replaces));
  if (!named) return 400;
  if (!transfers_from(*core_.settings, call_.a.realm)) return 403;
  const auto known = named_to_replace();
  if (!known) return 481;
  const Call* first = core_.calls.find(known->at.call);
  const Leg& leg = first->leg(known->at.side);
  if (leg.realm != call_.a.realm || leg.trunk != call_.a.trunk) return 403;
  const bool ending = first->state == State::Closing || first->state == State::Canceling;
  if (ending || leg.over || (known->fork != nullptr && known->fork->ended)) return 603;
  found = {.at = known->at, .early = known->early};
  if (!known->early) {
    if (named->early_only) return 486;
    return first->state != State::Active || first->transfer || first->takeover ? 500 : 0;
  }
  // RFC 3891 3: only who began an early dialog may be asked to replace it, and the caller's the border did not begin.
  if (known->at.side == Side::A) return 481;
  return first->state == State::Inviting ? 0 : 500;
}

void Machine::replace_party() {
  Replaced place;
  int status = may_replace(place);
  Call* first = status == 0 ? core_.calls.find(place.at.call) : nullptr;
  std::optional<Media> media;
  if (first != nullptr && place.early) {
    auto made = Machine(core_, *first, now_, out_).media_with(*call_.invite, call_.source.hop.listener);
    if (made) {
      media = *std::move(made);
    } else {
      note(Note::Level::Info, "cannot pick up: " + made.error().text);
      status = made.error().status;
    }
  }
  if (status == 0) return enter(*first, place, std::move(media));
  if (first == nullptr && status == 500 && waits_to_enter()) return;
  ++core_.counters.refused_transfer;
  const std::string seconds = std::to_string(dialog::retry_after_seconds(core_.random));
  const sip::ExtraHeader retry[] = {{"Retry-After", seconds}};
  respond_caller(status,
                 status == 500 ? std::span<const sip::ExtraHeader>(retry) : std::span<const sip::ExtraHeader>());
  finished(EndCause::Policy, EndedBy::Border);
  end();
}

// Who is there is busy with an exchange, or with another newcomer. N cannot know that, and 500 would only make it ask
// again, seconds later. False: N has waited for long enough.
bool Machine::waits_to_enter() {
  if (call_.enter_by == base::Instant{}) call_.enter_by = now_ + kWaitsToEnter;
  if (now_ >= call_.enter_by) return false;
  arm(call_.setup_timer, TimerKind::Enter, now_ + kUntilNextTry);
  return true;
}

// N's call ends as soon as it has begun: its leg is another call's from now on. `media`: it picks up what rings there.
void Machine::enter(Call& first, Replaced place, std::optional<Media> media) {
  ++core_.counters.takeovers;
  Leg leg = std::move(call_.a);
  leg.dialog = dialog::Dialog::from_server(*call_.invite, call_.local_tag_a);
  leg.dialog->confirm();
  Input in{.side = place.at.side, .message = call_.invite.get(), .source = call_.source, .server = leg.server};
  call_.local_tag_a.clear();
  stop_timers();
  disarm(call_.setup_timer);
  disarm(call_.expiry_timer);
  call_.state = State::Ended;  // without a record: it was never a call of its own
  Machine machine(core_, first, now_, out_);
  if (!media) return machine.receive(std::move(leg), in);
  Newcomer newcomer{std::move(leg), *std::move(media)};
  in.newcomer = &newcomer;
  machine.feed(Event::PickUp, in);
  core_.ended_aside.push_back(first.handle);
}

void Machine::receive(Leg&& newcomer, const Input& in) {
  const Side side = in.side;
  Leg& leg = call_.leg(side);
  if (call_.held && call_.held->side == side) drop_held();
  drop_keys(side);
  if (side == Side::A) unname_forks();
  call_.takeover = std::make_unique<Takeover>(
      Takeover{side, std::exchange(leg, std::move(newcomer)), call_.media.leg(side), call_.media.description(side)});
  disarm(call_.session_timer[static_cast<int>(side)]);
  core_.dialogs[leg.dialog->local_tag()] = DialogRef{call_.handle, side};
  if (side == Side::A) call_.local_tag_a = leg.dialog->local_tag();
  if (side == Side::A) call_.arrival.authenticated = false;  // that was somebody else
  call_.media.leg(side) = leg_media(*core_.settings, {leg.realm, leg.trunk, in.source.hop.transport});
  call_.media.leg(side).network = call_.takeover->media.network;
  call_.media.start_leg(side, new_identity(in.source.hop.listener));
  hear(core_, call_, side, *in.message);
  note(Note::Level::Info,
       std::string("somebody is about to take the place of ") + (side == Side::A ? "the caller" : "the callee"));
  feed(Event::Offer, in);
  if (call_.state == State::Active) undo_takeover();  // refused at once
}

// The newcomer got its 2xx.
void Machine::let_go() {
  const auto takeover = std::move(call_.takeover);
  if (!takeover->replaced.over) send_aside(takeover->replaced, sip::Method::Bye, {}, {});
  forget_dialog(takeover->replaced.dialog->local_tag());
  if (takeover->side == Side::B) retire_attempt();
}

// The newcomer was refused, or has given up.
void Machine::undo_takeover() {
  if (!call_.takeover) return;
  const auto takeover = std::move(call_.takeover);
  const Side side = takeover->side;
  Leg& leg = call_.leg(side);
  forget_dialog(leg.dialog->local_tag());
  disarm(call_.accepted_timer[static_cast<int>(side)]);
  leg = std::move(takeover->replaced);
  if (side == Side::A) call_.local_tag_a = leg.dialog->local_tag();
  call_.media.roll_back();
  call_.media.leg(side) = takeover->media;
  call_.media.adopt(side, std::move(takeover->description));
  arm_session(side);
  ask_relay(false);
}

bool Machine::of_replaced(const sip::Message& request) const {
  return call_.takeover && call_.takeover->replaced.dialog->matches(request);
}

// The party that is about to be replaced may leave by itself, and can do nothing else.
void Machine::replaced_request(const Input& in) {
  Leg& leg = call_.takeover->replaced;
  const bool bye = in.message->method() == sip::Method::Bye;
  if (bye) leg.over = true;
  const sip::ExtraHeader retry[] = {{"Retry-After", "5"}};
  auto bytes = leg_response(*in.message, in.source, leg, bye ? 200 : 500, leg.dialog->local_tag(),
                            bye ? std::span<const sip::ExtraHeader>() : std::span<const sip::ExtraHeader>(retry));
  core_.layer.respond(in.server, bye ? 200 : 500, std::move(bytes), now_, out_.transaction);
}

}  // namespace sbc::call
