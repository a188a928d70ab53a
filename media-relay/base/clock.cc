#include "media-relay/base/clock.h"

#include <ctime>

namespace base {
namespace {

Duration read(clockid_t id) {
  timespec ts{};
  clock_gettime(id, &ts);
  return std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec);
}

}  // namespace

Instant monotonic_now() {
  return Instant(read(CLOCK_MONOTONIC));
}

WallTime wall_now() {
  return WallTime{std::chrono::duration_cast<seconds>(read(CLOCK_REALTIME)).count()};
}

Duration since_epoch() {
  return read(CLOCK_REALTIME);
}

Duration process_cpu_time() {
  return read(CLOCK_PROCESS_CPUTIME_ID);
}

}  // namespace base
