#pragma once
// A bound UDP socket, owned: closing is destruction. A socket without descriptor stands for a port of the memory back
// end.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "media-relay/base/ip.h"

namespace io {

class Socket {
 public:
  Socket() = default;
  Socket(int descriptor, base::Endpoint local) : descriptor_(descriptor), local_(local), open_(true) {}
  Socket(Socket&& from) noexcept { swap(from); }
  Socket& operator=(Socket&& from) noexcept {
    Socket taken(std::move(from));
    swap(taken);
    return *this;
  }
  ~Socket();

  explicit operator bool() const { return open_; }
  // This socket under the name that the kernel gave it.
  Socket with_local(const base::Endpoint& local) && {
    local_ = local;
    return std::move(*this);
  }

  int descriptor() const { return descriptor_; }  // -1: memory
  const base::Endpoint& local() const { return local_; }

 private:
  void swap(Socket& with) noexcept {
    std::swap(descriptor_, with.descriptor_);
    std::swap(local_, with.local_);
    std::swap(open_, with.open_);
  }
  int descriptor_ = -1;
  base::Endpoint local_;
  bool open_ = false;
};

struct SocketOptions {
  std::uint8_t dscp = 46;          // EF (RFC 3246), the code point of voice (RFC 4594 4.1); 0..63
  int receive_buffer = 64 * 1024;  // bytes asked of the kernel: a second of G.711 and more
};

// A socket without descriptor, for the memory back end.
inline Socket memory_socket(const base::Endpoint& local) {
  return Socket(-1, local);
}

struct OpenError {
  enum class Reason : std::uint8_t {
    InUse,          // another process or an earlier flow still has the port: try the next pair
    NoAddress,      // the address is not one of this machine's
    NoDescriptors,  // out of file descriptors: refuse the session
    Other,
  };
  Reason reason = Reason::Other;
  std::string text;  // "bind 192.0.2.1:16384: Address already in use"
};

// Marks what leaves from now on (RFC 2474); a socket without descriptor is not marked. False: refused.
bool mark(const Socket& socket, std::uint8_t dscp);

// Opens one non-blocking UDP socket bound to `local`; port 0 lets the kernel choose.
std::expected<Socket, OpenError> open_udp(const base::Endpoint& local, const SocketOptions& options);

struct SocketPair {
  Socket rtp;
  Socket rtcp;
};

// RTP on `rtp_port`, which should be even, and RTCP on the port above (RFC 3550 11). Port 0 looks for a free pair
// (tests). Either both ports are bound or none.
std::expected<SocketPair, OpenError> open_pair(const base::IpAddress& ip, std::uint16_t rtp_port,
                                               const SocketOptions& options);

std::string_view name_of(OpenError::Reason reason);

}  // namespace io
