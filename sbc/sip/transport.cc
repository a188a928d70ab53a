#include "sbc/sip/transport.h"

#include "media-relay/base/text.h"

namespace sbc::sip {

std::string_view name_of(Transport transport) {
  switch (transport) {
    case Transport::Udp:
      return "UDP";
    case Transport::Tcp:
      return "TCP";
    case Transport::Tls:
      return "TLS";
    case Transport::Ws:
      return "WS";
    case Transport::Wss:
      return "WSS";
  }
  return {};
}

std::string_view uri_name_of(Transport transport) {
  switch (transport) {
    case Transport::Udp:
      return "udp";
    case Transport::Tcp:
      return "tcp";
    case Transport::Tls:
      return "tls";
    case Transport::Ws:
      return "ws";
    case Transport::Wss:
      return "wss";
  }
  return {};
}

std::optional<Transport> transport_from(std::string_view token) {
  for (const Transport transport : {Transport::Udp, Transport::Tcp, Transport::Tls, Transport::Ws, Transport::Wss})
    if (base::equals_ignoring_case(token, name_of(transport))) return transport;
  return std::nullopt;
}

std::uint16_t default_port(Transport transport) {
  switch (transport) {
    case Transport::Udp:
    case Transport::Tcp:
      return 5060;
    case Transport::Tls:
      return 5061;
    case Transport::Ws:
      return 80;
    case Transport::Wss:
      return 443;
  }
  return 5060;
}

}  // namespace sbc::sip
