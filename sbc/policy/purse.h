#pragma once
// What all handlers of a shard may spend together: one shard has several Hosts (of calls that keep a former policy, of
// a canary), and one thread. Whoever has the clock fills it each second.

#include <cstdint>

namespace sbc::policy {

struct Purse {
  std::int64_t per_second = 0;  // instructions; 0: as many as they want
  std::int64_t left = 0;        // of this second; a handler that began may take it below 0
  std::uint64_t refused = 0;    // handlers that did not run

  bool empty() const { return per_second != 0 && left <= 0; }
  // What was overdrawn is paid back first.
  void fill() { left = left < 0 ? left + per_second : per_second; }
};

}  // namespace sbc::policy
