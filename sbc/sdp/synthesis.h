#pragma once
// Descriptions that nobody said: an offer in the name of a caller who made none (RFC 3725 4.1, 4.4), and what the
// caller is then offered of the answer.

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/sdp/error.h"
#include "sbc/sdp/session.h"

namespace sbc::sdp {

// The names of the codecs that can be offered, as the configuration writes them: "PCMA", "opus", "telephone-event".
const std::vector<std::string>& known_codecs();

// One audio line with these codecs, in this order; addresses in it stand for none and must be replaced by an anchor.
// Unknown names are an error.
std::expected<SessionPtr, Error> synthesise_audio(std::span<const std::string> codecs);

// The description with the first codec of each m-line only, telephone-event besides. The other side has agreed to
// several and may send any of them, while whoever is offered all of them may choose another one.
std::expected<SessionPtr, Error> first_codecs(const Session& session);

}  // namespace sbc::sdp
