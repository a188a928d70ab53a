#include "sbc/call/refusal.h"

#include "sbc/call/crossing.h"
#include "sbc/sip/retry_after.h"

namespace sbc::call {

Refusal refusal_by(const sip::Message& response) {
  Refusal refusal;
  const int status = response.status();
  // RFC 4320 4.2: 408 comes too late for a request that is no INVITE. 481 speaks of a dialog that the asking leg does
  // not have, and 3xx of places that it is not to know.
  refusal.status = status == 408 || status == 481 ? 504 : status < 400 ? 488 : crossing_status(status);
  if (const auto seconds = sip::retry_after(response)) refusal.retry_after = std::to_string(*seconds);
  return refusal;
}

}  // namespace sbc::call
