#include "media-relay/loop/http_server.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>

#include "media-relay/loop/stream.h"

namespace loop {
namespace {

struct Client : Stream::Delegate {
  void on_bytes(Stream&, std::string_view bytes) override { received += bytes; }
  void on_closed(Stream&, Stream::CloseReason) override { closed = true; }
  std::string received;
  bool closed = false;
};

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    server_.get("/hello", [](const HttpRequest& request) {
      return HttpResponse{.body = "path=" + request.path + " query=" + request.query + " peer=" + request.peer};
    });
    const auto where = server_.listen(*base::Endpoint::parse("127.0.0.1:0"));
    EXPECT_TRUE(where.has_value());
    where_ = *where;
  }

  std::string ask(std::string_view request) {
    Client client;
    auto stream = Stream::connect_tcp(loop_, where_, {}, client);
    EXPECT_TRUE(stream.has_value());
    (*stream)->write(request);
    for (int i = 0; i < 1000 && !client.closed; ++i) loop_.run_once(base::milliseconds(20));
    EXPECT_TRUE(client.closed);
    return client.received;
  }

  EventLoop loop_;
  HttpServer server_{loop_, HttpLimits{.most_header_bytes = 1000, .most_body_bytes = 100}};
  base::Endpoint where_;
};

TEST_F(HttpServerTest, AnswersGetWithPathQueryAndPeer) {
  const std::string answer = ask("GET /hello?a=b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\npath=/hello query=a=b peer=127.0.0.1")) << answer;
}

