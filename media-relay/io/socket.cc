#include "media-relay/io/socket.h"

#include <netinet/ip.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "media-relay/io/sockaddr.h"

namespace io {
namespace {

// Tries for a free pair when the kernel chooses: half of its choices are odd, some have a taken neighbour.
constexpr int kPairTries = 64;

OpenError error_of(int number, const char* step, const base::Endpoint& local) {
  OpenError e;
  switch (number) {
    case EADDRINUSE:
      e.reason = OpenError::Reason::InUse;
      break;
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      e.reason = OpenError::Reason::NoAddress;
      break;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      e.reason = OpenError::Reason::NoDescriptors;
      break;
    default:
      e.reason = OpenError::Reason::Other;
  }
  e.text = std::string(step) + " " + local.text() + ": " + std::strerror(number);
  return e;
}

bool set_option(int descriptor, int level, int name, int value) {
  return setsockopt(descriptor, level, name, &value, sizeof value) == 0;
}

// The code point is the upper six bits of the byte (RFC 2474 section 3).
bool mark(int descriptor, bool v4, std::uint8_t dscp) {
  const int traffic_class = (dscp & 0x3f) << 2;
  return v4 ? set_option(descriptor, IPPROTO_IP, IP_TOS, traffic_class)
            : set_option(descriptor, IPPROTO_IPV6, IPV6_TCLASS, traffic_class);
}

// The kernel may refuse a buffer beyond its limit, and what it gives will do.
bool configure(int descriptor, bool v4, const SocketOptions& options) {
  set_option(descriptor, SOL_SOCKET, SO_RCVBUF, options.receive_buffer);
  return (v4 || set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1)) && mark(descriptor, v4, options.dscp);
}

std::expected<SocketPair, OpenError> open_pair_at(const base::IpAddress& ip, std::uint16_t port,
                                                  const SocketOptions& options) {
  if (port == UINT16_MAX) return std::unexpected(OpenError{OpenError::Reason::Other, "no port above 65535"});
  auto rtp = open_udp({ip, port}, options);
  if (!rtp) return std::unexpected(rtp.error());
  auto rtcp = open_udp({ip, static_cast<std::uint16_t>(port + 1)}, options);
  if (!rtcp) return std::unexpected(rtcp.error());
  return SocketPair{std::move(*rtp), std::move(*rtcp)};
}

}  // namespace

Socket::~Socket() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool mark(const Socket& socket, std::uint8_t dscp) {
  return socket.descriptor() < 0 || mark(socket.descriptor(), socket.local().ip.is_v4(), dscp);
}

std::expected<Socket, OpenError> open_udp(const base::Endpoint& local, const SocketOptions& options) {
  if (local.empty()) return std::unexpected(OpenError{OpenError::Reason::NoAddress, "no local address"});
  const int family = local.ip.is_v4() ? AF_INET : AF_INET6;
  const int descriptor = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return std::unexpected(error_of(errno, "socket", local));
  Socket opened(descriptor, local);  // closes on every way out
  if (!configure(descriptor, local.ip.is_v4(), options)) return std::unexpected(error_of(errno, "configure", local));
  SocketAddress address{};
  socklen_t length = to_sockaddr(local, address);
  if (bind(descriptor, &address.any, length) != 0) return std::unexpected(error_of(errno, "bind", local));
  if (local.port != 0) return opened;
  length = sizeof address;
  if (getsockname(descriptor, &address.any, &length) != 0)
    return std::unexpected(error_of(errno, "getsockname", local));
  const base::Endpoint bound = from_sockaddr(address);
  return std::move(opened).with_local(bound);
}

std::expected<SocketPair, OpenError> open_pair(const base::IpAddress& ip, std::uint16_t rtp_port,
                                               const SocketOptions& options) {
  if (rtp_port != 0) return open_pair_at(ip, rtp_port, options);
  OpenError last{OpenError::Reason::InUse, "no free pair of ports"};
  for (int i = 0; i < kPairTries; ++i) {
    auto probe = open_udp({ip, 0}, options);
    if (!probe) return std::unexpected(probe.error());
    const std::uint16_t even = probe->local().port & 0xfffe;
    *probe = Socket();
    auto pair = open_pair_at(ip, even, options);
    if (pair) return pair;
    last = pair.error();
  }
  return std::unexpected(last);
}

std::string_view name_of(OpenError::Reason reason) {
  switch (reason) {
    case OpenError::Reason::InUse:
      return "in use";
    case OpenError::Reason::NoAddress:
      return "no such address";
    case OpenError::Reason::NoDescriptors:
      return "out of descriptors";
    case OpenError::Reason::Other:
      return "other";
  }
  return "other";
}

}  // namespace io
