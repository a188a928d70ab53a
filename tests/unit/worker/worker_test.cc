// The worker's thread with real sockets on loopback. Waits are bounded; nothing sleeps.

#include "media-relay/worker/worker.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include "media-relay/base/clock.h"
#include "media-relay/io/sockaddr.h"
#include "media-relay/io/sockets.h"

namespace worker {
namespace {

const base::IpAddress kLoopback = *base::IpAddress::parse("127.0.0.1");

class Phone {
 public:
  Phone() : pair_(io::open_pair(kLoopback, 0, {}).value()) {}
  const base::Endpoint& rtp() const { return pair_.rtp.local(); }
  const base::Endpoint& rtcp() const { return pair_.rtcp.local(); }

  void send(const base::Endpoint& to, const std::string& bytes) { send_by(pair_.rtp, to, bytes); }
  void send_rtcp(const base::Endpoint& to, const std::string& bytes) { send_by(pair_.rtcp, to, bytes); }
  std::string receive(int milliseconds = 5000) { return receive_by(pair_.rtp, milliseconds); }
  std::string receive_rtcp(int milliseconds = 5000) { return receive_by(pair_.rtcp, milliseconds); }

 private:
  static void send_by(const io::Socket& socket, const base::Endpoint& to, const std::string& bytes) {
    io::SocketAddress address{};
    const socklen_t length = io::to_sockaddr(to, address);
    EXPECT_EQ(sendto(socket.descriptor(), bytes.data(), bytes.size(), 0, &address.any, length),
              static_cast<ssize_t>(bytes.size()));
  }
  static std::string receive_by(const io::Socket& socket, int milliseconds) {
    pollfd p{socket.descriptor(), POLLIN, 0};
    if (poll(&p, 1, milliseconds) != 1) return "(nothing came)";
    std::string bytes(4096, '\0');
    const ssize_t n = recv(socket.descriptor(), bytes.data(), bytes.size(), 0);
    bytes.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return bytes;
  }
  io::SocketPair pair_;
};

std::string rtp(unsigned number) {
  return std::string("\x80\x00", 2) + static_cast<char>(number >> 8) + static_cast<char>(number) +
         std::string("\0\0\0\0\0\0\0\x07", 8) + "audio";
}

struct Relay {
  EventQueue queue;
  Worker worker;
  std::vector<Event> events;
  base::Endpoint a, a_rtcp, b, b_rtcp;

  explicit Relay(Config config = {}) : worker(config, std::move(*io::make_sockets_backend()), queue) {}

