#pragma once
// What an offer says (RFC 8866, RFC 3264), as policies are told.

#include <optional>

#include "sbc/policy/facts.h"

namespace sbc::policy {

// nullopt: there is no offer, or it cannot be read.
std::optional<SdpFacts> summary_of(const OfferFacts& offer);

}  // namespace sbc::policy
