#pragma once
// The control protocol's values in the packet path's terms, and back.

#include <cstdint>

#include "media-relay/control/messages.h"
#include "media-relay/flow/spec.h"
#include "media-relay/flow/stats.h"

namespace session {

flow::HalfSpec to_flow(const control::HalfSpec& half);
control::FlowStats to_control(std::uint32_t index, const flow::Stats& stats);
control::HalfSide to_control(flow::Side side);

}  // namespace session
