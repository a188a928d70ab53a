// Requests for whole pictures between a peer that makes and hears them in RTCP and one that does it otherwise, as by
// INFO (RFC 5168): what the first one asks is told, and it is asked when signalling says so.

#include <utility>

#include "media-relay/flow/flow.h"
#include "media-relay/rtp/picture.h"

namespace flow {

void Flow::tell_pictures(Context& c) {
  const auto& wanted = spec_.half(c.side).pictures;
  if (!wanted || !wanted->told || !rtp::asks_for_picture(c.packet.bytes())) return;
  Half& h = half(c.side);
  if (c.now - h.picture_told < kPictureInterval) return;
  h.picture_told = c.now;
  c.events.emplace_back(PictureAsked{c.side});
}

// The spec is new: `before` is what the last one said.
void Flow::ask_for_picture(Side side, std::uint32_t before) {
  const HalfSpec& spec = spec_.half(side);
  const rtp::Reception& heard = half(side).reception;
  if (!spec.pictures || spec.pictures->asked == before || !heard.started()) return;
  rtp::PictureRequest request;
  request.sender = sent_ssrc(side).value_or(first_stream(side).ssrc());
  // Of several that it has named the first one; the others repair it (RFC 5576 4.2).
  request.source = spec.sources.empty() ? heard.ssrc() : spec.sources.front();
  if (spec.pictures->intra) request.fir = static_cast<std::uint8_t>(spec.pictures->asked);
  std::vector<std::byte> packet(rtp::kPictureRequestBytes);
  packet.resize(rtp::write_picture_request(packet, request));
  send_own(side, Component::Rtcp, std::move(packet));
}

}  // namespace flow
