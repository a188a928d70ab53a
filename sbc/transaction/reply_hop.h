#pragma once
// Where responses go.

#include <cstdint>

#include "sbc/sip/message.h"
#include "sbc/sip/transport.h"

namespace sbc::transaction {

// The port at the request's source address to which its response goes (RFC 3261 18.2.2, RFC 3581 4).
//
// On a connection, or with rport: the port it came from. Over UDP without rport: the port that Via names, unless the
// address that Via names is not the one that we see: then there is a NAT in between, and only the port it came from
// leads back. maddr is not followed: a stranger could aim our responses with it.
std::uint16_t reply_port_of(const sip::Message& request, const sip::Source& source);

}  // namespace sbc::transaction
