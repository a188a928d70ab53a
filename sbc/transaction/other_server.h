#pragma once
// The non-INVITE server transaction (RFC 3261 17.2.2 with RFC 4320).
//
//                         request: up
//                              |
//     request: absorb  +-------v-------+  64*T1: nobody waits for an answer any more
//               +----->|    Trying     |---------------------------------------------+
//               +------+---+-------+---+                                             |
//     200-699 from         |       | 100 from the user; or the client's timer E has   |
//     the user: send       |       v reached T2: 100                                  |
//                          |  +----+-------+  request: last response                  |
//                          |  | Proceeding |<---+                                     |
//                          |  |            |----+-------- 64*T1 --------------------->+
//                          |  +----+-------+                                          |
//                          v       v 200-699 from the user: send                      |
//     request:         +---+-------+---+  J                                           |
//     send again +---->|   Completed   |-----------------> Terminated <---------------+
//                +-----+---------------+
//
// Transport error: ServerFailed, and the state stays (RFC 6026 8.8).
// Resend is the moment for the 100 (RFC 4320 4.1). Expire is 64*T1 after the request, and timer J in Completed.

#include "sbc/transaction/machine.h"

namespace sbc::transaction::other_server {

enum class State : std::uint8_t { Trying, Proceeding, Completed, Terminated };
enum class Event : std::uint8_t { Request, Provisional, Final, Resend, Expire, TransportError, Count };
enum class Action : std::uint8_t {
  Nothing,
  RepeatResponse,
  SendTrying,
  SendProvisional,
  SendFinal,  // timer J
  Refuse,
  Forget,  // RFC 4320 4.2: no answer is better than a late one
  TellTransport
};

using enum Decision;
using S = State;
using E = Event;
using A = Action;

inline constexpr Row<State, Event, Action> kRows[] = {
    {S::Trying, E::Request, {Ignore}},
    {S::Trying, E::Provisional, {Go, S::Proceeding, A::SendProvisional}},
    {S::Trying, E::Final, {Go, S::Completed, A::SendFinal}},
    {S::Trying, E::Resend, {Go, S::Proceeding, A::SendTrying}},
    {S::Trying, E::Expire, {Go, S::Terminated, A::Forget}},
    {S::Trying, E::TransportError, {Ignore}},  // nothing was sent

    {S::Proceeding, E::Request, {Go, S::Proceeding, A::RepeatResponse}},
    {S::Proceeding, E::Provisional, {Go, S::Proceeding, A::SendProvisional}},
    {S::Proceeding, E::Final, {Go, S::Completed, A::SendFinal}},
    {S::Proceeding, E::Resend, {Bug}},
    {S::Proceeding, E::Expire, {Go, S::Terminated, A::Forget}},
    {S::Proceeding, E::TransportError, {Go, S::Proceeding, A::TellTransport}},

    {S::Completed, E::Request, {Go, S::Completed, A::RepeatResponse}},
    {S::Completed, E::Provisional, {Go, S::Completed, A::Refuse}},
    {S::Completed, E::Final, {Go, S::Completed, A::Refuse}},
    {S::Completed, E::Resend, {Bug}},
    {S::Completed, E::Expire, {Go, S::Terminated, A::Nothing}},
    {S::Completed, E::TransportError, {Go, S::Completed, A::TellTransport}},
};

inline constexpr Machine<State, Event, Action> kMachine(kRows);
static_assert(kMachine.complete());

}  // namespace sbc::transaction::other_server
