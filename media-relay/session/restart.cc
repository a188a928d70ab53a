// What a relay that stops leaves to its successor, and what the successor makes of it.

#include <algorithm>

#include "media-relay/session/sessions.h"

namespace session {

void Sessions::begin_save(Actions& out) {
  draining_ = true;
  sessions_.for_each([&](SessionHandle, Session& session) {
    if (session.change) return;  // its controller never hears that it was carried out, and does not count on it
    for (const FlowHandle handle : session.flows) {
      FlowRecord* record = flows_.find(handle);
      if (record == nullptr || record->state != FlowState::Installed) continue;
      record->state = FlowState::Saving;
      ++unsaved_;
      out.push_back(SaveFlow{handle, record->worker});
    }
  });
}

void Sessions::on_flow_saved(FlowHandle flow, std::string saved, std::uint64_t round) {
  if (round != 0) return take_checkpoint(flow, std::move(saved), round);
  FlowRecord* record = flows_.find(flow);
  if (record == nullptr || record->state != FlowState::Saving) return;
  record->state = FlowState::Saved;
  record->saved = std::move(saved);
  --unsaved_;
}

bool Sessions::is_saved(const Session& session) const {
  return !session.change && std::ranges::all_of(session.flows, [this](FlowHandle handle) {
    const FlowRecord* record = flows_.find(handle);
    return record != nullptr && record->state == FlowState::Saved && !record->saved.empty();
  });
}

SavedSession Sessions::saved_session(Session& session, std::vector<IdentityPtr>& identities) {
  SavedSession out{session.id, session.spec, session.opened, {}, session.ended};
  for (const FlowHandle handle : session.flows) {
    FlowRecord& record = *flows_.find(handle);
    SavedFlow flow;
    flow.index = record.index;
    flow.ledger = handle.slot;
    flow.epoch = record.epoch;
    for (std::size_t i = 0; i < flow.half.size(); ++i)
      flow.half[i] = {config_.networks[record.half[i].network].name, record.half[i].port};
    if (record.identity) {
      auto known = std::ranges::find(identities, record.identity);
      if (known == identities.end()) known = identities.insert(identities.end(), record.identity);
      flow.identity = static_cast<std::size_t>(known - identities.begin()) + 1;
    }
    flow.state = std::move(record.saved);
    out.flows.push_back(std::move(flow));
  }
  return out;
}

Snapshot Sessions::snapshot(base::WallTime wall, base::Instant now, Actions& out) {
  Snapshot snapshot;
  snapshot.written = wall;
  snapshot.at = now;
  snapshot.instance = config_.instance;
  const std::vector<SavedRest> abandoned = abandoned_ports(now);
  std::vector<IdentityPtr> identities;
  controllers_.for_each([&](ControllerHandle, Controller& controller) {
    SavedController saved{controller.id, controller.lease, {}};
    for (const auto& [id, handle] : controller.sessions) {
      Session& session = *sessions_.find(handle);
      if (is_saved(session)) {
        ++counters_.sessions_saved;
        saved.sessions.push_back(saved_session(session, identities));
      } else {
        ++counters_.sessions_not_saved;
        out.push_back(
            Note{"session not kept over the restart: a change or a handshake is under way, or its SRTP engine "
                 "does not tell its counters",
                 controller.id, id});
      }
    }
    if (!saved.sessions.empty()) snapshot.controllers.push_back(std::move(saved));
  });
  for (const IdentityPtr& identity : identities) snapshot.identities.push_back(identity->saved());
  snapshot.resting = resting_ports(now);
  snapshot.resting.insert(snapshot.resting.end(), abandoned.begin(), abandoned.end());
  return snapshot;
}

// Those of what the successor does not get: its peers go on sending there, and must not be heard in another call.
std::vector<SavedRest> Sessions::abandoned_ports(base::Instant now) {
  std::vector<SavedRest> out;
  flows_.for_each([&](FlowHandle, const FlowRecord& record) {
    const Session* session = sessions_.find(record.session);
    if (session != nullptr && is_saved(*session)) return;
    for (const HalfRecord& half : record.half)
      if (half.port != 0) out.push_back({config_.networks[half.network].name, half.port, now + config_.quarantine});
  });
  return out;
}

std::vector<SavedRest> Sessions::resting_ports(base::Instant now) {
  std::vector<SavedRest> out;
  std::vector<std::size_t> told;  // pools: networks may share one
  for (std::size_t i = 0; i < config_.networks.size(); ++i) {
    if (std::ranges::find(told, pool_index_[i]) != told.end()) continue;
    told.push_back(pool_index_[i]);
    for (const PortPool::Rest& rest : pool_of(i).resting(now))
      out.push_back({config_.networks[i].name, rest.port, rest.until});
  }
  return out;
}

void Sessions::tell_stopping(base::Duration resume, Actions& out) {
  const auto time = std::chrono::duration_cast<base::milliseconds>(resume).count();
  controllers_.for_each([&](ControllerHandle, Controller& controller) {
    tell(controller, control::EventKind::Stopping, control::Stopping{static_cast<std::uint32_t>(time)}, out);
  });
}

void Sessions::restore(Snapshot snapshot, base::Instant now, Actions& out) {
  config_.instance = snapshot.instance;
  for (const SavedRest& rest : snapshot.resting)
    if (const auto network = network_named(rest.network); network && rest.until > now)
      pool_of(*network).rest(rest.port, std::min(rest.until, now + config_.quarantine));
  std::vector<IdentityPtr> identities;
  for (const std::string& saved : snapshot.identities)
    identities.push_back(secure::Identity::restore(saved).value_or(nullptr));
  for (SavedController& controller : snapshot.controllers)
    for (SavedSession& session : controller.sessions) {
      const control::SessionId id = session.id;
      if (!snapshot.planned &&
          !std::ranges::all_of(session.flows, [](const SavedFlow& f) { return f.last != nullptr; })) {
        rest_ports(session, now);
        note_not_restored("it was changed or closed after the last checkpoint", controller.id, id, out);
      } else if (!restore_session(controller.id, controller.lease, session, identities, now, out)) {
        rest_ports(session, now);
        note_not_restored("it does not fit the configuration", controller.id, id, out);
      }
    }
}

// As if it had just ended.
void Sessions::rest_ports(const SavedSession& lost, base::Instant now) {
  for (const SavedFlow& flow : lost.flows)
    for (const SavedHalf& half : flow.half)
      if (const auto network = network_named(half.network); network && half.port != 0)
        pool_of(*network).rest(half.port, now + config_.quarantine);
}

// False: neither the session nor anything of it is there. Later its ports may still turn out to be taken.
bool Sessions::restore_session(const std::string& controller_id, base::Duration lease, SavedSession& saved,
                               const std::vector<IdentityPtr>& identities, base::Instant now, Actions& out) {
  if (sessions_.size() >= config_.max_sessions || check_networks(saved.spec)) return false;
  const ControllerHandle owner = controller_named(controller_id);
  if (!owner) return false;
  Controller& controller = *controllers_.find(owner);
  controller.lease = std::clamp(lease, kShortestLease, std::max(kShortestLease, config_.longest_lease));
  controller.heard = now;
  arm_lease(owner, now);
  const SessionHandle handle = sessions_.emplace();
  if (!controller.sessions.emplace(saved.id, handle).second) {
    sessions_.erase(handle);
    return false;
  }
  Session& session = *sessions_.find(handle);
  session.owner = owner;
  session.id = saved.id;
  session.opened = saved.opened;
  session.ended = std::move(saved.ended);
  if (session.ended.size() > kMaxEndedFlows) session.ended.resize(kMaxEndedFlows);
  session.change = Change{{}, true, saved.spec, {}, 0, true};
  if (const auto wrong = restore_flows(handle, saved, identities)) {
    rest_ports(saved, now);  // those that were not taken
    fail_change(handle, control::Error{control::ErrorCode::Internal, *wrong}, now, out);
    return true;
  }
  if (auto error = check_transcoding(*session.change)) {
    fail_change(handle, *std::move(error), now, out);
    return true;
  }
  ask_for_ports(session, out);
  if (session.change->unbound == 0) finish_change(handle, now, out);
  return true;
}

// Empty, or why not.
std::optional<std::string> Sessions::restore_flows(SessionHandle handle, SavedSession& saved,
                                                   const std::vector<IdentityPtr>& identities) {
  Session& session = *sessions_.find(handle);
  for (std::size_t i = 0; i < saved.flows.size(); ++i) {
    SavedFlow& flow = saved.flows[i];
    const control::FlowSpec& wanted = saved.spec.flows[i];
    const FlowHandle added = flows_.emplace();
    session.change->next.push_back(added);
    FlowRecord& record = *flows_.find(added);
    record.session = handle;
    record.index = flow.index;
    record.carriers = carriers_of(*session.change, wanted);
    const FlowRecord* first = flows_.find(session.change->next.front());
    record.worker = i == 0 || first == nullptr ? least_loaded_worker() : first->worker;
    ++worker_flows_[record.worker];
    record.saved = std::move(flow.state);
    record.last = std::move(flow.last);
    if (flow.identity > identities.size()) return "its certificate is missing";
    if (flow.identity != 0) record.identity = identities[flow.identity - 1];
    if ((wanted.a.dtls || wanted.b.dtls) && !record.identity) return "its certificate cannot be read";
    const std::array<const control::HalfSpec*, 2> spec{&wanted.a, &wanted.b};
    for (std::size_t h = 0; h < record.half.size(); ++h) {
      const SavedHalf& half = flow.half[h];
      const auto network = network_named(half.network);
      if (!network || half.network != spec[h]->network) return "its network is gone";
      record.half[h].network = *network;
      if (record.carriers[h]) continue;
      if (!pool_of(*network).take(half.port)) return "its ports are not of network " + half.network;
      record.half[h].port = half.port;
    }
  }
  return std::nullopt;
}

void Sessions::note_not_restored(const std::string& why, const std::string& controller, const control::SessionId& id,
                                 Actions& out) {
  ++counters_.sessions_not_restored;
  out.push_back(Note{"session of before the restart is lost: " + why, controller, id});
}

}  // namespace session
