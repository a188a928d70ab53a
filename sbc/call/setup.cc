// From the INVITE to the first leg B that rings: decision, candidates, relay, and what happens when one fails.

#include <algorithm>
#include <charconv>

#include "media-relay/base/text.h"

#include "sbc/call/chosen.h"
#include "sbc/call/entering.h"
#include "sbc/call/explaining.h"
#include "sbc/call/extra_headers.h"
#include "sbc/call/identity.h"
#include "sbc/call/invite_body.h"
#include "sbc/call/leg_message.h"
#include "sbc/call/machine.h"
#include "sbc/call/securing.h"
#include "sbc/call/sips.h"
#include "sbc/route/limits.h"
#include "sbc/sip/breadth.h"
#include "sbc/sip/retry_after.h"
#include "sbc/sip/writer.h"

namespace sbc::call {
namespace {

// ";gr=..." of a GRUU that is called as it was dialled.
std::string gr_of(const sip::Uri& dialled, const policy::Candidate& candidate) {
  const auto gr = dialled.param("gr");
  if (!gr || (!candidate.number.empty() && candidate.number != sip::unescape(dialled.user))) return {};
  return gr->empty() ? ";gr" : ";gr=" + std::string(*gr);
}

std::uint32_t milliseconds_between(base::Instant from, base::Instant to) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<base::milliseconds>(to - from).count());
}

}  // namespace

void Machine::refuse() {
  if (begin_announcement()) return;
  switch (call_.decision.kind) {
    case policy::InviteDecision::Kind::Challenge: {
      const auto challenge = core_.advisor.challenge(*call_.invite, call_.a.realm);
      respond_caller(challenge.status, as_extra(challenge.headers));
      break;
    }
    case policy::InviteDecision::Kind::Drop:
      core_.layer.ignore(call_.a.server, now_);
      break;
    case policy::InviteDecision::Kind::Reject:
    case policy::InviteDecision::Kind::Route:
      respond_caller(call_.decision.status, as_extra(call_.decision.headers), {}, call_.decision.reason);
      break;
  }
  finished(EndCause::Policy, EndedBy::Border);
  end();
}

void Machine::prepare() {
  if (call_.invite->count(sip::HeaderId::Replaces) != 0) return replace_party();
  // That it can be read was found out before the call was made (calls.cc).
  const auto offer = sdp_of(*call_.invite).value_or(std::nullopt);
  call_.late_offer = !offer;
  call_.media.leg(Side::A) = leg_media(*core_.settings, {call_.a.realm, call_.a.trunk, call_.source.hop.transport});
  if (!admit(call_.decision.call_class)) return refuse_class();

  auto plan = plan_for(call_.decision.candidates);
  call_.decision.candidates.clear();
  if (plan.targets.empty() && plan.retry_after) {
    const auto seconds =
        std::to_string(std::max<std::int64_t>(1, std::chrono::duration_cast<base::seconds>(*plan.retry_after).count()));
    const sip::ExtraHeader retry[] = {{"Retry-After", seconds}};
    respond_caller(503, retry);
    finished(EndCause::Unreachable, EndedBy::Border);
    end();
    return;
  }
  call_.hunt = route::Hunt(std::move(plan.targets));
  if (!call_.late_offer) {
    if (auto taken = call_.media.take_offer(Side::A, *offer); !taken) {
      ++core_.counters.refused_media;
      note(Note::Level::Info, "offer refused: " + taken.error().text);
      respond_caller(taken.error().status);
      finished(EndCause::BadMedia, EndedBy::Border);
      end();
      return;
    }
  }
  decide_nat(Side::A, *call_.invite, call_.source);  // with what its SDP says of its media address
  try_target();
}

// Where a decision leads to, written down.
route::Plan Machine::plan_for(const std::vector<policy::Candidate>& candidates) {
  const sip::Message& invite = *call_.invite;
  const std::string dialled = sip::unescape(invite.request_uri().user);
  auto plan = route::resolve(*core_.settings->routes, candidates,
                             {.dialled = dialled,
                              .now = now_,
                              .for_help = call_.emergency,
                              .as_phone = route::is_phone(invite.request_uri()),
                              .together = std::min<std::size_t>(route::kMaxAtOnce, sip::max_breadth(&invite))},
                             core_.advisor, core_.health, core_.random);
  for (const auto& skipped : plan.skipped) note(Note::Level::Info, "not tried: " + skipped.what + ": " + skipped.why);
  for (const auto& apart : plan.apart)
    note(Note::Level::Info, "called after the others: " + apart.what + ": " + apart.why);
  core_.counters.limits.add(limit::Reached::AtOnce, plan.beyond);
  explain_with(core_.advisor, call_.record, now_, [&plan] { return planned(plan.targets); });
  return plan;
}

