#pragma once
// The INVITE server transaction (RFC 3261 17.2.1 as changed by RFC 6026 8.6).
//
//                           INVITE: up, 100 (at once or after a while)
//                                        |
//       INVITE: last response  +---------v----------+  1xx from the user: send
//                     +------->|     Proceeding     |<---------+
//                     +--------+--+--------------+--+----------+
//         300-699 from the user:  |              |  2xx from the user:
//         send; forgotten: 500    |              |  send, forget the request
//                                 v              v
//      INVITE, G:      +----------+--+     +-----+----+  2xx from the user: send
//      send again +--->|  Completed  |     | Accepted |<--+  ACK: up
//                 +----+--+-------+--+     +-----+----+---+  INVITE: absorb
//                         |       | ACK          |
//                         |       v              |
//                H:       |  +----+------+       |
//                Server   |  | Confirmed |       | L
//                Failed   |  +----+------+       |
//                         |       | I            |
//                         +-------+--------------+---> Terminated
//
// Transport error: ServerFailed, and the state stays (RFC 6026 8.8).
// Resend is the delayed 100 in Proceeding, timer G in Completed. Expire is Config::invite_unanswered in Proceeding,
// then H, I, L.

#include "sbc/transaction/machine.h"

namespace sbc::transaction::invite_server {

enum class State : std::uint8_t { Proceeding, Completed, Confirmed, Accepted, Terminated };
enum class Event : std::uint8_t { Request, Ack, Provisional, Success, Failure, Resend, Expire, TransportError, Count };
enum class Action : std::uint8_t {
  Nothing,
  RepeatResponse,  // the request came again
  SendTrying,
  SendProvisional,
  SendSuccess,  // timer L; neither request nor response is needed any more
  SendAgain,    // a 2xx that the user repeats
  SendFailure,  // timers G and H
  Retransmit,   // timer G
  Confirm,      // timer I; nothing is left to be sent
  PassAck,
  Refuse,  // a response that comes too late
  AnswerForgotten,
  FailNoAck,
  TellTransport
};

using enum Decision;
using S = State;
using E = Event;
using A = Action;

inline constexpr Row<State, Event, Action> kRows[] = {
    {S::Proceeding, E::Request, {Go, S::Proceeding, A::RepeatResponse}},
    {S::Proceeding, E::Ack, {Ignore}},
    {S::Proceeding, E::Provisional, {Go, S::Proceeding, A::SendProvisional}},
    {S::Proceeding, E::Success, {Go, S::Accepted, A::SendSuccess}},
    {S::Proceeding, E::Failure, {Go, S::Completed, A::SendFailure}},
    {S::Proceeding, E::Resend, {Go, S::Proceeding, A::SendTrying}},
    {S::Proceeding, E::Expire, {Go, S::Completed, A::AnswerForgotten}},
    {S::Proceeding, E::TransportError, {Go, S::Proceeding, A::TellTransport}},

    {S::Completed, E::Request, {Go, S::Completed, A::RepeatResponse}},
    {S::Completed, E::Ack, {Go, S::Confirmed, A::Confirm}},
    {S::Completed, E::Provisional, {Go, S::Completed, A::Refuse}},
    {S::Completed, E::Success, {Go, S::Completed, A::Refuse}},
    {S::Completed, E::Failure, {Go, S::Completed, A::Refuse}},
    {S::Completed, E::Resend, {Go, S::Completed, A::Retransmit}},
    {S::Completed, E::Expire, {Go, S::Terminated, A::FailNoAck}},
    {S::Completed, E::TransportError, {Go, S::Completed, A::TellTransport}},

    {S::Confirmed, E::Request, {Ignore}},
    {S::Confirmed, E::Ack, {Ignore}},
    {S::Confirmed, E::Provisional, {Go, S::Confirmed, A::Refuse}},
    {S::Confirmed, E::Success, {Go, S::Confirmed, A::Refuse}},
    {S::Confirmed, E::Failure, {Go, S::Confirmed, A::Refuse}},
    {S::Confirmed, E::Resend, {Bug}},
    {S::Confirmed, E::Expire, {Go, S::Terminated, A::Nothing}},
    {S::Confirmed, E::TransportError, {Ignore}},

    {S::Accepted, E::Request, {Ignore}},
    {S::Accepted, E::Ack, {Go, S::Accepted, A::PassAck}},
    {S::Accepted, E::Provisional, {Go, S::Accepted, A::Refuse}},
    {S::Accepted, E::Success, {Go, S::Accepted, A::SendAgain}},
    {S::Accepted, E::Failure, {Go, S::Accepted, A::Refuse}},
    {S::Accepted, E::Resend, {Bug}},
    {S::Accepted, E::Expire, {Go, S::Terminated, A::Nothing}},
    {S::Accepted, E::TransportError, {Go, S::Accepted, A::TellTransport}},
};

inline constexpr Machine<State, Event, Action> kMachine(kRows);
static_assert(kMachine.complete());

}  // namespace sbc::transaction::invite_server
