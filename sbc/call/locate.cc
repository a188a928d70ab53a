// Candidates that are host names: their places are asked for when it is their turn (RFC 3263).

#include "sbc/call/machine.h"

namespace sbc::call {

void Machine::locate_target() {
  const route::Target& target = *call_.hunt.current();
  call_.state = State::Locating;
  out_.lookups.push_back(
      {.owner = call_.handle.pack(), .number = ++call_.lookups, .realm = target.realm, .host = *target.name});
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
