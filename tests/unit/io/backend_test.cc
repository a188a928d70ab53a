// What every back end promises, over the kernel's loopback and in memory.

#include "media-relay/io/backend.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <map>
#include <set>
#include <thread>

#include "media-relay/io/memory.h"
#include "media-relay/io/sockets.h"

#include "peer.h"

namespace io {
namespace {

using base::milliseconds;
using base::seconds;

std::unique_ptr<Backend> sockets() {
  auto backend = make_sockets_backend();
  EXPECT_TRUE(backend) << backend.error();
  return std::move(*backend);
}

std::string text_of(const packet::Packet& p) {
  return {reinterpret_cast<const char*>(p.bytes().data()), p.size()};
}

// Collects until `count` packets are there or five seconds have passed.
template <typename Each>
std::size_t collect(Backend& backend, std::size_t count, Each&& each) {
  std::size_t got = 0;
  packet::Batch batch;
  for (int i = 0; i < 50 && got < count; ++i) {
    batch.clear();
    backend.receive(batch, milliseconds(100));
    for (packet::Packet& p : batch.packets()) {
      each(p);
      ++got;
    }
  }
  return got;
}

class SocketsBackend : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto ip = *base::IpAddress::parse(GetParam());
    if (!open_udp({ip, 0}, {})) GTEST_SKIP() << "no " << ip.text() << " here";
  }
  Socket open() { return open_udp({*base::IpAddress::parse(GetParam()), 0}, {}).value(); }
};

INSTANTIATE_TEST_SUITE_P(BothFamilies, SocketsBackend, testing::Values("127.0.0.1", "::1"),
                         [](const auto& family) { return std::string(family.param) == "::1" ? "IPv6" : "IPv4"; });

// RFC 2474 section 3: the upper six bits of the byte that the datagram came with.
int mark_of_next(Peer& peer, bool v4) {
  pollfd p{peer.descriptor(), POLLIN, 0};
  if (poll(&p, 1, 5000) != 1) return -1;
  std::array<char, 64> bytes{};
  alignas(cmsghdr) std::array<std::byte, 256> control{};
  iovec data{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (recvmsg(peer.descriptor(), &message, 0) < 0) return -1;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c))
    if (v4 ? c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS
           : c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)
      return std::to_integer<int>(*reinterpret_cast<const std::byte*>(CMSG_DATA(c))) >> 2;
  return -1;
}

TEST_P(SocketsBackend, APacketMayHaveAMarkOfItsOwn) {
  auto backend = sockets();
  Socket socket = open();
  const bool v4 = socket.local().ip.is_v4();
  const auto port = backend->attach(std::move(socket));
  ASSERT_TRUE(port && backend->mark(*port, 46));
  Peer peer(GetParam());
  const int on = 1;
  ASSERT_EQ(
      setsockopt(peer.descriptor(), v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_RECVTOS : IPV6_RECVTCLASS, &on, sizeof on),
      0);
  std::array<std::byte, 4> storage{};
  for (const auto& [own, seen] :
       {std::pair{std::uint8_t{34}, 34}, std::pair{std::uint8_t{0}, 0}, std::pair{packet::Packet::kMarkOfPort, 46}}) {
    packet::Batch batch;
    packet::Packet& p = batch.add();
    p.assign(storage, storage.size());
    p.leaves_by = *port;
    p.destination = peer.local();
    p.dscp = own;
    backend->transmit(batch);
    EXPECT_EQ(mark_of_next(peer, v4), seen);
  }
  EXPECT_EQ(backend->counters().sent_packets, 3U);
  EXPECT_EQ(backend->counters().send_errors, 0U);
}

TEST_P(SocketsBackend, ReceivesAndSends) {
  auto backend = sockets();
  Socket socket = open();
  const base::Endpoint local = socket.local();
  const auto port = backend->attach(std::move(socket));
  ASSERT_TRUE(port);
  Peer peer(GetParam());
  ASSERT_TRUE(peer.send(local, "hello"));
  packet::Batch batch;
  backend->receive(batch, seconds(5));
  ASSERT_EQ(batch.size(), 1u);
  EXPECT_EQ(text_of(batch[0]), "hello");
  EXPECT_EQ(batch[0].arrived_on, *port);
  EXPECT_EQ(batch[0].source, peer.local());
  EXPECT_FALSE(batch[0].leaves());
  batch[0].leaves_by = *port;
  batch[0].destination = peer.local();
  backend->transmit(batch);
  const auto got = peer.receive();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->bytes, "hello");
  EXPECT_EQ(got->from, local);
  EXPECT_EQ(backend->counters().received_packets, 1u);
  EXPECT_EQ(backend->counters().sent_bytes, 5u);
}

TEST_P(SocketsBackend, SendsNothingThatHasNoExit) {
  auto backend = sockets();
  Socket socket = open();
  const base::Endpoint local = socket.local();
  ASSERT_TRUE(backend->attach(std::move(socket)));
  Peer peer(GetParam());
  peer.send(local, "x");
  packet::Batch batch;
  backend->receive(batch, seconds(5));
  ASSERT_EQ(batch.size(), 1u);
  batch[0].destination = peer.local();
  backend->transmit(batch);
  EXPECT_EQ(backend->counters().sent_packets, 0u);
}

