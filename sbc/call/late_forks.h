#pragma once
// INVITEs of calls that are gone, as long as a fork may still answer them with 2xx (RFC 3261 13.2.2.4: 64*T1 after the
// first one). Such a fork gets ACK and BYE like that of a call that lives; a 2xx that comes again gets its ACK again.

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

#include "sbc/call/call.h"
#include "sbc/dialog/ack_store.h"
#include "sbc/transaction/events.h"
#include "sbc/transaction/ids.h"

namespace sbc::call {

struct Core;
struct Output;

struct LateInvite {
  Attempt attempt;
  std::string winner;      // remote tag of the dialog that the call had, which has had its BYE
  bool symmetric = false;  // Leg::symmetric
  std::string session_id;  // Told::session_id
  dialog::AckStore acks;   // to the 2xx of all its forks
  base::Instant until{};
};

class LateForks {
 public:
  void keep(transaction::ClientId client, LateInvite invite);
  // nullptr: unknown, or over.
  LateInvite* find(transaction::ClientId client, base::Instant now);
  void expire(base::Instant now);

  std::size_t size() const { return invites_.size(); }
  // How many were forgotten before their time because of kMaxLateInvites.
  std::uint64_t forgotten() const { return forgotten_; }

 private:
  void drop_oldest();

  std::unordered_map<std::uint64_t, LateInvite> invites_;
  std::deque<std::uint64_t> order_;  // oldest first; all live equally long
  std::uint64_t forgotten_ = 0;
};

// A response of an INVITE whose call is gone.
void answer_late_fork(Core& core, const transaction::ResponseArrived& response, base::Instant now, Output& out);

}  // namespace sbc::call
