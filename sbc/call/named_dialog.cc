// Dialogs that bodies speak of (dialog-info, Event parameters), found by the tag that we gave them.

#include "sbc/call/calls.h"

namespace sbc::call {
namespace {

// The leg's dialog as we name it: "local" is ours. It may be early, when the tag of the callee is not known.
std::optional<body::DialogIds> ids_of(const Call& call, Side side) {
  if (const auto& dialog = call.leg(side).dialog)
    return body::DialogIds{
        .call_id = dialog->call_id(), .local_tag = dialog->local_tag(), .remote_tag = dialog->remote_tag()};
  if (side == Side::A)
    return body::DialogIds{.call_id = std::string(call.invite->call_id()),
                           .local_tag = call.local_tag_a,
                           .remote_tag = std::string(call.invite->from_tag())};
  if (!call.attempt) return std::nullopt;
  return body::DialogIds{
      .call_id = call.attempt->start.call_id, .local_tag = call.attempt->start.local_tag, .remote_tag = {}};
}

bool agree(std::string_view said, std::string_view known) {
  return said.empty() || known.empty() || said == known;
}

}  // namespace

std::optional<body::DialogIds> Calls::other_side(const body::DialogIds& named, std::string_view realm) const {
  // The peer's local end is our remote end; who speaks of our end names the tags the other way round.
  for (const bool mirrored : {true, false}) {
    const std::string& ours = mirrored ? named.remote_tag : named.local_tag;
    const std::string& theirs = mirrored ? named.local_tag : named.remote_tag;
    const auto found = core_.dialogs.find(ours);
    const Call* call = found != core_.dialogs.end() ? core_.calls.find(found->second.call) : nullptr;
    if (call == nullptr) continue;
    const Side side = found->second.side;
    const auto known = ids_of(*call, side);
    if (!known || known->call_id != named.call_id || !agree(theirs, known->remote_tag)) continue;
    // Toward the other leg we stand for the one that is spoken of.
    if (call->leg(other(side)).realm == realm) {
      auto ids = ids_of(*call, other(side));
      if (ids && !mirrored) std::swap(ids->local_tag, ids->remote_tag);
      return ids;
    }
    if (call->leg(side).realm == realm) return named;  // they are that side's own names
  }
  return std::nullopt;
}

}  // namespace sbc::call
