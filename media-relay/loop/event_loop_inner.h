#pragma once
// For this room only.

#include <sys/time.h>

#include "media-relay/base/time.h"

namespace loop {

// Rounded up, so that a timer never fires early; negative durations become zero.
timeval to_timeval(base::Duration d);

}  // namespace loop
