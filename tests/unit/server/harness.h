#pragma once
// A relay in this process on a socket of its own, and controllers and phones that talk to it.

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/base/clock.h"
#include "media-relay/control/codec.h"
#include "media-relay/control/framing.h"
#include "media-relay/loop/socket.h"
#include "media-relay/loop/stream.h"
#include "media-relay/server/relay.h"

#include "../surroundings.h"

namespace server {

inline base::IpAddress loopback() {
  return base::IpAddress::v4(0x7f000001);
}

using tests::Directory;
using tests::run_until;

inline Config test_config(const std::string& socket) {
  Config config;
  config.session.networks = {{"access", loopback(), loopback(), 40000, 49999},
                             {"core", loopback(), loopback(), 50000, 59999}};
  config.session.workers = 1;
  config.session.quarantine = base::seconds(60);
  config.pin_workers = false;
  config.control_socket = socket;
  config.metrics = {loopback(), 0};
  config.log.level = observe::Level::Off;
  config.drain = base::milliseconds(200);
  return config;
}

struct RelayUnderTest {
  explicit RelayUnderTest(const std::function<void(Config&)>& change = {}) {
    Config config = test_config(directory.file("relay.sock"));
    if (change) change(config);
    socket = config.control_socket;
    log = *observe::Log::open(config.log);
    relay = std::make_unique<Relay>(loop, *log, config, [this] { stopped = true; });
    const auto started = relay->start();
    EXPECT_TRUE(started.has_value()) << started.error();
  }
  std::size_t ports_in_use() { return relay->ports(0).in_use + relay->ports(1).in_use; }

  Directory directory;
  std::string socket;
  loop::EventLoop loop;
  std::unique_ptr<observe::Log> log;
  bool stopped = false;
  std::unique_ptr<Relay> relay;
};

// A controller that says exactly what it is told to.
class Controller final : public loop::Stream::Delegate {
 public:
  Controller(loop::EventLoop& loop, const std::string& path) : loop_(loop) {
    auto stream = loop::Stream::connect_unix(loop, path, *this);
    EXPECT_TRUE(stream.has_value());
    stream_ = *std::move(stream);
  }

  control::Reply ask(const control::Command& command) {
    const std::uint64_t request = ++last_;
    std::string frame;
    control::append_command(frame, request, command);
    stream_->write(frame);
    EXPECT_TRUE(run_until(loop_, [&] { return replies.contains(request) || closed; }))
        << "no reply to " << control::name_of(command);
    return replies.contains(request) ? replies[request] : control::Error{};
  }
  template <typename T>
  T get(const control::Command& command) {
    const control::Reply reply = ask(command);
    if (const T* value = std::get_if<T>(&reply)) return *value;
    const auto* error = std::get_if<control::Error>(&reply);
    ADD_FAILURE() << "got " << control::name_of(reply) << ": " << (error != nullptr ? error->text : "");
    return {};
  }
  void hello(const char* name, std::uint32_t lease_ms = 0) { get<control::Welcome>(control::Hello{name, lease_ms, 1}); }
  void write(std::string_view bytes) { stream_->write(bytes); }
  // As kill -9 does: the kernel closes the socket.
  void die() { stream_.reset(); }

  std::map<std::uint64_t, control::Reply> replies;
  std::vector<control::Event> events;
  bool closed = false;

 private:
  void on_bytes(loop::Stream&, std::string_view bytes) override {
    reader_.feed(bytes);
    for (auto r = reader_.next(); r.status == control::FrameReader::Status::Frame; r = reader_.next()) {
      const auto frame = control::decode_from_relay(r.payload);
      ASSERT_TRUE(frame.has_value()) << frame.error().text;
      if (const auto* reply = std::get_if<control::ReplyFrame>(&*frame))
        replies[reply->request] = reply->reply;
      else
        events.push_back(std::get<control::Event>(*frame));
    }
  }
  void on_closed(loop::Stream&, loop::Stream::CloseReason) override { closed = true; }

  loop::EventLoop& loop_;
  std::unique_ptr<loop::Stream> stream_;
  control::FrameReader reader_;
  std::uint64_t last_ = 0;
};

// A phone: one UDP socket on loopback that sends and receives RTP.
class Phone {
 public:
  Phone() : fd_(*loop::open_bound(loop::SocketKind::Datagram, {loopback(), 0})) {}

  base::Endpoint address() const { return loop::local_endpoint(fd_.get()); }

  void send(const base::Endpoint& to) {
    std::string packet(172, '\x55');
    packet[0] = '\x80';
    packet[1] = 0;  // PCMU
    packet[2] = static_cast<char>(sequence_ >> 8);
    packet[3] = static_cast<char>(sequence_);
    const std::uint32_t timestamp = sequence_ * 160U;
    for (unsigned i = 0; i < 4; ++i) {
      packet[4 + i] = static_cast<char>(timestamp >> (24 - 8 * i));
      packet[8 + i] = static_cast<char>(0x11223344U >> (24 - 8 * i));
    }
    ++sequence_;
    const loop::SocketAddress kernel = loop::to_kernel(to);
    EXPECT_EQ(::sendto(fd_.get(), packet.data(), packet.size(), 0, kernel.get(), kernel.length), 172);
  }

  // Where the next packet came from; nullopt when none came in time.
  std::optional<base::Endpoint> receive(base::Duration wait = base::seconds(5)) {
    pollfd p{fd_.get(), POLLIN, 0};
    const auto ms = std::chrono::duration_cast<base::milliseconds>(wait).count();
    if (::poll(&p, 1, static_cast<int>(ms)) != 1) return std::nullopt;
    loop::SocketAddress from;
    from.length = sizeof from.storage;
    char buffer[2048];
    if (::recvfrom(fd_.get(), buffer, sizeof buffer, 0, from.get(), &from.length) != 172) return std::nullopt;
    return loop::from_kernel(from.storage);
  }

 private:
  loop::Fd fd_;
  std::uint16_t sequence_ = 100;
};

inline control::SessionSpec call_between(const Phone& a, const Phone& b) {
  control::FlowSpec flow{0, "audio", {}, {}};
  flow.a.network = "access";
  flow.a.remote_rtp = a.address();
  flow.b.network = "core";
  flow.b.remote_rtp = b.address();
  return {{flow}, 0, false};
}

}  // namespace server
