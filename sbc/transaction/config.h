#pragma once
// Timers (RFC 3261 table 4, as changed by RFC 6026) and limits of one layer.

#include <algorithm>
#include <cstddef>

#include "media-relay/base/time.h"

#include "sbc/transaction/limits.h"

namespace sbc::transaction {

struct Config {
  base::Duration t1 = base::milliseconds(500);  // RFC 3261 17.1.1.1: estimate of the round trip
  base::Duration t2 = base::seconds(4);         // longest interval between retransmissions
  base::Duration t4 = base::seconds(5);         // longest time a message stays in the network

  // RFC 3261 16.6 step 11: how long an INVITE that we sent may ring without a further provisional response. When it
  // ends the layer sends CANCEL; the transaction user sees the 487, or ClientFailed 64*T1 later. MUST be more than 3
  // minutes.
  base::Duration timer_c = base::seconds(185);

  // How long a server INVITE may stay without any response of the transaction user since the last one. A call that
  // rings longer answers 1xx each minute (RFC 3261 13.3.1.1), so this only ever ends a transaction that was forgotten.
  base::Duration invite_unanswered = base::minutes(10);

  // RFC 3261 17.2.1: 100 goes out if the transaction user has not answered within this time. 0: at once.
  base::Duration trying_after{0};

  std::size_t max_servers = kMaxServerTransactions;
  std::size_t max_clients = kMaxClientTransactions;
  std::size_t dialog_reserve = kDialogReserve;        // beyond each of them
  std::size_t emergency_reserve = kEmergencyReserve;  // the same

  base::Duration timer_64_t1() const { return 64 * t1; }  // B, F, H, J, L, M
  base::Duration timer_d() const { return std::max<base::Duration>(base::seconds(32), timer_64_t1()); }
};

}  // namespace sbc::transaction
