#include "media-relay/loop/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

namespace loop {
namespace {

int option(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof value);
}

std::size_t grow(int fd, int forced_name, int name, std::size_t wanted) {
  const int bytes = static_cast<int>(std::min<std::size_t>(wanted, INT_MAX / 2));
  if (option(fd, SOL_SOCKET, forced_name, bytes) != 0) option(fd, SOL_SOCKET, name, bytes);
  int granted = 0;
  socklen_t length = sizeof granted;
  if (::getsockopt(fd, SOL_SOCKET, name, &granted, &length) != 0) return 0;
  return static_cast<std::size_t>(granted) / 2;  // the kernel doubles for its own bookkeeping (socket(7))
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

socklen_t to_kernel(const base::Endpoint& endpoint, sockaddr_storage& out) {
  if (endpoint.ip.is_v6()) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    std::memcpy(&v6.sin6_addr, endpoint.ip.v6_bytes().data(), 16);
    std::memcpy(&out, &v6, sizeof v6);
    return sizeof v6;
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(endpoint.port);
  v4.sin_addr.s_addr = htonl(endpoint.ip.is_v4() ? endpoint.ip.v4_host_order() : 0);
  std::memcpy(&out, &v4, sizeof v4);
  return sizeof v4;
}

SocketAddress to_kernel(const base::Endpoint& endpoint) {
  SocketAddress address;
  address.length = to_kernel(endpoint, address.storage);
  return address;
}

base::Endpoint from_kernel(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return {.ip = base::IpAddress::v4(ntohl(v4.sin_addr.s_addr)), .port = ntohs(v4.sin_port)};
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, 16);
    return {.ip = base::IpAddress::v6(bytes), .port = ntohs(v6.sin6_port)};
  }
  return {};
}

base::Endpoint local_endpoint(int fd) {
  SocketAddress address;
  address.length = sizeof address.storage;
  return ::getsockname(fd, address.get(), &address.length) == 0 ? from_kernel(address.storage) : base::Endpoint{};
}

base::Endpoint peer_endpoint(int fd) {
  SocketAddress address;
  address.length = sizeof address.storage;
  return ::getpeername(fd, address.get(), &address.length) == 0 ? from_kernel(address.storage) : base::Endpoint{};
}

std::expected<Fd, std::string> open_bound(SocketKind kind, const base::Endpoint& where, BindOptions options) {
  const auto failed = [&](const char* what) {
    return std::unexpected(std::string(what) + " " + where.text() + ": " + std::strerror(errno));
  };
  const int type = (kind == SocketKind::Stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  Fd fd(::socket(where.ip.is_v6() ? AF_INET6 : AF_INET, type, 0));
  if (!fd) return failed("socket");
  // Without V6ONLY a listener on [::] would take the IPv4 port as well and hand out mapped addresses.
  if (where.ip.is_v6() && option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0) return failed("IPV6_V6ONLY");
  // Streams only: a restart must not wait for TIME_WAIT; for datagrams it would let two processes share a port.
  if (kind == SocketKind::Stream && option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1) != 0) return failed("SO_REUSEADDR");
  if (options.reuse_port && option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1) != 0) return failed("SO_REUSEPORT");
  if (options.dscp != 0 && !mark(fd.get(), where.ip, options.dscp)) return failed("DSCP");
  const SocketAddress address = to_kernel(where);
  if (::bind(fd.get(), address.get(), address.length) != 0) return failed("bind");
  return fd;
}

// RFC 2474 section 3: the upper six bits of the byte.
bool mark(int fd, const base::IpAddress& ip, std::uint8_t dscp) {
  const int traffic_class = (dscp & 0x3f) << 2;
  return (ip.is_v6() ? option(fd, IPPROTO_IPV6, IPV6_TCLASS, traffic_class)
                     : option(fd, IPPROTO_IP, IP_TOS, traffic_class)) == 0;
}

std::size_t grow_receive_buffer(int fd, std::size_t wanted) {
  return grow(fd, SO_RCVBUFFORCE, SO_RCVBUF, wanted);
}

std::size_t grow_send_buffer(int fd, std::size_t wanted) {
  return grow(fd, SO_SNDBUFFORCE, SO_SNDBUF, wanted);
}

}  // namespace loop
