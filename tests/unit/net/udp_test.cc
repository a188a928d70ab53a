#include <algorithm>
#include <set>

#include "fixture.h"

namespace sbc::net {
namespace {

class UdpTest : public NetTest {};

sip::Hop udp_hop(const base::Endpoint& to, std::uint16_t listener = 0) {
  return {.transport = sip::Transport::Udp, .listener = listener, .remote = to, .connection = {}};
}

TEST_F(UdpTest, TakesBatchesAndTellsWhereEachCameFrom) {
  const auto net = make(got_, {udp("127.0.0.1:0")});
  const loop::Fd peer = socket("127.0.0.1:0");
  constexpr std::size_t kCount = 100;
  for (std::size_t i = 0; i < kCount; ++i) send_to(peer, net->local_endpoint(0), request(std::to_string(i)));
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == kCount; }));
  for (std::size_t i = 0; i < kCount; ++i) EXPECT_EQ(request(std::to_string(i)), got_.messages[i].bytes);
  const sip::Source& source = got_.messages.front().source;
  EXPECT_EQ(loop::local_endpoint(peer.get()), source.hop.remote);
  EXPECT_EQ(net->local_endpoint(0), source.local);
  EXPECT_EQ(sip::Transport::Udp, source.hop.transport);
  EXPECT_FALSE(source.hop.connection);
  EXPECT_EQ(kCount, net->counters().udp_in_messages.value());
  EXPECT_LT(net->counters().udp_in_batches.value(), kCount);
}

TEST_F(UdpTest, SendsWhatOneTurnBroughtInOneBatch) {
  const auto net = make(got_, {udp("127.0.0.1:0")});
  const loop::Fd peer = socket("127.0.0.1:0");
  constexpr std::size_t kCount = 50;
  loop_.post([&] {
    for (std::size_t i = 0; i < kCount; ++i)
      net->send(udp_hop(loop::local_endpoint(peer.get())), base::share(std::to_string(i)), i + 1);
    EXPECT_EQ(0u, net->counters().udp_out_messages.value());
  });
  ASSERT_TRUE(turn_until([&] { return net->counters().udp_out_messages.value() == kCount; }));
  EXPECT_EQ(1u, net->counters().udp_out_batches.value());
  const std::vector<std::string> received = received_by(peer);
  ASSERT_EQ(kCount, received.size());
  for (std::size_t i = 0; i < kCount; ++i) EXPECT_EQ(std::to_string(i), received[i]);
  EXPECT_TRUE(got_.failed.empty());
}

TEST_F(UdpTest, AnswersOnTheSameFlow) {
  const auto net = make(got_, {udp("127.0.0.1:0")});
  const loop::Fd peer = socket("127.0.0.1:0");
  got_.then = [&](const Recorder::Got& m) { net->send(m.source.hop, base::share("SIP/2.0 200 OK\r\n\r\n"), 0); };
  send_to(peer, net->local_endpoint(0), request());
  std::vector<std::string> received;
  ASSERT_TRUE(turn_until([&] {
    received = received_by(peer);
    return !received.empty();
  }));
  EXPECT_EQ("SIP/2.0 200 OK\r\n\r\n", received.front());
}

TEST_F(UdpTest, WorksOverIpv6BesideIpv4OnTheSamePort) {
  const auto first = make(got_, {udp("[::1]:0")});
  const loop::Fd peer = socket("[::1]:0");
  send_to(peer, first->local_endpoint(0), request());
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  EXPECT_TRUE(got_.messages[0].source.hop.remote.ip.is_v6());
  const std::uint16_t port = first->local_endpoint(0).port;
  Recorder other;
  make(other, {udp(("0.0.0.0:" + std::to_string(port)).c_str())});
}

