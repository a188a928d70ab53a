#include "sbc/call/dialog_pairs.h"

#include "sbc/call/core.h"
#include "sbc/call/mapped_ids.h"
#include "sbc/call/rivals.h"

namespace sbc::call {
namespace {

std::string key_of(const body::DialogIds& ids) {
  return ids.call_id + '\n' + ids.local_tag + '\n' + ids.remote_tag;  // no grammar allows a line end in them
}

// The leg's dialog as we name it: "local" is ours. An early one is that of the fork that the other leg's name stands
// for; without one the tag of the callee is not known.
std::optional<body::DialogIds> ids_of(const Call& call, Side side, const Fork* fork) {
  if (const auto& dialog = call.leg(side).dialog)
    return body::DialogIds{
        .call_id = dialog->call_id(), .local_tag = dialog->local_tag(), .remote_tag = dialog->remote_tag()};
  if (side == Side::A) {
    return body::DialogIds{.call_id = std::string(call.invite->call_id()),
                           .local_tag = fork != nullptr && !fork->tag.empty() ? fork->tag : call.local_tag_a,
                           .remote_tag = std::string(call.invite->from_tag())};
  }
  if (fork != nullptr && fork->b)
    return body::DialogIds{.call_id = fork->b->call_id(), .local_tag = fork->attempt, .remote_tag = fork->remote_tag};
  if (!call.attempt) return std::nullopt;
  return body::DialogIds{
      .call_id = call.attempt->start.call_id, .local_tag = call.attempt->start.local_tag, .remote_tag = {}};
}

// An INVITE of ours that nobody has answered yet: its early dialog may be known at the far end only.
std::optional<NamedLeg> find_attempt(const Core& core, std::string_view call_id, std::string_view ours) {
  const auto found = core.dialogs.find(ours);
  const Call* call = found != core.dialogs.end() ? core.calls.find(found->second.call) : nullptr;
  if (call == nullptr || found->second.side != Side::B || call->b.dialog) return std::nullopt;
  const Attempt* attempt = attempt_of_tag(*call, ours);
  if (attempt == nullptr || attempt->start.call_id != call_id) return std::nullopt;
  return NamedLeg{.at = found->second, .early = true};
}

std::optional<DialogPair> pair_from(const Core& core, const body::DialogIds& named, bool mirrored) {
  const std::string& ours = mirrored ? named.remote_tag : named.local_tag;
  const std::string& theirs = mirrored ? named.local_tag : named.remote_tag;
  auto found = ours.empty() ? std::nullopt : find_leg(core, named.call_id, ours, theirs);
  if (!found && !ours.empty()) found = find_attempt(core, named.call_id, ours);
  if (!found) return std::nullopt;
  const Call& call = *core.calls.find(found->at.call);
  const Side side = found->at.side;
  auto ids = ids_of(call, other(side), found->fork);
  if (!ids) return std::nullopt;
  // Toward the other leg we stand for the end that this one's peer is.
  if (!mirrored) std::swap(ids->local_tag, ids->remote_tag);
  const Leg& leg = call.leg(side);
  const Leg& across = call.leg(other(side));
  return DialogPair{.named = {leg.realm, leg.trunk, named},
                    .across = {across.realm, across.trunk, *std::move(ids)},
                    .early = found->early};
}

}  // namespace

// The peer's local end is our remote end; who speaks of our end names the tags the other way round.
std::optional<DialogPair> pair_of(const Core& core, const body::DialogIds& named) {
  for (const bool mirrored : {true, false})
    if (auto pair = pair_from(core, named, mirrored)) return pair;
  const DialogPair* foreign = core.foreign.find(named);
  return foreign != nullptr ? std::optional(*foreign) : std::nullopt;
}

void ForeignDialogs::learn(const body::DialogIds& asked, DialogPair pair) {
  std::string key = key_of(asked);
  if (pairs_.insert_or_assign(key, std::move(pair)).second) order_.push_back(std::move(key));
  if (order_.size() <= kMost) return;
  pairs_.erase(order_.front());
  order_.pop_front();
}

const DialogPair* ForeignDialogs::find(const body::DialogIds& asked) const {
  if (pairs_.empty()) return nullptr;
  const auto found = pairs_.find(key_of(asked));
  return found != pairs_.end() ? &found->second : nullptr;
}

}  // namespace sbc::call
