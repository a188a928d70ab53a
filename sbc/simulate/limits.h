#pragma once
// Limits of the simulate room, each with its reason.

#include <cstddef>

#include "media-relay/base/time.h"

namespace sbc::simulate {

// Messages that one scene may exchange: a call with every candidate tried takes a few hundred; a policy that sends a
// call around for ever ends here.
inline constexpr std::size_t kMaxMessages = 5000;

// Names that a policy counts in the scenes that belong together: as many as one part of the border keeps.
inline constexpr std::size_t kMaxCounters = 10'000;

// Calls at once that a scene may say there are besides its own: each is counted one by one.
inline constexpr std::int64_t kMaxAtOnce = 100'000;

// Virtual time after which a scene ends whatever happens: beyond the longest that setting up and talking may take.
inline constexpr base::Duration kMaxTime = base::hours(3);

}  // namespace sbc::simulate