  flow::Spec spec(const Phone& phone_a, const Phone& phone_b) const {
    flow::Spec out;
    out.a.remote_rtp = phone_a.rtp();
    out.b.remote_rtp = phone_b.rtp();
    return out;
  }
  void install(std::uint64_t id, flow::Spec s) {
    auto pair_a = io::open_pair(kLoopback, 0, {}).value();
    auto pair_b = io::open_pair(kLoopback, 0, {}).value();
    a = pair_a.rtp.local();
    a_rtcp = pair_a.rtcp.local();
    b = pair_b.rtp.local();
    b_rtcp = pair_b.rtcp.local();
    InstallFlow c{{id},
                  std::move(s),
                  {std::move(pair_a.rtp), std::move(pair_a.rtcp)},
                  {std::move(pair_b.rtp), std::move(pair_b.rtcp)}};
    EXPECT_TRUE(worker.post(std::move(c)));
  }
  // The next event of this type, within five seconds.
  template <typename T>
  std::optional<T> wait() {
    const base::Instant end = base::monotonic_now() + base::seconds(5);
    for (;;) {
      for (std::size_t i = 0; i < events.size(); ++i) {
        if (T* t = std::get_if<T>(&events[i])) {
          T out = std::move(*t);
          events.erase(events.begin() + static_cast<std::ptrdiff_t>(i));
          return out;
        }
      }
      if (base::monotonic_now() > end) return std::nullopt;
      pollfd p{queue.descriptor(), POLLIN, 0};
      poll(&p, 1, 1000);
      queue.drain(events);
    }
  }
};

TEST(Worker, RelaysRealPacketsBothWays) {
  Phone alice, bob;
  Relay relay;
  EXPECT_EQ(relay.worker.start(), "");
  relay.install(1, relay.spec(alice, bob));
  for (unsigned i = 1; i <= 200; ++i) {
    alice.send(relay.a, rtp(i));
    EXPECT_EQ(bob.receive(), rtp(i));
    bob.send(relay.b, rtp(i + 1000));
    EXPECT_EQ(alice.receive(), rtp(i + 1000));
  }
  const std::string report("\x80\xc9\x00\x01\x00\x00\x00\x07", 8);
  alice.send_rtcp(relay.a_rtcp, report);
  EXPECT_EQ(bob.receive_rtcp(), report);
  relay.worker.post(RemoveFlow{{1}});
  const auto removed = relay.wait<FlowRemoved>();
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->stats.a().rtp_packets_in, 200u);
  EXPECT_EQ(removed->stats.b().rtp_packets_out, 200u);
  EXPECT_EQ(removed->stats.a().lost, 0);
  EXPECT_EQ(removed->stats.a().rtcp_packets_in, 1u);
  relay.worker.stop();
  EXPECT_EQ(relay.worker.counters().rtp_packets.value(), 400u);
  EXPECT_EQ(relay.worker.counters().sent_packets.value(), 403u) << "and a BYE to each of them (RFC 3550 6.6)";
  EXPECT_EQ(relay.worker.counters().residence.count(), 401u) << "each packet once, however they were batched";
  EXPECT_GT(relay.worker.counters().residence.sum(), 0);
}

TEST(Worker, LearnsAPhoneBehindANat) {
  Phone alice, bob, nat;
  Relay relay;
  relay.worker.start();
  flow::Spec spec = relay.spec(alice, bob);
  spec.a.latch = flow::LatchMode::Learn;
  relay.install(1, spec);
  nat.send(relay.a, rtp(1));
  nat.send(relay.a, rtp(2));
  EXPECT_EQ(bob.receive(), rtp(1)) << "what came before it was heard follows";
  EXPECT_EQ(bob.receive(), rtp(2));
  const auto told = relay.wait<FlowEvent>();
  ASSERT_TRUE(told);
  EXPECT_EQ(std::get<flow::Latched>(told->event).source, nat.rtp());
  bob.send(relay.b, rtp(1));
  EXPECT_EQ(nat.receive(), rtp(1));
}

TEST(Worker, RemovalFreesThePorts) {
  Phone alice, bob;
  Relay relay;
  relay.worker.start();
  relay.install(1, relay.spec(alice, bob));
  relay.worker.post(QueryFlow{{1}, 5});
  ASSERT_TRUE(relay.wait<FlowStats>());
  EXPECT_FALSE(io::open_udp(relay.a, {}));
  relay.worker.post(RemoveFlow{{1}});
  ASSERT_TRUE(relay.wait<FlowRemoved>());
  for (const auto& local : {relay.a, relay.a_rtcp, relay.b, relay.b_rtcp})
    EXPECT_TRUE(io::open_udp(local, {})) << local.text();
}

TEST(Worker, ReportsLostMedia) {
  Phone alice, bob;
  Relay relay;
  relay.worker.start();
  flow::Spec spec = relay.spec(alice, bob);
  spec.media_timeout = flow::kMinMediaTimeout;
  relay.install(1, spec);
  const auto told = relay.wait<FlowEvent>();
  ASSERT_TRUE(told);
  EXPECT_TRUE(std::holds_alternative<flow::MediaLost>(told->event));
}

TEST(Worker, StoppingRemovesEveryFlowAndTakesNoMoreCommands) {
  Phone alice, bob;
  Relay relay;
  relay.worker.start();
  relay.install(1, relay.spec(alice, bob));
  const base::Endpoint first = relay.a;
  relay.install(2, relay.spec(alice, bob));  // perhaps not looked at yet when the worker stops
  relay.worker.stop();
  std::vector<Event> events;
  relay.queue.drain(events);
  std::size_t removed = 0;
  for (const Event& e : events) removed += std::holds_alternative<FlowRemoved>(e) ? 1 : 0;
  EXPECT_EQ(removed, 2u);
  EXPECT_TRUE(io::open_udp(first, {}));
  EXPECT_TRUE(io::open_udp(relay.a, {}));
  EXPECT_FALSE(relay.worker.post(RemoveFlow{{1}}));
  relay.worker.stop();  // harmless
}

TEST(Worker, CommandsOfOnePosterKeepTheirOrder) {
  Phone alice, bob;
  Relay relay;
  relay.worker.start();
  for (std::uint64_t i = 1; i <= 50; ++i) {
    relay.install(i, relay.spec(alice, bob));
    relay.worker.post(QueryFlow{{i}, i});
    relay.worker.post(RemoveFlow{{i}});
    relay.worker.post(QueryFlow{{i}, i + 100});
  }
  for (std::uint64_t i = 1; i <= 50; ++i) {
    const auto before = relay.wait<FlowStats>();
    const auto after = relay.wait<FlowStats>();
    ASSERT_TRUE(before && after);
    EXPECT_EQ(before->token, i);
    EXPECT_TRUE(before->found);
    EXPECT_EQ(after->token, i + 100);
    EXPECT_FALSE(after->found);
  }
}

TEST(Worker, IsPinnedWhenAskedAndSaysWhenItIsNot) {
  Relay pinned(Config{0, 0});
  cpu_set_t set;
  sched_getaffinity(0, sizeof set, &set);
  if (CPU_ISSET(0, &set)) {
    EXPECT_EQ(pinned.worker.start(), "");
  }
  Relay astray(Config{1, CPU_SETSIZE});
  EXPECT_NE(astray.worker.start(), "");
}

TEST(EventQueue, IsReadableExactlyWhileItHoldsSomething) {
  EventQueue queue;
  const auto readable = [&] {
    pollfd p{queue.descriptor(), POLLIN, 0};
    return poll(&p, 1, 0) == 1;
  };
  EXPECT_FALSE(readable());
  std::vector<Event> in(2, FlowRemoved{{1}, true, {}});
  queue.push(in);
  EXPECT_TRUE(in.empty());
  EXPECT_TRUE(readable());
  in.assign(1, FlowRemoved{{2}, true, {}});
  queue.push(in);
  std::vector<Event> out;
  queue.drain(out);
  EXPECT_FALSE(readable());
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(std::get<FlowRemoved>(out[2]).id, FlowId{2});
}

}  // namespace
}  // namespace worker
