// The client against a server of the test's own, on one loop.

#include "sbc/redis/client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/base/clock.h"

#include "sbc/tls/session.h"

#include "../tls/authority.h"

namespace sbc::redis {
namespace {

using base::milliseconds;
using base::seconds;

// Answers commands ("GET a") by what the table says, "" is silence; others get an error.
class Server {
 public:
  explicit Server(loop::EventLoop& loop, std::uint16_t port = 0, std::shared_ptr<const tls::Context> secure = nullptr)
      : secure_(std::move(secure)), loop_(loop) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    in.sin_port = htons(port);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&in), sizeof in), 0);
    EXPECT_EQ(::listen(fd_, 64), 0);
    socklen_t length = sizeof in;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&in), &length);
    at = {.ip = *base::IpAddress::parse("127.0.0.1"), .port = ntohs(in.sin_port)};
    watch_.emplace(loop, fd_, [this](loop::Ready) { accept(); });
    watch_->want({.read = true});
  }
  ~Server() {
    watch_.reset();
    ::close(fd_);
    for (auto& [fd, peer] : peers_) {
      peer.watch.reset();
      ::close(fd);
    }
  }

  base::Endpoint at;
  std::map<std::string, std::string> answers;
  std::vector<std::string> commands;
  std::size_t accepted = 0;

 private:
  struct Peer {
    std::string read;
    std::unique_ptr<tls::Session> secure;  // null: in clear
    std::unique_ptr<loop::FdWatch> watch;
  };
  void accept() {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    ++accepted;
    auto& peer = peers_[fd];
    if (secure_) peer.secure = tls::Session::server(secure_);
    peer.watch = std::make_unique<loop::FdWatch>(loop_, fd, [this, fd](loop::Ready) { serve(fd); });
    peer.watch->want({.read = true});
  }
  void serve(int fd) {
    Peer& peer = peers_[fd];
    char bytes[4096];
    const auto got = ::recv(fd, bytes, sizeof bytes, 0);
    if (got <= 0) return peer.watch->want({});
    const std::string_view came(bytes, static_cast<std::size_t>(got));
    if (peer.secure) {
      peer.secure->feed(came, peer.read);
      put(fd, peer.secure->take_output());
    } else {
      peer.read.append(came);
    }
    while (auto command = next(peer.read)) {
      commands.push_back(*command);
      const auto known = answers.find(*command);
      const std::string text = known == answers.end() ? "-ERR no such answer\r\n" : known->second;
      if (peer.secure) {
        peer.secure->encrypt(text);
        put(fd, peer.secure->take_output());
      } else {
        put(fd, text);
      }
    }
  }
  static void put(int fd, const std::string& text) { ::send(fd, text.data(), text.size(), MSG_NOSIGNAL); }
  // "*2\r\n$3\r\nGET\r\n$1\r\na\r\n"
  static std::optional<std::string> next(std::string& text) {
    std::size_t at = 0;
    const auto line = [&]() -> std::optional<std::string> {
      const auto end = text.find("\r\n", at);
      if (end == std::string::npos) return std::nullopt;
      std::string found = text.substr(at, end - at);
      at = end + 2;
      return found;
    };
    const auto head = line();
    if (!head) return std::nullopt;
    std::string command;
    for (int i = 0; i < std::stoi(head->substr(1)); ++i) {
      if (!line()) return std::nullopt;
      const auto word = line();
      if (!word) return std::nullopt;
      command += (i == 0 ? "" : " ") + *word;
    }
    text.erase(0, at);
    return command;
  }

  std::shared_ptr<const tls::Context> secure_;
  loop::EventLoop& loop_;
  int fd_ = -1;
  std::optional<loop::FdWatch> watch_;
  std::map<int, Peer> peers_;
};