TEST_F(HttpServerTest, AnswersHeadWithoutBody) {
  const std::string answer = ask("HEAD /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
  EXPECT_NE(std::string::npos, answer.find("Content-Length: 33")) << answer;
}

TEST_F(HttpServerTest, AnswersUnknownPathsAndMethods) {
  EXPECT_TRUE(ask("GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 404 "));
  const std::string post = ask("POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
  EXPECT_TRUE(post.starts_with("HTTP/1.1 405 ")) << post;
  EXPECT_NE(std::string::npos, post.find("Allow: GET, HEAD")) << post;
}

TEST_F(HttpServerTest, RefusesTooLargeRequestsAndGarbage) {
  const std::string large = "GET /hello HTTP/1.1\r\nX: " + std::string(1000, 'x') + "\r\n\r\n";
  EXPECT_FALSE(ask(large).starts_with("HTTP/1.1 200"));
  EXPECT_FALSE(ask("POST /hello HTTP/1.1\r\nContent-Length: 101\r\nConnection: close\r\n\r\n" + std::string(101, 'x'))
                   .starts_with("HTTP/1.1 200"));
  EXPECT_FALSE(ask(std::string("\x00\x01\xff garbage\r\n\r\n", 14)).starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(ask("GET /hello HTTP/1.0\r\n\r\n").find(" 200 OK") != std::string::npos);  // still alive
}

TEST_F(HttpServerTest, TakesPostsOnPathsThatHaveThem) {
  server_.post("/order", [](const HttpRequest& request) {
    return HttpResponse{.status = 202, .body = request.query + " " + request.body};
  });
  const std::string done =
      ask("POST /order?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\none");
  EXPECT_TRUE(done.starts_with("HTTP/1.1 202 Accepted\r\n")) << done;
  EXPECT_TRUE(done.ends_with("\r\n\r\na=b one")) << done;
  const std::string get = ask("GET /order HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(get.starts_with("HTTP/1.1 405 ")) << get;
  EXPECT_NE(std::string::npos, get.find("Allow: POST\r\n")) << get;
  server_.post("/hello", [](const HttpRequest&) { return HttpResponse{}; });
  const std::string put = ask("PUT /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_NE(std::string::npos, put.find("Allow: GET, HEAD, POST\r\n")) << put;
  EXPECT_TRUE(
      ask("POST /order HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\nConnection: close\r\n\r\n" + std::string(101, 'x'))
          .starts_with("HTTP/1.1 413 "));
}

TEST(Arguments, AreDecodedAndTheLastOfEqualNamesCounts) {
  const auto got = arguments_of("share=5%25&note=a+b%26c&&flag&share=6%25&=x");
  const std::map<std::string, std::string, std::less<>> expected{
      {"share", "6%"}, {"note", "a b&c"}, {"flag", ""}, {"", "x"}};
  EXPECT_EQ(expected, got);
  EXPECT_TRUE(arguments_of("").empty());
}

class LocalHttpTest : public testing::Test {
 protected:
  LocalHttpTest() { EXPECT_NE(nullptr, ::mkdtemp(folder_)); }
  ~LocalHttpTest() override {
    ::unlink(path().c_str());
    ::rmdir(folder_);
  }
  std::string path() const { return std::string(folder_) + "/control"; }
  bool there() const {
    struct stat file{};
    return ::lstat(path().c_str(), &file) == 0;
  }
  std::unique_ptr<HttpServer> server() {
    auto made = std::make_unique<HttpServer>(loop_);
    made->get("/who", [](const HttpRequest& request) { return HttpResponse{.body = request.peer}; });
    return made;
  }

  EventLoop loop_;
  char folder_[32] = "/tmp/parapet_http_XXXXXX";
};

TEST_F(LocalHttpTest, ServesItsOwnUserAndKnowsWhoAsks) {
  auto server = this->server();
  ASSERT_TRUE(server->listen_local(path()).has_value());
  struct stat file{};
  ASSERT_EQ(0, ::lstat(path().c_str(), &file));
  EXPECT_EQ(0600U, file.st_mode & 07777U);
  Client client;
  auto stream = Stream::connect_unix(loop_, path(), client);
  ASSERT_TRUE(stream.has_value());
  (*stream)->write("GET /who HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  for (int i = 0; i < 1000 && !client.closed; ++i) loop_.run_once(base::milliseconds(20));
  EXPECT_TRUE(client.received.ends_with("\r\n\r\nuid " + std::to_string(::getuid()))) << client.received;
  server.reset();
  EXPECT_FALSE(there()) << "the file goes with the server";
}

TEST_F(LocalHttpTest, ReplacesOnlyWhatNobodyListensAt) {
  auto first = server();
  ASSERT_TRUE(first->listen_local(path()).has_value());
  const auto second = server()->listen_local(path());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ("bind " + path() + ": Address already in use", second.error());
  EXPECT_TRUE(there());
  // A name of its own keeps the file when the server goes: as after a crash.
  ASSERT_EQ(0, ::rename(path().c_str(), (path() + "2").c_str()));
  first.reset();
  ASSERT_EQ(0, ::rename((path() + "2").c_str(), path().c_str()));
  {
    auto third = server();
    ASSERT_TRUE(third->listen_local(path()).has_value());
  }
  EXPECT_FALSE(there());
  std::ofstream(path()) << "a file of somebody's";
  EXPECT_FALSE(server()->listen_local(path()).has_value());
  EXPECT_TRUE(there());
}

TEST_F(LocalHttpTest, SaysWhatIsWrongWithThePath) {
  EXPECT_FALSE(server()->listen_local("").has_value());
  EXPECT_FALSE(server()->listen_local("/tmp/" + std::string(120, 'x')).has_value());
  const auto nowhere = server()->listen_local(path() + "/deeper");
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_EQ("bind " + path() + "/deeper: No such file or directory", nowhere.error());
}

TEST_F(HttpServerTest, ReturnsBindErrors) {
  const auto again = server_.listen(where_);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ("bind " + where_.text() + ": Address already in use", again.error());
}

TEST_F(HttpServerTest, ClosesConnectionsThatSendNothing) {
  HttpServer impatient(loop_, HttpLimits{.timeout = base::seconds(1)});
  where_ = *impatient.listen(*base::Endpoint::parse("127.0.0.1:0"));
  EXPECT_EQ("", ask(""));  // comes back because the server closed
}

}  // namespace
}  // namespace loop
