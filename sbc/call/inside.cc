// What a party wants inside an answered call (a re-INVITE, a REFER, an INFO, a digit), put before the policy where it
// has a handler for that; and the timers of the policy's own.

#include <chrono>

#include "media-relay/base/text.h"

#include "sbc/body/multipart.h"
#include "sbc/call/extra_headers.h"
#include "sbc/call/machine.h"
#include "sbc/call/refer.h"
#include "sbc/call/timers.h"

namespace sbc::call {
namespace {

using policy::Handler;

std::uint32_t milliseconds_of(base::Duration d) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<base::milliseconds>(d).count());
}

// RFC 3326. "" when the policy has said nothing.
std::string reason_line(std::uint16_t status, std::string_view phrase) {
  if (status == 0 && phrase.empty()) return {};
  std::string line = "Reason: " + (status != 0 ? "SIP;cause=" + std::to_string(status) : std::string("Q.850;cause=31"));
  if (phrase.empty()) phrase = sip::reason_phrase_for(status);
  line += ";text=\"";
  for (const char c : phrase) {
    if (c == '"' || c == '\\') line += '\\';
    line += c;
  }
  return line + "\"\r\n";
}

}  // namespace

bool Machine::hears(Handler handler) const {
  const bool talks =
      call_.record.answered && call_.state != State::Closing && call_.state != State::Ended && !call_.takeover;
  return talks && core_.advisor.hears(handler, call_.arrival);
}

// The facts look into the INVITE, which is kept as text otherwise.
template <typename Ask>
auto Machine::ask_with_facts(Ask ask) {
  const bool stowed = call_.invite.stowed();
  const sip::MessagePtr invite = call_.invite.get();
  auto decision = ask(facts());
  if (stowed) call_.invite.stow();
  set_timers();
  return decision;
}

policy::InsideFacts Machine::inside_facts(std::string_view event, const Input& in) const {
  policy::InsideFacts facts;
  facts.event = event;
  facts.party = std::string(name_of(in.side == Side::A ? EndedBy::Caller : EndedBy::Callee));
  facts.elapsed_ms = milliseconds_of(now_ - call_.answered_at);
  if (in.message == nullptr) return facts;
  const sip::Message& request = *in.message;
  facts.method = request.method_text();
  facts.content_type = body::bare_type(request.find(sip::HeaderId::ContentType).value_or(""));
  facts.body = request.body();
  facts.has_sdp = sdp_of(request).value_or(std::nullopt).has_value();
  facts.headers = header_views(request);
  return facts;
}

// False: it goes its usual way.
bool Machine::policy_stops(Handler handler, const policy::InsideFacts& event, const Input& in) {
  const auto decision =
      ask_with_facts([&](const policy::InviteFacts& facts) { return core_.advisor.inside(handler, facts, event); });
  using Kind = policy::InsideDecision::Kind;
  if (decision.kind == Kind::Usual) return false;
  if (decision.kind == Kind::HangUp) {
    // RFC 3261 15.1.2: what waits for an answer gets 487. A digit has been taken.
    if (in.message != nullptr) respond_to(in, handler == Handler::Dtmf ? 200 : 487);
    policy_hangs_up(handler, decision.status, decision.reason);
    return true;
  }
  ++core_.counters.refused_by_policy[handler == Handler::Reinvite ? 0 : handler == Handler::Refer ? 1 : 2];
  note(Note::Level::Info,
       event.method + " of the " + event.party + " refused by the policy: " + std::to_string(decision.status));
  respond_to(in, decision.status, as_extra(decision.headers), decision.reason);
  return true;
}

void Machine::policy_hangs_up(Handler handler, std::uint16_t status, const std::string& phrase) {
  ++core_.counters.policy_hang_ups;
  note(Note::Level::Info, "the policy hangs up: " + std::string(policy::name_of(handler)));
  feed(Event::Kill, {.cause = EndCause::HungUp, .lines = reason_line(status, phrase), .status = status});
}

bool Machine::policy_stops_offer(const Input& in) {
  if (!hears(Handler::Reinvite)) return false;
  auto event = inside_facts("reinvite", in);
  const auto sdp = sdp_of(*in.message);
  if (sdp && *sdp) event.hold = call_.media.hold_change(in.side, **sdp);
  if (sdp && *sdp) event.unchanged = call_.media.unchanged(in.side, **sdp);
  return policy_stops(Handler::Reinvite, event, in);
}

bool Machine::policy_stops_refer(const Input& in) {
  if (!hears(Handler::Refer)) return false;
  auto event = inside_facts("refer", in);
  const auto target = read_refer_to(*in.message);
  if (target)
    if (const auto uri = sip::parse_uri(target->uri)) event.refer_to = to_address(*uri, {});
  return policy_stops(Handler::Refer, event, in);
}

bool Machine::policy_stops_info(const Input& in) {
  return hears(Handler::Info) && policy_stops(Handler::Info, inside_facts("info", in), in);
}

// `in.message`: the INFO by which it came; null: it came in the media. True: the call ends.
bool Machine::policy_stops_digit(const Input& in, const InfoDigit& digit) {
  if (!hears(Handler::Dtmf)) return false;
  auto event = inside_facts("dtmf", in);
  event.digit = std::string(1, digit.digit);
  event.duration_ms = digit.duration_ms;
  return policy_stops(Handler::Dtmf, event, in);
}

// --- timers -----------------------------------------------------------------------------------------------------

void Machine::set_timers() {
  const auto ops = core_.advisor.take_timers();
  if (ops.empty() || call_.state == State::Closing || call_.state == State::Canceling || call_.state == State::Ended)
    return;
  if (!call_.timers) call_.timers = std::make_unique<PolicyTimers>();
  for (const auto& op : ops) {
    if (call_.timers->apply(op, now_)) continue;
    ++core_.counters.policy_timers_left_out;
    note(Note::Level::Warning, "timer " + base::printable(op.name) + " is not set: the call has too many");
  }
  arm(call_.timers->deadline, TimerKind::Policy, call_.timers->next());
}

void Machine::stop_timers() {
  if (!call_.timers) return;
  disarm(call_.timers->deadline);
  call_.timers.reset();
}

void Machine::policy_timer_due() {
  while (call_.timers) {
    const auto due = call_.timers->take_due(now_);
    if (!due) break;
    ++core_.counters.policy_timers;
    if (!core_.advisor.hears(Handler::Timer, call_.arrival)) continue;
    const policy::TimerFacts facts_of_timer{
        .name = due->name, .number = due->number, .elapsed_ms = milliseconds_of(now_ - call_.began)};
    const auto decision =
        ask_with_facts([&](const policy::InviteFacts& facts) { return core_.advisor.timer(facts, facts_of_timer); });
    if (decision.kind == policy::TimerDecision::Kind::HangUp)
      return policy_hangs_up(Handler::Timer, decision.status, decision.reason);
  }
  if (call_.timers) arm(call_.timers->deadline, TimerKind::Policy, call_.timers->next());
}

}  // namespace sbc::call