void Machine::try_target() {
  const route::Target* target = call_.hunt.current();
  if (target == nullptr) {
    answer_failure(call_.hunt.answer());
    return;
  }
  if (target->awaits_name()) return locate_target();
  call_.selected = nullptr;
  const bool played = call_.media.plays();
  if (call_.offered) call_.media = *std::exchange(call_.offered, nullptr);  // nothing of what the last one said
  const std::string network = call_.media.leg(Side::B).network;
  if (!enter_target(*target)) return;
  const bool same_network = call_.media.leg(Side::B).network == network;

  const bool offers = !call_.late_offer || call_.proposed;
  if (offers && !(call_.media.anchored() && same_network)) {
    if (std::ranges::any_of(call_.forks, &Fork::described)) {
      // Early media went to the caller from ports in another network: this target cannot take them over (trap 16).
      note(Note::Level::Info, "not tried: " + target->text() + ": the caller's media is tied to another network");
      call_.hunt.stop();
      answer_failure(call_.hunt.answer());
      return;
    }
    open_session();
    call_.state = State::Anchoring;
    return;
  }
  if (offers && call_.session_open && call_.media.needs_ports()) {  // the last target had no use for some line
    ask_relay(true);
    call_.state = State::Anchoring;
    return;
  }
  if (played) ask_relay(false);  // it no longer rings
  dial_all();
}

// Leg B and the media begin anew for the hunt's current target. False: it cannot be called, and the call is further on.
bool Machine::enter_target(const route::Target& target) {
  Leg& b = call_.b;
  const Repeat* repeat = call_.repeat.get();
  auto acks = std::move(b.acks);  // a late 2xx of an earlier target may come again
  b = Leg{};
  b.acks = std::move(acks);
  b.realm = target.realm;
  b.trunk = target.trunk;
  b.aor = target.aor;
  b.hop = target.hop;
  b.session = repeat != nullptr ? repeat->session : dialog::SessionTimer(core_.settings->session);
  call_.record.realm_b = target.realm;
  call_.record.trunk_b = target.trunk;
  write_into_record(target.candidate.cdr);
  call_.media.leg(Side::B) =
      leg_media(*core_.settings, {target.realm, target.trunk, target.hop.transport, target.candidate.media_security,
                                  &target.candidate.codecs, target.candidate.dtmf, target.candidate.record,
                                  target.candidate.music_on_hold});
  const bool same_words = repeat != nullptr && repeat->identity && repeat->leaves_as(target.hop);
  call_.media.start_leg_b(same_words ? *repeat->identity : new_identity(target.hop.listener));
  return agree_to_offer(target);
}

// RFC 5630 5.3: whoever dials sips: is not to be carried in clear.
bool Machine::breaks_sips(const route::Target& target) const {
  if (call_.emergency || call_.invite->request_uri().scheme != sip::Uri::Scheme::Sips) return false;
  return leaves_in_clear(*core_.settings, target);
}

