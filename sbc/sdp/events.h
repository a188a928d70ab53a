#pragma once
// telephone-event (RFC 4733) in descriptions: on a leg that has it while the other one does not, and the other way
// round.

#include <cstdint>
#include <expected>
#include <vector>

#include "sbc/sdp/error.h"
#include "sbc/sdp/session.h"

namespace sbc::sdp {

struct EventFormat {
  std::uint8_t payload_type = 0;
  std::uint32_t clock = 0;
  friend bool operator==(const EventFormat&, const EventFormat&) = default;
};
// Those of the m-line, in its order.
std::vector<EventFormat> event_formats(const Session& session, const Media& media);

// The description without telephone-event; the very same one when it has none.
std::expected<SessionPtr, Error> without_events(SessionPtr session);
// The description with telephone-event in each audio line in use that lacks it, for digits (RFC 4733 3.2). In an answer
// it is one that `offer` has in that line, and where it has none nothing is added (RFC 3264 6.1); without `offer` it is
// one for the clock of the first codec (RFC 4733 2.1).
std::expected<SessionPtr, Error> with_events(SessionPtr session, const Session* offer);

}  // namespace sbc::sdp
