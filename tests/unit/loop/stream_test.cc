#include "media-relay/loop/stream.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "media-relay/base/clock.h"

namespace loop {
namespace {

struct Recorder : Stream::Delegate {
  void on_connected(Stream&) override { ++connects; }
  void on_bytes(Stream& stream, std::string_view bytes) override {
    received += bytes;
    if (echo) stream.write(bytes);
    if (destroy_on_bytes != nullptr) destroy_on_bytes->reset();
  }
  void on_drained(Stream&) override { ++drains; }
  void on_closed(Stream& stream, Stream::CloseReason why) override {
    EXPECT_FALSE(closed.has_value());
    closed = why;
    error = stream.last_errno();
  }
  std::string received;
  int connects = 0;
  int drains = 0;
  bool echo = false;
  std::unique_ptr<Stream>* destroy_on_bytes = nullptr;
  std::optional<Stream::CloseReason> closed;
  int error = 0;
};

class StreamTest : public testing::Test {
 protected:
  StreamTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "parapet-loop-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~StreamTest() override { std::filesystem::remove_all(directory_); }

  // Turns until the condition holds; the bound only guards against hanging.
  template <typename F>
  void turn_until(F&& condition) {
    const base::Instant end = base::monotonic_now() + base::seconds(20);
    while (!condition() && base::monotonic_now() < end) loop_.run_once(base::milliseconds(20));
    EXPECT_TRUE(condition());
  }

  void listen_tcp(const char* where = "127.0.0.1:0") {
    auto made =
        StreamListener::listen_tcp(loop_, *base::Endpoint::parse(where), {}, [this](Fd fd, const base::Endpoint&) {
          server_ = std::make_unique<Stream>(loop_, std::move(fd), at_server_, limits_);
        });
    ASSERT_TRUE(made.has_value()) << made.error();
    listener_ = std::move(*made);
  }
  void connect_tcp() {
    auto made = Stream::connect_tcp(loop_, listener_->local(), {}, at_client_, limits_);
    ASSERT_TRUE(made.has_value()) << made.error();
    client_ = std::move(*made);
  }

