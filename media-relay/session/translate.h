#pragma once
// The control protocol's values in the packet path's terms, and back.

#include <cstdint>
#include <string>

#include "media-relay/control/messages.h"
#include "media-relay/flow/spec.h"
#include "media-relay/flow/stats.h"

namespace session {

// Empty, or which half names an SRTP suite that the relay does not have.
std::string unknown_suite(const control::FlowSpec& flow);
// Its suites must be known.
flow::HalfSpec to_flow(const control::HalfSpec& half);
control::FlowStats to_control(std::uint32_t index, const flow::Stats& stats);
control::HalfSide to_control(flow::Side side);

}  // namespace session
