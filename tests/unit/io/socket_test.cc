#include "media-relay/io/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/ip.h>

#include "media-relay/io/sockaddr.h"

#include "peer.h"

namespace io {
namespace {

const base::IpAddress kLoopback4 = *base::IpAddress::parse("127.0.0.1");
const base::IpAddress kLoopback6 = *base::IpAddress::parse("::1");

bool has_ipv6() {
  return open_udp({kLoopback6, 0}, {}).has_value();
}

int option(const Socket& socket, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  getsockopt(socket.descriptor(), level, name, &value, &length);
  return value;
}

// RFC 3550 11: RTP on an even port, RTCP on the next higher odd one.
TEST(OpenPair, BindsAnEvenPortAndTheOneAbove) {
  const auto pair = open_pair(kLoopback4, 0, {});
  ASSERT_TRUE(pair) << pair.error().text;
  EXPECT_EQ(pair->rtp.local().port % 2, 0);
  EXPECT_EQ(pair->rtcp.local().port, pair->rtp.local().port + 1);
}

TEST(OpenPair, BindsBothPortsOrNone) {
  std::uint16_t even = 0;
  {
    const auto pair = open_pair(kLoopback4, 0, {});
    ASSERT_TRUE(pair);
    even = pair->rtp.local().port;
  }
  const auto odd = open_udp({kLoopback4, static_cast<std::uint16_t>(even + 1)}, {});
  ASSERT_TRUE(odd) << odd.error().text;
  const auto pair = open_pair(kLoopback4, even, {});
  ASSERT_FALSE(pair);
  EXPECT_EQ(pair.error().reason, OpenError::Reason::InUse);
  EXPECT_TRUE(open_udp({kLoopback4, even}, {}));  // it was let go
}

TEST(OpenPair, KnowsNoPortAbove65535) {
  EXPECT_FALSE(open_pair(kLoopback4, 65535, {}));
}

TEST(OpenUdp, SaysWhyNot) {
  const auto first = open_udp({kLoopback4, 0}, {});
  ASSERT_TRUE(first);
  const auto second = open_udp(first->local(), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason, OpenError::Reason::InUse);
  EXPECT_NE(second.error().text.find(first->local().text()), std::string::npos);
  const auto elsewhere = open_udp({*base::IpAddress::parse("192.0.2.1"), 0}, {});
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().reason, OpenError::Reason::NoAddress);
  EXPECT_EQ(open_udp({}, {}).error().reason, OpenError::Reason::NoAddress);
}

TEST(OpenUdp, MarksItsTraffic) {
  SocketOptions options;
  EXPECT_EQ(option(*open_udp({kLoopback4, 0}, options), IPPROTO_IP, IP_TOS), 46 << 2);
  options.dscp = 10;
  EXPECT_EQ(option(*open_udp({kLoopback4, 0}, options), IPPROTO_IP, IP_TOS), 10 << 2);
  if (!has_ipv6()) GTEST_SKIP() << "no IPv6 on loopback";
  EXPECT_EQ(option(*open_udp({kLoopback6, 0}, options), IPPROTO_IPV6, IPV6_TCLASS), 10 << 2);
  EXPECT_EQ(option(*open_udp({kLoopback6, 0}, options), IPPROTO_IPV6, IPV6_V6ONLY), 1);
}

TEST(OpenUdp, MayBeMarkedAnew) {
  const Socket v4 = *open_udp({kLoopback4, 0}, {});
  EXPECT_TRUE(mark(v4, 34));
  EXPECT_EQ(option(v4, IPPROTO_IP, IP_TOS), 34 << 2);
  if (!has_ipv6()) GTEST_SKIP() << "no IPv6 on loopback";
  const Socket v6 = *open_udp({kLoopback6, 0}, {});
  EXPECT_TRUE(mark(v6, 0));
  EXPECT_EQ(option(v6, IPPROTO_IPV6, IPV6_TCLASS), 0);
}

TEST(Socket, ClosesWhenItEnds) {
  int descriptor = -1;
  {
    Socket socket = *open_udp({kLoopback4, 0}, {});
    descriptor = socket.descriptor();
    Socket moved = std::move(socket);
    EXPECT_FALSE(socket);  // NOLINT(bugprone-use-after-move): what is left is closed
    EXPECT_EQ(moved.descriptor(), descriptor);
    EXPECT_NE(fcntl(descriptor, F_GETFD), -1);
  }
  EXPECT_EQ(fcntl(descriptor, F_GETFD), -1);
}

TEST(SocketAddress, GoesThereAndBack) {
  for (const char* text : {"192.0.2.1:5060", "[2001:db8::1]:16384"}) {
    const auto endpoint = *base::Endpoint::parse(text);
    SocketAddress address{};
    EXPECT_EQ(to_sockaddr(endpoint, address), endpoint.ip.is_v4() ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    EXPECT_EQ(from_sockaddr(address), endpoint);
  }
  SocketAddress other{};
  other.any.sa_family = AF_UNIX;
  EXPECT_TRUE(from_sockaddr(other).empty());
}

}  // namespace
}  // namespace io
