#pragma once
// What the exchange counts; plain numbers that only grow.

#include <array>
#include <cstdint>
#include <string_view>

#include "sbc/limit/reached.h"
#include "sbc/sip/method.h"

namespace sbc::exchange {

// How a request ended, seen from its sender.
enum class Outcome : std::uint8_t {
  Accepted,     // 2xx of the far side
  Rejected,     // its failure
  Refused,      // by the policy
  Silent,       // nobody answered: nor do we (RFC 4320 4.2)
  Unreachable,  // no target, or none that sips: may be sent to
  Limit,        // 503: a table is full, or we are about to stop
  Looped,       // 483
  Extension,    // 420; 500 for critical privacy that nobody has
  Body,         // 400, 415: a body that may not cross
  BadEvent,     // 489
  Stray,        // 481, 500: outside of its subscription or out of order
  Reference,    // 400, 403, 416, 481: a REFER to what cannot be told to the other side
};
inline constexpr std::size_t kOutcomes = 12;
std::string_view name_of(Outcome outcome);  // "accepted"

struct Counters {
  std::array<std::array<std::uint64_t, kOutcomes>, static_cast<std::size_t>(sip::Method::Other) + 1> outcomes{};
  std::uint64_t subscriptions_started = 0;
  std::uint64_t subscriptions_expired = 0;  // nobody refreshed or ended them
  std::uint64_t forks_refused = 0;          // NOTIFY of one notifier too many: 481
  limit::Counts limits{};                   // of what has no counter of another name
  std::uint64_t bodies_dropped = 0;         // of responses: the response went on without

  void count(sip::Method method, Outcome outcome) {
    ++outcomes[static_cast<std::size_t>(method)][static_cast<std::size_t>(outcome)];
  }
  std::uint64_t of(sip::Method method, Outcome outcome) const {
    return outcomes[static_cast<std::size_t>(method)][static_cast<std::size_t>(outcome)];
  }
};

}  // namespace sbc::exchange
