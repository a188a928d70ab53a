#include <algorithm>

#include "fixture.h"

namespace sbc::net {
namespace {

class TcpTest : public NetTest {
 protected:
  static sip::Hop hop(const base::Endpoint& to, std::uint16_t listener = 0) {
    return {.transport = sip::Transport::Tcp, .listener = listener, .remote = to, .connection = {}};
  }
  std::uint64_t drops(const Transports& net, Drop reason) { return net.counters().drop(reason).value(); }
  bool nothing_to_retry() const {
    return std::ranges::none_of(got_.lost, [](const auto& lost) { return lost.second != nullptr; });
  }
};

TEST_F(TcpTest, CutsSplitAndPipelinedMessages) {
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  const auto peer = connect(net->local_endpoint(0));
  const std::string stream = request("one") + request(std::string("t\0o", 3)) + "\r\n" + request();
  for (std::size_t i = 0; i < stream.size(); i += 7) {
    peer->stream->write(std::string_view(stream).substr(i, 7));
    turn(1);
  }
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 3; }));
  EXPECT_EQ(request("one"), got_.messages[0].bytes);
  EXPECT_EQ(request(std::string("t\0o", 3)), got_.messages[1].bytes);
  EXPECT_EQ(request(), got_.messages[2].bytes);
  const sip::Source& source = got_.messages[0].source;
  EXPECT_TRUE(source.hop.connection);
  EXPECT_EQ(sip::Transport::Tcp, source.hop.transport);
  EXPECT_EQ(loop::local_endpoint(peer->stream->fd()), source.hop.remote);
  EXPECT_EQ(net->local_endpoint(0), source.local);
  // All at once.
  peer->stream->write(request("a") + request("b") + request("c"));
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 6; }));
}

TEST_F(TcpTest, WorksOverIpv6) {
  const auto net = make(got_, {tcp("[::1]:0")});
  const auto peer = connect(net->local_endpoint(0));
  peer->stream->write(request());
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  net->send(got_.messages[0].source.hop, base::share("answer"), 0);
  ASSERT_TRUE(turn_until([&] { return peer->received == "answer"; }));
}

TEST_F(TcpTest, AnswersPingWithPong) {  // trap 61, RFC 5626 4.4.1
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  const auto peer = connect(net->local_endpoint(0));
  peer->stream->write("\r\n\r\n");
  ASSERT_TRUE(turn_until([&] { return peer->received == "\r\n"; }));
  EXPECT_EQ(1u, net->counters().tcp_in_keepalives.value());
}

TEST_F(TcpTest, PingsOfAPeerThatDoesNotReadCostFewPongs) {
  limits_.pongs_waiting = 2;
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  const auto peer = connect(net->local_endpoint(0));
  std::string pings;
  for (int i = 0; i < 100; ++i) pings += "\r\n\r\n";
  peer->stream->write(pings);
  ASSERT_TRUE(turn_until([&] { return net->counters().tcp_in_keepalives.value() == 100; }));
  ASSERT_TRUE(turn_until([&] { return peer->received == "\r\n\r\n"; }));
  peer->stream->write(std::string_view("\r\n\r\n"));  // what waited was read
  ASSERT_TRUE(turn_until([&] { return peer->received == "\r\n\r\n\r\n"; }));
}

// RFC 5626 4.4.1, from our side.
TEST_F(TcpTest, OurConnectionsArePingedAndOneThatStopsToAnswerIsClosed) {
  limits_.ping = base::milliseconds(20);
  limits_.pong = base::milliseconds(40);
  Recorder far;
  const auto a = make(got_, {tcp("127.0.0.1:0")});
  auto b = make(far, {tcp("127.0.0.1:0")});
  a->send(hop(b->local_endpoint(0)), base::share(request()), 1);
  ASSERT_TRUE(turn_until([&] { return a->counters().tcp_in_keepalives.value() >= 3; }));
  EXPECT_GE(a->counters().tcp_out_keepalives.value(), 3U);
  EXPECT_EQ(b->counters().tcp_out_keepalives.value(), 0U) << "who opened a connection keeps it";
  EXPECT_EQ(drops(*a, Drop::TcpNoPong), 0U);
}

