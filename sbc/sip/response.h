#pragma once
// Responses as RFC 3261 8.2.6 builds them from a request.

#include <span>
#include <string>
#include <string_view>

#include "sbc/sip/message.h"
#include "sbc/sip/transport.h"

namespace sbc::sip {

struct ExtraHeader {
  std::string_view name;
  std::string_view value;
};

// Copies every Via (the top one with received and rport, RFC 3261 18.2.1, RFC 3581 4), From, To, Call-ID, CSeq;
// Record-Route into 101..299 that create a dialog (12.1.1); Timestamp into 100 (8.2.6.1).
// `to_tag` is added when To has none; "" keeps To as it is, which is right for 100 only.
// Works on every message that the parser called answerable.
std::string build_response(const Message& request, int status, std::string_view to_tag, const Source& received_from,
                           std::span<const ExtraHeader> extra = {}, std::string_view content_type = {},
                           std::string_view body = {}, std::string_view reason = {});

// The top Via's value with received and rport as seen from `source`.
void append_via_received(std::string& out, const Via& via, const base::Endpoint& source);

// Where a response to `request` goes (RFC 3261 18.2.2, RFC 3581 4), given where the request came from: the same flow
// for reliable transports; for UDP maddr, or received and rport, or received and the sent-by port.
Hop response_hop(const Message& request, const Source& received_from);

}  // namespace sbc::sip
