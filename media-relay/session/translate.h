#pragma once
// The control protocol's values in the packet path's terms, and back.

#include <cstdint>
#include <optional>
#include <string>

#include "media-relay/control/messages.h"
#include "media-relay/flow/event.h"
#include "media-relay/flow/spec.h"
#include "media-relay/flow/stats.h"

namespace session {

// Empty, or which half names an SRTP suite, a hash or a codec that the relay does not have.
std::string unknown_name(const control::FlowSpec& flow);
// Its suites, hashes and codecs must be known. The certificate of DTLS is for the caller to add.
flow::HalfSpec to_flow(const control::HalfSpec& half);
flow::AudioFormat audio_of(const control::AudioFormat& format);  // likewise
// Without session and flow.
control::PlayEnded to_control(const flow::PlayEnded& ended);
control::FlowStats to_control(std::uint32_t index, const flow::Stats& stats);
control::FlowStats to_control(std::uint32_t index, const flow::Quality& quality);
control::HalfSide to_control(flow::Side side);
// Of ICE and DTLS; nullopt for other events. Without session and flow.
std::optional<control::PeerChanged> peer_change(const flow::Event& event);

}  // namespace session
