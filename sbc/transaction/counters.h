#pragma once
// What a transaction layer counts. Plain numbers that only grow; the rim reads them.

#include <cstdint>

#include "sbc/limit/reached.h"

namespace sbc::transaction {

struct Counters {
  std::uint64_t servers_started = 0;
  std::uint64_t clients_started = 0;

  std::uint64_t requests_retransmitted = 0;   // sent again by us: timers A, E
  std::uint64_t responses_retransmitted = 0;  // sent again by us: timer G, or because the request came again
  std::uint64_t requests_absorbed = 0;        // requests that came again
  std::uint64_t responses_absorbed = 0;       // final responses that came again

  std::uint64_t over_tcp = 0;       // requests too large for UDP, sent over TCP (RFC 3261 18.1.1)
  std::uint64_t tcp_fallbacks = 0;  // of them, sent over UDP after all
  std::uint64_t large_on_flow = 0;  // too large for UDP, and sent so: the peer's flow is the only way to it

  std::uint64_t requests_reopened = 0;  // sent once more over a new connection, since theirs had ended

  std::uint64_t client_timeouts = 0;  // timers B and F, and CANCEL without an end
  std::uint64_t ring_timeouts = 0;    // timer C: CANCEL sent
  std::uint64_t client_transport_errors = 0;
  std::uint64_t server_transport_errors = 0;
  std::uint64_t acks_missing = 0;        // timer H
  std::uint64_t servers_unanswered = 0;  // forgotten by the transaction user

  std::uint64_t merged_requests = 0;    // 482
  std::uint64_t stray_responses = 0;    // match no transaction: dropped
  std::uint64_t stray_acks = 0;         // cannot belong to any 2xx of ours: dropped
  std::uint64_t stray_cancels = 0;      // match no INVITE: dropped, or 481 on a connection
  std::uint64_t overload_rejects = 0;   // 503 because a table is full
  std::uint64_t client_overloads = 0;   // Layer::request refused because a table is full
  std::uint64_t dialog_reserve = 0;     // BYE and PRACK that a full table took all the same
  std::uint64_t emergency_reserve = 0;  // calls for help that it took
  std::uint64_t late_responses = 0;     // Layer::respond that the state does not allow: not sent
  std::uint64_t orphaned_events = 0;    // events of abandoned client transactions
  std::uint64_t bugs = 0;               // must stay 0: a pair that the state tables call impossible
  limit::Counts limits{};               // of what has no counter of another name
  std::uint64_t legacy_requests = 0;    // matched by RFC 2543 rules (no magic cookie)
};

}  // namespace sbc::transaction
