#pragma once
// The two timers of a transaction on the layer's one deadline queue.
//
// A transaction has at most one entry in the queue, at or before its nearer timer. A timer that moves away costs
// nothing: the entry comes due early, finds nothing to do, and is put where it belongs. Most timers move away or end
// unused.

#include <algorithm>
#include <cstdint>

#include "media-relay/base/deadline_queue.h"
#include "media-relay/base/time.h"

namespace sbc::transaction {

using Deadlines = base::DeadlineQueue<std::uint64_t>;  // token of the transaction

struct Timers {
  base::Instant resend_at = base::kNever;  // A, E, G, a delayed 100
  base::Instant expire_at = base::kNever;  // B, C, D, F, H, I, J, K, L, M
  base::Duration interval{};               // between this Resend and the next
  base::Instant armed_at = base::kNever;
  base::DeadlineId armed;

  void settle(Deadlines& queue, std::uint64_t token) {
    const base::Instant wanted = std::min(resend_at, expire_at);
    if (wanted == base::kNever) return stop(queue);
    if (armed && armed_at <= wanted) return;
    if (armed) queue.cancel(armed);
    armed = queue.arm(wanted, token);
    armed_at = wanted;
  }

  void stop(Deadlines& queue) {
    if (armed) queue.cancel(armed);
    fired();
  }

  // The entry left the queue.
  void fired() {
    armed = {};
    armed_at = base::kNever;
  }
};

}  // namespace sbc::transaction
