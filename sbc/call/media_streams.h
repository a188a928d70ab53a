#pragma once
// The streams (SSRC) of a line. What a peer may send is what it has named, or else one at a time, so that a forged
// address is not enough to be heard; and what a listener hears of audio, of text and of video without repairs is one
// stream, whoever speaks: a transfer, another fork or music is no new source to it.

#include <array>

#include "media-relay/control/messages.h"

#include "sbc/call/media.h"
#include "sbc/sdp/offer_answer.h"

namespace sbc::call {

// By side. Without a state the side has not begun.
struct StreamParty {
  const LegMedia& leg;
  const sdp::OfferAnswer* state = nullptr;
};
using StreamParties = std::array<StreamParty, 2>;

// Sets which streams of each side are heard.
void guard_streams(control::FlowSpec& flow, const StreamParties& parties);
// Who has been told nothing does not know where to send: what comes in its name is forged, and is not taken.
void refuse_untold(control::FlowSpec& flow, const StreamParties& parties);
// Sets that each side hears one stream, where it can be.
void make_continuous(control::FlowSpec& flow, const StreamParties& parties);

}  // namespace sbc::call
