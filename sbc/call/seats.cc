#include "sbc/call/seats.h"

#include <set>
#include <string_view>

#include "sbc/call/core.h"
#include "sbc/call/rivals.h"

namespace sbc::call {
namespace {

void follow(Occupancy& occupancy, Occupancy::Of what, std::string_view name, Occupancy::Seat& seat) {
  if (seat.name() == name) return;
  seat = name.empty() ? Occupancy::Seat() : occupancy.take(what, name);
}

// Each of those that ring takes a line; a user whose telephones ring is called once.
void follow_rivals(Occupancy& occupancy, Call& call) {
  std::set<std::string_view> users = {call.b.aor};
  auto& seats = call.seats->rivals;
  const std::size_t count = call.at_once ? call.at_once->rivals.size() : 0;
  seats.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Leg& leg = call.at_once->rivals[i].leg;
    follow(occupancy, Occupancy::Of::Realm, leg.realm, seats[i].realm);
    follow(occupancy, Occupancy::Of::Trunk, leg.trunk, seats[i].trunk);
    follow(occupancy, Occupancy::Of::User, users.insert(leg.aor).second ? leg.aor : std::string(), seats[i].user);
  }
}

}  // namespace

void follow_seats(Core& core, Call& call) {
  Occupancy* occupancy = core.advisor.occupancy();
  if (occupancy == nullptr) return;
  const bool over = call.state == State::Closing || call.state == State::Ended;
  if (over) {
    if (call.seats) call.seats.reset();
    return;
  }
  if (!call.seats) call.seats = std::make_unique<Seats>();
  for (const Side side : {Side::A, Side::B}) {
    const Leg& leg = call.leg(side);
    const bool there = side == Side::A || call.attempt || leg.dialog;
    auto& seats = call.seats->legs[side == Side::A ? 0 : 1];
    const std::string_view none;
    const std::string_view user = leg.user.empty() ? leg.aor : leg.user;
    follow(*occupancy, Occupancy::Of::Realm, there ? leg.realm : none, seats.realm);
    follow(*occupancy, Occupancy::Of::Trunk, there ? leg.trunk : none, seats.trunk);
    follow(*occupancy, Occupancy::Of::User, there ? user : none, seats.user);
  }
  if (call.at_once || !call.seats->rivals.empty()) follow_rivals(*occupancy, call);
}

}  // namespace sbc::call