class RedisClient : public testing::Test {
 protected:
  void use(Settings settings) {
    if (settings.servers.empty()) settings.servers = {server->at};
    if (settings.timeout == milliseconds(500)) settings.timeout = seconds(10);
    client = std::make_unique<Client>(loop, std::move(settings), counters,
                                      [this](lookup::Problem, const std::string& text) { troubles.push_back(text); });
  }
  void ask(std::vector<std::string> words, base::Duration keep = {}, base::Duration timeout = seconds(10)) {
    const std::size_t at = replies.size();
    replies.emplace_back();
    client->ask({.words = std::move(words), .keep = keep, .timeout = timeout},
                [this, at](const lookup::Reply& reply) { replies[at] = reply; });
  }
  void wait() {
    const auto end = base::monotonic_now() + seconds(20);
    const auto waits = [this] { return std::ranges::any_of(replies, [](const auto& r) { return !r; }); };
    while (waits() && base::monotonic_now() < end) loop.run_once(milliseconds(100));
    ASSERT_FALSE(waits());
  }
  lookup::Reply reply_to(std::vector<std::string> words, base::Duration keep = {},
                         base::Duration timeout = seconds(10)) {
    ask(std::move(words), keep, timeout);
    wait();
    return replies.back().value_or(std::unexpected(lookup::Problem::Failed));
  }
  std::string text(const lookup::Reply& reply) {
    if (!reply) return std::string(lookup::name_of(reply.error()));
    const auto* value = std::get_if<std::string>(&(*reply)->what);
    return value != nullptr ? *value : "something else";
  }
  // Until the server has seen what was closed, too.
  void settle() {
    for (int i = 0; i < 20; ++i) loop.run_once(milliseconds(1));
  }

  loop::EventLoop loop;
  lookup::Counters counters;
  std::unique_ptr<Server> server = std::make_unique<Server>(loop);
  std::vector<std::optional<lookup::Reply>> replies;
  std::vector<std::string> troubles;
  std::unique_ptr<Client> client;
};

TEST_F(RedisClient, GivesWhatTheServerSays) {
  server->answers = {{"get a", "$3\r\none\r\n"},
                     {"get b", "$-1\r\n"},
                     {"ttl a", ":42\r\n"},
                     {"hgetall h", "*4\r\n$1\r\nx\r\n$1\r\n1\r\n$1\r\ny\r\n$0\r\n\r\n"},
                     {"mget a b", "*2\r\n$3\r\none\r\n$-1\r\n"}};
  use({});
  EXPECT_EQ(text(reply_to({"GET", "a"})), "one");
  EXPECT_TRUE(std::holds_alternative<std::monostate>((*reply_to({"GET", "b"}))->what));
  EXPECT_EQ(std::get<std::int64_t>((*reply_to({"TTL", "a"}))->what), 42);
  const auto hash = *reply_to({"HGETALL", "h"});
  const auto& members = std::get<json::Members>(hash->what);
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(members[1].name, "y");
  const auto list = *reply_to({"MGET", "a", "b"});
  EXPECT_EQ(std::get<json::List>(list->what).size(), 2U);
  EXPECT_EQ(server->accepted, 1U) << "one after the other needs one connection";
}

TEST_F(RedisClient, WhatMayNotBeUsedIsNotSent) {
  server->answers = {{"set a 1", "+OK\r\n"}};
  use({});
  EXPECT_EQ(text(reply_to({"SET", "a", "1"})), "not_allowed");
  EXPECT_EQ(text(reply_to({"FLUSHALL"})), "not_allowed");
  use({.writes = true});
  EXPECT_EQ(text(reply_to({"SET", "a", "1"})), "OK");
  EXPECT_EQ(text(reply_to({"FLUSHALL"})), "not_allowed");
  EXPECT_EQ(server->commands.size(), 1U);
}

TEST_F(RedisClient, SignsInBeforeItAsks) {
  server->answers = {{"AUTH me secret", "+OK\r\n"}, {"SELECT 3", "+OK\r\n"}, {"get a", "$1\r\n1\r\n"}};
  use({.username = "me", .password = "secret", .database = 3});
  EXPECT_EQ(text(reply_to({"GET", "a"})), "1");
  EXPECT_EQ(server->commands, (std::vector<std::string>{"AUTH me secret", "SELECT 3", "get a"}));
}

