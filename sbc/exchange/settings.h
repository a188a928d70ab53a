#pragma once
// What the configuration tells the requests outside of calls; replaced as a whole on reload.

#include <cstddef>
#include <string>
#include <vector>

#include "sbc/exchange/limits.h"

namespace sbc::exchange {

struct Settings {
  // Event packages that may be subscribed to across the border; others get 489 (RFC 6665 4.2.1.3).
  std::vector<std::string> events = {"dialog", "message-summary", "presence", "reg"};
  std::size_t max_flights = kMaxFlights;
  std::size_t max_subscriptions = 50'000;  // of this shard
  std::size_t max_per_source = 500;        // of one IP address: a switchboard watches each of its lines
};

}  // namespace sbc::exchange