TEST_F(TcpTest, APeerThatStopsToAnswerPingsIsGivenUp) {  // trap 61: keep-alives are no messages.
  limits_.ping = base::milliseconds(20);
  limits_.pong = base::milliseconds(40);
  const auto a = make(got_, {tcp("127.0.0.1:0")});
  const auto peer = std::make_unique<Peer>();
  const auto listener =
      loop::StreamListener::listen_tcp(loop_, at("127.0.0.1:0"), {}, [&](loop::Fd fd, const base::Endpoint&) {
        peer->stream =
            std::make_unique<loop::Stream>(loop_, std::move(fd), *peer, loop::StreamLimits{.most_output = 999});
      });
  a->send(hop((*listener)->local()), base::share(request()), 1);
  const auto pings = [&peer] { return (std::max(peer->received.size(), request().size()) - request().size()) / 4; };
  // It never answered one: nothing is held against it.
  ASSERT_TRUE(turn_until([&] { return pings() >= 3; }));
  EXPECT_FALSE(peer->closed);
  peer->stream->write(std::string_view("\r\n"));
  ASSERT_TRUE(turn_until([&] { return peer->closed; }));
  EXPECT_EQ(drops(*a, Drop::TcpNoPong), 1U);
}

TEST_F(TcpTest, PongsDoNotKeepOurConnectionsForEver) {
  limits_.ping = base::milliseconds(10);
  limits_.idle = base::milliseconds(100);
  Recorder far;
  const auto a = make(got_, {tcp("127.0.0.1:0")});
  auto b = make(far, {tcp("127.0.0.1:0")});
  a->send(hop(b->local_endpoint(0)), base::share(request()), 1);
  ASSERT_TRUE(turn_until([&] { return a->counters().tcp_closed_idle.value() == 1; }));
}

// A ping keeps a flow, and makes none.
TEST_F(TcpTest, WhoOnlyPingsIsClosedAsOneWhoSaysNothing) {
  limits_.first_message = base::milliseconds(60);
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  const auto peer = connect(net->local_endpoint(0));
  ASSERT_TRUE(turn_until([&] {
    peer->stream->write(std::string_view("\r\n\r\n"));
    return peer->closed;
  }));
  EXPECT_EQ(drops(*net, Drop::TcpSlowMessage), 1U);
}

TEST_F(TcpTest, PingsKeepTheFlowOfWhoHasSpoken) {
  limits_.first_message = base::milliseconds(20);
  limits_.idle = base::milliseconds(300);
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  const auto peer = connect(net->local_endpoint(0));
  peer->stream->write(request());
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  const base::Instant end = base::monotonic_now() + base::milliseconds(900);
  while (base::monotonic_now() < end) {
    peer->stream->write(std::string_view("\r\n\r\n"));
    loop_.run_once(base::milliseconds(5));
  }
  EXPECT_FALSE(peer->closed);
}

TEST_F(TcpTest, ReusesAnAcceptedConnectionForItsPeer) {
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  const auto peer = connect(net->local_endpoint(0));
  peer->stream->write(request());
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  net->send(hop(got_.messages[0].source.hop.remote), base::share("by address "), 1);
  net->send(got_.messages[0].source.hop, base::share("by id"), 2);
  ASSERT_TRUE(turn_until([&] { return peer->received == "by address by id"; }));
  EXPECT_EQ(0u, net->counters().tcp_connected.value());
  EXPECT_EQ(2u, net->counters().tcp_reused.value());
}