TEST_F(RedisClient, WhoIsNotLetInHasNoConnection) {
  server->answers = {{"AUTH wrong", "-WRONGPASS invalid\r\n"}, {"get a", "$1\r\n1\r\n"}};
  use({.password = "wrong"});
  EXPECT_EQ(text(reply_to({"GET", "a"})), "connect");
  ASSERT_FALSE(troubles.empty());
  EXPECT_EQ(troubles.back(), "WRONGPASS invalid");
}

TEST_F(RedisClient, AnErrorIsAboutTheCommandOrTheServer) {
  server->answers = {{"get a", "-WRONGTYPE Operation against a key\r\n"}, {"get b", "-LOADING Redis is loading\r\n"}};
  use({});
  EXPECT_EQ(text(reply_to({"GET", "a"})), "refused");
  EXPECT_EQ(text(reply_to({"GET", "b"})), "failed");
  EXPECT_EQ(troubles.at(0), "WRONGTYPE Operation against a key");
}

TEST_F(RedisClient, OneThatIsNotAnsweredHoldsUpNobody) {
  server->answers = {{"get silent", ""}, {"get a", "$1\r\n1\r\n"}};
  use({.connections = 1});
  EXPECT_EQ(text(reply_to({"GET", "silent"}, {}, milliseconds(30))), "timeout");
  EXPECT_EQ(text(reply_to({"GET", "a"})), "1");
  settle();
  EXPECT_EQ(client->connections(), 1U);
  EXPECT_EQ(server->accepted, 2U);
}

TEST_F(RedisClient, ThereAreAsManyConnectionsAsAreWanted) {
  server->answers = {{"get silent", ""}};
  use({.connections = 3});
  for (int i = 0; i < 10; ++i) ask({"GET", "silent"}, {}, milliseconds(100));
  EXPECT_EQ(client->connections(), 3U);
  wait();
  settle();
  EXPECT_EQ(client->connections(), 0U) << "all of them had somebody who did not get an answer";
}

TEST_F(RedisClient, AnAnswerMayBeKept) {
  server->answers = {{"get a", "$1\r\n1\r\n"}, {"incr n", ":1\r\n"}};
  use({.writes = true});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(text(reply_to({"GET", "a"}, seconds(60))), "1");
  EXPECT_EQ(server->commands.size(), 1U);
  EXPECT_EQ(counters.cached, 2U);
  for (int i = 0; i < 3; ++i) reply_to({"INCR", "n"}, seconds(60));
  EXPECT_EQ(server->commands.size(), 4U) << "what changes something is done each time";
}

TEST_F(RedisClient, AnswersAreBounded) {
  const std::string exact(100, 'x');
  server->answers = {{"get fits", "$100\r\n" + exact + "\r\n"},
                     {"get long", "$101\r\n" + exact + "x\r\n"},
                     {"lrange l 0 1", "*2\r\n:1\r\n:2\r\n"},
                     {"lrange l 0 2", "*3\r\n:1\r\n:2\r\n:3\r\n"},
                     {"get endless", "$100000000\r\n" + std::string(1U << 20, 'x')}};
  use({.answer_bytes = 100, .elements = 2});
  EXPECT_EQ(text(reply_to({"GET", "fits"})), exact);
  EXPECT_EQ(text(reply_to({"GET", "long"})), "too_large");
  EXPECT_TRUE(reply_to({"LRANGE", "l", "0", "1"}));
  EXPECT_EQ(text(reply_to({"LRANGE", "l", "0", "2"})), "too_large");
  EXPECT_EQ(text(reply_to({"GET", "endless"})), "too_large") << "and is not read to its end";
}

