#pragma once
// A plain UDP socket on loopback, as a phone would have it; waits are bounded.

#include <poll.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <utility>

#include "media-relay/io/sockaddr.h"
#include "media-relay/io/socket.h"

namespace io {

class Peer {
 public:
  explicit Peer(const char* ip = "127.0.0.1") : socket_(open_udp({*base::IpAddress::parse(ip), 0}, {}).value()) {}

  const base::Endpoint& local() const { return socket_.local(); }
  int descriptor() const { return socket_.descriptor(); }

  bool send(const base::Endpoint& to, const std::string& bytes) {
    SocketAddress address{};
    const socklen_t length = to_sockaddr(to, address);
    return sendto(socket_.descriptor(), bytes.data(), bytes.size(), 0, &address.any, length) ==
           static_cast<ssize_t>(bytes.size());
  }

  struct Got {
    std::string bytes;
    base::Endpoint from;
  };
  std::optional<Got> receive(int milliseconds = 5000) {
    pollfd p{socket_.descriptor(), POLLIN, 0};
    if (poll(&p, 1, milliseconds) != 1) return std::nullopt;
    std::string bytes(4096, '\0');
    SocketAddress address{};
    socklen_t length = sizeof address;
    const ssize_t n = recvfrom(socket_.descriptor(), bytes.data(), bytes.size(), 0, &address.any, &length);
    if (n < 0) return std::nullopt;
    bytes.resize(static_cast<std::size_t>(n));
    return Got{std::move(bytes), from_sockaddr(address)};
  }

 private:
  Socket socket_;
};

}  // namespace io
