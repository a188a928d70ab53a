// Another party takes the place of a half's peer (a transfer): the flow stays, so that the other half's peer hears one
// stream that goes on and keeps its address, and the half gets ports that the party before does not know, in another
// network if need be.

#include <algorithm>

#include "media-relay/session/sessions.h"

namespace session {
namespace {

const control::HalfSpec& half_of(const control::FlowSpec& flow, flow::Side side) {
  return side == flow::Side::A ? flow.a : flow.b;
}

}  // namespace

bool Sessions::changes_party(const Session& session, const Change& change, const control::FlowSpec& wanted,
                             flow::Side side, FlowHandle kept) const {
  const auto at = std::ranges::find(session.flows, kept);
  if (at == session.flows.end()) return false;
  const control::FlowSpec& before = session.spec.flows[static_cast<std::size_t>(at - session.flows.begin())];
  const std::size_t index = flow::index_of(side);
  return half_of(before, side).party != half_of(wanted, side).party && !carriers_of(change, wanted)[index] &&
         !flows_.find(kept)->carriers[index];
}

std::optional<control::Error> Sessions::take_fresh_pairs(const Session& session, Change& change,
                                                         const control::FlowSpec& wanted, FlowHandle kept,
                                                         base::Instant now) {
  for (const flow::Side side : {flow::Side::A, flow::Side::B}) {
    if (!changes_party(session, change, wanted, side, kept)) continue;
    FreshHalf& fresh = change.fresh.emplace_back(FreshHalf{kept, side, {}});
    fresh.half.network = *network_named(half_of(wanted, side).network);
    fresh.half.dscp = half_of(wanted, side).dscp.value_or(config_.dscp);
    if (auto error = take_pair(fresh.half, now)) return error;
  }
  return std::nullopt;
}

Sessions::HalfRecord* Sessions::half_being_bound(Change& change, const BindResult& result) {
  FlowRecord* record = flows_.find(result.flow);
  if (record == nullptr) return nullptr;
  if (record->state == FlowState::Binding) return &record->half[flow::index_of(result.side)];
  const auto at = std::ranges::find_if(
      change.fresh, [&](const FreshHalf& f) { return f.flow == result.flow && f.side == result.side; });
  return at == change.fresh.end() || at->half.bound ? nullptr : &at->half;
}

void Sessions::give_up_fresh(FreshHalf& fresh, base::Instant now, Actions& out) {
  if (fresh.half.port != 0) pool_of(fresh.half.network).release(fresh.half.port, now);
  out.push_back(DropSockets{fresh.flow});
}

// Its worker has given the flow up, and the session ends when the change is over.
void Sessions::forget_fresh(SessionHandle handle, FlowHandle flow, base::Instant now, Actions& out) {
  Session* session = sessions_.find(handle);
  if (session == nullptr || !session->change) return;
  Change& change = *session->change;
  std::size_t waiting = 0;
  std::erase_if(change.fresh, [&](FreshHalf& fresh) {
    if (fresh.flow != flow) return false;
    waiting += fresh.half.bound ? 0 : 1;
    give_up_fresh(fresh, now, out);
    return true;
  });
  change.unbound -= waiting;
  if (waiting != 0 && change.unbound == 0) finish_change(handle, now, out);
}

void Sessions::use_fresh(Change& change, base::Instant now, Actions& out) {
  for (FreshHalf& fresh : change.fresh) {
    FlowRecord* record = flows_.find(fresh.flow);
    if (record == nullptr) {
      give_up_fresh(fresh, now, out);
      continue;
    }
    HalfRecord& half = record->half[flow::index_of(fresh.side)];
    // As with ports that are given up: they rest until their sockets are closed for certain.
    pool_of(half.network).release(half.port, now);
    half = fresh.half;
  }
}

}  // namespace session