TEST_P(SocketsBackend, DropsWhatIsLongerThanTheLimit) {
  auto backend = sockets();
  Socket socket = open();
  const base::Endpoint local = socket.local();
  ASSERT_TRUE(backend->attach(std::move(socket)));
  Peer peer(GetParam());
  ASSERT_TRUE(peer.send(local, std::string(packet::kMaxDatagramBytes + 1, 'l')));
  ASSERT_TRUE(peer.send(local, std::string(packet::kMaxDatagramBytes, 'f')));
  ASSERT_EQ(collect(*backend, 1, [](packet::Packet& p) { EXPECT_EQ(p.size(), packet::kMaxDatagramBytes); }), 1u);
  EXPECT_EQ(backend->counters().oversized, 1u);
}

TEST_P(SocketsBackend, DetachFreesThePortAndReusesTheIndex) {
  auto backend = sockets();
  Socket socket = open();
  const base::Endpoint local = socket.local();
  const auto port = backend->attach(std::move(socket));
  ASSERT_TRUE(port);
  EXPECT_FALSE(open_udp(local, {}));
  backend->detach(*port);
  backend->detach(*port);  // harmless
  auto again = open_udp(local, {});
  ASSERT_TRUE(again);
  EXPECT_EQ(backend->attach(std::move(*again)), *port);
}

TEST_P(SocketsBackend, ServesMorePortsThanABatchHolds) {
  auto backend = sockets();
  constexpr std::size_t kPorts = packet::kBatchPackets + 20;
  std::map<std::uint32_t, base::Endpoint> locals;
  for (std::size_t i = 0; i < kPorts; ++i) {
    Socket socket = open();
    const base::Endpoint local = socket.local();
    locals[backend->attach(std::move(socket))->value] = local;
  }
  Peer peer(GetParam());
  for (const auto& [index, local] : locals) {
    ASSERT_TRUE(peer.send(local, local.text()));
    ASSERT_TRUE(peer.send(local, local.text()));
  }
  std::map<std::uint32_t, int> seen;
  EXPECT_EQ(collect(*backend, 2 * kPorts,
                    [&](packet::Packet& p) {
                      ++seen[p.arrived_on.value];
                      EXPECT_EQ(text_of(p), locals[p.arrived_on.value].text());
                    }),
            2 * kPorts);
  EXPECT_EQ(seen.size(), kPorts);
}

TEST(SocketsBackendErrors, CountsWhatCannotBeSent) {
  auto backend = sockets();
  const auto port = backend->attach(open_udp({*base::IpAddress::parse("127.0.0.1"), 0}, {}).value());
  ASSERT_TRUE(port);
  packet::Buffers buffers;
  packet::Batch batch;
  packet::Packet& p = batch.add();
  p.assign(buffers[0], 10);
  p.leaves_by = *port;
  p.destination = *base::Endpoint::parse("[2001:db8::1]:9");  // the other family
  backend->transmit(batch);
  EXPECT_EQ(backend->counters().send_errors, 1u);
}

TEST(SocketsBackendErrors, RefusesASocketThatIsNotOpen) {
  EXPECT_FALSE(sockets()->attach(Socket()));
  EXPECT_FALSE(sockets()->attach(memory_socket(*base::Endpoint::parse("192.0.2.1:4"))));
}

TEST(Wake, EndsAWaitInEveryBackEnd) {
  std::vector<std::unique_ptr<Backend>> backends;
  backends.push_back(sockets());
  backends.push_back(std::make_unique<MemoryBackend>());
  for (auto& backend : backends) {
    packet::Batch batch;
    backend->wake();
    backend->receive(batch, base::hours(1));  // woken before
    std::thread other([&] { backend->wake(); });
    backend->receive(batch, base::hours(1));  // woken before or within
    other.join();
    EXPECT_TRUE(batch.empty());
  }
}

TEST(MemoryBackend, CarriesWhatIsPutInAndOut) {
  MemoryBackend backend;
  const auto local = *base::Endpoint::parse("192.0.2.1:16384");
  const auto phone = *base::Endpoint::parse("198.51.100.1:4000");
  const auto port = backend.attach(memory_socket(local));
  ASSERT_TRUE(port);
  EXPECT_FALSE(backend.attach(memory_socket(local)));
  EXPECT_FALSE(backend.deliver({phone, phone, "nobody there"}));
  ASSERT_TRUE(backend.deliver({phone, local, "hello"}));
  packet::Batch batch;
  backend.receive(batch, {});
  ASSERT_EQ(batch.size(), 1u);
  EXPECT_EQ(batch[0].source, phone);
  batch[0].leaves_by = *port;
  batch[0].destination = phone;
  backend.transmit(batch);
  const auto sent = backend.take_sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].from, local);
  EXPECT_EQ(sent[0].to, phone);
  EXPECT_EQ(sent[0].bytes, "hello");
  EXPECT_TRUE(backend.take_sent().empty());
  backend.deliver({phone, local, "late"});
  backend.detach(*port);
  batch.clear();
  backend.receive(batch, {});
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(backend.attached(), 0u);
}

TEST(MemoryBackend, KeepsTheSizeLimit) {
  MemoryBackend backend;
  const auto local = *base::Endpoint::parse("192.0.2.1:16384");
  ASSERT_TRUE(backend.attach(memory_socket(local)));
  backend.deliver({local, local, std::string(packet::kMaxDatagramBytes + 1, 'x')});
  backend.deliver({local, local, std::string(packet::kMaxDatagramBytes, 'x')});
  packet::Batch batch;
  backend.receive(batch, {});
  EXPECT_EQ(batch.size(), 1u);
  EXPECT_EQ(backend.counters().oversized, 1u);
}

}  // namespace
}  // namespace io
