#pragma once
// A shard's transports on a loop, a delegate that writes down what it is told, and plain sockets as peers.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "media-relay/base/clock.h"
#include "media-relay/loop/event_loop.h"
#include "media-relay/loop/socket.h"
#include "media-relay/loop/stream.h"

#include "sbc/net/transports.h"

namespace sbc::net {

inline base::Endpoint at(const char* text) {
  return *base::Endpoint::parse(text);
}

inline std::string request(const std::string& body = "") {
  return "OPTIONS sip:a@example.com SIP/2.0\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct Recorder : Delegate {
  struct Got {
    std::string bytes;
    sip::Source source;
  };
  void on_message(std::string&& bytes, const sip::Source& source) override {
    messages.push_back({std::move(bytes), source});
    if (then) then(messages.back());
  }
  void on_bad_stream(const sip::ParseError& error, std::string&& head, const sip::Source& source) override {
    bad.push_back({std::move(head), source});
    bad_errors.push_back(error);
    if (then_bad) then_bad(source);
  }
  void on_send_failed(std::uint64_t token, const sip::Hop& hop, const base::SharedBytes& bytes, Loss loss) override {
    failed.push_back(token);
    losses.push_back(loss);
    lost.push_back({hop, bytes});
  }
  void on_connection_closed(sip::ConnectionId id) override { closed.push_back(id); }
  bool on_foreign_send(std::uint8_t shard, const sip::Hop& hop, const base::SharedBytes& bytes,
                       std::uint64_t token) override {
    foreign_shards.push_back(shard);
    return foreign && foreign(shard, hop, bytes, token);
  }

  std::vector<Got> messages;
  std::vector<Got> bad;
  std::vector<sip::ParseError> bad_errors;
  std::vector<std::uint64_t> failed;
  std::vector<Loss> losses;                                  // of failed
  std::vector<std::pair<sip::Hop, base::SharedBytes>> lost;  // of failed
  std::vector<sip::ConnectionId> closed;
  std::vector<std::uint8_t> foreign_shards;
  std::function<void(const Got&)> then;
  std::function<void(const sip::Source&)> then_bad;
  std::function<bool(std::uint8_t, const sip::Hop&, const base::SharedBytes&, std::uint64_t)> foreign;
};

// A TCP peer.
struct Peer : loop::Stream::Delegate {
  void on_connected(loop::Stream&) override { connected = true; }
  void on_bytes(loop::Stream&, std::string_view bytes) override { received += bytes; }
  void on_closed(loop::Stream&, loop::Stream::CloseReason) override { closed = true; }
  std::string received;
  bool connected = false;
  bool closed = false;
  std::unique_ptr<loop::Stream> stream;
};

class NetTest : public testing::Test {
 protected:
  // Turns until the condition holds; the bound only guards against hanging.
  template <typename F>
  testing::AssertionResult turn_until(F&& condition) {
    const base::Instant end = base::monotonic_now() + base::seconds(20);
    while (base::monotonic_now() < end) {
      if (condition()) return testing::AssertionSuccess();
      loop_.run_once(base::milliseconds(10));
    }
    return testing::AssertionFailure() << "did not happen";
  }
  void turn(int times = 3) {
    for (int i = 0; i < times; ++i) loop_.run_once(base::Duration::zero());
  }

  std::unique_ptr<Transports> make(Delegate& delegate, std::vector<ListenerConfig> listeners, std::uint8_t shard = 0,
                                   bool reuse_port = false) {
    auto made = std::make_unique<Transports>(
        loop_,
        ::sbc::net::Setup{
            .shard = shard, .reuse_port = reuse_port, .listeners = std::move(listeners), .limits = limits_},
        delegate);
    const auto started = made->start();
    EXPECT_TRUE(started.has_value()) << started.error();
    return made;
  }
  static ListenerConfig udp(const char* where, std::uint16_t index = 0) {
    return {.index = index, .realm = "access", .transport = sip::Transport::Udp, .bind = at(where)};
  }
  static ListenerConfig tcp(const char* where, std::uint16_t index = 0) {
    return {.index = index, .realm = "access", .transport = sip::Transport::Tcp, .bind = at(where)};
  }

  std::unique_ptr<Peer> connect(const base::Endpoint& to) {
    auto peer = std::make_unique<Peer>();
    auto stream = loop::Stream::connect_tcp(loop_, to, {}, *peer, loop::StreamLimits{.most_output = 64u << 20});
    EXPECT_TRUE(stream.has_value());
    peer->stream = std::move(*stream);
    return peer;
  }

  static loop::Fd socket(const char* where) {
    auto fd = loop::open_bound(loop::SocketKind::Datagram, at(where));
    EXPECT_TRUE(fd.has_value());
    return std::move(*fd);
  }
  static void send_to(const loop::Fd& fd, const base::Endpoint& to, std::string_view bytes) {
    const loop::SocketAddress address = loop::to_kernel(to);
    EXPECT_EQ(static_cast<ssize_t>(bytes.size()),
              ::sendto(fd.get(), bytes.data(), bytes.size(), 0, address.get(), address.length));
  }
  static std::vector<std::string> received_by(const loop::Fd& fd) {
    std::vector<std::string> out;
    char buffer[65536];
    for (;;) {
      const ssize_t n = ::recv(fd.get(), buffer, sizeof buffer, 0);
      if (n < 0) return out;
      out.emplace_back(buffer, static_cast<std::size_t>(n));
    }
  }

  loop::EventLoop loop_;
  Limits limits_;
  Recorder got_;
};

}  // namespace sbc::net
