// Candidates that are host names: their places are asked for when it is their turn (RFC 3263).

#include "sbc/call/machine.h"

namespace sbc::call {

void Machine::locate_target() {
  const route::Target& target = *call_.hunt.current();
  call_.state = State::Locating;
  out_.lookups.push_back(
      {.owner = call_.handle.pack(), .number = ++call_.lookups, .realm = target.realm, .host = *target.name});
}

// A remote target or first Route that is a host name: asked for when it is learned, so that a later BYE waits for
// nobody. Until the answer comes, requests go to where the peer was last seen.
void Machine::learn_way(Side side) {
  const Leg& leg = call_.leg(side);
  if (!leg.symmetric && leg.dialog) learn_way(side, *leg.dialog);
}

void Machine::learn_way(Side side, const dialog::Dialog& dialog) {
  Leg& leg = call_.leg(side);
  const auto host = name_of_next_hop(dialog);
  if (!host || *host == leg.way_of) return;
  leg.way_of = *host;
  leg.way.clear();
  leg.way_moved = false;
  leg.way_failures = 0;
  out_.lookups.push_back({.owner = call_.handle.pack(), .number = 0, .leg = side, .realm = leg.realm, .host = *host});
}

void Machine::try_places(const Input& in) {
  const route::Realm* realm = core_.settings->routes->realm(call_.hunt.current()->realm);
  if (realm == nullptr || !call_.hunt.located(*in.places, *realm, core_.health, now_)) {
    pass_over_name({.text = "none of its places can be tried now"});
    return;
  }
  try_target();
}

void Machine::pass_over_name(const Input& in) {
  note(Note::Level::Info, "not tried: " + call_.hunt.current()->text() + ": " + in.text);
  hunt_on({.cause = route::Failure::Cause::Unresolved});
}

}  // namespace sbc::call
