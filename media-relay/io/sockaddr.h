#pragma once
// Endpoints as the kernel wants them.

#include <netinet/in.h>
#include <sys/socket.h>

#include "media-relay/base/ip.h"

namespace io {

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

// Returns the length that belongs to the address; the endpoint must not be empty.
socklen_t to_sockaddr(const base::Endpoint& endpoint, SocketAddress& out);
// Empty when the family is neither IPv4 nor IPv6.
base::Endpoint from_sockaddr(const SocketAddress& address);

}  // namespace io
