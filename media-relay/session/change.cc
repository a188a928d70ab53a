// Open and Modify: from the state that is wanted to ports and flows.

#include <algorithm>

#include "media-relay/session/limits.h"
#include "media-relay/session/sessions.h"
#include "media-relay/session/translate.h"

namespace session {

using control::Error;
using control::ErrorCode;

void Sessions::open(Asker asker, ControllerHandle owner, control::Open command, base::Instant now, Actions& out) {
  const std::size_t kind = control::Command(std::in_place_type<control::Open>).index();
  Controller& controller = *controllers_.find(owner);
  Change change{asker, true, std::move(command.spec), {}};
  if (const auto found = controller.sessions.find(command.id); found != controller.sessions.end()) {
    const Session& session = *sessions_.find(found->second);
    // The same again: the controller did not see our reply.
    if (session.spec == change.wanted) return answer(asker, kind, control::Opened{session.id, addresses(session)}, out);
    return start_change(found->second, std::move(change), now, out);
  }
  const bool first = change.wanted.first;
  if (draining_ && !first) return answer(asker, kind, Error{ErrorCode::Draining, "the relay is about to stop"}, out);
  if (sessions_.size() >= config_.max_sessions + (first ? 1 + config_.max_sessions / kRoomForFirst : 0))
    return answer(asker, kind,
                  Error{ErrorCode::SessionLimit, "all " + std::to_string(config_.max_sessions) + " sessions are taken"},
                  out);
  const SessionHandle handle = sessions_.emplace();
  Session& session = *sessions_.find(handle);
  session.owner = owner;
  session.id = command.id;
  session.opened = now;
  controller.sessions.emplace(std::move(command.id), handle);
  start_change(handle, std::move(change), now, out);
}

void Sessions::modify(Asker asker, SessionHandle handle, control::Modify command, base::Instant now, Actions& out) {
  start_change(handle, Change{asker, false, std::move(command.spec), {}}, now, out);
}

void Sessions::start_change(SessionHandle handle, Change change, base::Instant now, Actions& out) {
  Session& session = *sessions_.find(handle);
  session.change = std::move(change);
  std::optional<Error> error = check_networks(session.change->wanted);
  if (!error) error = add_flows(handle, *session.change, now);
  if (!error) error = check_transcoding(*session.change);
  if (error) return fail_change(handle, *std::move(error), now, out);
  ask_for_ports(session, out);
  if (session.change->unbound == 0) finish_change(handle, now, out);
}

void Sessions::ask_for_ports(Session& session, Actions& out) {
  for (std::size_t i = 0; i < session.change->next.size(); ++i) {
    const FlowHandle flow = session.change->next[i];
    FlowRecord& record = *flows_.find(flow);
    if (record.state != FlowState::Binding) continue;
    for (const flow::Side side : {flow::Side::A, flow::Side::B}) {
      if (record.carriers[flow::index_of(side)]) continue;
      HalfRecord& half = record.half[flow::index_of(side)];
      const control::FlowSpec& wanted = session.change->wanted.flows[i];
      half.dscp = (side == flow::Side::A ? wanted.a : wanted.b).dscp.value_or(config_.dscp);
      out.push_back(BindPair{flow, side, {config_.networks[half.network].bind, half.port}, half.dscp});
      ++session.change->unbound;
    }
  }
  for (const FreshHalf& fresh : session.change->fresh) {
    const HalfRecord& half = fresh.half;
    out.push_back(BindPair{fresh.flow, fresh.side, {config_.networks[half.network].bind, half.port}, half.dscp});
    ++session.change->unbound;
  }
}

std::optional<Error> Sessions::check_networks(const control::SessionSpec& spec) const {
  for (const control::FlowSpec& wanted : spec.flows) {
    const std::string where = "flow " + std::to_string(wanted.index) + ": ";
    if (std::string wrong = unknown_name(wanted); !wrong.empty()) return Error{ErrorCode::BadSpec, where + wrong};
    flow::Spec checked = flow_spec(spec, wanted, identity_);
    for (auto [half, out] : {std::pair{&wanted.a, &checked.a}, std::pair{&wanted.b, &checked.b}}) {
      const auto network = network_named(half->network);
      if (!network) return Error{ErrorCode::UnknownNetwork, where + "no network is named \"" + half->network + "\""};
      out->local_rtp.ip = config_.networks[*network].bind;
    }
    if (std::string wrong = flow::check(checked); !wrong.empty()) return Error{ErrorCode::BadSpec, where + wrong};
  }
  return std::nullopt;
}

namespace {

bool transcodes(const control::FlowSpec& flow) {
  return flow.a.transcode || flow.b.transcode;
}

}  // namespace

// Counted when the change is made; changes whose ports are being bound may go over by what they ask for.
std::optional<Error> Sessions::check_transcoding(const Change& change) {
  std::vector<std::size_t> more(worker_transcoded_.size());
  for (std::size_t i = 0; i < change.wanted.flows.size(); ++i) {
    const FlowRecord& record = *flows_.find(change.next[i]);
    if (!transcodes(change.wanted.flows[i]) || record.transcodes) continue;
    if (worker_transcoded_[record.worker] + ++more[record.worker] <= config_.max_transcoded) continue;
    ++counters_.transcoding_refused;
    return Error{ErrorCode::SessionLimit, "flow " + std::to_string(record.index) + ": its worker transcodes " +
                                              std::to_string(config_.max_transcoded) + " flows, as many as it may"};
  }
  return std::nullopt;
}

void Sessions::count_transcoding(FlowRecord& record, bool transcodes) {
  if (record.transcodes == transcodes) return;
  record.transcodes = transcodes;
  if (transcodes)
    ++worker_transcoded_[record.worker];
  else
    --worker_transcoded_[record.worker];
}

// By `shared` and `copies`, which have been checked: a flow that stands before.
std::array<FlowHandle, 2> Sessions::carriers_of(const Change& change, const control::FlowSpec& wanted) const {
  std::array<FlowHandle, 2> out{};
  for (auto [half, carrier] : {std::pair{&wanted.a, &out[0]}, std::pair{&wanted.b, &out[1]}}) {
    if (!half->shared && !half->copies) continue;
    const std::uint32_t index = half->shared ? half->shared->flow : half->copies->flow;
    for (const FlowHandle flow : change.next)
      if (const FlowRecord* record = flows_.find(flow); record != nullptr && record->index == index) *carrier = flow;
  }
  return out;
}

// The flow that serves this media line already, when its ports are in the right networks, or will be, or those of the
// same other flow. It may give up ports and use another flow's from now on (RFC 9143 7.4), not the other way round.
FlowHandle Sessions::kept_flow(const Session& session, const Change& change, const control::FlowSpec& wanted) const {
  for (const FlowHandle handle : session.flows) {
    const FlowRecord* record = flows_.find(handle);
    if (record == nullptr || record->index != wanted.index) continue;
    const auto carriers = carriers_of(change, wanted);
    const auto may_stay = [&](std::size_t side) {
      const FlowRecord* carrier = flows_.find(carriers[side]);
      return carriers[side] == record->carriers[side] ||
             (!record->carriers[side] && carrier != nullptr && carrier->worker == record->worker);
    };
    const auto fits = [&](flow::Side side, const std::string& network) {
      const std::size_t index = flow::index_of(side);
      return changes_party(session, change, wanted, side, handle) ||
             (config_.networks[record->half[index].network].name == network && may_stay(index));
    };
    return fits(flow::Side::A, wanted.a.network) && fits(flow::Side::B, wanted.b.network) ? handle : FlowHandle{};
  }
  return {};
}

std::optional<Error> Sessions::add_flows(SessionHandle handle, Change& change, base::Instant now) {
  const Session& session = *sessions_.find(handle);
  for (const control::FlowSpec& wanted : change.wanted.flows) {
    if (const FlowHandle kept = kept_flow(session, change, wanted)) {
      change.next.push_back(kept);
      if (auto error = take_fresh_pairs(session, change, wanted, kept, now)) return error;
      continue;
    }
    const FlowHandle added = flows_.emplace();
    change.next.push_back(added);
    FlowRecord& record = *flows_.find(added);
    record.session = handle;
    record.index = wanted.index;
    record.identity = identity_;
    record.carriers = carriers_of(change, wanted);
    // Flows that may share a transport walk on one thread.
    const FlowRecord* first = flows_.find(change.next.front());
    record.worker = added == change.next.front() || first == nullptr ? least_loaded_worker() : first->worker;
    ++worker_flows_[record.worker];
    record.half[0].network = *network_named(wanted.a.network);
    record.half[1].network = *network_named(wanted.b.network);
    for (std::size_t side = 0; side < record.half.size(); ++side)
      if (!record.carriers[side])
        if (auto error = take_pair(record.half[side], now)) return error;
  }
  return std::nullopt;
}

std::optional<Error> Sessions::take_pair(HalfRecord& half, base::Instant now) {
  PortPool& pool = pool_of(half.network);
  auto port = pool.acquire(now, random_);
  if (!port) {
    port = pool.acquire_early(now);
    if (port) ++counters_.ports_early;
  }
  if (!port)
    return Error{ErrorCode::NoPorts, "network " + config_.networks[half.network].name + ": none of " +
                                         std::to_string(pool.capacity()) + " port pairs is free (" +
                                         std::to_string(pool.in_use()) + " in use, " +
                                         std::to_string(pool.quarantined(now)) + " in quarantine)"};
  half.port = *port;
  ++half.attempts;
  return std::nullopt;
}

void Sessions::on_bound(const BindResult& result, base::Instant now, Actions& out) {
  FlowRecord* record = flows_.find(result.flow);
  Session* session = record == nullptr ? nullptr : sessions_.find(record->session);
  HalfRecord* wanted = session == nullptr || !session->change ? nullptr : half_being_bound(*session->change, result);
  if (wanted == nullptr) {
    // The change failed for another port while this one was being bound.
    if (result.bound) out.push_back(DropSockets{result.flow});
    return;
  }
  HalfRecord& half = *wanted;
  if (result.bound) {
    half.bound = true;
    if (--session->change->unbound == 0) finish_change(record->session, now, out);
    return;
  }
  ++counters_.bind_failures;
  // Somebody else has it: quarantine keeps it out of the way for a while.
  pool_of(half.network).release(half.port, now);
  half.port = 0;
  const std::string where = "network " + config_.networks[half.network].name + ": ";
  if (result.hopeless) return fail_change(record->session, Error{ErrorCode::Internal, where + result.text}, now, out);
  if (session->change->restoring)  // its peers know no other
    return fail_change(record->session, Error{ErrorCode::NoPorts, where + result.text}, now, out);
  if (half.attempts >= kMaxBindAttempts)
    return fail_change(record->session,
                       Error{ErrorCode::NoPorts, where + std::to_string(half.attempts) +
                                                     " port pairs could not be bound, the last: " + result.text},
                       now, out);
  if (auto error = take_pair(half, now)) return fail_change(record->session, *std::move(error), now, out);
  out.push_back(BindPair{result.flow, result.side, {config_.networks[half.network].bind, half.port}, half.dscp});
}

// Its ports are closed before anybody can be given them again: they rest.
void Sessions::give_up_ports(FlowRecord& record, const std::array<FlowHandle, 2>& carriers, base::Instant now) {
  for (std::size_t side = 0; side < carriers.size(); ++side) {
    if (!carriers[side] || record.carriers[side]) continue;
    HalfRecord& half = record.half[side];
    pool_of(half.network).release(half.port, now);
    half.port = 0;
    half.bound = false;
  }
  record.carriers = carriers;
}

void Sessions::finish_change(SessionHandle handle, base::Instant now, Actions& out) {
  Session& session = *sessions_.find(handle);
  Change change = *std::move(session.change);
  session.change.reset();
  use_fresh(change, now, out);
  for (std::size_t i = 0; i < change.next.size(); ++i)
    if (FlowRecord* record = flows_.find(change.next[i]); record != nullptr && record->state == FlowState::Installed)
      give_up_ports(*record, carriers_of(change, change.wanted.flows[i]), now);
  for (const FlowHandle old : session.flows) {
    FlowRecord* record = flows_.find(old);
    if (record == nullptr || std::ranges::find(change.next, old) != change.next.end()) continue;
    record->state = FlowState::Removing;
    session.leaving.push_back(old);
    out.push_back(RemoveFlow{old, record->worker});
  }
  session.spec = std::move(change.wanted);
  session.flows = std::move(change.next);
  std::vector<std::pair<std::uint32_t, std::string>> not_recorded;  // flow, reason
  for (std::size_t i = 0; i < session.flows.size(); ++i) {
    FlowRecord* record = flows_.find(session.flows[i]);
    if (record == nullptr) continue;  // its worker gave it up meanwhile; the session is doomed
    if (auto reason = update_recording(session.flows[i], session.spec.flows[i], out))
      not_recorded.emplace_back(record->index, *std::move(reason));
    flow::Spec spec = flow_spec(session.spec, session.spec.flows[i], record->identity);
    for (flow::HalfSpec* half : {&spec.a, &spec.b})
      if (half->play) half->play->audio = sounds_.find(half->play->sound);
    if (record->recording != 0) spec.record = flow::Record{record->recording, session.spec.flows[i].record->paused};
    count_transcoding(*record, transcodes(session.spec.flows[i]));
    record->epoch = ++last_epoch_;
    if (record->state == FlowState::Binding) {
      record->state = FlowState::Installed;
      out.push_back(InstallFlow{session.flows[i], record->worker, std::move(spec), record->carriers,
                                std::move(record->saved), std::move(record->last), record->epoch});
      record->saved.clear();
    } else {
      // Also when nothing changed: signalling has spoken, so the window for learning opens anew.
      out.push_back(ReplaceFlow{session.flows[i], record->worker, std::move(spec), record->epoch, record->carriers});
    }
  }
  if (!session.established) ++(change.restoring ? counters_.sessions_restored : counters_.sessions_opened);
  session.established = true;
  if (change.restoring) return after_change(handle, {}, now, out);
  if (change.opening)
    answer(change.asker, control::Command(std::in_place_type<control::Open>).index(),
           control::Opened{session.id, addresses(session)}, out);
  else
    answer(change.asker, control::Command(std::in_place_type<control::Modify>).index(),
           control::Modified{session.id, addresses(session)}, out);
  for (const auto& [flow, reason] : not_recorded) tell_recording_stopped(session, flow, reason, out);
  after_change(handle, std::exchange(session.deferred, {}), now, out);
}

void Sessions::fail_change(SessionHandle handle, Error error, base::Instant now, Actions& out) {
  Session& session = *sessions_.find(handle);
  Change change = *std::move(session.change);
  session.change.reset();
  for (const FlowHandle flow : change.next) {
    const FlowRecord* record = flows_.find(flow);
    if (record == nullptr || record->state != FlowState::Binding) continue;
    out.push_back(DropSockets{flow});
    erase_flow(flow, now);
  }
  for (FreshHalf& fresh : change.fresh) give_up_fresh(fresh, now, out);
  if (change.restoring) {
    const Controller* owner = controllers_.find(session.owner);
    note_not_restored(error.text, owner == nullptr ? std::string() : owner->id, session.id, out);
    return after_change(handle, {}, now, out);
  }
  const control::Command kind =
      change.opening ? control::Command(std::in_place_type<control::Open>) : control::Command(control::Modify{});
  answer(change.asker, kind.index(), std::move(error), out);
  after_change(handle, std::exchange(session.deferred, {}), now, out);
}

void Sessions::after_change(SessionHandle handle, std::vector<Deferred> deferred, base::Instant now, Actions& out) {
  Session& session = *sessions_.find(handle);
  const ControllerHandle owner = session.owner;
  if (!session.established) {
    if (Controller* controller = controllers_.find(owner)) controller->sessions.erase(session.id);
    sessions_.erase(handle);
  } else if (session.doomed) {
    close({}, handle, End(*session.doomed), out);
  }
  for (Deferred& waiting : deferred) run(waiting.asker, owner, std::move(waiting.command), now, out);
  forget_if_idle(owner);
}

flow::Spec Sessions::flow_spec(const control::SessionSpec& session, const control::FlowSpec& flow,
                               const IdentityPtr& identity) const {
  flow::Spec spec;
  spec.transport = flow.transport == control::Transport::Udptl ? flow::Transport::Udptl : flow::Transport::Rtp;
  spec.a = to_flow(flow.a);
  spec.b = to_flow(flow.b);
  for (flow::HalfSpec* half : {&spec.a, &spec.b})
    if (half->dtls) half->dtls->identity = identity;
  spec.a.dscp = flow.a.dscp.value_or(config_.dscp);
  spec.b.dscp = flow.b.dscp.value_or(config_.dscp);
  spec.latch_window = config_.latch_window;
  if (flow.kind == "text") spec.stream_silence = flow::kTextSilence;
  spec.steady = flow.kind == "audio" || flow.kind == "video";
  spec.probation = flow.kind == "audio";
  spec.media_timeout =
      session.media_timeout_ms == 0 ? config_.media_timeout : base::milliseconds(session.media_timeout_ms);
  // Who sees nothing may have shut his camera, and text comes when somebody types.
  if (flow.kind == "audio") spec.one_sided_timeout = base::milliseconds(session.one_sided_ms);
  spec.quality_interval = base::milliseconds(flow.quality_ms);
  spec.suspended = session.suspended;
  spec.srtp_engine = config_.srtp_engine;
  // Whoever gets copies is silent, and hears what others say.
  if (spec.a.copies || spec.b.copies) {
    spec.media_timeout = {};
    spec.one_sided_timeout = {};
    spec.quality_interval = {};
  }
  return spec;
}

std::vector<control::FlowAddresses> Sessions::addresses(const Session& session) const {
  std::vector<control::FlowAddresses> out;
  for (std::size_t i = 0; i < session.flows.size(); ++i) {
    const FlowRecord* record = flows_.find(session.flows[i]);
    if (record == nullptr) continue;
    const control::FlowSpec& spec = session.spec.flows[i];
    out.push_back({record->index, address(*record, flow::Side::A, spec.a), address(*record, flow::Side::B, spec.b)});
  }
  return out;
}

control::HalfAddress Sessions::address(const FlowRecord& record, flow::Side side, const control::HalfSpec& spec) const {
  const FlowRecord* carrier = flows_.find(record.carriers[flow::index_of(side)]);
  const FlowRecord& owner = carrier != nullptr ? *carrier : record;
  const HalfRecord& half = owner.half[flow::index_of(side)];
  const base::IpAddress& ip = config_.networks[half.network].advertised;
  control::HalfAddress told{{ip, half.port}, {ip, static_cast<std::uint16_t>(half.port + 1)}};
  if ((spec.dtls || spec.shared) && owner.identity) told.fingerprint = secure::text_of(owner.identity->fingerprint());
  return told;
}

}  // namespace session
