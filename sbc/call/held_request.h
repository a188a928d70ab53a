#pragma once
// A request that would change the call, or move it, while only the border or the other peer keeps the call busy: the
// relay has not answered yet, the other peer's ACK is still to come, our refresh of its session is under way. On the
// leg of whoever asks nothing collides, and 491 or 500 would only make it ask again, seconds later: it waits for a
// moment instead.

#include "media-relay/base/deadline_queue.h"

#include "sbc/call/media.h"
#include "sbc/sip/message.h"
#include "sbc/sip/transport.h"
#include "sbc/transaction/ids.h"

namespace sbc::call {

struct HeldRequest {
  Side side = Side::A;
  sip::MessagePtr message;  // INVITE, UPDATE or REFER inside the dialog
  sip::Source source;
  transaction::ServerId server;
  base::DeadlineId timer = {};
};

}  // namespace sbc::call
