#pragma once
// Descriptions that nobody said: an offer in the name of a caller who made none (RFC 3725 4.1, 4.4), what the caller is
// then offered of the answer, and what two offers have in common.

#include <cstdint>
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

// The description with those formats only that `other` has as well in the m-line at the same place: the same codec,
// under whatever payload type (RFC 3264 5.1 lets the two ends number them differently). An m-line without a common
// codec, telephone-event besides, gets port 0.
enum class FormatOrder : std::uint8_t { Own, Others };
std::expected<SessionPtr, Error> common_formats(const Session& session, const Session& other, FormatOrder order);

}  // namespace sbc::sdp