TEST_F(RedisClient, AServerThatIsGoneIsLeftInPeaceAndFoundAgain) {
  server->answers = {{"get a", "$1\r\n1\r\n"}};
  Settings settings;
  settings.rules.breaker = {.failures = 2, .pause = milliseconds(100)};
  settings.servers = {server->at};
  use(settings);
  EXPECT_EQ(text(reply_to({"GET", "a"})), "1");
  const auto port = server->at.port;
  server.reset();
  settle();
  EXPECT_EQ(client->connections(), 0U) << "that it is closed was seen";
  EXPECT_EQ(text(reply_to({"GET", "a"})), "connect");
  EXPECT_EQ(text(reply_to({"GET", "a"})), "connect");
  EXPECT_EQ(text(reply_to({"GET", "a"})), "resting");
  EXPECT_EQ(counters.rests, 1U);
  server = std::make_unique<Server>(loop, port);
  server->answers = {{"get a", "$1\r\n2\r\n"}};
  const auto end = base::monotonic_now() + seconds(10);
  std::string last;
  while (last != "2" && base::monotonic_now() < end) {
    loop.run_once(milliseconds(20));
    last = text(reply_to({"GET", "a"}));
  }
  EXPECT_EQ(last, "2");
  EXPECT_FALSE(client->resting());
}

TEST_F(RedisClient, TheNextAddressIsTriedWhenOneIsNotThere) {
  Server other(loop);
  const auto gone = server->at;
  server.reset();
  other.answers = {{"get a", "$1\r\n1\r\n"}};
  use({.servers = {gone, other.at}});
  EXPECT_EQ(text(reply_to({"GET", "a"})), "connect");
  EXPECT_EQ(text(reply_to({"GET", "a"})), "1");
}

TEST_F(RedisClient, ASocketThatIsNotThereIsNoConnection) {
  use({.servers = {server->at}, .path = testing::TempDir() + "parapet_no_such_socket"});
  EXPECT_EQ(text(reply_to({"GET", "a"})), "connect");
}

// Over TLS: what is asked before the handshake is done waits for it, and the certificate must be the right one's.
TEST_F(RedisClient, ByTlsTheServerIsWhoItIsSaidToBe) {
  const tls::Authority authority;
  const tls::Authority other;
  tls::ContextOptions options;
  options.pairs = {authority.issue({.alternatives = "DNS:redis.example.org"})};
  const auto context = tls::Context::make(options);
  ASSERT_TRUE(context);
  const auto trusting = [](const tls::Authority& whom) {
    tls::ContextOptions known;
    known.server_ca = whom.pem();
    return *tls::Context::make_client(known);
  };
  server = std::make_unique<Server>(loop, 0, *context);
  server->answers = {{"AUTH secret", "+OK\r\n"}, {"get a", "$1\r\n1\r\n"}};
  Settings settings;
  settings.password = "secret";
  settings.tls = {.context = trusting(authority), .name = "redis.example.org", .given = "1"};
  use(settings);
  EXPECT_EQ(text(reply_to({"GET", "a"})), "1");
  EXPECT_EQ(text(reply_to({"GET", "a"})), "1");
  EXPECT_EQ(server->commands, (std::vector<std::string>{"AUTH secret", "get a", "get a"}));
  settings.servers = {};
  settings.tls.name = "other.example.org";
  use(settings);
  EXPECT_EQ(text(reply_to({"GET", "a"})), "connect");
  ASSERT_FALSE(troubles.empty());
  EXPECT_EQ(troubles.back(), "TLS: expected other.example.org, got redis.example.org");
  settings.tls = {.context = trusting(other), .name = "redis.example.org", .given = "2"};
  use(settings);
  EXPECT_EQ(text(reply_to({"GET", "a"})), "connect");
  EXPECT_EQ(server->commands.size(), 3U) << "nothing is said to a stranger";
}

TEST_F(RedisClient, WhatIsUnderWayIsForgottenWithIt) {
  server->answers = {{"get silent", ""}};
  use({});
  for (int i = 0; i < 5; ++i) ask({"GET", "silent"});
  settle();
  client.reset();
  EXPECT_FALSE(replies[0].has_value());
}

}  // namespace
}  // namespace sbc::redis
