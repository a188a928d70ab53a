#pragma once
// M-lines that an offer takes away while nobody has agreed to that.

#include <cstddef>

#include "sbc/sdp/offer_answer.h"

namespace sbc::call {

// The peer's offer, which waits for its answer, no longer has the m-line that both agreed on: it goes on until then,
// since the offer may be refused (RFC 6141 3.1), and ports that were given up could not be had again.
bool lingers(const sdp::OfferAnswer& leg, std::size_t index);

}  // namespace sbc::call
