// From one key of a peer to the next (RFC 4568 7.1.4, RFC 5763 section 5): packets that were under way when the new one
// was agreed on are still opened for a moment. Only what is received: nothing is protected with a key that was given
// up.
//
// Whoever has the former key may be somebody else, which can be the reason for the new one. So it opens packets of the
// source that is heard already, learns nothing, and is over with the first packet under the new key.

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "media-relay/flow/flow.h"
#include "media-relay/packet/limits.h"

namespace flow {

// Another address, or another certificate, is another peer: nothing of the one before is to be heard any more.
void Flow::judge_keys(Side side, const HalfSpec& next) {
  const HalfSpec& before = spec_.half(side);
  Half& h = half(side);
  const bool moved = !next.ice && before.remote_rtp != next.remote_rtp;
  const bool dtls = before.dtls && next.dtls;
  const bool renamed = dtls && before.dtls->parameters.fingerprints != next.dtls->parameters.fingerprints;
  if (moved || renamed || before.dtls.has_value() != next.dtls.has_value()) {
    h.strange_keys = true;
    h.former.reset();
  }
}

void Flow::retire_receiver(Side side, base::Instant now) {
  Half& h = half(side);
  const bool strange = std::exchange(h.strange_keys, false);
  if (h.receiver && !strange) {
    h.former = std::move(h.receiver);
    h.former_until = now + kKeyGrace;
  }
  h.receiver.reset();
}

secure::Outcome Flow::unprotect(Context& c, Component kind) {
  Half& h = half(c.side);
  const Unprotect with = kind == Component::Rtp ? &secure::Receiver::unprotect_rtp : &secure::Receiver::unprotect_rtcp;
  const std::span<std::byte> bytes = c.packet.bytes();
  if (!h.former) return (h.receiver.get()->*with)(bytes);
  // What is refused may have been changed by then.
  std::array<std::byte, packet::kMaxDatagramBytes> copy;
  std::ranges::copy(bytes, copy.begin());
  const secure::Outcome size = (h.receiver.get()->*with)(bytes);
  if (size || c.now >= h.former_until) {
    h.former.reset();
    return size;
  }
  const Component port = spec_.half(c.side).rtcp_mux ? Component::Rtp : kind;
  if (!h.ice && !h.guard[index_of(port)].hears(c.packet.source)) return size;
  std::ranges::copy(std::span(copy).first(bytes.size()), bytes.begin());
  const secure::Outcome before = (h.former.get()->*with)(bytes);
  return before ? before : size;
}

}  // namespace flow
