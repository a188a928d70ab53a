// A relay and its successor, with real sockets and a real file between them.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "media-relay/server/ledger_file.h"
#include "media-relay/server/snapshot_file.h"

#include "harness.h"

namespace server {
namespace {

using namespace control;  // messages

bool heard(Phone& from, const base::Endpoint& to, Phone& by) {
  for (int i = 0; i < 50; ++i) {
    from.send(to);
    if (by.receive(base::milliseconds(100))) return true;
  }
  return false;
}

// Two relays one after the other in one place.
struct Succession {
  Succession() { begin(); }
  void begin() {
    Config config = test_config(directory.file("relay.sock"));
    config.snapshot = directory.file("snapshot");
    config.snapshot_on_disk = on_disk;
    config.checkpoint = checkpoint;
    stopped = false;
    relay.reset();
    relay = std::make_unique<Relay>(loop, *log, config, [this] { stopped = true; });
    const auto started = relay->start();
    EXPECT_TRUE(started.has_value()) << started.error();
  }
  void stop() {
    relay->hand_over();
    EXPECT_TRUE(run_until(loop, [this] { return stopped; }));
  }
  double metric(const std::string& sample) {
    const std::string text = "\n" + relay->render_metrics();
    const std::size_t at = text.find("\n" + sample + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + sample.size() + 2));
  }

  // As if the process had been killed: nobody says anything to anybody.
  void die() { relay.reset(); }
  bool wait_for_checkpoints(double more) {
    const double until = metric(kWritten) + more;
    return run_until(loop, [&] { return metric(kWritten) >= until; });
  }
  static constexpr const char* kWritten = "relay_checkpoints_total{result=\"written\"}";

