// What becomes of messages whose connection ends under them: none is lost without its sender being told (RFC 3261
// 18.2.2, 18.4).

#include "fixture.h"

namespace sbc::net {
namespace {

class LossTest : public NetTest {
 protected:
  // A connected peer that has sent a request and reads nothing of its own accord.
  void begin() {
    net_ = make(got_, {tcp("127.0.0.1:0")});
    peer_ = loop::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const loop::SocketAddress to = loop::to_kernel(net_->local_endpoint(0));
    ASSERT_EQ(0, ::connect(peer_.get(), to.get(), to.length));
    const std::string text = request();
    ASSERT_EQ(static_cast<ssize_t>(text.size()), ::send(peer_.get(), text.data(), text.size(), 0));
    ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
    hop_ = got_.messages[0].source.hop;
  }
  std::string read_some() {
    char buffer[4096];
    const ssize_t n = ::recv(peer_.get(), buffer, sizeof buffer, 0);
    return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : "";
  }
  bool is_closed() const { return !got_.closed.empty(); }
  std::uint64_t drops(Drop reason) const { return net_->counters().drop(reason).value(); }

  Recorder got_;
  std::unique_ptr<Transports> net_;
  loop::Fd peer_;
  sip::Hop hop_;
};

TEST_F(LossTest, WhatMeetsAConnectionThatThePeerHasJustClosedComesBack) {  // trap 66
  begin();
  peer_.reset();  // before the answer, and unseen by the border
  net_->send(hop_, base::share("SIP/2.0 200 OK\r\n\r\n"), 7);
  ASSERT_TRUE(turn_until([&] { return is_closed(); }));
  turn();
  EXPECT_EQ((std::vector<std::uint64_t>{7}), got_.failed);
  EXPECT_EQ((std::vector<Loss>{Loss::Cut}), got_.losses);
  ASSERT_TRUE(got_.lost[0].second);
  EXPECT_EQ("SIP/2.0 200 OK\r\n\r\n", *got_.lost[0].second);
  EXPECT_EQ(hop_, got_.lost[0].first);
  EXPECT_EQ(1u, drops(Drop::TcpConnectionLost));
}

TEST_F(LossTest, WhatThePeerHasReadIsNotLost) {
  begin();
  net_->send(hop_, base::share("SIP/2.0 200 OK\r\n\r\n"), 7);
  turn();
  EXPECT_EQ("SIP/2.0 200 OK\r\n\r\n", read_some());
  peer_.reset();
  ASSERT_TRUE(turn_until([&] { return is_closed(); }));
  turn();
  EXPECT_TRUE(got_.failed.empty());
}

TEST_F(LossTest, WhatItsKernelHadAndItDidNotReadIsInDoubt) {
  begin();
  net_->send(hop_, base::share("SIP/2.0 180 Ringing\r\n\r\n"), 7);
  net_->send(hop_, base::share("SIP/2.0 200 OK\r\n\r\n"), 8);
  turn();
  peer_.reset();  // with bytes that it has not read: a reset
  ASSERT_TRUE(turn_until([&] { return is_closed(); }));
  turn();
  EXPECT_EQ((std::vector<std::uint64_t>{7, 8}), got_.failed) << "in their order";
  EXPECT_EQ((std::vector<Loss>{Loss::Doubtful, Loss::Doubtful}), got_.losses);
  EXPECT_EQ(2u, drops(Drop::TcpInDoubt));
}

TEST_F(LossTest, AResetLongAfterwardsSaysNothingOfWhatWasSent) {
  limits_.in_doubt = base::Duration::zero();
  begin();
  net_->send(hop_, base::share("SIP/2.0 200 OK\r\n\r\n"), 7);
  turn();
  peer_.reset();
  ASSERT_TRUE(turn_until([&] { return is_closed(); }));
  turn();
  EXPECT_TRUE(got_.failed.empty());
}

TEST_F(LossTest, WhatWeCloseOurselvesTheKernelGoesOnToDeliver) {
  begin();
  net_->send(hop_, base::share("SIP/2.0 200 OK\r\n\r\n"), 7);
  net_->close(hop_.connection);
  ASSERT_TRUE(turn_until([&] { return is_closed(); }));
  turn();
  EXPECT_TRUE(got_.failed.empty());
  EXPECT_EQ("SIP/2.0 200 OK\r\n\r\n", read_some());
}

TEST_F(LossTest, OnlySoManyAreRemembered) {
  limits_.messages_in_doubt = 3;
  begin();
  for (std::uint64_t token = 1; token <= 5; ++token) {
    net_->send(hop_, base::share("SIP/2.0 180 Ringing\r\n\r\n"), token);
    turn();
  }
  peer_.reset();
  ASSERT_TRUE(turn_until([&] { return is_closed(); }));
  turn();
  EXPECT_EQ((std::vector<std::uint64_t>{3, 4, 5}), got_.failed);
}

TEST_F(LossTest, WhatHasArrivedIsForgottenAfterAWhile) {
  limits_.in_doubt = limits_.sampling = base::milliseconds(1);
  begin();
  const base::SharedBytes bytes = base::share("SIP/2.0 200 OK\r\n\r\n");
  net_->send(hop_, bytes, 7);
  turn();
  EXPECT_TRUE(turn_until([&] { return bytes.use_count() == 1; })) << "though the connection stays open";
  EXPECT_FALSE(is_closed());
}

TEST_F(LossTest, AConnectionThatNeverStoodIsAnotherMatter) {
  net_ = make(got_, {tcp("127.0.0.1:0")});
  base::Endpoint nobody;
  {
    const auto fd = loop::open_bound(loop::SocketKind::Stream, at("127.0.0.1:0"));
    nobody = loop::local_endpoint(fd->get());
  }
  net_->send({.transport = sip::Transport::Tcp, .listener = 0, .remote = nobody, .connection = {}}, base::share("x"),
             1);
  ASSERT_TRUE(turn_until([&] { return got_.failed.size() == 1; }));
  EXPECT_EQ((std::vector<Loss>{Loss::Unsent}), got_.losses);
}

}  // namespace
}  // namespace sbc::net
