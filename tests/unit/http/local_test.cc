// The waiting client against a server that runs in a thread of the test's own.

#include "sbc/http/local.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "media-relay/loop/http_server.h"

namespace sbc::http {
namespace {

class LocalTest : public testing::Test {
 protected:
  LocalTest() : path_("/tmp/parapet_local_" + std::to_string(::getpid())) {
    server_.get("/who", [](const loop::HttpRequest& request) { return loop::HttpResponse{.body = request.query}; });
    server_.post("/order", [](const loop::HttpRequest& request) {
      return loop::HttpResponse{.status = 409, .body = std::to_string(request.body.size())};
    });
    EXPECT_TRUE(server_.listen_local(path_).has_value());
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~LocalTest() override {
    loop_.post([this] { loop_.stop(); });
    thread_.join();
  }

  std::string path_;
  loop::EventLoop loop_;
  loop::HttpServer server_{loop_, loop::HttpLimits{.most_body_bytes = 4U << 20}};
  std::thread thread_;
};

TEST_F(LocalTest, GetsAndPosts) {
  const auto got = ask_local({.socket = path_, .target = "/who?note=" + escaped("a b&c=%d")});
  ASSERT_TRUE(got.has_value()) << got.error().text;
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "note=a%20b%26c%3D%25d");
  EXPECT_EQ(loop::arguments_of(got->body).at("note"), "a b&c=%d");
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{3} << 20U}) {
    const auto posted = ask_local({.socket = path_, .target = "/order", .body = std::string(size, '\0')});
    ASSERT_TRUE(posted.has_value()) << posted.error().text;
    EXPECT_EQ(posted->status, 409);
    EXPECT_EQ(posted->body, std::to_string(size));
  }
}

TEST_F(LocalTest, SaysThatNobodyListens) {
  const auto nobody = ask_local({.socket = path_ + "x", .target = "/who"});
  ASSERT_FALSE(nobody.has_value());
  EXPECT_EQ(nobody.error().what, LocalProblem::What::Nobody);
  EXPECT_EQ(nobody.error().text, "No such file or directory");
}

}  // namespace
}  // namespace sbc::http
