#pragma once
// Time as the pure rooms see it: a value that is handed in. Only `monotonic_now` and `wall_now` (clock.h) read a clock,
// and only rooms above the purity line may call them.

#include <chrono>
#include <cstdint>

namespace base {

using Duration = std::chrono::nanoseconds;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Tag of the monotonic time line; its epoch has no meaning outside one process (one simulation, one test).
struct MonotonicTime {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicTime, Duration>;
  static constexpr bool is_steady = true;
};

using Instant = MonotonicTime::time_point;

// Later than every instant that can occur: the deadline of something that has none.
inline constexpr Instant kNever = Instant::max();

// Seconds since the Unix epoch, for Date headers, records and expiry that crosses a restart.
struct WallTime {
  std::int64_t seconds = 0;
  friend auto operator<=>(const WallTime&, const WallTime&) = default;
};

constexpr double to_seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}

}  // namespace base
