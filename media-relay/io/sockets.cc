#include "media-relay/io/sockets.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <vector>

#include "media-relay/io/sockaddr.h"

namespace io {
namespace {

// What epoll remembers for the descriptor that `wake` writes to; no port has this index.
constexpr std::uint32_t kWakeMark = packet::PortIndex::kNone;

int milliseconds_of(base::Duration wait) {
  if (wait <= base::Duration{}) return 0;
  // Up, not down: a deadline that is half a millisecond away must not be waited for by spinning.
  const auto whole = std::chrono::ceil<base::milliseconds>(wait).count();
  return static_cast<int>(std::min<std::int64_t>(whole, INT_MAX));
}

// With a mark of its own, told beside the packet: a port that several kinds of media share has one for them all.
ssize_t send_marked(int descriptor, const packet::Packet& p, SocketAddress& to, socklen_t length) {
  const auto bytes = p.bytes();
  iovec data{const_cast<std::byte*>(bytes.data()), bytes.size()};  // only read
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_name = &to.any;
  message.msg_namelen = length;
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  const bool v4 = p.destination.ip.is_v4();
  header->cmsg_level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
  header->cmsg_type = v4 ? IP_TOS : IPV6_TCLASS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  const int traffic_class = (p.dscp & 0x3f) << 2;  // RFC 2474 section 3: the upper six bits
  std::memcpy(CMSG_DATA(header), &traffic_class, sizeof traffic_class);
  return sendmsg(descriptor, &message, MSG_DONTWAIT);
}

class SocketsBackend final : public Backend {
 public:
  SocketsBackend(Socket epoll, Socket wake) : epoll_(std::move(epoll)), wake_(std::move(wake)) {}

  std::expected<packet::PortIndex, std::string> attach(Socket socket) override {
    if (socket.descriptor() < 0) return std::unexpected("expected an open socket");
    std::uint32_t index = 0;
    if (free_.empty()) {
      index = static_cast<std::uint32_t>(sockets_.size());
      sockets_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = index;
    if (epoll_ctl(epoll_.descriptor(), EPOLL_CTL_ADD, socket.descriptor(), &event) != 0) {
      const int number = errno;
      free_.push_back(index);
      return std::unexpected("epoll_ctl " + socket.local().text() + ": " + std::strerror(number));
    }
    sockets_[index] = std::move(socket);
    return packet::PortIndex{index};
  }

  void detach(packet::PortIndex port) override {
    if (port.value >= sockets_.size() || !sockets_[port.value]) return;
    sockets_[port.value] = Socket();  // closing takes it out of epoll too: nobody else holds the description
    free_.push_back(port.value);
  }

  bool mark(packet::PortIndex port, std::uint8_t dscp) override {
    return port.value < sockets_.size() && sockets_[port.value] && io::mark(sockets_[port.value], dscp);
  }

  void receive(packet::Batch& batch, base::Duration wait) override {
    const int ready =
        epoll_wait(epoll_.descriptor(), events_.data(), static_cast<int>(events_.size()), milliseconds_of(wait));
    for (int i = 0; i < ready; ++i) {
      const std::uint32_t index = events_[static_cast<std::size_t>(i)].data.u32;
      if (index == kWakeMark) {
        std::uint64_t count = 0;
        // Only clears the mark; there is nothing to do about a failure, which would show as a busy loop of EAGAIN.
        [[maybe_unused]] const ssize_t n = read(wake_.descriptor(), &count, sizeof count);
      } else {
        receive_one(index, batch);
      }
    }
  }

  void transmit(packet::Batch& batch) override {
    for (const packet::Packet& p : batch.packets())
      if (p.leaves()) send_one(p);
  }

  void wake() override {
    const std::uint64_t one = 1;
    // Fails only when the mark is set already.
    [[maybe_unused]] const ssize_t n = write(wake_.descriptor(), &one, sizeof one);
  }

  const Counters& counters() const override { return counters_; }

 private:
  void receive_one(std::uint32_t index, packet::Batch& batch) {
    const auto storage = buffers_[batch.size()];
    SocketAddress from{};
    socklen_t length = sizeof from;
    // MSG_TRUNC: the true length, so that a datagram that was cut is known by it.
    const ssize_t n = recvfrom(sockets_[index].descriptor(), storage.data(), packet::kMaxDatagramBytes, MSG_TRUNC,
                               &from.any, &length);
    if (n < 0) {
      // EAGAIN: the kernel found the checksum wrong after epoll had told of it. Anything else is an ICMP error that
      // came in.
      if (errno != EAGAIN && errno != EINTR) ++counters_.receive_errors;
      return;
    }
    const auto size = static_cast<std::size_t>(n);
    if (size > packet::kMaxDatagramBytes) {
      ++counters_.oversized;
      return;
    }
    packet::Packet& p = batch.add();
    p.assign(storage, size);
    p.arrived_on = packet::PortIndex{index};
    p.source = from_sockaddr(from);
    ++counters_.received_packets;
    counters_.received_bytes += size;
  }

  void send_one(const packet::Packet& p) {
    SocketAddress to{};
    const socklen_t length = to_sockaddr(p.destination, to);
    const int descriptor = sockets_[p.leaves_by.value].descriptor();
    const auto bytes = p.bytes();
    const ssize_t n = p.dscp == packet::Packet::kMarkOfPort
                          ? sendto(descriptor, bytes.data(), bytes.size(), MSG_DONTWAIT, &to.any, length)
                          : send_marked(descriptor, p, to, length);
    if (n >= 0) {
      ++counters_.sent_packets;
      counters_.sent_bytes += bytes.size();
    } else if (errno == EAGAIN || errno == ENOBUFS) {
      ++counters_.send_blocked;
    } else {
      ++counters_.send_errors;
    }
  }

  Socket epoll_;  // descriptors that close themselves
  Socket wake_;
  std::vector<Socket> sockets_;  // by port index
  std::vector<std::uint32_t> free_;
  // As many as a batch holds: each socket gives one packet at most, so that the batch cannot overflow.
  std::array<epoll_event, packet::kBatchPackets> events_{};
  packet::Buffers buffers_;
  Counters counters_;
};

}  // namespace

std::expected<std::unique_ptr<Backend>, std::string> make_sockets_backend() {
  Socket epoll(epoll_create1(EPOLL_CLOEXEC), {});
  if (epoll.descriptor() < 0) return std::unexpected(std::string("epoll_create1: ") + std::strerror(errno));
  Socket wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), {});
  if (wake.descriptor() < 0) return std::unexpected(std::string("eventfd: ") + std::strerror(errno));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = kWakeMark;
  if (epoll_ctl(epoll.descriptor(), EPOLL_CTL_ADD, wake.descriptor(), &event) != 0)
    return std::unexpected(std::string("epoll_ctl: ") + std::strerror(errno));
  return std::make_unique<SocketsBackend>(std::move(epoll), std::move(wake));
}

}  // namespace io
