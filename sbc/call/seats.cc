#include "sbc/call/seats.h"

#include "sbc/call/core.h"

namespace sbc::call {
namespace {

void follow(Occupancy& occupancy, Occupancy::Of what, std::string_view name, Occupancy::Seat& seat) {
  if (seat.name() == name) return;
  seat = name.empty() ? Occupancy::Seat() : occupancy.take(what, name);
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
}

}  // namespace sbc::call
