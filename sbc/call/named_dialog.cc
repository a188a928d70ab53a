// Dialogs that bodies speak of (dialog-info, Event parameters), as the side that gets the body calls them.

#include "sbc/call/calls.h"
#include "sbc/call/dialog_pairs.h"

namespace sbc::call {

std::optional<body::DialogIds> Calls::other_side(const body::DialogIds& named, std::string_view realm) const {
  auto pair = call::pair_of(core_, named);
  if (!pair) return std::nullopt;
  // Toward the other leg we stand for the one that is spoken of.
  if (pair->across.realm == realm) return std::move(pair->across.ids);
  if (pair->named.realm == realm) return named;  // they are that side's own names
  return std::nullopt;
}

std::optional<DialogPair> Calls::pair_of(const body::DialogIds& named) const {
  return call::pair_of(core_, named);
}

void Calls::learn(const body::DialogIds& named, DialogPair pair) {
  core_.foreign.learn(named, std::move(pair));
}

}  // namespace sbc::call
