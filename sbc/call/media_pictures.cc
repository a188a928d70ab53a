// Media: requests for whole pictures between a leg that makes and hears them in RTCP (PLI, FIR) and one that does it by
// INFO (RFC 5168).

#include <algorithm>

#include "sbc/call/media.h"
#include "sbc/sdp/picture_feedback.h"

namespace sbc::call {

sdp::PictureRequests Media::picture_requests(Side side, std::size_t index) const {
  const auto* leg_state = state_if(side);
  if (leg_state == nullptr || leg_state->local() == nullptr || leg_state->remote() == nullptr) return {};
  const auto listed = [index](const sdp::Session& session) {
    const bool video = index < session.media.size() && session.media[index].kind == "video";
    return video ? sdp::picture_requests(session, session.media[index]) : sdp::PictureRequests{};
  };
  const sdp::PictureRequests ours = listed(*leg_state->local());
  const sdp::PictureRequests theirs = listed(*leg_state->remote());
  return {.pli = ours.pli && theirs.pli, .fir = ours.fir && theirs.fir};
}

bool Media::asks_by_rtcp(Side side) const {
  for (std::size_t i = 0; i < media_count(); ++i)
    if (picture_requests(side, i).any()) return true;
  return false;
}

// Where both do it in RTCP it crosses by itself.
void Media::add_pictures(control::FlowSpec& flow) const {
  if (flow.kind != "video" || flow.transport != control::Transport::Rtp) return;
  for (const Side side : {Side::A, Side::B}) {
    const sdp::PictureRequests own = picture_requests(side, flow.index);
    if (!own.any() || picture_requests(other(side), flow.index).any()) continue;
    (side == Side::A ? flow.a : flow.b).pictures =
        control::Pictures{.told = true, .asked = pictures_[static_cast<std::size_t>(side)], .intra = !own.pli};
  }
}

}  // namespace sbc::call
