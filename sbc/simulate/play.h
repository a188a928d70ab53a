#pragma once
// Plays a scene: the real calls and the real policy, between peers and a relay that are not there, under a clock that
// jumps from one deadline to the next.

#include "sbc/simulate/scene.h"
#include "sbc/simulate/story.h"

namespace sbc::simulate {

// From the INVITE to the end of the call. `host` keeps what its handlers keep.
Story play(const Setting& setting, policy::Host& host, const Scene& scene);

}  // namespace sbc::simulate
