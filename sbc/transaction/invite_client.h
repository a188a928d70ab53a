#pragma once
// The INVITE client transaction (RFC 3261 17.1.1 as changed by RFC 6026 8.4; CANCEL: 9.1; timer C: 16.6, 16.8).
//
//                               INVITE from the user: send it
//                                        |
//      A: send again, 2A  +--------------v--------------+  B, transport error: ClientFailed
//                +------->|           Calling           |--------------------------------------+
//                +--------+--+-----------+-----------+--+                                      |
//             300-699: ACK,  |           | 1xx: up,  |  2xx: up                                |
//             up             |           | held      |                                         |
//                            |           | CANCEL    |                                         |
//                            |           v goes      |                                         |
//                            |  +--------+--------+  |   1xx: up, C again                      |
//                            |  |   Proceeding    |<-+--------+                                |
//                            |  |                 |--+--------+   C: send CANCEL               |
//                            |  +--+-----------+--+  |                                         |
//              300-699: ACK, up |  |   2xx: up |     |   64*T1 after CANCEL: ClientFailed      |
//                            |  |  +-----------+-----+---------------------------------------->+
//                            v  v              v     v                                         |
//     300-699: ACK again +---+--+----+    +----+-----+---+  2xx: up                            |
//               +------->| Completed |    |   Accepted   |<------+                             |
//               +--------+-----+-----+    +------+-------+-------+                             |
//                              | D, transport    | M                                           |
//                              | error           |                                             |
//                              +-----------------+------------> Terminated <-------------------+
//
// Resend is timer A. Expire is timer B in Calling, the 64*T1 after CANCEL in Proceeding, D in Completed, M in Accepted.

#include "sbc/transaction/machine.h"

namespace sbc::transaction::invite_client {

enum class State : std::uint8_t { Calling, Proceeding, Completed, Accepted, Terminated };
enum class Event : std::uint8_t { Provisional, Success, Failure, Resend, RingTimeout, Expire, TransportError, Count };
enum class Action : std::uint8_t {
  Nothing,
  Retransmit,
  Ring,         // pass up; timers A and B end, C starts; a held CANCEL leaves
  Accept,       // pass up; the request is no longer needed; timer M
  Acknowledge,  // ACK, pass up; timer D
  RepeatAck,
  PassUp,
  SendCancel,
  FailTimeout,
  FailTransport
};

using enum Decision;
using S = State;
using E = Event;
using A = Action;

inline constexpr Row<State, Event, Action> kRows[] = {
    {S::Calling, E::Provisional, {Go, S::Proceeding, A::Ring}},
    {S::Calling, E::Success, {Go, S::Accepted, A::Accept}},
    {S::Calling, E::Failure, {Go, S::Completed, A::Acknowledge}},
    {S::Calling, E::Resend, {Go, S::Calling, A::Retransmit}},
    {S::Calling, E::RingTimeout, {Bug}},
    {S::Calling, E::Expire, {Go, S::Terminated, A::FailTimeout}},
    {S::Calling, E::TransportError, {Go, S::Terminated, A::FailTransport}},

    {S::Proceeding, E::Provisional, {Go, S::Proceeding, A::Ring}},
    {S::Proceeding, E::Success, {Go, S::Accepted, A::Accept}},
    {S::Proceeding, E::Failure, {Go, S::Completed, A::Acknowledge}},
    {S::Proceeding, E::Resend, {Bug}},
    {S::Proceeding, E::RingTimeout, {Go, S::Proceeding, A::SendCancel}},
    {S::Proceeding, E::Expire, {Go, S::Terminated, A::FailTimeout}},
    // A late report about one copy of the INVITE: the peer has answered, so another copy reached it.
    {S::Proceeding, E::TransportError, {Ignore}},

    {S::Completed, E::Provisional, {Ignore}},
    {S::Completed, E::Success, {Ignore}},
    {S::Completed, E::Failure, {Go, S::Completed, A::RepeatAck}},
    {S::Completed, E::Resend, {Bug}},
    {S::Completed, E::RingTimeout, {Bug}},
    {S::Completed, E::Expire, {Go, S::Terminated, A::Nothing}},
    // The user has its final response already, and can do nothing about a lost ACK.
    {S::Completed, E::TransportError, {Go, S::Terminated, A::Nothing}},

    {S::Accepted, E::Provisional, {Ignore}},
    {S::Accepted, E::Success, {Go, S::Accepted, A::PassUp}},
    {S::Accepted, E::Failure, {Ignore}},
    {S::Accepted, E::Resend, {Bug}},
    {S::Accepted, E::RingTimeout, {Bug}},
    {S::Accepted, E::Expire, {Go, S::Terminated, A::Nothing}},
    {S::Accepted, E::TransportError, {Ignore}},
};

inline constexpr Machine<State, Event, Action> kMachine(kRows);
static_assert(kMachine.complete());

}  // namespace sbc::transaction::invite_client