  bool on_disk = true;
  base::Duration checkpoint{};
  Directory directory;
  loop::EventLoop loop;
  std::unique_ptr<observe::Log> log = *observe::Log::open({.level = observe::Level::Off});
  bool stopped = false;
  std::unique_ptr<Relay> relay;
};

TEST(RelayRestart, ASessionGoesOnWithItsLearnedAddress) {
  Succession test;
  Phone alice;
  Phone bob;
  const std::string snapshot = test.directory.file("snapshot");
  SessionSpec spec;
  spec.flows = {{0, "audio", {}, {}}};
  spec.flows[0].a.network = "access";
  spec.flows[0].a.latch = LatchMode::Learn;  // alice is learned
  spec.flows[0].b.network = "core";
  spec.flows[0].b.remote_rtp = bob.address();
  Controller first(test.loop, test.directory.file("relay.sock"));
  first.hello("edge-0");
  first.ask(Subscribe{kAllEvents});
  const auto opened = first.get<Opened>(Open{"call", spec});
  ASSERT_TRUE(heard(alice, opened.flows[0].a.rtp, bob));
  ASSERT_TRUE(heard(bob, opened.flows[0].b.rtp, alice));
  test.stop();
  ASSERT_TRUE(
      run_until(test.loop, [&] { return !first.events.empty() && first.events.back() == Event(Stopping{10'000}); }));
  struct stat info{};
  ASSERT_EQ(stat(snapshot.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);

  test.begin();
  EXPECT_NE(stat(snapshot.c_str(), &info), 0);  // used once
  EXPECT_EQ(test.metric("relay_restart_sessions_total{result=\"restored\"}"), 1);
  // Bob first: alice's address is known from before.
  EXPECT_TRUE(heard(bob, opened.flows[0].b.rtp, alice));
  EXPECT_TRUE(heard(alice, opened.flows[0].a.rtp, bob));
  Controller second(test.loop, test.directory.file("relay.sock"));
  EXPECT_EQ(second.get<Welcome>(Hello{"edge-0", 0, 1}).sessions, 1U);
  const auto closed = second.get<Closed>(Close{"call", "bye"});
  ASSERT_EQ(closed.stats.size(), 1U);
  EXPECT_GE(closed.stats[0].a.packets_received, 2U);
  EXPECT_EQ(closed.stats[0].a.source, alice.address());
}

TEST(RelayRestart, ASessionGoesOnAfterACrash) {
  Succession test;
  test.checkpoint = base::milliseconds(100);
  test.begin();
  Phone alice;
  Phone bob;
  SessionSpec spec;
  spec.flows = {{0, "audio", {}, {}}};
  spec.flows[0].a.network = "access";
  spec.flows[0].a.latch = LatchMode::Learn;
  spec.flows[0].b.network = "core";
  spec.flows[0].b.remote_rtp = bob.address();
  Controller first(test.loop, test.directory.file("relay.sock"));
  EXPECT_EQ(first.get<Welcome>(Hello{"edge-0", 0, 1}).resume_ms, 10'000U);
  const auto opened = first.get<Opened>(Open{"call", spec});
  const auto gone = first.get<Opened>(Open{"gone", spec});
  ASSERT_TRUE(heard(alice, opened.flows[0].a.rtp, bob));
  ASSERT_TRUE(heard(bob, opened.flows[0].b.rtp, alice));
  ASSERT_TRUE(test.wait_for_checkpoints(2));
  EXPECT_GT(test.metric("relay_checkpoint_bytes"), 500);
  EXPECT_TRUE(first.get<Closed>(Close{"gone", "bye"}).existed);
  struct stat info{};
  for (const char* name : {"snapshot.crash", "snapshot.ledgers"}) {
    ASSERT_EQ(stat(test.directory.file(name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
  }
  test.die();

  test.begin();
  EXPECT_EQ(test.metric("relay_restart_sessions_total{result=\"restored\"}"), 1);
  EXPECT_TRUE(heard(bob, opened.flows[0].b.rtp, alice));
  EXPECT_TRUE(heard(alice, opened.flows[0].a.rtp, bob));
  Controller second(test.loop, test.directory.file("relay.sock"));
  EXPECT_EQ(second.get<Welcome>(Hello{"edge-0", 0, 1}).sessions, 1U);
  EXPECT_NE(stat(test.directory.file("snapshot.crash").c_str(), &info), 0);  // used once
  // Again, and then as it should be: nothing of it stays.
  ASSERT_TRUE(test.wait_for_checkpoints(2));
  test.die();
  test.begin();
  EXPECT_EQ(test.relay->sessions().live(), 1U);
  test.stop();
  for (const char* name : {"snapshot.crash", "snapshot.ledgers"})
    EXPECT_NE(stat(test.directory.file(name).c_str(), &info), 0) << name;
  test.begin();
  EXPECT_EQ(test.relay->sessions().live(), 1U);
}

TEST(RelayRestart, ACheckpointWithoutItsLedgersIsOfNoUse) {
  Succession test;
  test.checkpoint = base::milliseconds(100);
  test.begin();
  Controller first(test.loop, test.directory.file("relay.sock"));
  first.hello("edge-0");
  SessionSpec spec;
  spec.flows = {{0, "audio", {}, {}}};
  spec.flows[0].a.network = "access";
  spec.flows[0].b.network = "core";
  first.ask(Open{"call", spec});
  ASSERT_TRUE(test.wait_for_checkpoints(2));
  test.die();
  std::filesystem::resize_file(test.directory.file("snapshot.ledgers"), 100);
  test.begin();
  EXPECT_EQ(test.relay->sessions().live(), 0U);
  EXPECT_EQ(test.metric("relay_restart_sessions_total{result=\"lost\"}"), 1);
}

TEST(LedgerFile, HoldsWhatWasWrittenForWhoTakesItOnce) {
  Directory directory;
  const std::string path = directory.file("ledgers");
  EXPECT_EQ(LedgerFile::take(path).value(), nullptr);
  {
    const auto made = LedgerFile::create(path).value();
    EXPECT_FALSE(LedgerFile::create(path).has_value());
    made->at(0)->epoch = 7;
    made->at(1'000)->epoch = 8;
    EXPECT_NE(made->at(static_cast<std::uint32_t>(kMaxLedgers - 1)), nullptr);
    EXPECT_EQ(made->at(static_cast<std::uint32_t>(kMaxLedgers)), nullptr);
  }
  const auto taken = LedgerFile::take(path).value();
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(taken->at(0)->epoch, 7U);
  EXPECT_EQ(taken->at(1'000)->epoch, 8U);
  EXPECT_EQ(taken->at(999)->epoch, 0U);
  ASSERT_TRUE(leave_snapshot(path, "abc").has_value());
  EXPECT_FALSE(LedgerFile::take(path).has_value());
  EXPECT_FALSE(LedgerFile::create(directory.file("none/ledgers")).has_value());
}

TEST(RelayRestart, WithoutSessionsItStopsAsFastAndStartsEmpty) {
  Succession test;
  test.stop();
  test.begin();
  EXPECT_EQ(test.relay->sessions().live(), 0U);
  EXPECT_EQ(test.metric("relay_snapshots_total{result=\"restored\"}"), 1);
}

TEST(RelayRestart, AFileThatIsNoSnapshotIsCountedAndRemoved) {
  Succession test;
  test.stop();
  const std::string snapshot = test.directory.file("snapshot");
  std::filesystem::resize_file(snapshot, 20);
  test.begin();
  EXPECT_EQ(test.metric("relay_snapshots_total{result=\"unusable\"}"), 1);
  EXPECT_FALSE(std::filesystem::exists(snapshot));
  EXPECT_TRUE(test.relay->ready());
}

TEST(RelayRestart, AnOldSnapshotIsStale) {
  Succession test;
  test.stop();
  session::Snapshot old;
  old.written = {base::wall_now().seconds - 11};
  const std::string bytes = session::encode(old, base::monotonic_now());
  ASSERT_TRUE(leave_snapshot(test.directory.file("snapshot"), bytes).has_value());
  test.begin();
  EXPECT_EQ(test.metric("relay_snapshots_total{result=\"stale\"}"), 1);
  EXPECT_EQ(test.metric("relay_snapshots_total{result=\"restored\"}"), 0);
}

TEST(RelayRestart, KeysAreLeftInMemoryOnlyUnlessAskedForOtherwise) {
  Succession test;
  test.stop();
  std::filesystem::remove(test.directory.file("snapshot"));
  test.on_disk = false;
  test.begin();
  test.stop();
  EXPECT_EQ(std::filesystem::exists(test.directory.file("snapshot")), is_in_memory(test.directory.file("snapshot")));
  EXPECT_FALSE(is_in_memory("/none/such/file"));
}

TEST(SnapshotFile, OthersMayNeitherReadNorReplaceIt) {
  Directory directory;
  const std::string path = directory.file("snapshot");
  EXPECT_EQ(take_snapshot(path).value(), "");
  ASSERT_TRUE(leave_snapshot(path, "abc").has_value());
  ASSERT_TRUE(leave_snapshot(path, "defg").has_value());
  EXPECT_EQ(take_snapshot(path).value(), "defg");
  EXPECT_EQ(take_snapshot(path).value(), "");
  ASSERT_TRUE(leave_snapshot(path, "abc").has_value());
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  EXPECT_FALSE(take_snapshot(path).has_value());
  EXPECT_FALSE(std::filesystem::exists(path));
  std::ofstream(directory.file("elsewhere")) << "abc";
  std::filesystem::create_symlink(directory.file("elsewhere"), path);
  EXPECT_FALSE(take_snapshot(path).has_value());
  EXPECT_TRUE(std::filesystem::exists(directory.file("elsewhere")));
  EXPECT_FALSE(leave_snapshot(directory.file("none/snapshot"), "abc").has_value());
}

}  // namespace
}  // namespace server
