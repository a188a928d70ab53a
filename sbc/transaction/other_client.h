#pragma once
// The non-INVITE client transaction (RFC 3261 17.1.2).
//
//                     request from the user: send it
//                                   |
//    E: send again,   +-------------v-------------+  F, transport error: ClientFailed
//    min(2E, T2) +--->|          Trying           |-----------------------------------+
//                +----+------+-------------+------+                                   |
//                  200-699:  |             | 1xx: up                                  |
//                  up        |  +----------v------+  F, transport error: ClientFailed |
//                            |  |   Proceeding    |---------------------------------->+
//                            |  |                 |<--+ E: send again, T2. 1xx: up    |
//                            |  +----------+------+---+                               |
//                            v             | 200-699: up                              |
//                     +------+-------------v------+  K                                |
//                     |         Completed         |-----------> Terminated <----------+
//                     +---------------------------+
//
// Resend is timer E. Expire is timer F, and K in Completed. A CANCEL of ours is one of these.

#include "sbc/transaction/machine.h"

namespace sbc::transaction::other_client {

enum class State : std::uint8_t { Trying, Proceeding, Completed, Terminated };
enum class Event : std::uint8_t { Provisional, Final, Resend, Expire, TransportError, Count };
enum class Action : std::uint8_t {
  Nothing,
  Retransmit,
  RetransmitSlowly,
  PassUp,
  Complete,
  FailTimeout,
  FailTransport
};

using enum Decision;
using S = State;
using E = Event;
using A = Action;

inline constexpr Row<State, Event, Action> kRows[] = {
    {S::Trying, E::Provisional, {Go, S::Proceeding, A::PassUp}},
    {S::Trying, E::Final, {Go, S::Completed, A::Complete}},
    {S::Trying, E::Resend, {Go, S::Trying, A::Retransmit}},
    {S::Trying, E::Expire, {Go, S::Terminated, A::FailTimeout}},
    {S::Trying, E::TransportError, {Go, S::Terminated, A::FailTransport}},

    {S::Proceeding, E::Provisional, {Go, S::Proceeding, A::PassUp}},
    {S::Proceeding, E::Final, {Go, S::Completed, A::Complete}},
    {S::Proceeding, E::Resend, {Go, S::Proceeding, A::RetransmitSlowly}},
    {S::Proceeding, E::Expire, {Go, S::Terminated, A::FailTimeout}},
    {S::Proceeding, E::TransportError, {Go, S::Terminated, A::FailTransport}},

    {S::Completed, E::Provisional, {Ignore}},
    {S::Completed, E::Final, {Ignore}},
    {S::Completed, E::Resend, {Bug}},
    {S::Completed, E::Expire, {Go, S::Terminated, A::Nothing}},
    {S::Completed, E::TransportError, {Ignore}},
};

inline constexpr Machine<State, Event, Action> kMachine(kRows);
static_assert(kMachine.complete());

}  // namespace sbc::transaction::other_client