TEST_F(TcpTest, OpensOneConnectionAndReusesItInBothDirections) {
  Recorder far;
  const auto a = make(got_, {tcp("127.0.0.1:0")});
  const auto b = make(far, {tcp("127.0.0.1:0")});
  const sip::Hop to_b = hop(b->local_endpoint(0));
  a->send(to_b, base::share(request("1")), 1);
  a->send(to_b, base::share(request("2")), 2);  // while the first is still connecting
  ASSERT_TRUE(turn_until([&] { return far.messages.size() == 2; }));
  a->send(to_b, base::share(request("3")), 3);
  ASSERT_TRUE(turn_until([&] { return far.messages.size() == 3; }));
  EXPECT_EQ(1u, a->counters().tcp_connected.value());
  EXPECT_EQ(1u, b->counters().tcp_accepted.value());
  // The far side answers on the flow, and what it asks comes over it too.
  b->send(far.messages[0].source.hop, base::share(request("back")), 0);
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  EXPECT_EQ(b->local_endpoint(0), got_.messages[0].source.hop.remote);
  EXPECT_TRUE(a->is_open(got_.messages[0].source.hop.connection));
  EXPECT_TRUE(got_.failed.empty());
}

TEST_F(TcpTest, OpensToTheTargetWhenTheConnectionIsGone) {  // trap 66
  Recorder far;
  const auto a = make(got_, {tcp("127.0.0.1:0")});
  const auto b = make(far, {tcp("127.0.0.1:0")});
  a->send(hop(b->local_endpoint(0)), base::share(request("1")), 1);
  ASSERT_TRUE(turn_until([&] { return far.messages.size() == 1; }));
  b->send(far.messages[0].source.hop, base::share(request()), 0);
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  const sip::Hop used = got_.messages[0].source.hop;
  a->close(used.connection);
  EXPECT_FALSE(a->is_open(used.connection));
  a->send(used, base::share(request("2")), 2);  // its id is stale already
  ASSERT_TRUE(turn_until([&] { return far.messages.size() == 2; }));
  EXPECT_EQ((std::vector<sip::ConnectionId>{used.connection}), got_.closed);
  EXPECT_EQ(2u, a->counters().tcp_connected.value());
  EXPECT_TRUE(got_.failed.empty());
}

// RFC 3263 5: the sender decides where else its bytes may go.
TEST_F(TcpTest, GivesBackWhatANewConnectionToTheSourceCouldNotTake) {
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  base::Endpoint nobody;
  {
    Recorder far;
    const auto gone = make(far, {tcp("127.0.0.1:0")});
    nobody = gone->local_endpoint(0);
  }
  sip::Hop stale = hop(nobody);
  stale.connection = {99};
  net->send(stale, base::share("response"), 4);
  ASSERT_TRUE(turn_until([&] { return !got_.failed.empty(); }));
  EXPECT_EQ((std::vector<std::uint64_t>{4}), got_.failed);
  EXPECT_EQ(nobody, got_.lost[0].first.remote);
  EXPECT_FALSE(got_.lost[0].first.connection) << "it was not this one that failed";
  ASSERT_TRUE(got_.lost[0].second);
  EXPECT_EQ("response", *got_.lost[0].second);
}

TEST_F(TcpTest, StartsConnectionsFromTheListenersAddress) {
  Recorder far;
  const auto a = make(got_, {udp("127.0.0.2:0")});
  const auto b = make(far, {tcp("127.0.0.1:0")});
  a->send(hop(b->local_endpoint(0)), base::share(request()), 1);
  ASSERT_TRUE(turn_until([&] { return far.messages.size() == 1; }));
  EXPECT_EQ("127.0.0.2", far.messages[0].source.hop.remote.ip.text());
}

TEST_F(TcpTest, RefusedConnectionsFailAllThatWaitedForThem) {
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  base::Endpoint nobody;
  {
    const auto fd = loop::open_bound(loop::SocketKind::Stream, at("127.0.0.1:0"));
    nobody = loop::local_endpoint(fd->get());
  }
  net->send(hop(nobody), base::share("x"), 1);
  net->send(hop(nobody), base::share("y"), 2);
  net->send(hop(nobody), base::share("z"), 0);
  EXPECT_TRUE(got_.failed.empty());
  ASSERT_TRUE(turn_until([&] { return got_.failed.size() == 2; }));
  EXPECT_EQ((std::vector<std::uint64_t>{1, 2}), got_.failed);
  EXPECT_EQ(1u, drops(*net, Drop::TcpConnectFailed));
  EXPECT_EQ(0, net->counters().tcp_open.value());
  // Those it cannot even begin with.
  net->send(hop(at("[::1]:5060")), base::share("x"), 3);
  ASSERT_TRUE(turn_until([&] { return got_.failed.size() == 3; }));
}

