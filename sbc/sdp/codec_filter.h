#pragma once
// Codec policy: what is left of a description under rules (codec_rules.h).

#include <expected>

#include "sbc/sdp/codec_rules.h"
#include "sbc/sdp/error.h"
#include "sbc/sdp/session.h"

namespace sbc::sdp {

// The description under the rules. An m-line that keeps no codec gets port 0; one that has it already, and one that is
// not RTP, stays as it is unless its kind is denied.
std::expected<SessionPtr, Error> apply(const CodecRules& rules, const Session& session);
// The same without order, ptime and maxptime: those are for whoever is told, not for whoever has said it.
std::expected<SessionPtr, Error> restrict_to(const CodecRules& rules, const Session& session);

// Whether the m-line of an answer has one of the codecs that were offered in its place (RFC 3264 6.1), under whatever
// payload type.
bool answers_codec(const Session& offer, const Session& answer, std::size_t index);

}  // namespace sbc::sdp
