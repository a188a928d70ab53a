#pragma once
// One datagram socket of one shard: batches in through recvmmsg, batches out through sendmmsg.

#include <sys/socket.h>

#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "media-relay/loop/event_loop.h"
#include "media-relay/loop/socket.h"

#include "sbc/net/context.h"

namespace sbc::net {

// Where recvmmsg writes. One per shard: its sockets are read one after the other.
class ReceiveBatch {
 public:
  explicit ReceiveBatch(unsigned datagrams);

  // The number of datagrams taken; 0: nothing there (or an error, which is the same to the reader).
  unsigned receive(int fd);
  std::string_view bytes(unsigned i) const;
  base::Endpoint from(unsigned i) const { return loop::from_kernel(addresses_[i]); }
  bool truncated(unsigned i) const { return (headers_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0; }
  unsigned capacity() const { return static_cast<unsigned>(headers_.size()); }

 private:
  std::unique_ptr<char[]> buffer_;
  std::vector<sockaddr_storage> addresses_;
  std::vector<iovec> pieces_;
  std::vector<mmsghdr> headers_;
};

class UdpListener {
 public:
  UdpListener(Context& context, const ListenerConfig& config, ReceiveBatch& batch);
  UdpListener(const UdpListener&) = delete;
  UdpListener& operator=(const UdpListener&) = delete;

  std::expected<void, std::string> open(bool reuse_port);
  void send(const sip::Hop& hop, base::SharedBytes bytes, std::uint64_t token);
  void flush();
  base::Endpoint local() const { return local_; }
  std::uint32_t kernel_drops() const;  // datagrams lost because the socket's buffer was full

 private:
  struct Outgoing {
    sip::Hop hop;
    base::SharedBytes bytes;
    std::uint64_t token = 0;
  };

  void on_ready(loop::Ready ready);
  void receive();
  void take(std::string_view bytes, const base::Endpoint& from, bool truncated);
  void answer_stun(std::string_view bytes, const base::Endpoint& from);
  void sent(unsigned count);

  Context& context_;
  ListenerConfig config_;
  ReceiveBatch& batch_;
  loop::Fd fd_;
  base::Endpoint local_;
  std::unique_ptr<loop::FdWatch> watch_;
  std::deque<Outgoing> queue_;
  bool blocked_ = false;  // the socket's buffer is full
};

}  // namespace sbc::net