TEST_F(TcpTest, ConnectionsThatTakeTooLongFail) {
  limits_.connect = base::milliseconds(20);
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  // A listener whose queue is full answers no SYN.
  const auto fd = loop::open_bound(loop::SocketKind::Stream, at("127.0.0.1:0"));
  ASSERT_EQ(0, ::listen(fd->get(), 0));
  const base::Endpoint deaf = loop::local_endpoint(fd->get());
  std::vector<std::unique_ptr<Peer>> fill;
  for (int i = 0; i < 4; ++i) fill.push_back(connect(deaf));
  turn(5);
  net->send(hop(deaf), base::share("x"), 1);
  ASSERT_TRUE(turn_until([&] { return got_.failed.size() == 1; }));
  EXPECT_EQ(1u, drops(*net, Drop::TcpConnectFailed));
}

// RFC 3261 18.1.1: UDP remains.
TEST_F(TcpTest, WherePerhapsNobodyListensPatienceIsShort) {
  limits_.connect_unsure = base::milliseconds(1);
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  const auto fd = loop::open_bound(loop::SocketKind::Stream, at("127.0.0.1:0"));
  ASSERT_EQ(0, ::listen(fd->get(), 0));
  const base::Endpoint deaf = loop::local_endpoint(fd->get());
  std::vector<std::unique_ptr<Peer>> fill;
  for (int i = 0; i < 4; ++i) fill.push_back(connect(deaf));
  turn(5);
  sip::Hop unsure = hop(deaf);
  unsure.unsure = true;
  net->send(unsure, base::share("x"), 1);
  ASSERT_TRUE(turn_until([&] { return got_.failed.size() == 1; }));
  EXPECT_EQ(1u, drops(*net, Drop::TcpConnectFailed));
}

TEST_F(TcpTest, IdleConnectionsAreClosed) {
  limits_.idle = base::milliseconds(30);
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  const auto peer = connect(net->local_endpoint(0));
  peer->stream->write(request());
  ASSERT_TRUE(turn_until([&] { return peer->closed; }));
  EXPECT_EQ(1u, got_.messages.size());
  EXPECT_EQ(1u, net->counters().tcp_closed_idle.value());
  EXPECT_EQ((std::vector<sip::ConnectionId>{got_.messages[0].source.hop.connection}), got_.closed);
}

TEST_F(TcpTest, ConnectionsThatNeverSayAnythingAreClosed) {
  limits_.first_message = base::milliseconds(20);
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  const auto peer = connect(net->local_endpoint(0));
  ASSERT_TRUE(turn_until([&] { return peer->closed; }));
  EXPECT_EQ(1u, drops(*net, Drop::TcpSlowMessage));
}

TEST_F(TcpTest, SlowSendersAreClosedHoweverBusyTheyKeepTheLine) {
  limits_.partial_message = base::milliseconds(50);
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  const auto peer = connect(net->local_endpoint(0));
  peer->stream->write(request());
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  peer->stream->write("INVITE sip:a@b SIP/2.0\r\nX: ");
  ASSERT_TRUE(turn_until([&] {
    peer->stream->write("x");  // one byte a turn, for ever
    return peer->closed;
  }));
  EXPECT_EQ(1u, drops(*net, Drop::TcpSlowMessage));
}