void Machine::dial() {
  const route::Target* target = call_.hunt.current();
  if (breaks_sips(*target)) {
    ++core_.counters.refused_sips;
    note(Note::Level::Info, "not tried: " + target->text() + ": the caller dialled sips:, and this is not TLS");
    call_.attempt.emplace().started = now_;
    return hunt_on({.cause = route::Failure::Cause::Response, .status = 480});
  }
  std::string offer;
  const bool offers = !call_.late_offer || call_.proposed;
  // Once more, after a 422, while the media is that of another one that is called at once.
  const bool beside = call_.attempt && call_.at_once && call_.offered;
  if (offers) {
    auto made = (beside ? *call_.offered : call_.media).make_offer(Side::B);
    if (!made && made.error().status == 488) return cannot_offer(*target, made.error().text);
    if (!made) {
      note(Note::Level::Error, "cannot make an offer: " + made.error().text);
      fail_setup({.cause = EndCause::BadMedia});
      return;
    }
    offer = *std::move(made);
  }
  if (!beside) call_.offered = std::make_unique<Media>(call_.media);
  Attempt attempt;
  const auto repeat = std::exchange(call_.repeat, nullptr);
  if (call_.attempt) attempt.start = call_.attempt->start;  // once more, after a 422
  if (repeat) attempt.start = repeat->start;
  attempt.started = now_;
  const auto domain = core_.settings->domains.find(target->realm);
  const std::string branch = core_.minter.branch(core_.random);
  const std::string user = core_.minter.user(core_.random);
  const Scheme scheme = target->request_uri.starts_with("sips:") ? Scheme::Sips : Scheme::Sip;
  call_.b.contact = repeat && repeat->leaves_as(target->hop)
                        ? repeat->contact
                        : contact_value(*core_.settings, target->hop.transport, target->hop.listener, user, scheme);
  call_.b.allow = allow_value(*core_.settings, target->realm);
  const auto& face = core_.settings->faces.at(target->hop.listener);
  CallerWords words = caller_words(core_, call_, *target);
  // To the caller's own registrar: by the routes that it asked for, and a GRUU stays one (RFC 5627 4.4).
  const bool home = !target->trunk.empty() &&
                    std::ranges::find(call_.arrival.upstream, target->trunk) != call_.arrival.upstream.end();
  const std::string gr = home ? gr_of(call_.invite->request_uri(), target->candidate) : std::string{};
  const std::string& host = domain != core_.settings->domains.end() ? domain->second : face.host;
  const bool trusted =
      trusts(*core_.settings, call_.a.realm, call_.a.trunk) && trusts(*core_.settings, target->realm, target->trunk);
  const auto body = invite_body(
      {.caller = *call_.invite, .trusted = trusted, .emergency = call_.emergency, .domain = host, .sdp = offer});
  if (!body) {
    note(Note::Level::Info, "not tried: " + target->text() + ": " + body.error().text);
    call_.attempt = std::move(attempt);
    return hunt_on(
        {.cause = route::Failure::Cause::Response, .status = static_cast<std::uint16_t>(body.error().status)});
  }
  auto entering = entering_headers(core_, call_);
  if (!entering) {
    call_.attempt = std::move(attempt);
    return hunt_on({.cause = route::Failure::Cause::Response, .status = static_cast<std::uint16_t>(entering.error())});
  }
  words.headers.insert(words.headers.end(), entering->begin(), entering->end());
  if (auto left = expiry_left()) words.headers.emplace_back("Expires", *std::move(left));
  auto bytes = opening_invite(
      core_,
      {.caller = call_.invite.get().get(),
       .target = *target,
       .words = words,
       .contact = call_.b.contact,
       .allow = call_.b.allow,
       .from_domain = host,
       .max_forwards = call_.invite->max_forwards().value_or(70) - 1,
       .session = call_.b.session.request_lines(),
       .sdp = offer,
       .reliable = offers || caller_has_reliable(),
       .body = {body->type, body->text},
       .home_routes = home ? std::span<const std::string>(call_.arrival.service_route) : std::span<const std::string>(),
       .gr = gr,
       .same_number = repeat && repeat->same_number,
       .branches = static_cast<std::uint32_t>(call_.hunt.together())},
      attempt, branch);
  call_.state = State::Inviting;
  ++call_.record.attempts;
  call_.record.call_id_b = attempt.start.call_id;
  attempt.client = core_.layer.request({.method = sip::Method::Invite,
                                        .method_text = {},
                                        .branch = branch,
                                        .hop = target->hop,
                                        .bytes = std::move(bytes),
                                        .owner = call_.handle.pack(),
                                        .first = call_.first},
                                       now_, out_.transaction);
  core_.dialogs.emplace(attempt.start.local_tag, DialogRef{call_.handle, Side::B});
  const bool sent = static_cast<bool>(attempt.client);
  const auto& wanted = target->candidate;
  const base::Duration wait = wanted.timeout_s != 0 ? base::seconds(wanted.timeout_s) : core_.settings->first_response;
  attempt.due = now_ + wait;
  call_.attempt = std::move(attempt);
  if (!sent) {
    feed(Event::BranchDead, {.side = Side::B, .failure = route::Failure::Cause::Transport});
    return;
  }
  arm(call_.setup_timer, TimerKind::Setup, now_ + wait, Side::B);
}

// As if the target had said so: it, or the policy for it, takes nothing of what the caller offers.
void Machine::cannot_offer(const route::Target& target, const std::string& why) {
  ++core_.counters.refused_media;
  note(Note::Level::Info, "not tried: " + target.text() + ": " + why);
  call_.attempt.emplace().started = now_;
  hunt_on({.cause = route::Failure::Cause::Response, .status = 488});
}

