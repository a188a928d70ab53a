#include "sbc/admin/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "media-relay/loop/stream.h"

namespace sbc::admin {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

struct Client : loop::Stream::Delegate {
  void on_bytes(loop::Stream&, std::string_view bytes) override { received += bytes; }
  void on_closed(loop::Stream&, loop::Stream::CloseReason) override { closed = true; }
  std::string received;
  bool closed = false;
};

class ControlTest : public testing::Test {
 protected:
  ControlTest() : path_("/tmp/parapet_control_" + std::to_string(::getpid())) {
    control_.get("/calls", [](const auto&) { return Control::json("[]\n"); });
    control_.post("/kill", [](const loop::HttpRequest& request) {
      return request.body == "42" ? Control::json("{}\n") : Control::refuse(422, "expected a number");
    });
    control_.expose(metrics_);
    EXPECT_TRUE(control_.listen(path_).has_value());
  }
  std::string ask(const std::string& method, const std::string& path, const std::string& body = "") {
    Client client;
    auto stream = loop::Stream::connect_unix(loop_, path_, client);
    (*stream)->write(method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
                     "\r\nConnection: close\r\n\r\n" + body);
    for (int i = 0; i < 1000 && !client.closed; ++i) loop_.run_once(base::milliseconds(20));
    return client.received;
  }

  std::string path_;
  loop::EventLoop loop_;
  observe::Metrics metrics_;
  std::unique_ptr<observe::Log> log_ = *observe::Log::open({.level = observe::Level::Off});
  Control control_{loop_, *log_};
};

TEST_F(ControlTest, ShowsAndTakesOrdersAndCountsThem) {
  EXPECT_THAT(ask("GET", "/calls"),
              testing::AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("application/json"), EndsWith("\r\n\r\n[]\n")));
  EXPECT_THAT(ask("POST", "/kill", "42"), EndsWith("\r\n\r\n{}\n"));
  EXPECT_THAT(ask("POST", "/kill", "x"),
              testing::AllOf(StartsWith("HTTP/1.1 422 "), EndsWith("\r\n\r\nexpected a number\n")));
  EXPECT_THAT(ask("GET", "/kill"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(metrics_.render(), HasSubstr("parapet_control_orders_total{result=\"done\"} 1\n"));
  EXPECT_THAT(metrics_.render(), HasSubstr("parapet_control_orders_total{result=\"refused\"} 1\n"));
}

}  // namespace
}  // namespace sbc::admin
