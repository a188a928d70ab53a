// The client and the real relay, in one process.

#include <gtest/gtest.h>

#include "media-relay/server/relay.h"

#include "harness.h"

namespace sbc::relay_client {
namespace {

using namespace control;  // messages

struct RealRelay {
  RealRelay(loop::EventLoop& loop, const std::string& socket, const std::string& snapshot = {}) {
    const base::IpAddress here = base::IpAddress::v4(0x7f000001);
    server::Config config;
    config.session.networks = {{"access", here, here, 40000, 49999}, {"core", here, here, 50000, 59999}};
    config.session.workers = 1;
    config.pin_workers = false;
    config.control_socket = socket;
    config.metrics = {here, 0};
    config.snapshot = snapshot;
    config.snapshot_on_disk = true;
    config.log.level = observe::Level::Off;
    log = *observe::Log::open(config.log);
    relay = std::make_unique<server::Relay>(loop, *log, config, [this] { stopped = true; });
    const auto started = relay->start();
    EXPECT_TRUE(started.has_value()) << started.error();
  }
  std::unique_ptr<observe::Log> log;
  std::unique_ptr<server::Relay> relay;
  bool stopped = false;
};

SessionSpec audio() {
  FlowSpec flow{0, "audio", {}, {}};
  flow.a.network = "access";
  flow.b.network = "core";
  return {{flow}, 0, false};
}

TEST(RealRelay, OpensModifiesQueriesAndCloses) {
  Directory directory;
  loop::EventLoop loop;
  base::SeededRandom random(1);
  Calls calls;
  RealRelay real(loop, directory.file("relay.sock"));
  RelayLink link(loop, options_for(directory.file("relay.sock")), calls, random);
  link.start();
  ASSERT_TRUE(run_until(loop, [&] { return link.up(); }));
  const std::uint64_t open = link.open(1, Open{"s", audio()});
  const std::uint64_t modify = link.modify(1, Modify{"s", audio()});
  const std::uint64_t query = link.query(1, Query{"s"});
  const std::uint64_t close = link.close(1, Close{"s", "bye"});
  ASSERT_TRUE(run_until(loop, [&] { return calls.replies.size() == 4; }));
  EXPECT_TRUE(std::holds_alternative<Opened>(calls.replies[open].reply));
  EXPECT_TRUE(std::holds_alternative<Modified>(calls.replies[modify].reply));
  EXPECT_TRUE(std::holds_alternative<Queried>(calls.replies[query].reply));
  EXPECT_TRUE(std::get<Closed>(calls.replies[close].reply).existed);
  EXPECT_EQ(real.relay->sessions().live(), 0U);
}

TEST(RealRelay, AShardThatStartsAnewClosesWhatItsPredecessorLeft) {
  Directory directory;
  loop::EventLoop loop;
  base::SeededRandom random(1);
  Calls calls;
  RealRelay real(loop, directory.file("relay.sock"));
  {
    RelayLink first(loop, options_for(directory.file("relay.sock")), calls, random);
    first.start();
    ASSERT_TRUE(run_until(loop, [&] { return first.up(); }));
    for (int i = 0; i < 5; ++i) first.open(1, Open{"s" + std::to_string(i), audio()});
    ASSERT_TRUE(run_until(loop, [&] { return calls.replies.size() == 5; }));
  }
  calls.live = {"s3"};
  RelayLink second(loop, options_for(directory.file("relay.sock")), calls, random);
  second.start();
  ASSERT_TRUE(run_until(loop, [&] { return real.relay->sessions().flows() == 1; }));
  EXPECT_EQ(real.relay->sessions().counters().adoptions, 1U);
}

TEST(RealRelay, ARelayThatRestartsLosesTheCallsAndServesNewOnes) {
  Directory directory;
  loop::EventLoop loop;
  base::SeededRandom random(1);
  Calls calls;
  auto real = std::make_unique<RealRelay>(loop, directory.file("relay.sock"));
  RelayLink link(loop, options_for(directory.file("relay.sock")), calls, random);
  link.start();
  ASSERT_TRUE(run_until(loop, [&] { return link.up(); }));
  const std::uint64_t open = link.open(9, Open{"s", audio()});
  ASSERT_TRUE(run_until(loop, [&] { return calls.replies.contains(open); }));
  real.reset();
  ASSERT_TRUE(run_until(loop, [&] { return !link.up(); }));
  real = std::make_unique<RealRelay>(loop, directory.file("relay.sock"));
  ASSERT_TRUE(run_until(loop, [&] { return link.up() && !calls.events.empty(); }));
  EXPECT_EQ(calls.events[0].owner, 9U);
  EXPECT_TRUE(std::holds_alternative<SessionLost>(calls.events[0].event));
  const std::uint64_t again = link.open(9, Open{"t", audio()});
  ASSERT_TRUE(run_until(loop, [&] { return calls.replies.contains(again); }));
  EXPECT_TRUE(std::holds_alternative<Opened>(calls.replies[again].reply));
}

TEST(RealRelay, ARelayThatHandsOverKeepsTheCallsAndTheirShardWaits) {
  Directory directory;
  loop::EventLoop loop;
  base::SeededRandom random(1);
  Calls calls;
  const std::string socket = directory.file("relay.sock");
  const std::string snapshot = directory.file("snapshot");
  auto real = std::make_unique<RealRelay>(loop, socket, snapshot);
  RelayLink link(loop, options_for(socket), calls, random);
  link.start();
  ASSERT_TRUE(run_until(loop, [&] { return link.up(); }));
  const std::uint64_t open = link.open(9, Open{"s", audio()});
  ASSERT_TRUE(run_until(loop, [&] { return calls.replies.contains(open); }));
  const auto opened = std::get<Opened>(calls.replies[open].reply);
  real->relay->hand_over();
  ASSERT_TRUE(run_until(loop, [&] { return real->stopped; }));
  real.reset();
  ASSERT_TRUE(run_until(loop, [&] { return link.counters().connect_failures >= 3; }));
  EXPECT_TRUE(calls.events.empty());
  EXPECT_EQ(link.sessions(), 1U);
  real = std::make_unique<RealRelay>(loop, socket, snapshot);
  ASSERT_TRUE(run_until(loop, [&] { return link.up(); }));
  const std::uint64_t query = link.query(9, Query{"s"});
  ASSERT_TRUE(run_until(loop, [&] { return calls.replies.contains(query); }));
  EXPECT_EQ(std::get<Queried>(calls.replies[query].reply).flows, opened.flows);
  EXPECT_TRUE(calls.events.empty());
  EXPECT_EQ(link.counters().resumptions, 1U);
}

}  // namespace
}  // namespace sbc::relay_client
