#pragma once
// What is left of a call between its end and the relay's last word about its media: its record is written, and on_end
// runs, when that has come.

#include <array>

#include "media-relay/base/deadline_queue.h"

#include "sbc/call/record.h"
#include "sbc/policy/facts.h"
#include "sbc/sdp/session.h"
#include "sbc/sip/message.h"

namespace sbc::call {

class Advisor;
struct Output;

struct Ending {
  CallRecord record;
  policy::InviteFacts facts;  // views into:
  sip::MessagePtr invite;
  std::array<sdp::SessionPtr, 2> told;  // Media::told()
  base::DeadlineId timer = {};
};

// A relay answers in milliseconds; one that has not for so long will not.
inline constexpr base::Duration kRelayTakes = base::seconds(3);

policy::EndFacts end_facts(const CallRecord& record);
// Tells the policy and writes the record.
void write_off(Advisor& advisor, Ending ending, Output& out);

}  // namespace sbc::call
