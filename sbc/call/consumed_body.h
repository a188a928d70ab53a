#pragma once
// Bodies of requests that the border answers itself (RFC 3261 8.2.3).

#include <array>
#include <optional>
#include <string>

#include "sbc/sip/message.h"
#include "sbc/sip/response.h"

namespace sbc::call {

// What we say with the 415.
inline constexpr std::array<sip::ExtraHeader, 2> kUnderstoodBodies = {
    {{"Accept", "application/sdp, multipart/mixed, multipart/alternative"}, {"Accept-Encoding", "identity"}}};

// Why a request with this body deserves 415, although its method is understood. Descriptions of sessions mean something
// in UPDATE and PRACK; elsewhere nothing does. INVITE is another matter: who begins a call with parts that nobody asked
// for is not to be refused for them (invite_body.h).
std::optional<std::string> refused_body_of(const sip::Message& request);

}  // namespace sbc::call
