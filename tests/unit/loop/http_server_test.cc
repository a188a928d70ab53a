#include "media-relay/loop/http_server.h"

#include <gtest/gtest.h>

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
