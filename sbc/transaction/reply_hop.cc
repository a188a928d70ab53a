#include "sbc/transaction/reply_hop.h"

#include "sbc/sip/response.h"

namespace sbc::transaction {

std::uint16_t reply_port_of(const sip::Message& request, const sip::Source& source) {
  const sip::Via& via = request.top_via();
  if (!sip::is_reliable(source.hop.transport) && !via.rport) {
    const std::optional<base::IpAddress> named = base::IpAddress::parse(via.host);
    if (named && *named != source.hop.remote.ip) return source.hop.remote.port;
  }
  return sip::response_hop(request, source).remote.port;
}

}  // namespace sbc::transaction
