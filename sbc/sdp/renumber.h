#pragma once
// Payload types of one leg in the numbers of the other, where the two legs came to different ones: a peer that answers
// with numbers of its own (RFC 3264 6.1 only says SHOULD), or changes them, and parties that were joined after each had
// agreed with somebody else.

#include <cstdint>
#include <expected>
#include <vector>

#include "sbc/sdp/error.h"
#include "sbc/sdp/session.h"

namespace sbc::sdp {

// The description with the numbers that `as`, which is what the listener has said or was told before, has for the same
// codecs: an answer SHOULD have those of the offer (RFC 3264 6.1), and a number keeps its meaning as long as the
// session lasts (8.3.2). What `as` does not have keeps its number, or gets a free one when that is taken. The very same
// session when nothing differs. An m-line with RED whose parts would get other numbers stays as it is: the numbers
// inside of its packets are nobody's to change.
std::expected<SessionPtr, Error> renumbered(SessionPtr session, const Session& as);

// What a packet's payload type becomes on its way between two legs.
struct PayloadChange {
  std::uint8_t from = 0;
  std::uint8_t to = 0;
  std::uint32_t clock_from = 0;  // Hz
  std::uint32_t clock_to = 0;
  bool event = false;  // telephone-event
  friend bool operator==(const PayloadChange&, const PayloadChange&) = default;
};
// `told`: what the sender was told, whose numbers it uses (RFC 3264 5.1); `said`: what the listener has said. Empty
// when every number means the same to both. Events are paired by their clocks, or when there is only another one, with
// that.
std::vector<PayloadChange> payload_changes(const Session& told, const Session& said, std::size_t index);

}  // namespace sbc::sdp
