// REFER carried out here (RFC 3515): who asks is taken out of the call, the other party is connected to somebody else
// and sees no more of it than a re-INVITE.
//
//   transferor X -- REFER --> border <== call ==> Y     blind:    INVITE without offer to the target Z
//                <- 202, NOTIFY --                      attended: Refer-To names by Replaces a second call of X, whose
//                                                                 other party Z gets a re-INVITE without offer
//   Z's 2xx brings an offer; Y is re-invited with it; Y's answer goes to Z in the ACK. X gets NOTIFY and BYE.
//   How a second call gives up its leg: attended.cc. What Y hears while Z rings: waiting.h.

#include <utility>

#include "media-relay/base/text.h"

#include "sbc/call/explaining.h"
#include "sbc/call/extra_headers.h"
#include "sbc/call/identity.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/limits.h"
#include "sbc/call/machine.h"
#include "sbc/call/refer.h"
#include "sbc/call/securing.h"
#include "sbc/call/sips.h"
#include "sbc/call/under_way.h"
#include "sbc/call/waiting.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/retry_after.h"
#include "sbc/sip/writer.h"

namespace sbc::call {
namespace {

// Longer than a target may ring; the subscription ends with the transfer.
constexpr std::string_view kUnderWay = "active;expires=600";
constexpr std::string_view kOver = "terminated;reason=noresource";

}  // namespace

void Machine::refer(const Input& in) {
  const sip::Message& request = *in.message;
  const auto refuse = [&](int status, std::span<const sip::ExtraHeader> headers = {}) {
    refuse_transfer(in, status, headers);
  };
  if (request.max_forwards() == 0) return refuse(483);
  if (call_.transfer || call_.state != State::Active) return call_.transfer || !hold(in) ? refuse_for_now(in) : void();
  const auto target = refer_target(request);
  if (!target) return refuse(target.error());
  if (target->replaces) {
    const int status = join_calls(in, *target->replaces);
    return status == 202 ? void() : refuse(status);
  }
  auto targets = transfer_targets(in, target->uri);
  if (!targets) return;
  if (in.arrival == nullptr) call_.leg(in.side).dialog->refresh_target(request);
  accept_refer(in);
  call_.transfer->hunt = route::Hunt(*std::move(targets));
  try_transfer();
}

void Machine::refuse_transfer(const Input& in, int status, std::span<const sip::ExtraHeader> headers) {
  ++core_.counters.refused_transfer;
  answer_refer(in, status, headers);
}

// The policy decides as if the transferor had called the target itself; facts.referred_by says that it is a transfer.
// Who was called as a registered phone is that phone: only it knows the tags of the dialog. Who asks outside of it is
// who he has proved to be.
std::optional<std::vector<route::Target>> Machine::transfer_targets(const Input& in, const std::string& text) {
  const auto refuse = [&](int status, std::span<const sip::ExtraHeader> headers = {}) {
    refuse_transfer(in, status, headers);
    return std::nullopt;
  };
  const auto uri = sip::parse_uri(text);
  if (!uri) return refuse(400);
  const Leg& from = call_.leg(in.side);
  Arrival arrival = in.arrival != nullptr ? *in.arrival : core_.advisor.arrival_of(*in.message, in.source);
  if (in.arrival != nullptr) {
    // Nothing of the call's speaks for it.
  } else if (in.side == Side::B) {
    arrival.registered_aor = from.aor;
  } else if (call_.arrival.authenticated && !arrival.authenticated) {
    arrival.authenticated = true;
    arrival.auth_user = call_.arrival.auth_user;
  }
  auto asked = invite_facts(*in.message, in.source, arrival);
  if (const auto caller = sip::parse_uri(from.aor); caller && in.arrival == nullptr)
    asked.from = to_address(*caller, {});
  asked.call_id = call_.record.call_id_a;  // it is that call's, whoever asks and in whichever dialog
  asked.method = "INVITE";
  asked.ruri = text;
  asked.to = asked.to_header = to_address(*uri, {});
  asked.has_sdp = false;
  asked.sdp = {};
  asked.referred_by = std::string(in.message->from().uri_text);
  const auto decision = std::get<policy::InviteDecision>(core_.advisor.invite(asked, false));
  set_timers();
  // A redirection is for who calls, and the transferor does not: the border will not call there in its name.
  if (decision.kind == policy::InviteDecision::Kind::Reject)
    return refuse(decision.status < 400 ? 480 : decision.status);
  if (decision.kind == policy::InviteDecision::Kind::Challenge) {
    const auto challenge = core_.advisor.challenge(*in.message, from.realm);
    return refuse(challenge.status, as_extra(challenge.headers));
  }
  if (decision.kind != policy::InviteDecision::Kind::Route) return refuse(403);
  if (!admit(decision.call_class)) {
    const std::string seconds = std::to_string(core_.settings->busy_retry_after);
    const sip::ExtraHeader retry[] = {{"Retry-After", seconds}};
    return refuse(503, retry);
  }
  write_into_record(decision.cdr);
  const std::string dialled = sip::unescape(uri->user);
  auto plan = route::resolve(*core_.settings->routes, decision.candidates,
                             {dialled, now_, false, route::is_phone(*uri)}, core_.advisor, core_.health, core_.random);
  for (const auto& skipped : plan.skipped) note(Note::Level::Info, "not tried: " + skipped.what + ": " + skipped.why);
  explain_with(core_.advisor, call_.record, now_, [&plan] { return planned(plan.targets); });
  if (plan.targets.empty()) return refuse(480);
  for (auto& target : plan.targets) target.by_sips = uri->scheme == sip::Uri::Scheme::Sips;
  return std::move(plan.targets);
}

void Machine::accept_refer(const Input& in) {
  ++core_.counters.transfers;
  Transfer transfer;
  transfer.from = in.side;
  if (in.arrival != nullptr) transfer.referrer = referrer_of(in);
  Leg& from = transfer.referrer ? *transfer.referrer : call_.leg(in.side);
  transfer.reports = wants_reports(*in.message);
  transfer.event = "refer";
  // RFC 3515 2.4.6: NOTIFYs about all but the first REFER of a dialog say which one they mean.
  if (from.refers++ != 0) transfer.event += ";id=" + std::to_string(in.message->cseq().number);
  if (const auto address = referred_by(*in.message)) transfer.referred_by = std::string(address->uri.user);
  const sip::ExtraHeader headers[] = {{"Contact", from.contact}, {"Refer-Sub", "false"}};
  const bool reports = transfer.reports;
  call_.transfer = std::make_unique<Transfer>(std::move(transfer));
  // RFC 7647 5 has 200 for both. Inside a call it is old phones that ask, and they wait for 202.
  answer_refer(in, in.arrival != nullptr ? 200 : 202, std::span(headers).first(reports ? 1 : 2));
  report_transfer(100);
}

void Machine::report_transfer(int status) {
  Transfer& transfer = *call_.transfer;
  Leg& leg = transfer.referrer ? *transfer.referrer : call_.leg(transfer.from);
  transfer.reported = status;
  if (!transfer.reports || leg.over || !leg.dialog) return;
  std::string headers = "Contact: " + leg.contact + "\r\nEvent: " + transfer.event + "\r\nSubscription-State: ";
  headers.append(status < 200 ? kUnderWay : kOver).append("\r\n");
  send_aside(leg, sip::Method::Notify, headers, {"message/sipfrag;version=2.0", report_of(status)});
}

// A request whose answer changes nothing.
void Machine::send_aside(Leg& leg, sip::Method method, std::string_view headers, Body body) {
  const sip::Hop hop = next_hop(core_, leg);
  const std::string branch = core_.minter.branch(core_.random);
  auto bytes = in_dialog_request(core_, leg, hop, method, leg.dialog->next_cseq(), branch, headers, body);
  const bool answered = call_.asides.size() < kMaxAsides;
  const auto client = core_.layer.request({.method = method,
                                           .method_text = {},
                                           .branch = branch,
                                           .hop = hop,
                                           .bytes = std::move(bytes),
                                           .owner = answered ? call_.handle.pack() : 0},
                                          now_, out_.transaction);
  if (!client || !answered) return;
  Aside& aside = call_.asides.emplace_back(Aside{.client = client, .side = &leg == &call_.b ? Side::B : Side::A});
  if (&leg != &call_.a && &leg != &call_.b) aside.gone = std::make_unique<Leg>(way_to(leg));
}

void Machine::try_transfer() {
  Transfer& transfer = *call_.transfer;
  const route::Target* target = transfer.hunt.current();
  if (target == nullptr) return fail_transfer(transfer.hunt.answer().status);
  if (target->awaits_name()) return locate_successor();
  if (target->by_sips && leaves_in_clear(*core_.settings, *target)) {
    ++core_.counters.refused_sips;
    note(Note::Level::Info, "not tried: " + target->text() + ": Refer-To is sips:, and this is not TLS");
    return next_transfer({.cause = route::Failure::Cause::Response, .status = 480});
  }
  write_into_record(target->candidate.cdr);
  const auto repeat = std::exchange(transfer.repeat, nullptr);
  Leg& leg = transfer.leg;
  leg = Leg{};
  leg.session = repeat ? repeat->session : dialog::SessionTimer(core_.settings->session);
  leg.realm = target->realm;
  leg.trunk = target->trunk;
  leg.aor = target->aor;
  leg.hop = target->hop;
  const Scheme scheme = target->request_uri.starts_with("sips:") ? Scheme::Sips : Scheme::Sip;
  leg.contact = repeat && repeat->leaves_as(leg.hop)
                    ? repeat->contact
                    : contact_value(*core_.settings, leg.hop.transport, leg.hop.listener,
                                    core_.minter.user(core_.random), scheme);
  leg.allow = allow_value(*core_.settings, target->realm);
  repeat ? invite_successor(std::move(repeat->start), repeat->same_number) : invite_successor({});
}

// The call goes on meanwhile: the table of its states knows nothing of it.
void Machine::locate_successor() {
  Transfer& transfer = *call_.transfer;
  const route::Target& target = *transfer.hunt.current();
  transfer.locating = ++call_.lookups;
  out_.lookups.push_back(
      {.owner = call_.handle.pack(), .number = transfer.locating, .realm = target.realm, .host = *target.name});
  arm(transfer.timer, TimerKind::Transfer, now_ + core_.settings->first_response);
}

void Machine::successor_located(const std::vector<route::Place>& places, const std::string& problem) {
  Transfer& transfer = *call_.transfer;
  transfer.locating = 0;
  const route::Realm* realm = core_.settings->routes->realm(transfer.hunt.current()->realm);
  if (realm != nullptr && !places.empty() && transfer.hunt.located(places, *realm, core_.health, now_))
    return try_transfer();
  note(Note::Level::Info, "not tried: " + transfer.hunt.current()->text() + ": " + problem);
  next_transfer({.cause = route::Failure::Cause::Unresolved});
}

void Machine::invite_successor(dialog::ClientStart start, bool same_number) {
  Transfer& transfer = *call_.transfer;
  const route::Target* target = transfer.hunt.current();
  const Side stays = other(transfer.from);
  Leg& leg = transfer.leg;
  const std::string host(own_domain(*core_.settings, target->realm, target->hop.listener));
  CallerWords words = party_words(core_, call_, stays, leg, *target);
  if (!transfer.forwarded.empty()) add_forwarding(core_, transfer.forwarded, *target, words.anonymous, words.headers);
  // What is to be protected cannot be answered before the relay has a place for it (transfer_ringing.cc).
  const auto media = leg_media(*core_.settings,
                               {target->realm, target->trunk, target->hop.transport, target->candidate.media_security});
  const bool can_hold = !media.security.must_protect();
  // Who calls is the party that stays.
  const auto party = sip::parse_name_addr(call_.leg(stays).dialog->remote_uri());
  const std::string referred = transfer.referred_by.empty() ? "" : "<sip:" + transfer.referred_by + "@" + host + ">";
  const std::string branch = core_.minter.branch(core_.random);
  Attempt attempt;
  attempt.start = std::move(start);
  attempt.started = now_;
  transfer.ringing.clear();
  auto bytes = opening_invite(core_,
                              {.caller = nullptr,
                               .target = *target,
                               .words = words,
                               .contact = leg.contact,
                               .allow = leg.allow,
                               .from_domain = host,
                               .max_forwards = 70,
                               .session = leg.session.request_lines(),
                               .sdp = {},
                               .reliable = can_hold,
                               .from = party ? &*party : nullptr,
                               .referred_by = referred,
                               .same_number = same_number},
                              attempt, branch);
  attempt.client = core_.layer.request({.method = sip::Method::Invite,
                                        .method_text = {},
                                        .branch = branch,
                                        .hop = target->hop,
                                        .bytes = std::move(bytes),
                                        .owner = call_.handle.pack()},
                                       now_, out_.transaction);
  const bool sent = static_cast<bool>(attempt.client);
  core_.dialogs.emplace(attempt.start.local_tag, DialogRef{call_.handle, transfer.from});
  transfer.attempt = std::move(attempt);
  if (!sent) return next_transfer({.cause = route::Failure::Cause::Transport});
  const auto seconds = target->candidate.timeout_s;
  arm(transfer.timer, TimerKind::Transfer,
      now_ + (seconds != 0 ? base::Duration(base::seconds(seconds)) : core_.settings->first_response));
}

void Machine::next_transfer(const route::Failure& failure, const sip::Message* response) {
  Transfer& transfer = *call_.transfer;
  disarm(transfer.timer);
  const route::Target tried = *transfer.hunt.current();
  const base::Duration took = transfer.attempt ? now_ - transfer.attempt->started : base::Duration{};
  auto verdict = transfer.hunt.failed(failure, core_.health, now_);
  int status = 0;
  if (response != nullptr && is_redirection(*response)) {
    const auto redirected = transfer_redirected(*response);
    if (redirected == route::Verdict::Stop) status = response->status();
    verdict = redirected.value_or(verdict);
  }
  explain_with(core_.advisor, call_.record, now_, [&] { return failed(tried, failure, verdict, took); });
  if (verdict == route::Verdict::Next && transfer.hunt.next_is_same_name())
    transfer.repeat = repeat_of(transfer.attempt, transfer.leg);
  if (transfer.attempt) core_.dialogs.erase(transfer.attempt->start.local_tag);
  const bool rang = !ringing_sound(call_).empty();
  transfer.attempt.reset();
  if (rang) ask_relay(false);
  if (verdict == route::Verdict::Stop) return fail_transfer(status != 0 ? status : transfer.hunt.answer().status);
  transfer.hunt.advance();
  try_transfer();
}

// The call stays as it was, unless the transferor has left it already.
void Machine::fail_transfer(int status) {
  report_transfer(status);
  const bool alone = call_.leg(call_.transfer->from).over;
  disarm(call_.transfer->timer);
  forget_transfer();
  if (alone) feed(Event::Kill, {.cause = EndCause::Bye});
}

bool Machine::transfer_answered(const transaction::ResponseArrived& response) {
  if (!call_.transfer || !call_.transfer->attempt || call_.transfer->attempt->client != response.transaction)
    return false;
  Transfer& transfer = *call_.transfer;
  Attempt& attempt = *transfer.attempt;
  const int status = response.message->status();
  if (status == 100) return true;
  if (status == 422 && !attempt.rang && transfer.leg.session.too_small(*response.message)) {
    disarm(transfer.timer);
    invite_successor(std::move(attempt.start));  // RFC 4028 7.3
  } else if (status >= 300) {
    next_transfer({.cause = route::Failure::Cause::Response,
                   .status = static_cast<std::uint16_t>(status),
                   .retry_after = sip::retry_after(*response.message)},
                  response.message.get());
  } else if (status >= 200) {
    complete_transfer(response.message, response.source);
  } else if (acknowledge_target(response); !std::exchange(attempt.rang, true)) {
    transfer.hunt.answered(core_.health);
    const auto ring = transfer.hunt.current()->candidate.ring_timeout_s;
    arm(transfer.timer, TimerKind::Transfer,
        attempt.started + (ring != 0 ? base::Duration(base::seconds(ring)) : core_.settings->ring));
    report_transfer(180);
    if (ringing_sound(call_).empty()) return true;
    ++core_.counters.ringbacks;
    ask_relay(false);
  }
  return true;
}

bool Machine::transfer_dead(const transaction::ClientFailed& failed) {
  if (!call_.transfer || !call_.transfer->attempt || call_.transfer->attempt->client != failed.transaction)
    return false;
  next_transfer({.cause = failed.reason == transaction::ClientFailed::Reason::Timeout
                              ? route::Failure::Cause::Timeout
                              : route::Failure::Cause::Transport});
  return true;
}

void Machine::transfer_timeout() {
  if (!call_.transfer) return;
  if (call_.transfer->given) return join_when_free();
  if (call_.transfer->locating != 0) return successor_located({}, "no answer of the resolver");
  if (call_.transfer->asked != 0) return refuse_second(503);  // the other shard is too busy to answer
  if (call_.transfer->second) return try_second_again();
  if (!call_.transfer->attempt) return;
  const bool rang = call_.transfer->attempt->rang;
  abandon_transfer();
  next_transfer({.cause = rang ? route::Failure::Cause::RingTimeout : route::Failure::Cause::Timeout});
}

// The INVITE is cancelled, and cleaned up after among the strays.
void Machine::abandon_transfer() {
  Transfer& transfer = *call_.transfer;
  disarm(transfer.timer);
  if (!transfer.attempt) return;
  core_.layer.cancel(transfer.attempt->client, {}, now_, out_.transaction);
  const bool rang = !ringing_sound(call_).empty();
  call_.strays.push_back(*std::move(transfer.attempt));
  transfer.attempt.reset();
  if (rang) ask_relay(false);
}

void Machine::drop_transfer() {
  if (!call_.transfer) return;
  abandon_transfer();
  if (call_.transfer->given) {
    send_aside(call_.transfer->given->leg, sip::Method::Bye, {}, {});
    forget_dialog(call_.transfer->given->leg.dialog->local_tag());
  }
  if (call_.transfer->referrer) report_transfer(487);  // whose dialog does not end with the call
  forget_transfer();
}

void Machine::forget_transfer() {
  if (call_.transfer->referrer) forget_dialog(call_.transfer->referrer->dialog->local_tag());
  const bool rang = !ringing_sound(call_).empty();
  call_.transfer.reset();
  if (rang) ask_relay(false);
}

bool Machine::leave_by_transfer(const Input& in) {
  if (!call_.transfer || call_.transfer->from != in.side || call_.state != State::Active) return false;
  respond_to(in, 200);
  call_.leg(in.side).over = true;
  return true;
}

void Machine::complete_transfer(const sip::MessagePtr& response, const sip::Source& source) {
  Transfer& transfer = *call_.transfer;
  auto made = dialog::Dialog::from_client(transfer.attempt->start, *response);
  auto agreed = made ? agreed_with_target(*made) : std::nullopt;
  const auto sdp = sdp_of(*response);
  const bool described = (agreed || (sdp && *sdp)) && sip::target_contact(*response);
  if (!described || !made || call_.state != State::Active) {
    // No offer, or the two parties are just changing their session.
    transfer.attempt->offered = agreed.has_value();  // nothing is left to be refused
    ack_and_bye(*transfer.attempt, source.hop, response);
    transfer.attempt->offered = false;
    // Another fork may still answer, and is not the call's.
    transfer.attempt->finished = true;
    call_.strays.push_back(*std::move(transfer.attempt));
    transfer.attempt.reset();
    return fail_transfer(call_.state != State::Active ? 500 : 488);
  }
  report_transfer(200);
  note(Note::Level::Info, "transferred to: " + explained_name(*transfer.hunt.current()));
  const Side side = transfer.from;
  Leg fresh = std::move(transfer.leg);
  fresh.dialog = *std::move(made);
  pass_pracks(*fresh.dialog);
  fresh.hop = source.hop;
  fresh.invite_cseq = transfer.attempt->start.cseq;
  std::optional<Attempt> attempt = std::move(transfer.attempt);
  shorten_duration(latest_end(fresh, transfer.hunt.current()));
  disarm(transfer.timer);
  forget_transfer();
  replace_leg(side, std::move(fresh));
  note_session(side, *response);
  hear(core_, call_, side, *response);
  if (side == Side::B) call_.attempt = std::move(attempt);  // for 2xx of other forks
  if (agreed) {
    send_ack(side, {});
    learn_packages(side, *response);
    return ask_newcomer(side, *std::move(agreed));
  }
  call_.media.start_leg(side, new_identity(source.hop.listener));
  offer_to_remaining(side, *response, source);
}

void Machine::replace_leg(Side side, Leg&& fresh) {
  if (call_.held && call_.held->side == side) drop_held();
  drop_keys(side);
  Leg& leg = call_.leg(side);
  Leg old = std::exchange(leg, std::move(fresh));
  if (!old.over) send_aside(old, sip::Method::Bye, {}, {});
  forget_dialog(old.dialog->local_tag());
  if (side == Side::B) retire_attempt();
  disarm(call_.accepted_timer[static_cast<int>(side)]);
  disarm(call_.session_timer[static_cast<int>(side)]);
  call_.media.leg(side) = leg_media(*core_.settings, {leg.realm, leg.trunk, leg.hop.transport});
  call_.media.change_party(side);
  if (side == Side::B) return;
  call_.local_tag_a = leg.dialog->local_tag();
  call_.arrival.authenticated = false;  // that was somebody else
}

// The side's 2xx has brought an offer, and its ACK waits for what the other side answers. The relay keeps the session,
// so that the party that stays keeps its address and its keys and hears one stream.
void Machine::offer_to_remaining(Side side, const sip::Message& response, const sip::Source& source) {
  call_.leg(side).owes_ack = true;
  learn_packages(side, response);
  const auto sdp = sdp_of(response);
  std::expected<void, MediaError> taken = std::unexpected(MediaError{488, "2xx without an offer"});
  if (sdp && *sdp) taken = call_.media.take_offer(side, **sdp);
  if (!taken) {
    note(Note::Level::Warning, "transfer: " + taken.error().text);
    call_.state = State::Active;
    feed(Event::Kill, {.cause = EndCause::BadMedia});
    return;
  }
  decide_nat(side, response, source);
  learn_way(side);
  call_.inviter = side;
  call_.by_update = false;
  call_.tries = 0;
  call_.late_offer = false;
  call_.inviter_gone = false;
  (void)call_.leg(other(side)).gate.try_local_invite();
  call_.session_open ? ask_relay(true) : open_session();
  call_.state = State::Reanchoring;
}

// ... unless it cannot: then a new one begins, of another relay maybe, and a stream with it.
bool Machine::begins_new_session(Event event) {
  const bool kept = call_.state == State::Reanchoring && call_.leg(call_.inviter).owes_ack && call_.media.anchored();
  if (event != Event::RelayRefused || !kept) return false;
  note(Note::Level::Info, "transfer: the relay cannot go on with the session, a new one begins");
  open_session();
  return true;
}

}  // namespace sbc::call
