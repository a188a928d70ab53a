#include "sbc/net/counters.h"

namespace sbc::net {

const char* name_of(Drop reason) {
  switch (reason) {
    case Drop::UdpTruncated:
      return "udp_truncated";
    case Drop::UdpNotSip:
      return "udp_not_sip";
    case Drop::UdpNoPort:
      return "udp_no_port";
    case Drop::UdpQueueFull:
      return "udp_queue_full";
    case Drop::UdpSendError:
      return "udp_send_error";
    case Drop::UdpKernel:
      return "udp_kernel";
    case Drop::TcpTooMany:
      return "tcp_too_many";
    case Drop::TcpTooManyOfSource:
      return "tcp_too_many_of_source";
    case Drop::TcpBadStream:
      return "tcp_bad_stream";
    case Drop::TcpOutputFull:
      return "tcp_output_full";
    case Drop::TcpSlowMessage:
      return "tcp_slow_message";
    case Drop::TcpNoPong:
      return "tcp_no_pong";
    case Drop::TlsHandshakeSlow:
      return "tls_handshake_slow";
    case Drop::WsHandshakeSlow:
      return "ws_handshake_slow";
    case Drop::WsBroken:
      return "ws_broken";
    case Drop::WsNoFlow:
      return "ws_no_flow";
    case Drop::StunBadRequest:
      return "stun_bad_request";
    case Drop::TcpConnectFailed:
      return "tcp_connect_failed";
    case Drop::TcpConnectionLost:
      return "tcp_connection_lost";
    case Drop::TcpInDoubt:
      return "tcp_in_doubt";
    case Drop::NoListener:
      return "no_listener";
    case Drop::ForeignRefused:
      return "foreign_refused";
    case Drop::kCount:
      break;
  }
  return "unknown";
}

}  // namespace sbc::net
