// The client against an HTTP server of the test's own, on one loop.

#include "sbc/http/client.h"

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

namespace sbc::http {
namespace {

// Answers by path, "" for silence; what is not in the table is 404. One request for each connection.
class Server {
 public:
  explicit Server(loop::EventLoop& loop) : loop_(loop) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    EXPECT_EQ(::listen(fd_, 64), 0);
    socklen_t length = sizeof at;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &length);
    root = "http://127.0.0.1:" + std::to_string(ntohs(at.sin_port));
    watch_.emplace(loop, fd_, [this](loop::Ready) { accept(); });
    watch_->want({.read = true});
  }
  ~Server() {
    close();
    for (auto& [fd, peer] : peers_) {
      peer.watch.reset();
      ::close(fd);
    }
  }
  void close() {
    watch_.reset();
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  std::string root;
  std::map<std::string, std::string> answers;
  std::vector<std::string> requests;

 private:
  struct Peer {
    std::string read;
    std::unique_ptr<loop::FdWatch> watch;
  };
  void accept() {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    auto& peer = peers_[fd];
    peer.watch = std::make_unique<loop::FdWatch>(loop_, fd, [this, fd](loop::Ready) { serve(fd); });
    peer.watch->want({.read = true});
  }
  void serve(int fd) {
    Peer& peer = peers_[fd];
    char bytes[4096];
    const auto got = ::recv(fd, bytes, sizeof bytes, 0);
    if (got <= 0) return peer.watch->want({});
    peer.read.append(bytes, static_cast<std::size_t>(got));
    const auto end = peer.read.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const auto length = peer.read.find("Content-Length: ");
    if (length < end && peer.read.size() < end + 4 + std::stoul(peer.read.substr(length + 16))) return;
    const auto begin = peer.read.find(' ') + 1;
    const std::string path = peer.read.substr(begin, peer.read.find(' ', begin) - begin);
    requests.push_back(std::exchange(peer.read, {}));
    const auto answer = answers.find(path);
    const std::string text =
        answer == answers.end() ? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" : answer->second;
    EXPECT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }

  loop::EventLoop& loop_;
  int fd_ = -1;
  std::optional<loop::FdWatch> watch_;
  std::map<int, Peer> peers_;
};

std::string ok(const std::string& body, const std::string& type = "application/json") {
  return "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

class HttpClient : public testing::Test {
 protected:
  Settings settings() const {
    Settings settings;
    settings.allow = *AllowList::of({server.root + "/v1/"});
    return settings;
  }
  Request get(const std::string& path) const { return {.url = server.root + path, .timeout = base::seconds(5)}; }
  void ask(const Request& request) {
    const std::size_t at = replies.size();
    replies.emplace_back();
    client->ask(request, [this, at](const Reply& reply) { replies[at] = reply; });
  }
  void wait() {
    const auto end = base::monotonic_now() + base::seconds(20);
    const auto waits = [this] { return std::ranges::any_of(replies, [](const auto& r) { return !r; }); };
    while (waits() && base::monotonic_now() < end) loop.run_once(base::milliseconds(100));
    EXPECT_FALSE(waits());
  }
  Reply reply_to(const Request& request) {
    ask(request);
    wait();
    return replies.back().value_or(std::unexpected(Problem::Failed));
  }
  Problem problem_of(const Request& request) {
    const Reply reply = reply_to(request);
    EXPECT_FALSE(reply);
    return reply ? Problem::Failed : reply.error();
  }

  loop::EventLoop loop;
  Server server{loop};
  std::unique_ptr<Client> client = std::make_unique<Client>(loop, settings());
  std::vector<std::optional<Reply>> replies;
};

TEST_F(HttpClient, GetsAnAnswerWithItsKind) {
  server.answers["/v1/a?b=c"] = ok("{\"x\":1}");
  auto request = get("/v1/a?b=c");
  request.headers = {{"X-Key", "secret"}, {"X-Empty", ""}};
  const Reply reply = reply_to(request);
  ASSERT_TRUE(reply) << name_of(reply.error());
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->content_type, "application/json");
  EXPECT_EQ(reply->body, "{\"x\":1}");
  ASSERT_EQ(server.requests.size(), 1U);
  EXPECT_NE(server.requests[0].find("X-Key: secret\r\n"), std::string::npos) << server.requests[0];
  EXPECT_NE(server.requests[0].find("X-Empty:"), std::string::npos) << server.requests[0];
  EXPECT_EQ(client->counters().answered, 1U);
  EXPECT_EQ(client->under_way(), 0U);
}

TEST_F(HttpClient, PostsJson) {
  server.answers["/v1/p"] = ok("true");
  auto request = get("/v1/p");
  request.json = "{\"n\":5}";
  ASSERT_TRUE(reply_to(request));
  EXPECT_TRUE(server.requests.at(0).starts_with("POST /v1/p HTTP/1.1\r\n")) << server.requests[0];
  EXPECT_TRUE(server.requests[0].ends_with("\r\n\r\n{\"n\":5}"));
  EXPECT_NE(server.requests[0].find("Content-Type: application/json\r\n"), std::string::npos);
}

TEST_F(HttpClient, StatusesAndRedirectionsAreAnswers) {
  EXPECT_EQ(reply_to(get("/v1/none"))->status, 404);
  server.answers["/v1/moved"] =
      "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/secret\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(reply_to(get("/v1/moved"))->status, 302) << "not followed";
}

TEST_F(HttpClient, WhatIsNotAllowedIsNotAsked) {
  EXPECT_EQ(problem_of(get("/v2/a")), Problem::NotAllowed);
  EXPECT_EQ(problem_of(get("/v1/../admin")), Problem::NotAllowed);
  EXPECT_TRUE(server.requests.empty());
  client->use({});
  EXPECT_EQ(problem_of(get("/v1/a")), Problem::NotAllowed) << "nothing is, unless it is named";
}

TEST_F(HttpClient, SilenceEndsWithTheTimeout) {
  server.answers["/v1/silent"] = "";
  auto request = get("/v1/silent");
  request.timeout = base::milliseconds(50);
  EXPECT_EQ(problem_of(request), Problem::Timeout);
  EXPECT_EQ(client->under_way(), 0U);
}

TEST_F(HttpClient, ABodyThatIsTooLargeIsCutOff) {
  auto small = settings();
  small.body_bytes = 1000;
  client->use(small);
  server.answers["/v1/fits"] = ok(std::string(1000, 'x'));
  server.answers["/v1/large"] = ok(std::string(1001, 'x'));
  EXPECT_EQ(reply_to(get("/v1/fits"))->body.size(), 1000U);
  EXPECT_EQ(problem_of(get("/v1/large")), Problem::TooLarge);
}

TEST_F(HttpClient, WhoIsNotThereAndWhoSpeaksNoHttp) {
  server.answers["/v1/babble"] = "220 mail.example ESMTP\r\n\r\n";
  auto request = get("/v1/babble");
  EXPECT_EQ(problem_of(request), Problem::Failed);
  server.close();
  EXPECT_EQ(problem_of(get("/v1/a")), Problem::Connect);
}

TEST_F(HttpClient, AnAnswerIsKeptAsLongAsTheAskerSays) {
  server.answers["/v1/a"] = ok("1");
  auto request = get("/v1/a");
  request.keep = base::minutes(1);
  EXPECT_EQ(reply_to(request)->body, "1");
  server.answers["/v1/a"] = ok("2");
  EXPECT_EQ(reply_to(request)->body, "1");
  EXPECT_EQ(client->counters().cached, 1U);
  request.headers = {{"X-Key", "other"}};
  EXPECT_EQ(reply_to(request)->body, "2") << "another key is another question";
  request = get("/v1/a");
  EXPECT_EQ(reply_to(request)->body, "2") << "who wants nothing of the memory gets it fresh";
  auto none = get("/v1/none");
  none.keep = base::minutes(1);
  reply_to(none);
  EXPECT_EQ(client->cached(), 2U) << "only a 200 is kept";
}

TEST_F(HttpClient, TheSameQuestionIsAskedOnceAtATime) {
  server.answers["/v1/a"] = ok("1");
  auto request = get("/v1/a");
  request.keep = base::minutes(1);
  for (int i = 0; i < 5; ++i) ask(request);
  wait();
  EXPECT_EQ(server.requests.size(), 1U);
  EXPECT_EQ(client->counters().joined, 4U);
  for (const auto& reply : replies) EXPECT_EQ((*reply)->body, "1");
}

TEST_F(HttpClient, RequestsAtOnceAreBoundedAndCallsForHelpHaveRoom) {
  auto few = settings();
  few.at_once = 2;
  client->use(few);
  server.answers["/v1/a"] = ok("1");
  ask(get("/v1/a"));
  ask(get("/v1/a"));
  EXPECT_EQ(problem_of(get("/v1/a")), Problem::Busy) << "the other two are waited for";
  client->use(few);
  replies.clear();
  ask(get("/v1/a"));
  ask(get("/v1/a"));
  auto help = get("/v1/a");
  help.urgent = true;
  ask(help);
  wait();
  EXPECT_TRUE(*replies[2]);
}

TEST_F(HttpClient, AServiceThatFailsIsLeftInPeace) {
  auto touchy = settings();
  touchy.breaker = {.failures = 2, .pause = base::hours(1)};
  client->use(touchy);
  server.answers["/v1/a"] = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(reply_to(get("/v1/a"))->status, 500);
  EXPECT_EQ(reply_to(get("/v1/a"))->status, 500);
  EXPECT_EQ(problem_of(get("/v1/a")), Problem::Resting);
  EXPECT_EQ(server.requests.size(), 2U);
  EXPECT_EQ(client->counters().rests, 1U);
  EXPECT_EQ(client->resting(), 1U);
}

TEST_F(HttpClient, MayGoWhileRequestsAreUnderWay) {
  server.answers["/v1/silent"] = "";
  ask(get("/v1/silent"));
  for (int i = 0; i < 20; ++i) loop.run_once(base::milliseconds(1));
  client.reset();
  EXPECT_FALSE(replies[0]);
}

}  // namespace
}  // namespace sbc::http
