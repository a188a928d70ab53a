#include "sbc/sdp/writer.h"

namespace sbc::sdp {

std::string write(const Session& session) {
  std::string out;
  std::size_t size = 0;
  for (const Line& line : session.lines) size += line.value.size() + 4;
  out.reserve(size);
  for (const Line& line : session.lines) append_line(out, line);
  return out;
}

void append_line(std::string& out, const Line& line) {
  out += line.type;
  out += '=';
  out += line.value;
  out += "\r\n";
}

void append_address(std::string& out, const base::IpAddress& ip) {
  out += ip.is_v6() ? "IN IP6 " : "IN IP4 ";
  // No address at all can only be the place holder of a description without media.
  if (ip.empty())
    out += "0.0.0.0";
  else
    ip.append_to(out, /*brackets=*/false);
}

void append_connection(std::string& out, const base::IpAddress& ip) {
  out += "c=";
  append_address(out, ip);
  out += "\r\n";
}

}  // namespace sbc::sdp
