// Opens sessions on a media-relay over its control socket and sends G.711-sized RTP through each, both ways, 50 packets
// a second with phases spread over 20 ms; prints how much arrived. The load of `scripts/bench`.
//
//   rtp_load --socket PATH --sessions N --seconds N --a ADDRESS --b ADDRESS

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "media-relay/base/clock.h"
#include "media-relay/control/codec.h"
#include "media-relay/control/framing.h"

namespace {

constexpr std::size_t kPacketBytes = 172;  // RTP header and 20 ms of G.711
constexpr base::Duration kInterval = base::milliseconds(20);

sockaddr_in to_sockaddr(const base::Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  address.sin_addr.s_addr = htonl(endpoint.ip.v4_host_order());
  return address;
}

[[noreturn]] void give_up(const std::string& text) {
  std::fprintf(stderr, "rtp_load: %s\n", text.c_str());
  std::exit(1);
}

// One peer of one session: its socket, and where the relay takes its media.
struct Peer {
  int fd = -1;
  base::Endpoint own;
  sockaddr_in relay{};
  std::uint16_t sequence = 1;
};

Peer open_peer(const base::IpAddress& ip) {
  Peer peer;
  peer.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address = to_sockaddr({ip, 0});
  socklen_t size = sizeof address;
  if (peer.fd < 0 || bind(peer.fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(peer.fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    give_up(std::string("socket: ") + std::strerror(errno));
  peer.own = {ip, ntohs(address.sin_port)};
  return peer;
}

class Control {
 public:
  explicit Control(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) give_up("socket path too long");
    std::memcpy(address.sun_path, path.c_str(), path.size());
    if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      give_up(path + ": " + std::strerror(errno));
  }

  control::Reply ask(const control::Command& command) {
    std::string frame;
    control::append_command(frame, ++request_, command);
    if (write(fd_, frame.data(), frame.size()) != static_cast<ssize_t>(frame.size())) give_up("control write failed");
    for (;;) {
      auto next = reader_.next();
      if (next.status == control::FrameReader::Status::Frame) {
        auto decoded = control::decode_from_relay(next.payload);
        if (!decoded) give_up("control: " + decoded.error().text);
        if (auto* reply = std::get_if<control::ReplyFrame>(&*decoded)) return std::move(reply->reply);
        continue;
      }
      std::array<char, 4096> bytes;
      const ssize_t got = read(fd_, bytes.data(), bytes.size());
      if (got <= 0) give_up("control connection closed");
      reader_.feed({bytes.data(), static_cast<std::size_t>(got)});
    }
  }

 private:
  int fd_;
  std::uint64_t request_ = 0;
  control::FrameReader reader_;
};

void open_session(Control& control, unsigned number, Peer& a, Peer& b) {
  control::FlowSpec flow;
  flow.kind = "audio";
  flow.a.network = "access";
  flow.a.remote_rtp = a.own;
  flow.b.network = "core";
  flow.b.remote_rtp = b.own;
  control::SessionSpec spec;
  spec.flows.push_back(flow);
  const auto reply = control.ask(control::Open{"load-" + std::to_string(number), spec});
  const auto* opened = std::get_if<control::Opened>(&reply);
  if (opened == nullptr) give_up("the relay refused session " + std::to_string(number));
  a.relay = to_sockaddr(opened->flows.at(0).a.rtp);
  b.relay = to_sockaddr(opened->flows.at(0).b.rtp);
}

void send_one(Peer& peer, std::uint32_t ssrc) {
  std::array<unsigned char, kPacketBytes> packet{};
  packet[0] = 0x80;
  const std::uint16_t sequence = htons(peer.sequence);
  const std::uint32_t stamp = htonl(peer.sequence * 160U);
  const std::uint32_t source = htonl(ssrc);
  std::memcpy(&packet[2], &sequence, 2);
  std::memcpy(&packet[4], &stamp, 4);
  std::memcpy(&packet[8], &source, 4);
  ++peer.sequence;
  (void)sendto(peer.fd, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&peer.relay), sizeof peer.relay);
}

std::uint64_t drain(int epoll) {
  std::array<epoll_event, 256> events;
  std::array<char, 2048> bytes;
  std::uint64_t received = 0;
  const int ready = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < ready; ++i)
    while (recv(events[static_cast<std::size_t>(i)].data.fd, bytes.data(), bytes.size(), 0) > 0) ++received;
  return received;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App options("RTP load for media-relay");
  std::string socket_path, a_text, b_text;
  unsigned sessions = 100;
  unsigned seconds = 10;
  options.add_option("--socket", socket_path)->required();
  options.add_option("--sessions", sessions);
  options.add_option("--seconds", seconds);
  options.add_option("--a", a_text)->required();
  options.add_option("--b", b_text)->required();
  CLI11_PARSE(options, argc, argv);
  const auto ip_a = base::IpAddress::parse(a_text);
  const auto ip_b = base::IpAddress::parse(b_text);
  if (!ip_a || !ip_b || !ip_a->is_v4() || !ip_b->is_v4()) give_up("expected IPv4 addresses");
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);

  Control control(socket_path);
  if (!std::holds_alternative<control::Welcome>(control.ask(control::Hello{.controller = "load"})))
    give_up("the relay did not welcome us");
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  std::vector<Peer> peers;
  for (unsigned i = 0; i < sessions; ++i) {
    Peer a = open_peer(*ip_a);
    Peer b = open_peer(*ip_b);
    open_session(control, i, a, b);
    for (const Peer* peer : {&a, &b}) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = peer->fd;
      epoll_ctl(epoll, EPOLL_CTL_ADD, peer->fd, &event);
      peers.push_back(*peer);
    }
  }

  // A wheel of one interval: each peer has its place in it, spread evenly.
  const auto begin = base::monotonic_now();
  const auto end = begin + base::seconds(seconds);
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::size_t next = 0;
  for (std::uint64_t round = 0;;) {
    const auto now = base::monotonic_now();
    if (now >= end) break;
    const auto due = begin + kInterval * round + kInterval * next / peers.size();
    if (now < due) {
      received += drain(epoll);
      if (due - now > base::microseconds(300)) usleep(150);
      continue;
    }
    send_one(peers[next], 0x1000U + static_cast<std::uint32_t>(next));
    ++sent;
    if (++next == peers.size()) {
      next = 0;
      ++round;
    }
  }
  usleep(100'000);
  for (int i = 0; i < 100; ++i) received += drain(epoll);
  for (unsigned i = 0; i < sessions; ++i)
    (void)control.ask(control::Close{"load-" + std::to_string(i), "load is over"});
  std::printf("sent %llu, lost %.3f%%\n", static_cast<unsigned long long>(sent),
              sent == 0 ? 0.0 : 100.0 * (1.0 - static_cast<double>(received) / static_cast<double>(sent)));
  return 0;
}
