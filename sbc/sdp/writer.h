#pragma once
// Session to text: all lines in their order, each ended by CRLF. parse(write(s)) has the lines of s.

#include <string>

#include "sbc/sdp/session.h"

namespace sbc::sdp {

std::string write(const Session& session);

// Pieces for those who compose descriptions.
void append_line(std::string& out, const Line& line);
void append_address(std::string& out, const base::IpAddress& ip);     // "IN IP4 192.0.2.1"
void append_connection(std::string& out, const base::IpAddress& ip);  // "c=IN IP4 192.0.2.1\r\n"

}  // namespace sbc::sdp
