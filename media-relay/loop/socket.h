#pragma once
// Sockets as values: an owned descriptor, addresses between base::Endpoint and the kernel's form, opening and binding
// with errors as text. Every socket made here is non-blocking and close-on-exec.

#include <sys/socket.h>

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

#include "media-relay/base/ip.h"

namespace loop {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset() { *this = Fd(); }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress to_kernel(const base::Endpoint& endpoint);
// Writes the kernel's form into `out`, which must hold a sockaddr_storage; returns its length.
socklen_t to_kernel(const base::Endpoint& endpoint, sockaddr_storage& out);
base::Endpoint from_kernel(const sockaddr_storage& address);  // empty for other families

base::Endpoint local_endpoint(int fd);
base::Endpoint peer_endpoint(int fd);

enum class SocketKind : std::uint8_t { Datagram, Stream };
struct BindOptions {
  bool reuse_port = false;  // several sockets share the port, the kernel spreads the load (SO_REUSEPORT)
  std::uint8_t dscp = 0;    // mark of what leaves (RFC 2474), 0 to 63; what a listener accepts inherits it
};

// Socket bound to `where` (port 0: any free port), SO_REUSEADDR for streams, IPv6 only for IPv6 addresses.
// Error: "bind 192.0.2.1:5060: Address already in use".
std::expected<Fd, std::string> open_bound(SocketKind kind, const base::Endpoint& where, BindOptions options = {});
// Marks what leaves by this socket of `ip`'s family. False: refused.
bool mark(int fd, const base::IpAddress& ip, std::uint8_t dscp);
// Asks the kernel for socket buffers; with the capability beyond its limits. Returns what it granted.
std::size_t grow_receive_buffer(int fd, std::size_t wanted);
std::size_t grow_send_buffer(int fd, std::size_t wanted);

}  // namespace loop
