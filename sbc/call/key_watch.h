#pragma once
// What is known of the keys of one party whose SDP has telephone-event, and its INFOs with keys that wait until it is
// known whether they are the same (pressed_keys.h).

#include <deque>

#include "media-relay/base/deadline_queue.h"

#include "sbc/call/digits.h"
#include "sbc/call/pressed_keys.h"
#include "sbc/sip/message.h"
#include "sbc/sip/transport.h"
#include "sbc/transaction/ids.h"

namespace sbc::call {

struct HeldKey {
  InfoDigit digit;
  sip::MessagePtr message;
  sip::Source source;
  transaction::ServerId server;
  base::Instant until;
};

struct KeyWatch {
  PressedKeys pressed;
  std::deque<HeldKey> held;  // in the order in which they came
  base::DeadlineId timer = {};
};

}  // namespace sbc::call
