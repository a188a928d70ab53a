#pragma once
// The real clocks. For rooms above the purity line only.

#include "media-relay/base/time.h"

namespace base {

Instant monotonic_now();
WallTime wall_now();
// The wall clock, finer: since the Unix epoch.
Duration since_epoch();
// CPU time that this process has used so far, user and system.
Duration process_cpu_time();

}  // namespace base