void Machine::fail_setup(const Input& in) {
  const bool overload = in.cause == EndCause::Shutdown || in.cause == EndCause::RelayFailure;
  note(in.cause == EndCause::HungUp ? Note::Level::Info : Note::Level::Warning,
       "set-up failed: " + std::string(name_of(in.cause)) + (in.text.empty() ? "" : ": " + in.text));
  const std::string seconds = std::to_string(core_.settings->busy_retry_after);
  const sip::ExtraHeader retry[] = {{"Retry-After", seconds}};
  const int ended = in.cause != EndCause::HungUp ? 500 : in.status != 0 ? in.status : 480;
  respond_caller(overload ? 503 : ended,
                 overload ? std::span<const sip::ExtraHeader>(retry) : std::span<const sip::ExtraHeader>());
  finished(in.cause, EndedBy::Border);
  close_session("setup failed");
  settle();
}

void Machine::answer_failure(const route::Answer& answer) {
  auto headers = as_extra(answer.headers);
  const std::string seconds = std::to_string(answer.retry_after.value_or(0));
  if (answer.retry_after) headers.push_back({"Retry-After", seconds});
  // Of several targets the best failure is told, and the cause is that one's.
  call_.a.told.refusal = answer.causes;
  respond_caller(answer.status, headers, {}, answer.reason);
  if (call_.record.attempts == 0) {
    finished(EndCause::Unreachable, EndedBy::Border);
  } else if (call_.gave_up_waiting) {
    finished(EndCause::NoAnswer, EndedBy::Border);
  } else {
    finished(EndCause::Rejected, EndedBy::Callee);
  }
  close_session("rejected");
  settle();
}

void Machine::next_or_fail(Event event, const Input& in) {
  if (event == Event::Reject && redial_longer(in)) return;
  Attempt& attempt = *call_.attempt;
  route::Failure failure;
  failure.early_media = attempt.early_media;
  if (event == Event::BranchDead) {
    failure.cause = in.failure;
  } else {
    failure.cause = route::Failure::Cause::Response;
    failure.status = static_cast<std::uint16_t>(in.message->status());
    // The far side's own words stay there: phrases name products and hosts. The code is what counts, and its standard
    // phrase is what the caller and the policy read.
    failure.reason = std::string(sip::reason_phrase_for(in.message->status()));
    failure.retry_after = sip::retry_after(*in.message);
    failure.causes = call_.a.told.refusal;
  }
  hunt_on(failure, event == Event::Reject ? in.message : nullptr);
}

void Machine::abandon_branch() {
  Attempt& attempt = *call_.attempt;
  route::Failure failure;
  failure.cause = attempt.rang ? route::Failure::Cause::RingTimeout : route::Failure::Cause::Timeout;
  failure.early_media = attempt.early_media;
  // The CANCEL waits for a provisional response if there was none (RFC 3261 9.1); the attempt is cleaned up aside.
  core_.layer.cancel(attempt.client, {}, now_, out_.transaction);
  call_.strays.push_back(std::move(attempt));
  call_.attempt.reset();
  hunt_on(failure);
}

// Who answered it has left the call; another fork may still answer.
void Machine::retire_attempt() {
  if (!call_.attempt) return;
  call_.attempt->finished = true;
  call_.strays.push_back(*std::move(call_.attempt));
  call_.attempt.reset();
}

void Machine::take_off_attempt() {
  if (!call_.attempt) return;
  core_.dialogs.erase(call_.attempt->start.local_tag);
  call_.attempt.reset();
}

// As on_failure is told of the hunt's current target; its attempt is the current one still, or was abandoned last.
policy::AttemptFacts Machine::attempt_facts(const route::Failure& failure, const route::Target& target) const {
  policy::AttemptFacts attempt;
  attempt.target = target.text();
  attempt.realm = target.realm;
  attempt.trunk = target.trunk;
  attempt.group = target.group;
  attempt.status = route::status_of(failure);
  attempt.cause = cause_word(failure.cause);
  attempt.reason = failure.reason;
  attempt.retry_after = failure.retry_after.value_or(0);
  attempt.rang = call_.attempt ? call_.attempt->rang : failure.cause == route::Failure::Cause::RingTimeout;
  attempt.early_media = failure.early_media;
  const Attempt* tried = call_.attempt ? &*call_.attempt : nullptr;
  if (tried == nullptr && failure.cause != route::Failure::Cause::Unresolved) tried = &call_.strays.back();
  attempt.elapsed_ms = milliseconds_between(tried != nullptr ? tried->started : now_, now_);
  if (tried != nullptr && tried->rang_at) {
    attempt.pdd_ms = milliseconds_between(tried->started, *tried->rang_at);
    attempt.rung_ms = milliseconds_between(*tried->rang_at, now_);
  }
  return attempt;
}

