#pragma once
// What the exhaustive explorer plays on: the usual stage, and two more peers that make calls of their own.

#include <string_view>

#include "rig.h"

namespace sbc::call::test {

constexpr std::string_view kAllow = "Allow: INVITE, ACK, CANCEL, BYE, UPDATE\r\n";

// Each call has one session, and one more while it leaves that of a relay that drains.
inline std::size_t most_sessions(const Rig& rig) {
  const auto& counters = rig.calls.counters();
  return rig.calls.size() + counters.moves_begun[static_cast<std::size_t>(MoveReason::Draining)];
}

struct Stage {
  Stage() {
    rig.guest = &erin;
    rig.second_guest = &frank;
  }

  Rig rig;
  Peer& a = rig.a;
  Peer& b = rig.b;
  Peer& c = rig.c;
  Peer& d = rig.d;
  Peer erin{rig, "erin", "203.0.113.12:5060", 1};     // of the callee's trunk
  Peer frank{rig, "frank", "198.51.100.78:5066", 0};  // of the caller's realm
  Peer* all[6] = {&a, &b, &c, &d, &erin, &frank};
};

}  // namespace sbc::call::test
