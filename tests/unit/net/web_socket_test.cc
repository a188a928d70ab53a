// SIP over WebSocket: messages without Content-Length, one way back only, and strangers who never finish.

#include <gmock/gmock.h>

#include "fixture.h"

namespace sbc::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::string kOpening =
    "GET / HTTP/1.1\r\nHost: sbc.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\nSec-WebSocket-Version: 13\r\n\r\n";
const std::string kMessage = "OPTIONS sip:a@example.com SIP/2.0\r\nSubject: no length\r\n\r\n";

// A client's text frame; the mask is zero, which is a mask.
std::string frame(std::string_view payload) {
  return std::string("\x81") + static_cast<char>(0x80 | payload.size()) + std::string(4, '\0') + std::string(payload);
}

class WebSocketTransport : public NetTest {
 protected:
  ListenerConfig web() {
    return {.index = 0, .realm = "access", .transport = sip::Transport::Ws, .bind = at("127.0.0.1:0")};
  }
};

// trap 68: a client cannot be connected to; its connection is the way back, and there is no other.
TEST_F(WebSocketTransport, MessagesCrossOverTheClientsConnectionOnly) {
  const auto net = make(got_, {web()});
  const auto client = connect(net->local_endpoint(0));
  client->stream->write(kOpening + frame(kMessage));
  ASSERT_TRUE(turn_until([&] { return got_.messages.size() == 1; }));
  EXPECT_EQ(got_.messages[0].bytes, kMessage);
  EXPECT_EQ(got_.messages[0].source.hop.transport, sip::Transport::Ws);
  EXPECT_EQ(net->counters().open_over(sip::Transport::Ws).value(), 1);
  ASSERT_TRUE(turn_until([&] { return client->received.ends_with("\r\n\r\n"); }));
  EXPECT_THAT(client->received, StartsWith("HTTP/1.1 101 "));

  client->received.clear();
  const sip::Hop back = got_.messages[0].source.hop;
  net->send(back, base::share(std::string("SIP/2.0 200 OK\r\n\r\n")), 1);
  ASSERT_TRUE(turn_until([&] { return client->received.size() >= 20; }));
  EXPECT_EQ(client->received, "\x81\x12SIP/2.0 200 OK\r\n\r\n");

  client->stream->close();
  ASSERT_TRUE(turn_until([&] { return got_.closed.size() == 1; }));
  EXPECT_EQ(got_.closed[0], back.connection);
  net->send(back, base::share(std::string("late")), 2);
  ASSERT_TRUE(turn_until([&] { return got_.failed.size() == 1; }));
  EXPECT_THAT(got_.failed, ElementsAre(2U));
  EXPECT_EQ(net->counters().drop(Drop::WsNoFlow).value(), 1U);
}

TEST_F(WebSocketTransport, KeepAlivesAreAnswered) {
  const auto net = make(got_, {web()});
  const auto client = connect(net->local_endpoint(0));
  client->stream->write(kOpening);
  ASSERT_TRUE(turn_until([&] { return client->received.ends_with("\r\n\r\n"); }));
  client->received.clear();
  client->stream->write(frame("\r\n\r\n") + std::string("\x89\x80\0\0\0\0", 6));
  ASSERT_TRUE(turn_until([&] { return client->received.size() == 6; }));
  EXPECT_THAT(client->received, HasSubstr(std::string("\x8a\0", 2)));
  EXPECT_THAT(client->received, HasSubstr("\x81\x02\r\n"));
  EXPECT_THAT(got_.messages, IsEmpty());
}

TEST_F(WebSocketTransport, ARefusedHandshakeIsAnsweredAndCounted) {
  const auto net = make(got_, {web()});
  const auto client = connect(net->local_endpoint(0));
  client->stream->write(std::string_view("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_TRUE(turn_until([&] { return client->closed; }));
  EXPECT_THAT(client->received, StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(net->counters().web_reject(web_socket::Reject::Upgrade).value(), 1U);
}

TEST_F(WebSocketTransport, HandshakesAndFirstMessagesThatDoNotComeEndIt) {
  limits_.handshake = limits_.first_message = base::milliseconds(50);
  const auto net = make(got_, {web()});
  const auto half = connect(net->local_endpoint(0));
  half->stream->write(kOpening.substr(0, 40));
  const auto silent = connect(net->local_endpoint(0));
  silent->stream->write(kOpening);
  ASSERT_TRUE(turn_until([&] { return half->closed && silent->closed; }));
  EXPECT_EQ(net->counters().drop(Drop::WsHandshakeSlow).value(), 1U);
  EXPECT_EQ(net->counters().drop(Drop::TcpSlowMessage).value(), 1U);
}

TEST_F(WebSocketTransport, ABrokenFrameEndsIt) {
  const auto net = make(got_, {web()});
  const auto client = connect(net->local_endpoint(0));
  client->stream->write(kOpening + "\x81\x02no");  // not masked
  ASSERT_TRUE(turn_until([&] { return client->closed; }));
  EXPECT_EQ(net->counters().drop(Drop::WsBroken).value(), 1U);
}

}  // namespace
}  // namespace sbc::net