  EventLoop loop_;
  std::string directory_;
  StreamLimits limits_;
  Recorder at_server_;
  Recorder at_client_;
  std::unique_ptr<StreamListener> listener_;
  std::unique_ptr<Stream> server_;
  std::unique_ptr<Stream> client_;
};

TEST_F(StreamTest, CarriesBytesBothWaysOverTcp) {
  listen_tcp();
  at_server_.echo = true;
  connect_tcp();
  EXPECT_TRUE(client_->write("written before "));
  EXPECT_TRUE(client_->write("connected"));
  turn_until([&] { return at_client_.received == "written before connected"; });
  EXPECT_EQ(1, at_client_.connects);
  EXPECT_EQ(0u, client_->waiting());
  EXPECT_EQ(24u, client_->written_total());
  EXPECT_EQ(24u, client_->delivered_total());
  EXPECT_GE(at_client_.drains, 1);
}

TEST_F(StreamTest, WorksOverIpv6) {
  listen_tcp("[::1]:0");
  connect_tcp();
  client_->write("six");
  turn_until([&] { return at_server_.received == "six"; });
}

TEST_F(StreamTest, CarriesBytesOverUnixSocketsWithTheGivenMode) {
  const std::string path = directory_ + "/control.sock";
  auto made = StreamListener::listen_unix(loop_, path, 0660, [this](Fd fd, const base::Endpoint&) {
    server_ = std::make_unique<Stream>(loop_, std::move(fd), at_server_);
  });
  ASSERT_TRUE(made.has_value()) << made.error();
  struct stat file{};
  ASSERT_EQ(0, ::stat(path.c_str(), &file));
  EXPECT_EQ(0660u, file.st_mode & 0777u);
  auto client = Stream::connect_unix(loop_, path, at_client_);
  ASSERT_TRUE(client.has_value());
  (*client)->write("hello");
  turn_until([&] { return at_server_.received == "hello"; });
  EXPECT_EQ(1, at_client_.connects);
  made->reset();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(StreamTest, ReplacesAStaleUnixSocketButNotALiveOne) {
  const std::string path = directory_ + "/control.sock";
  const auto ignore = [](Fd, const base::Endpoint&) {};
  auto first = StreamListener::listen_unix(loop_, path, 0600, ignore);
  ASSERT_TRUE(first.has_value());
  auto second = StreamListener::listen_unix(loop_, path, 0600, ignore);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ("bind " + path + ": Address already in use", second.error());

  const std::string saved = directory_ + "/saved";
  std::filesystem::create_hard_link(path, saved);
  first->reset();  // removes `path`; the other name stays and nobody answers there
  std::filesystem::rename(saved, path);
  EXPECT_TRUE(StreamListener::listen_unix(loop_, path, 0600, ignore).has_value());
}

TEST_F(StreamTest, RefusedConnectionsAreReportedFromTheLoop) {
  listen_tcp();
  const base::Endpoint gone = listener_->local();
  listener_.reset();
  auto made = Stream::connect_tcp(loop_, gone, {}, at_client_);
  ASSERT_TRUE(made.has_value()) << made.error();
  EXPECT_FALSE(at_client_.closed.has_value());
  turn_until([&] { return at_client_.closed.has_value(); });
  EXPECT_EQ(Stream::CloseReason::Error, *at_client_.closed);
  EXPECT_EQ(ECONNREFUSED, at_client_.error);
  EXPECT_EQ(0, at_client_.connects);

  Recorder other;
  auto unix_made = Stream::connect_unix(loop_, directory_ + "/nobody", other);
  ASSERT_TRUE(unix_made.has_value());
  turn_until([&] { return other.closed.has_value(); });
  EXPECT_EQ(ENOENT, other.error);
}

TEST_F(StreamTest, EndOfStreamIsToldOnceAfterAllBytes) {
  listen_tcp();
  connect_tcp();
  client_->write("last words");
  turn_until([&] { return at_client_.drains > 0; });
  client_->close();
  turn_until([&] { return at_server_.closed.has_value(); });
  EXPECT_EQ("last words", at_server_.received);
  EXPECT_EQ(Stream::CloseReason::EndOfStream, *at_server_.closed);
  EXPECT_FALSE(at_client_.closed.has_value());  // the owner closed it
  EXPECT_FALSE(client_->write("too late"));
}

TEST_F(StreamTest, KnowsWhatThePeerHadWhenItEndedTheConnection) {
  listen_tcp();
  connect_tcp();
  client_->write("first");
  turn_until([&] { return at_server_.received == "first"; });
  server_->write("it has this");
  turn_until([&] { return at_client_.received == "it has this"; });
  server_->pause_reading(true);  // the end of the stream is there, and not seen yet
  client_->close();
  server_->write("and this came too late");
  turn_until([&] { return at_server_.drains == 2; });
  EXPECT_EQ(33u, server_->delivered_total());
  server_->pause_reading(false);
  turn_until([&] { return at_server_.closed.has_value(); });
  EXPECT_EQ(11u, server_->acknowledged_total());
  EXPECT_EQ(33u, server_->delivered_total());
}

TEST_F(StreamTest, OutputIsBoundedWhenThePeerDoesNotRead) {
  limits_.most_output = 100'000;
  listen_tcp();
  connect_tcp();
  turn_until([&] { return server_ != nullptr && at_client_.connects == 1; });
  server_->pause_reading(true);
  const std::string piece(10'000, 'x');
  bool accepted = true;
  for (int i = 0; i < 100'000 && accepted; ++i) {
    accepted = client_->write(piece);
    EXPECT_LE(client_->waiting(), limits_.most_output);
    loop_.run_once(base::Duration::zero());
  }
  EXPECT_FALSE(accepted);
  turn_until([&] { return at_client_.closed.has_value(); });
  EXPECT_EQ(Stream::CloseReason::OutputOverflow, *at_client_.closed);
}

TEST_F(StreamTest, SmallPiecesThatWaitArriveInOrder) {
  listen_tcp();
  connect_tcp();
  std::string sent;
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t size = i % 100 == 0 ? 2000 : static_cast<std::size_t>(1 + i % 7);
    const std::string piece(size, static_cast<char>('a' + i % 26));
    sent += piece;
    ASSERT_TRUE(client_->write(piece));
    if (i % 1000 == 0) loop_.run_once(base::Duration::zero());
  }
  turn_until([&] { return at_server_.received.size() == sent.size(); });
  EXPECT_EQ(sent, at_server_.received);
}

TEST_F(StreamTest, OutputLimitIsExact) {
  limits_.most_output = 10;
  listen_tcp();
  connect_tcp();
  EXPECT_TRUE(client_->write("0123456789"));  // not connected yet: all of it waits
  EXPECT_FALSE(client_->overflowed());
  EXPECT_FALSE(client_->write("x"));
  EXPECT_TRUE(client_->closed());
  EXPECT_TRUE(client_->overflowed());
}

TEST_F(StreamTest, LargeTransfersArriveWhole) {
  listen_tcp();
  connect_tcp();
  std::string sent;
  for (int i = 0; i < 300; ++i) {
    std::string piece(static_cast<std::size_t>(1000 + 37 * i), static_cast<char>('a' + i % 26));
    sent += piece;
    ASSERT_TRUE(client_->write(base::share(std::move(piece))));
  }
  turn_until([&] { return at_server_.received.size() == sent.size(); });
  EXPECT_EQ(sent, at_server_.received);
}

TEST_F(StreamTest, PausedStreamsReadNothing) {
  listen_tcp();
  connect_tcp();
  turn_until([&] { return server_ != nullptr; });
  server_->pause_reading(true);
  client_->write("x");
  turn_until([&] { return at_client_.drains > 0; });
  loop_.run_once(base::Duration::zero());
  EXPECT_EQ("", at_server_.received);
  server_->pause_reading(false);
  turn_until([&] { return at_server_.received == "x"; });
}

TEST_F(StreamTest, MayBeDestroyedInsideItsCallback) {
  listen_tcp();
  connect_tcp();
  turn_until([&] { return server_ != nullptr; });
  at_server_.destroy_on_bytes = &server_;
  client_->write("x");
  turn_until([&] { return server_ == nullptr; });
  turn_until([&] { return at_client_.closed.has_value(); });
}

}  // namespace
}  // namespace loop