TEST_F(UdpTest, KeepAlivesAreIgnoredAndCounted) {  // trap 61: keep-alives are no messages.
  const auto net = make(got_, {udp("127.0.0.1:0")});
  const loop::Fd peer = socket("127.0.0.1:0");
  const base::Endpoint to = net->local_endpoint(0);
  for (const std::string_view bytes :
       {std::string_view(""), std::string_view("\r\n"), std::string_view("\r\n\r\n"), std::string_view("\0\0\0\0", 4),
        std::string_view("abc"), std::string_view("\r\n\r\n\r\n")})
    send_to(peer, to, bytes);
  ASSERT_TRUE(turn_until([&] { return net->counters().udp_in_keepalives.value() == 6; }));
  EXPECT_TRUE(got_.messages.empty());
  EXPECT_EQ(0u, net->counters().drop(Drop::UdpNotSip).value());
}

TEST_F(UdpTest, WhatCannotBeSipIsDroppedAndCounted) {
  const auto net = make(got_, {udp("127.0.0.1:0")});
  const loop::Fd peer = socket("127.0.0.1:0");
  const base::Endpoint to = net->local_endpoint(0);
  send_to(peer, to, std::string("\x00\x01\x00\x00\x21\x12\xa4\x42 stun", 13));
  send_to(peer, to, std::string("\x80\x00 rtp rtp rtp", 14));
  send_to(peer, to, " leading blank");
  send_to(peer, to, "\r\n\r\n" + request());  // RFC 3261 7.5: empty lines before the start line are ignored
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  EXPECT_EQ(3u, net->counters().drop(Drop::UdpNotSip).value());
}

TEST_F(UdpTest, DatagramsAreTakenUpToTheSizeLimit) {
  limits_.sip.message_bytes = 1000;
  const auto net = make(got_, {udp("127.0.0.1:0")});
  const loop::Fd peer = socket("127.0.0.1:0");
  send_to(peer, net->local_endpoint(0), std::string(1001, 'x'));
  send_to(peer, net->local_endpoint(0), std::string(1000, 'y'));
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  EXPECT_EQ(std::string(1000, 'y'), got_.messages[0].bytes);
  EXPECT_EQ(1u, net->counters().drop(Drop::UdpTruncated).value());
}

// trap 57
TEST_F(UdpTest, LargestDatagramArrivesWhole) {
  const auto net = make(got_, {udp("127.0.0.1:0")});
  const loop::Fd peer = socket("127.0.0.1:0");
  send_to(peer, net->local_endpoint(0), std::string(65507, 'x'));
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  EXPECT_EQ(65507u, got_.messages[0].bytes.size());
}

