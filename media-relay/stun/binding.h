#pragma once
// STUN Binding requests (RFC 8489): where a datagram came from, told to its sender.

#include <optional>
#include <string>
#include <string_view>

#include "media-relay/base/ip.h"

namespace stun {

// RFC 8489 5: the first two bits are zero and the magic cookie is there. Nothing of SIP, RTP or DTLS looks like it.
bool looks_like_stun(std::string_view datagram);

// The response to a Binding request that came from `from`: XOR-MAPPED-ADDRESS; or error 420 when it has attributes that
// must be understood and are not (6.3.1); with FINGERPRINT if the request has one. Nothing for all else: indications,
// responses, other methods, broken messages, wrong fingerprints. The response is at most 24 bytes longer than the
// request.
std::optional<std::string> answer_binding(std::string_view datagram, const base::Endpoint& from);

}  // namespace stun