void Machine::hunt_on(const route::Failure& failure, const sip::MessagePtr& response) {
  disarm(call_.setup_timer);
  const route::Target target = *call_.hunt.current();
  const bool together = target.at_once != 0;
  if (!together) close_forks(nullptr);
  call_.repeat.reset();
  FailedTarget failed;
  failed.target = target;
  policy::AttemptFacts& attempt = failed.facts = attempt_facts(failure, target);
  attempt.number = static_cast<std::uint32_t>(call_.hunt.attempt());
  call_.gave_up_waiting = failure.cause == route::Failure::Cause::RingTimeout;
  failed.usual = call_.hunt.failed(failure, core_.health, now_);
  if (call_.hunt.next_is_same_name()) failed.repeat = repeat_of(call_.attempt, call_.b);
  attempt.remaining = static_cast<std::uint32_t>(call_.hunt.remaining());
  if (const route::Target* next = call_.hunt.next()) attempt.next = next->trunk.empty() ? next->text() : next->trunk;
  attempt.usual = failed.usual == route::Verdict::Next ? "next" : "stop";
  // Where one of several leads to is not where all should go: of those a redirection is a failure as others.
  if (response != nullptr && !together && is_redirection(*response)) {
    failed.response = response;
    auto& wish = failed.redirects;
    for (const auto& contact : redirect_contacts(*response))
      attempt.contacts.push_back(to_address(contact.address.uri, contact.address.display_text()));
    if (!attempt.contacts.empty()) wish = redirect_wish(*core_.settings, target);
    // trap 16: the caller's media is tied to who redirects so late.
    if (wish == policy::OnRedirect::Follow && failure.early_media) wish = policy::OnRedirect::Refuse;
    if (wish != policy::OnRedirect::Refuse) attempt.usual = wish == policy::OnRedirect::Follow ? "follow" : "pass";
  }
  if (!together) begin_asking();  // before it is one of those that failed
  if (call_.failures.size() < route::kMaxTargets) call_.failures.push_back(attempt);
  explain_with(core_.advisor, call_.record, now_, [&] { return call::failed(target, attempt); });
  const std::string tag = call_.attempt          ? call_.attempt->start.local_tag
                          : call_.strays.empty() ? std::string()
                                                 : call_.strays.back().start.local_tag;
  // One that has answered, and was hung up, may be answered once more by another of its forks.
  if (call_.attempt && call_.attempt->finished) {
    retire_attempt();
  } else {
    take_off_attempt();
  }
  if (together) {
    if (!last_at_once(failed, failure, tag)) return;
    begin_asking();
  }
  Asking& asking = *call_.asking;
  asking.failed = std::move(failed);
  failure_decided(core_.advisor.failure(asking.facts, asking.failed->facts));
}

void Machine::failure_decided(policy::Ruling<policy::FailureDecision> ruling) {
  if (const auto* pending = std::get_if<policy::Pending>(&ruling)) return wait_for_answer(*pending);
  FailedTarget failed = *std::move(call_.asking->failed);
  call_.asking.reset();
  const auto decision = std::get<policy::FailureDecision>(std::move(ruling));
  auto wish = failed.redirects;
  using Kind = policy::FailureDecision::Kind;
  if (decision.kind == Kind::Follow) wish = policy::OnRedirect::Follow;
  if (decision.kind == Kind::Pass) wish = policy::OnRedirect::Pass;
  const bool open = decision.kind == Kind::Usual || decision.kind == Kind::Follow || decision.kind == Kind::Pass;
  if (open && !failed.facts.contacts.empty() && redirected(*failed.response, failed.target, wish)) return;
  write_into_record(decision.cdr);
  std::vector<route::Target> replacement;
  if (decision.kind == policy::FailureDecision::Kind::Route) {
    replacement = plan_for(decision.candidates).targets;
  }
  if (call_.hunt.decide(failed.usual, decision, std::move(replacement)) == route::Verdict::Next) {
    if (call_.hunt.next_is_same_name()) repeat_next(std::move(failed.repeat));
    call_.hunt.advance();
    tell_of_dead_dialogs(failed.facts.status);
    try_target();
    return;
  }
  if (!announce_failure(decision.announcement)) answer_failure(call_.hunt.answer());
}

}  // namespace sbc::call