TEST_F(TcpTest, PeerThatNeverReadsCostsBoundedMemory) {
  limits_.stream_output_bytes = 50'000;
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  const auto peer = connect(net->local_endpoint(0));
  peer->stream->write(request());
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  peer->stream->pause_reading(true);
  const sip::Hop to = got_.messages[0].source.hop;
  std::uint64_t token = 0;
  ASSERT_TRUE(turn_until([&] {
    if (net->is_open(to.connection)) net->send(to, base::share(std::string(10'000, 'x')), ++token);
    return !net->is_open(to.connection);
  }));
  turn(5);
  EXPECT_EQ(1u, drops(*net, Drop::TcpOutputFull));
  EXPECT_EQ(1u, got_.closed.size());
  // What the kernel never took is reported, each token once.
  EXPECT_FALSE(got_.failed.empty());
  std::ranges::sort(got_.failed);
  EXPECT_EQ(got_.failed.end(), std::ranges::adjacent_find(got_.failed));
  EXPECT_LT(got_.failed.size(), token);
  EXPECT_TRUE(nothing_to_retry()) << "it would not read it on another connection either";
}

TEST_F(TcpTest, ManyPeersThatDoNotReadCostBoundedMemoryTogether) {
  limits_.output_bytes = 100'000;
  limits_.sampling = base::milliseconds(5);
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  const auto deaf = connect(net->local_endpoint(0));
  const auto slow = connect(net->local_endpoint(0));
  deaf->stream->write(request());
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  slow->stream->write(request());
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 2; }));
  deaf->stream->pause_reading(true);
  const sip::Hop to = got_.messages[0].source.hop;
  // Its own limit is never reached; that of all is, and the connection for which most is waiting goes.
  ASSERT_TRUE(turn_until([&] {
    if (net->is_open(to.connection)) net->send(to, base::share(std::string(10'000, 'x')), 1);
    return !net->is_open(to.connection);
  }));
  turn(5);
  EXPECT_EQ(1u, drops(*net, Drop::TcpOutputFull));
  EXPECT_FALSE(got_.lost.empty());
  EXPECT_TRUE(nothing_to_retry());
  EXPECT_TRUE(net->is_open(got_.messages[1].source.hop.connection));
  EXPECT_LE(net->counters().tcp_output_waiting.value(), 100'000);
}

TEST_F(TcpTest, GarbageEndsTheStreamAfterTheAnswer) {
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  got_.then_bad = [&](const sip::Source& source) {
    net->send(source.hop, base::share("SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), 1);
  };
  const auto peer = connect(net->local_endpoint(0));
  // RFC 3261 18.3: over streams the length must be said.
  peer->stream->write("OPTIONS sip:a@b SIP/2.0\r\nContent-Length: x\r\n\r\n" + request());
  ASSERT_TRUE(turn_until([&] { return peer->closed; }));
  EXPECT_EQ(1u, got_.bad.size());
  EXPECT_TRUE(got_.messages.empty());
  EXPECT_EQ("SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n", peer->received);
  EXPECT_EQ(1u, drops(*net, Drop::TcpBadStream));
}

TEST_F(TcpTest, AnyBytesLeaveTheShardRunning) {
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  std::string noise(200'000, '\0');
  std::uint32_t state = 1;
  for (char& c : noise) c = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  for (std::size_t offset = 0; offset < 10; ++offset) {
    const auto peer = connect(net->local_endpoint(0));
    peer->stream->write(std::string_view(noise).substr(offset * 997));
    ASSERT_TRUE(turn_until([&] { return peer->closed; }));
  }
  EXPECT_EQ(10u, drops(*net, Drop::TcpBadStream));
  const auto peer = connect(net->local_endpoint(0));
  peer->stream->write(request());
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
}

TEST_F(TcpTest, LimitsConnectionsPerSourceAndInAll) {
  limits_.connections_per_source = 2;
  limits_.connections = 3;
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  const auto from = [&](const char* address) {
    auto peer = std::make_unique<Peer>();
    peer->stream = std::move(*loop::Stream::connect_tcp(loop_, net->local_endpoint(0), at(address), *peer));
    return peer;
  };
  auto a = from("127.0.0.2:0");
  const auto b = from("127.0.0.2:0");
  ASSERT_TRUE(turn_until([&] { return net->counters().tcp_accepted.value() == 2; }));
  const auto c = from("127.0.0.2:0");
  ASSERT_TRUE(turn_until([&] { return c->closed; }));
  EXPECT_EQ(1u, drops(*net, Drop::TcpTooManyOfSource));
  const auto d = from("127.0.0.3:0");
  ASSERT_TRUE(turn_until([&] { return net->counters().tcp_accepted.value() == 3; }));
  const auto e = from("127.0.0.4:0");
  ASSERT_TRUE(turn_until([&] { return e->closed; }));
  EXPECT_EQ(1u, drops(*net, Drop::TcpTooMany));
  EXPECT_EQ(3, net->counters().tcp_open.value());
  // Our own new connections are bound by the same limit.
  net->send(hop(at("127.0.0.1:9")), base::share("x"), 7);
  ASSERT_TRUE(turn_until([&] { return !got_.failed.empty(); }));
  // Who leaves makes room.
  a->stream->close();
  ASSERT_TRUE(turn_until([&] { return net->counters().tcp_open.value() == 2; }));
  const auto f = from("127.0.0.2:0");
  ASSERT_TRUE(turn_until([&] { return net->counters().tcp_accepted.value() == 4; }));
}

TEST_F(TcpTest, HandsSendsForOtherShardsOver) {
  Recorder second;
  const auto a = make(got_, {tcp("127.0.0.1:0")}, 1);
  const auto b = make(second, {tcp("127.0.0.1:0")}, 2);
  const auto peer = connect(b->local_endpoint(0));
  peer->stream->write(request());
  ASSERT_TRUE(turn_until([&] { return second.messages.size() == 1; }));
  const sip::Hop flow = second.messages[0].source.hop;
  EXPECT_EQ(2, shard_of(flow.connection));
  got_.foreign = [&](std::uint8_t shard, const sip::Hop& to, const base::SharedBytes& bytes, std::uint64_t token) {
    EXPECT_EQ(2, shard);
    b->send(to, bytes, token);
    return true;
  };
  a->send(flow, base::share("over"), 5);
  ASSERT_TRUE(turn_until([&] { return peer->received == "over"; }));
  EXPECT_EQ(1u, a->counters().foreign_sends.value());
  got_.foreign = nullptr;  // no such shard any more
  a->send(flow, base::share("lost"), 6);
  ASSERT_TRUE(turn_until([&] { return !got_.failed.empty(); }));
  EXPECT_EQ((std::vector<std::uint64_t>{6}), got_.failed);
  EXPECT_EQ(1u, drops(*a, Drop::ForeignRefused));
}

TEST_F(TcpTest, SeveralShardsShareOnePort) {
  Recorder second;
  const auto a = make(got_, {tcp("127.0.0.1:0")}, 0, true);
  const auto b = make(second, {tcp(a->local_endpoint(0).text().c_str())}, 1, true);
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 64; ++i) {
    peers.push_back(connect(a->local_endpoint(0)));
    peers.back()->stream->write(request());
  }
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() + second.messages.size() == 64; }));
  EXPECT_GT(got_.messages.size(), 0u);
  EXPECT_GT(second.messages.size(), 0u);
}

TEST_F(TcpTest, StopsAcceptingAndKeepsWhatIsOpen) {
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  const base::Endpoint where = net->local_endpoint(0);
  const auto peer = connect(where);
  peer->stream->write(request());
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  net->stop_accepting();
  const auto late = connect(where);
  ASSERT_TRUE(turn_until([&] { return late->closed; }));
  peer->stream->write(request());
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 2; }));
}

TEST_F(TcpTest, ClosingInsideTheMessageCallbackIsSafe) {
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  got_.then = [&](const Recorder::Got& m) {
    net->send(m.source.hop, base::share("bye"), 0);
    net->close(m.source.hop.connection);
  };
  const auto peer = connect(net->local_endpoint(0));
  peer->stream->write(request() + request() + request());
  ASSERT_TRUE(turn_until([&] { return peer->closed; }));
  EXPECT_EQ("bye", peer->received);
  EXPECT_EQ(1u, got_.messages.size());
  EXPECT_EQ(1u, got_.closed.size());
}

TEST_F(TcpTest, PeersCloseIsReported) {
  const auto net = make(got_, {tcp("127.0.0.1:0")});
  const auto peer = connect(net->local_endpoint(0));
  peer->stream->write(request());
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  peer->stream->close();
  ASSERT_TRUE(turn_until([&] { return got_.closed.size() == 1; }));
  EXPECT_EQ(1u, net->counters().tcp_closed_by_peer.value());
  EXPECT_EQ(0, net->counters().tcp_open.value());
}

}  // namespace
}  // namespace sbc::net
