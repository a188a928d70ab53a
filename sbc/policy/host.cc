// The handlers as the border calls them: facts in, decision out, the default or the fallback where there is none.

#include "sbc/policy/host.h"

#include <utility>

#include "sbc/policy/answers.h"
#include "sbc/policy/state.h"

namespace sbc::policy {
namespace {

template <typename Decision>
void read_into(lua_State* lua, const Run& run) {
  read_answer(lua, *static_cast<Decision*>(run.out));
}

void read_nat_into(lua_State* lua, const Run& run) {
  read_nat_answer(lua, *static_cast<const LegFacts*>(run.arguments[0].facts), *static_cast<NatDecision*>(run.out));
}

template <typename Decision>
void read_for(lua_State* lua, const Run& run) {
  read_answer(lua, run.handler, *static_cast<Decision*>(run.out));
}

void read_nothing(lua_State* /*lua*/, const Run& /*run*/) {}

// What became of a run; `fallback` is the decision when it failed.
template <typename State, typename Ran, typename Decision>
void conclude(State& state, Ran ran, Outcome<Decision>& outcome, Decision fallback) {
  Engine& engine = state.engine();
  if (ran == Ran::Waits) {
    outcome.asks = Pending{.ticket = engine.invocation, .question = *std::exchange(engine.question, std::nullopt)};
    return;
  }
  if (ran == Ran::Failed) {
    outcome.decision = std::move(fallback);
    outcome.decision.where = "fallback";
  }
  outcome.log = std::move(engine.log);
  outcome.reads = std::exchange(engine.reading.reads, {});
  auto timers = std::exchange(engine.timers, {});
  if (ran != Ran::Failed) outcome.timers = std::move(timers);
}

InviteDecision refusal(std::uint16_t status) {
  InviteDecision decision;
  decision.status = status;
  return decision;
}

}  // namespace

Host::Host(std::unique_ptr<State> state) : state_(std::move(state)) {}
Host::~Host() = default;

std::expected<std::unique_ptr<Host>, PolicyError> Host::load(const Bundle& bundle, const Limits& limits,
                                                             const Environment& environment, const Fallback& fallback,
                                                             LinesRun* lines) {
  auto state = std::make_unique<State>(limits, environment, fallback);
  state->engine().lines = lines;
  if (auto loaded = state->load(bundle); !loaded) return std::unexpected(std::move(loaded.error()));
  return std::unique_ptr<Host>(new Host(std::move(state)));
}

bool Host::has(Handler handler) const {
  return state_->has(handler);
}
void Host::note_reads(bool wanted) {
  state_->engine().noting = wanted;
}
void Host::draw_from(Purse& purse) {
  state_->engine().purse = &purse;
}
void Host::set_hash(std::string hash) {
  state_->engine().hash = std::move(hash);
}
const std::string& Host::hash() const {
  return state_->engine().hash;
}
const Counters& Host::counters() const {
  return state_->engine().counters;
}
std::size_t Host::memory_in_use() const {
  return state_->engine().memory.in_use();
}

Outcome<InviteDecision> Host::on_invite(const InviteFacts& call, Lookup& lookup, Patience patience) {
  Outcome<InviteDecision> outcome;
  const State::Call what{.handler = Handler::Invite,
                         .arguments = {Argument{FactKind::Invite, &call}},
                         .argument_count = 1,
                         .read = read_into<InviteDecision>,
                         .lookup = &lookup,
                         .default_host = call.to.host,
                         .patience = patience};
  conclude(*state_, state_->run(what, &outcome.decision, outcome.error), outcome,
           refusal(state_->fallback().invite_status));
  return outcome;
}

Outcome<InviteDecision> Host::resume_invite(std::uint64_t ticket, Answer answer, Lookup& lookup) {
  Outcome<InviteDecision> outcome;
  const State::Resumption what{
      .handler = Handler::Invite, .ticket = ticket, .answer = std::move(answer), .lookup = &lookup};
  conclude(*state_, state_->resume(what, &outcome.decision, outcome.error), outcome,
           refusal(state_->fallback().invite_status));
  return outcome;
}

void Host::abandon(std::uint64_t ticket) {
  state_->abandon(ticket);
}
std::size_t Host::waiting() const {
  return state_->waiting();
}

Outcome<RegisterDecision> Host::on_register(const RegisterFacts& registration, Lookup& lookup) {
  Outcome<RegisterDecision> outcome;
  RegisterDecision& decision = outcome.decision;
  if (!has(Handler::Register)) {
    decision.kind = registration.trunk.empty() ? RegisterDecision::Kind::Challenge : RegisterDecision::Kind::Deny;
    if (registration.authenticated && registration.trunk.empty()) decision.kind = RegisterDecision::Kind::Accept;
    decision.where = "default";
    return outcome;
  }
  const State::Call what{.handler = Handler::Register,
                         .arguments = {Argument{FactKind::Register, &registration}},
                         .argument_count = 1,
                         .read = read_into<RegisterDecision>,
                         .lookup = &lookup,
                         .default_host = registration.to_header.host};
  RegisterDecision fallback;
  fallback.status = state_->fallback().register_status;
  conclude(*state_, state_->run(what, &decision, outcome.error), outcome, std::move(fallback));
  return outcome;
}

Outcome<RequestDecision> Host::on_request(const RequestFacts& request, Lookup& lookup) {
  Outcome<RequestDecision> outcome;
  outcome.decision.where = "default";
  if (!has(Handler::Request)) return outcome;
  const State::Call what{.handler = Handler::Request,
                         .arguments = {Argument{FactKind::Request, &request}},
                         .argument_count = 1,
                         .read = read_into<RequestDecision>,
                         .lookup = &lookup,
                         .default_host = request.to.host};
  conclude(*state_, state_->run(what, &outcome.decision, outcome.error), outcome, RequestDecision{});
  return outcome;
}

Outcome<NatDecision> Host::on_nat(const LegFacts& leg) {
  const NatDecision usual{.symmetric_signalling = leg.behind_nat,
                          .latch = leg.behind_nat ? Latch::Learn : Latch::Strict,
                          .latch_from = {},
                          .where = "default"};
  Outcome<NatDecision> outcome = asked_about(leg, usual);
  // Whoever is first at a port in the right moment would be learned: safe is the address that has been signalling.
  if (outcome.decision.latch_from.empty())
    if (const auto source = base::Prefix::parse(leg.source_ip)) outcome.decision.latch_from.push_back(*source);
  return outcome;
}

Outcome<NatDecision> Host::asked_about(const LegFacts& leg, const NatDecision& usual) {
  Outcome<NatDecision> outcome;
  outcome.decision = usual;
  if (!has(Handler::Nat)) return outcome;
  const State::Call what{.handler = Handler::Nat,
                         .arguments = {Argument{FactKind::Leg, &leg}},
                         .argument_count = 1,
                         .read = read_nat_into,
                         .lookup = nullptr,
                         .default_host = {}};
  if (state_->run(what, &outcome.decision, outcome.error) == State::Ran::Done) {
    outcome.decision.where = state_->where(Handler::Nat);
  } else {
    outcome.decision = usual;
    outcome.decision.where = "fallback";
  }
  outcome.log = std::move(state_->engine().log);
  outcome.reads = std::exchange(state_->engine().reading.reads, {});
  return outcome;
}

Outcome<FailureDecision> Host::on_failure(const InviteFacts& call, const AttemptFacts& attempt, Lookup& lookup,
                                          Patience patience) {
  Outcome<FailureDecision> outcome;
  outcome.decision.where = "default";
  if (!has(Handler::Failure)) return outcome;
  const State::Call what{.handler = Handler::Failure,
                         .arguments = {Argument{FactKind::Invite, &call}, Argument{FactKind::Attempt, &attempt}},
                         .argument_count = 2,
                         .read = read_into<FailureDecision>,
                         .lookup = &lookup,
                         .default_host = call.to.host,
                         .patience = patience};
  conclude(*state_, state_->run(what, &outcome.decision, outcome.error), outcome, FailureDecision{});
  return outcome;
}

Outcome<FailureDecision> Host::resume_failure(std::uint64_t ticket, Answer answer, Lookup& lookup) {
  Outcome<FailureDecision> outcome;
  outcome.decision.where = "default";
  const State::Resumption what{
      .handler = Handler::Failure, .ticket = ticket, .answer = std::move(answer), .lookup = &lookup};
  conclude(*state_, state_->resume(what, &outcome.decision, outcome.error), outcome, FailureDecision{});
  return outcome;
}

Outcome<Nothing> Host::on_media_quality(const InviteFacts& call, const QualityFacts& quality, Lookup& lookup) {
  return tell(Handler::MediaQuality, {Argument{FactKind::Invite, &call}, Argument{FactKind::Quality, &quality}},
              lookup);
}

Outcome<Nothing> Host::on_end(const InviteFacts& call, const EndFacts& end, Lookup& lookup) {
  return tell(Handler::End, {Argument{FactKind::Invite, &call}, Argument{FactKind::End, &end}}, lookup);
}

Outcome<ScreenDecision> Host::on_screen(const RequestFacts& request, Lookup& lookup) {
  Outcome<ScreenDecision> outcome;
  outcome.decision.where = has(Handler::Screen) ? state_->where(Handler::Screen) : "default";
  if (!has(Handler::Screen)) return outcome;
  const State::Call what{.handler = Handler::Screen,
                         .arguments = {Argument{FactKind::Request, &request}},
                         .argument_count = 1,
                         .read = read_into<ScreenDecision>,
                         .lookup = &lookup,
                         .default_host = request.to.host};
  conclude(*state_, state_->run(what, &outcome.decision, outcome.error), outcome, ScreenDecision{});
  return outcome;
}

Outcome<ResponseDecision> Host::on_provisional(const InviteFacts& call, const ResponseFacts& response, Lookup& lookup) {
  return ask<ResponseDecision>(Handler::Provisional,
                               {Argument{FactKind::Invite, &call}, Argument{FactKind::Response, &response}}, lookup);
}

Outcome<ResponseDecision> Host::on_answer(const InviteFacts& call, const ResponseFacts& response, Lookup& lookup) {
  return ask<ResponseDecision>(Handler::Answer,
                               {Argument{FactKind::Invite, &call}, Argument{FactKind::Response, &response}}, lookup);
}

Outcome<InsideDecision> Host::on_inside(Handler handler, const InviteFacts& call, const InsideFacts& event,
                                        Lookup& lookup) {
  return ask<InsideDecision>(handler, {Argument{FactKind::Invite, &call}, Argument{FactKind::Inside, &event}}, lookup);
}

Outcome<TimerDecision> Host::on_timer(const InviteFacts& call, const TimerFacts& due, Lookup& lookup) {
  return ask<TimerDecision>(Handler::Timer, {Argument{FactKind::Invite, &call}, Argument{FactKind::Timer, &due}},
                            lookup);
}

// What happens in a call, and may go another way than it usually does; it cannot wait.
template <typename Decision>
Outcome<Decision> Host::ask(Handler handler, const std::array<Argument, 2>& facts, Lookup& lookup) {
  Outcome<Decision> outcome;
  outcome.decision.where = has(handler) ? state_->where(handler) : "default";
  if (!has(handler)) return outcome;
  const State::Call what{.handler = handler,
                         .arguments = facts,
                         .argument_count = 2,
                         .read = read_for<Decision>,
                         .lookup = &lookup,
                         .default_host = static_cast<const InviteFacts*>(facts[0].facts)->to.host};
  conclude(*state_, state_->run(what, &outcome.decision, outcome.error), outcome, Decision{});
  return outcome;
}

// Nothing follows from what is only told; nobody waits for it.
Outcome<Nothing> Host::tell(Handler handler, const std::array<Argument, 2>& facts, Lookup& lookup) {
  Outcome<Nothing> outcome;
  if (!has(handler)) return outcome;
  const auto& call = *static_cast<const InviteFacts*>(facts[0].facts);
  const State::Call told{.handler = handler,
                         .arguments = facts,
                         .argument_count = 2,
                         .read = read_nothing,
                         .lookup = &lookup,
                         .default_host = call.to.host};
  state_->run(told, &outcome.decision, outcome.error);
  outcome.log = std::move(state_->engine().log);
  outcome.reads = std::exchange(state_->engine().reading.reads, {});
  return outcome;
}

}  // namespace sbc::policy
