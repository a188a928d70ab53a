#pragma once
// Where responses go.

#include <cstdint>

#include "sbc/sip/message.h"
#include "sbc/sip/transport.h"

namespace sbc::transaction {

// The port at the request's source address to which its response goes: that of sip::response_hop (RFC 3261 18.2.2, RFC
// 3581 4), unless the request came over UDP without rport and the address that its Via names is not the one that we
// see: then there is a NAT in between, and only the port it came from leads back.
std::uint16_t reply_port_of(const sip::Message& request, const sip::Source& source);

}  // namespace sbc::transaction
