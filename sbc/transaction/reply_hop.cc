#include "sbc/transaction/reply_hop.h"

namespace sbc::transaction {

std::uint16_t reply_port_of(const sip::Message& request, const sip::Source& source) {
  const base::Endpoint& seen = source.hop.remote;
  const sip::Via& via = request.top_via();
  if (sip::is_reliable(source.hop.transport) || via.rport) return seen.port;
  const std::optional<base::IpAddress> named = base::IpAddress::parse(via.host);
  if (named && *named != seen.ip) return seen.port;
  const std::uint16_t port = via.port_or_default();
  return port != 0 ? port : seen.port;
}

}  // namespace sbc::transaction
