// Another party in the place of one side's peer, as a transfer brings: whatever was learned of the one who has left
// counts no more, and what the other side hears goes on in the stream that it has (rewriter.h).

#include "media-relay/flow/flow.h"

namespace flow {

// Neither its address nor its streams, its keys nor what is left of its checks: who left knows all of these. What was
// counted stays, for the flow goes on, and so does the stream that goes out on this side: under other keys its numbers
// may go on as well as begin.
void Flow::forget_peer(Side side, base::Instant now) {
  Half& h = half(side);
  // The other one will hear somebody else under another name.
  if (hears_strange_streams(other(side))) say_farewell(other(side));
  for (SourceGuard& guard : h.guard) guard.leave(now);
  h.host = {};
  h.sender.reset();
  h.receiver.reset();
  h.former.reset();
  h.strange_keys = false;
  h.ice.reset();
  h.dtls.reset();
  h.association.reset();
  h.reports = {};
  h.reception_report = {};
  h.listener.reset();
  h.player.reset();
  h.keepalive.reset();
  h.solicitation.reset();
  h.held_back.reset();
  if (h.streams) {
    h.streams->sources = {};
    h.streams->next_source = 0;
    h.streams->sent = {};
  }
  h.heard = false;
  h.last_rtp.reset();
}

}  // namespace flow
