#include "sbc/call/known_leg.h"

#include "sbc/call/calls.h"
#include "sbc/call/mapped_ids.h"

namespace sbc::call {

std::string party_of(const Call& call, Side side) {
  if (side == Side::B && !call.b.aor.empty()) return call.b.aor;
  if (side == Side::A && !call.arrival.registered_aor.empty()) return call.arrival.registered_aor;
  const auto& dialog = call.leg(side).dialog;
  if (!dialog) return {};
  const auto party = sip::parse_name_addr(dialog->remote_uri());
  return party ? to_address(party->uri, {}).aor : "";
}

std::optional<KnownLeg> known_leg(const Core& core, const body::DialogIds& named) {
  if (named.local_tag.empty() || named.remote_tag.empty()) return std::nullopt;
  const auto found = find_dialog(core, named.call_id, named.local_tag, named.remote_tag);
  if (!found) return std::nullopt;
  const Call& call = *core.calls.find(found->call);
  const Leg& near = call.leg(found->side);
  const Leg& far = call.leg(other(found->side));
  KnownLeg leg{.realm = near.realm,
               .trunk = near.trunk,
               .party = party_of(call, found->side),
               .by_peer = near.dialog->local_tag() == named.local_tag,
               .far = {},
               .far_realm = far.realm,
               .far_trunk = far.trunk};
  if (far.dialog)
    leg.far = {
        .call_id = far.dialog->call_id(), .local_tag = far.dialog->local_tag(), .remote_tag = far.dialog->remote_tag()};
  return leg;
}

std::optional<KnownLeg> Calls::known_leg(const body::DialogIds& named) const {
  return call::known_leg(core_, named);
}

}  // namespace sbc::call