TEST_F(UdpTest, WhatTheKernelRefusesIsReportedAndDoesNotHoldTheRest) {
  const auto net = make(got_, {udp("127.0.0.1:0")});
  const loop::Fd peer = socket("127.0.0.1:0");
  const base::Endpoint good = loop::local_endpoint(peer.get());
  net->send(udp_hop(good), base::share("one"), 1);
  net->send(udp_hop(at("[::1]:5060")), base::share("wrong family"), 2);
  net->send(udp_hop(good), base::share(std::string(70'000, 'x')), 3);
  net->send(udp_hop(good), base::share("two"), 4);
  EXPECT_TRUE(got_.failed.empty());  // never from inside send()
  ASSERT_TRUE(turn_until([&] { return got_.failed.size() == 2; }));
  EXPECT_EQ((std::vector<std::uint64_t>{2, 3}), got_.failed);
  EXPECT_EQ((std::vector<std::string>{"one", "two"}), received_by(peer));
  EXPECT_EQ(2u, net->counters().drop(Drop::UdpSendError).value());
}

TEST_F(UdpTest, QueueIsBounded) {
  limits_.datagrams_queued = 3;
  const auto net = make(got_, {udp("127.0.0.1:0")});
  const loop::Fd peer = socket("127.0.0.1:0");
  for (std::uint64_t i = 1; i <= 4; ++i) net->send(udp_hop(loop::local_endpoint(peer.get())), base::share("x"), i);
  ASSERT_TRUE(turn_until([&] { return !got_.failed.empty(); }));
  EXPECT_EQ((std::vector<std::uint64_t>{4}), got_.failed);
  EXPECT_EQ(3u, received_by(peer).size());
  EXPECT_EQ(1u, net->counters().drop(Drop::UdpQueueFull).value());
}

TEST_F(UdpTest, UnknownListenersAndTransportsFail) {
  const auto net = make(got_, {udp("127.0.0.1:0"), tcp("127.0.0.1:0", 1)});
  net->send(udp_hop(at("127.0.0.1:9"), 7), base::share("x"), 1);
  net->send(udp_hop(at("127.0.0.1:9"), 1), base::share("x"), 2);  // a TCP listener
  net->send({.transport = sip::Transport::Tls, .listener = 0, .remote = at("127.0.0.1:9"), .connection = {}},
            base::share("x"), 3);
  net->send(udp_hop({}), base::share("x"), 4);
  net->send(udp_hop(at("127.0.0.1:9"), 7), base::share("x"), 0);  // nobody wants to know
  ASSERT_TRUE(turn_until([&] { return got_.failed.size() == 4; }));
  EXPECT_EQ((std::vector<std::uint64_t>{1, 2, 3, 4}), got_.failed);
  EXPECT_EQ(5u, net->counters().drop(Drop::NoListener).value());
}

TEST_F(UdpTest, SeveralShardsShareOnePort) {
  Recorder second;
  const auto a = make(got_, {udp("127.0.0.1:0")}, 0, true);
  const auto b = make(second, {udp(a->local_endpoint(0).text().c_str())}, 1, true);
  ASSERT_EQ(a->local_endpoint(0), b->local_endpoint(0));
  // The kernel spreads by the hash of the addresses: 64 sources all on one side would be a 2^-63 accident.
  std::vector<loop::Fd> peers;
  for (int i = 0; i < 64; ++i) {
    peers.push_back(socket("127.0.0.1:0"));
    send_to(peers.back(), a->local_endpoint(0), request());
  }
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() + second.messages.size() == 64; }));
  EXPECT_GT(got_.messages.size(), 0u);
  EXPECT_GT(second.messages.size(), 0u);
}

TEST_F(UdpTest, StartOpensAllListenersOrNone) {
  const auto holder = make(got_, {udp("127.0.0.1:0")});
  const base::Endpoint taken = holder->local_endpoint(0);
  Recorder other;
  Transports net(loop_, ::sbc::net::Setup{.listeners = {tcp("127.0.0.1:0"), udp(taken.text().c_str(), 1)}}, other);
  const auto started = net.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ("listener 1 (access, udp): bind " + taken.text() + ": Address already in use", started.error());
  EXPECT_TRUE(net.local_endpoint(0).empty());
}

// RFC 5626 4.4.2.
TEST_F(UdpTest, StunIsAnsweredOnTheSipPort) {
  const auto net = make(got_, {udp("127.0.0.1:0")});
  const auto peer = socket("127.0.0.1:0");
  const std::string cookie_and_id(
      "\x21\x12\xa4\x42"
      "0123456789ab");
  send_to(peer, net->local_endpoint(0), std::string("\x00\x01\x00\x00", 4) + cookie_and_id);
  send_to(peer, net->local_endpoint(0), std::string("\x00\x11\x00\x00", 4) + cookie_and_id);  // an indication
  std::vector<std::string> answers;
  ASSERT_TRUE(turn_until([&] {
    for (auto& answer : received_by(peer)) answers.push_back(answer);
    return !answers.empty() && net->counters().drop(Drop::StunBadRequest).value() == 1;
  }));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].substr(0, 20), std::string("\x01\x01\x00\x0c", 4) + cookie_and_id);
  EXPECT_EQ(net->counters().udp_in_stun.value(), 1U);
  EXPECT_TRUE(got_.messages.empty());
}

}  // namespace
}  // namespace sbc::net
