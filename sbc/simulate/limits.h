#pragma once
// Limits of the simulate room, each with its reason.

#include <cstddef>

#include "media-relay/base/time.h"

namespace sbc::simulate {

// Messages that one scene may exchange: a call with every candidate tried takes a few hundred; a policy that sends a
// call around for ever ends here.
inline constexpr std::size_t kMaxMessages = 5000;

// Virtual time after which a scene ends whatever happens: beyond the longest that setting up and talking may take.
inline constexpr base::Duration kMaxTime = base::hours(3);

}  // namespace sbc::simulate
