#pragma once
// BUNDLE in offers of ours (RFC 9143), to a peer that is taken for a browser.

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "sbc/sdp/offer_answer.h"
#include "sbc/sdp/rewrite.h"

namespace sbc::call {

// The m-lines to offer as a bundle on this leg: those that share a transport already, and those that may join them, or
// begin one, from places of their own (RFC 9143 7.2, 7.5.1; RFC 8829 5.2.1). `said` is what is offered, `bundled` what
// was agreed on before. Lines whose numbers would be mistaken for each other's stay apart, and a peer that has answered
// without a bundle is not asked again.
std::vector<std::size_t> with_joining_lines(const sdp::OfferAnswer& leg, const sdp::Session& said,
                                            std::span<const std::optional<sdp::Anchor>> places,
                                            std::vector<std::size_t> bundled);

}  // namespace sbc::call
