#include "media-relay/io/sockaddr.h"

#include <cstring>

namespace io {

socklen_t to_sockaddr(const base::Endpoint& endpoint, SocketAddress& out) {
  if (endpoint.ip.is_v4()) {
    out.v4 = sockaddr_in{};
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(endpoint.port);
    std::memcpy(&out.v4.sin_addr, endpoint.ip.v6_bytes().data(), 4);
    return sizeof out.v4;
  }
  out.v6 = sockaddr_in6{};
  out.v6.sin6_family = AF_INET6;
  out.v6.sin6_port = htons(endpoint.port);
  std::memcpy(&out.v6.sin6_addr, endpoint.ip.v6_bytes().data(), 16);
  return sizeof out.v6;
}

base::Endpoint from_sockaddr(const SocketAddress& address) {
  if (address.any.sa_family == AF_INET)
    return {base::IpAddress::v4(ntohl(address.v4.sin_addr.s_addr)), ntohs(address.v4.sin_port)};
  if (address.any.sa_family != AF_INET6) return {};
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &address.v6.sin6_addr, 16);
  return {base::IpAddress::v6(bytes), ntohs(address.v6.sin6_port)};
}

}  // namespace io
