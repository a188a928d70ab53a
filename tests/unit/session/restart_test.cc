// A relay stops and leaves its sessions to another one.

#include <gtest/gtest.h>

#include "rig.h"

namespace session {
namespace {

using namespace control;  // messages

const base::WallTime kWall{1'700'000'000};

// What the worker would say.
std::string state_of(const SaveFlow& asked) {
  return "state of " + std::to_string(asked.flow.pack());
}

// Stops `rig`; what it leaves.
std::string leave(Rig& rig) {
  Actions out;
  rig.sessions.begin_save(out);
  rig.act(std::move(out));
  for (const SaveFlow& asked : std::exchange(rig.saving, {})) rig.sessions.on_flow_saved(asked.flow, state_of(asked));
  EXPECT_EQ(rig.sessions.unsaved(), 0U);
  Actions notes;
  Snapshot snapshot = rig.sessions.snapshot(kWall, rig.now, notes);
  rig.act(std::move(notes));
  return encode(snapshot, rig.now);
}

void take(Rig& rig, std::string_view bytes) {
  auto snapshot = decode(bytes, rig.now);
  ASSERT_TRUE(snapshot.has_value()) << snapshot.error();
  Actions out;
  rig.sessions.restore(*std::move(snapshot), rig.now, out);
  rig.act(std::move(out));
}

TEST(Restart, SessionsComeBackWithTheirPortsStateAndOwners) {
  Rig before;
  before.hello(1);
  before.hello(2, "edge-1");
  const auto opened = std::get<Opened>(before.ask(1, Open{"call", audio(2)}));
  before.ask(2, Open{"other", audio()});
  const std::string bytes = leave(before);
  EXPECT_EQ(before.sessions.counters().sessions_saved, 2U);

  Rig after(test_config(), 2);
  after.now += base::seconds(100'000);  // another clock
  take(after, bytes);
  EXPECT_EQ(after.sessions.counters().sessions_restored, 2U);
  EXPECT_EQ(after.sessions.counters().sessions_opened, 0U);
  EXPECT_EQ(after.installed.size(), 3U);
  EXPECT_EQ(after.restored.size(), 3U);
  after.check_books();
  EXPECT_TRUE(after.replies.empty());
  const auto welcome = std::get<Welcome>(after.ask(7, Hello{"edge-0", 0, 1}));
  EXPECT_EQ(welcome.sessions, 1U);
  EXPECT_EQ(welcome.relay_instance, 77U);
  EXPECT_EQ(std::get<Queried>(after.ask(7, Query{"call"})).flows, opened.flows);
  // As if nothing had been: the same Open is the same session.
  EXPECT_EQ(std::get<Opened>(after.ask(7, Open{"call", audio(2)})), opened);
  EXPECT_TRUE(std::get<Closed>(after.ask(7, Close{"call", "bye"})).existed);
  after.check_books();
}

// trap 53.
TEST(Restart, AgeAndQuarantineGoOn) {
  Rig before;
  before.hello(1);
  before.ask(1, Open{"call", audio()});
  before.ask(1, Open{"gone", audio()});
  before.advance(base::seconds(10));
  before.ask(1, Close{"gone", ""});
  before.advance(base::seconds(15));
  const std::string bytes = leave(before);
  Rig after;
  take(after, bytes);
  EXPECT_EQ(after.sessions.ports(0, after.now).quarantined, 1U);
  after.hello(1);
  EXPECT_EQ(std::get<Queried>(after.ask(1, Query{"call"})).age_ms, 25'000U);
  after.advance(base::seconds(20));
  after.ask(1, Ping{});
  after.advance(base::seconds(24));
  EXPECT_EQ(after.sessions.ports(0, after.now).quarantined, 1U);
  after.advance(base::seconds(2));
  EXPECT_EQ(after.sessions.ports(0, after.now).quarantined, 0U);
}

TEST(Restart, WhoDoesNotComeBackWithinItsLeaseLosesItsSessions) {
  Rig before;
  before.hello(1, "edge-0", 20'000);
  before.ask(1, Open{"call", audio()});
  Rig after;
  take(after, leave(before));
  after.advance(base::seconds(19));
  EXPECT_EQ(after.sessions.live(), 1U);
  after.advance(base::seconds(2));
  EXPECT_EQ(after.sessions.live(), 0U);
  EXPECT_EQ(after.sessions.counters().sessions_reclaimed, 1U);
}

TEST(Restart, PortsThatSomebodyElseHasNowCostTheirSessionOnly) {
  Rig before;
  before.hello(1);
  before.ask(1, Open{"a", audio()});
  before.ask(1, Open{"b", audio()});
  const std::string bytes = leave(before);
  Rig after;
  after.fail_binds = 1;
  take(after, bytes);
  EXPECT_EQ(after.sessions.counters().sessions_not_restored, 1U);
  EXPECT_EQ(after.sessions.counters().sessions_restored, 1U);
  EXPECT_EQ(after.sessions.live(), 1U);
  after.check_books();
  after.hello(1);
  EXPECT_EQ(std::get<Listed>(after.ask(1, List{})).ids.size(), 1U);
}

TEST(Restart, OtherNetworksPortsOrLimitsCostWhatDoesNotFit) {
  Rig before;
  before.hello(1);
  for (const char* id : {"a", "b", "c"}) before.ask(1, Open{id, audio()});
  const std::string bytes = leave(before);
  Config renamed = test_config();
  renamed.networks[1].name = "carrier";
  Config moved = test_config();
  moved.networks[0].first_port = 21'000;
  moved.networks[0].last_port = 21'019;
  for (const Config& config : {renamed, moved}) {
    Rig after(config);
    take(after, bytes);
    EXPECT_EQ(after.sessions.counters().sessions_not_restored, 3U);
    EXPECT_EQ(after.sessions.live() + after.sessions.flows() + after.sessions.controllers(), 0U);
    after.check_books();
  }
  Config small = test_config();
  small.max_sessions = 2;
  Rig after(small);
  take(after, bytes);
  EXPECT_EQ(after.sessions.live(), 2U);
  EXPECT_EQ(after.sessions.counters().sessions_not_restored, 1U);
}

TEST(Restart, AFlowThatCannotBeToldCostsItsSession) {
  Rig before;
  before.hello(1);
  before.ask(1, Open{"a", audio()});
  before.ask(1, Open{"b", audio()});
  Actions out;
  before.sessions.begin_save(out);
  before.act(std::move(out));
  ASSERT_EQ(before.saving.size(), 2U);
  before.sessions.on_flow_saved(before.saving[0].flow, "");  // a handshake is under way
  EXPECT_EQ(before.sessions.unsaved(), 1U);
  // The other one does not answer in time.
  Actions notes;
  const Snapshot snapshot = before.sessions.snapshot(kWall, before.now, notes);
  EXPECT_TRUE(snapshot.controllers.empty());
  EXPECT_EQ(before.sessions.counters().sessions_not_saved, 2U);
}

// trap 53: their peers go on sending, as they do after a call has ended.
TEST(Restart, PortsOfSessionsThatDoNotComeBackRest) {
  Rig before;
  before.hello(1);
  for (const char* id : {"kept", "handshaking", "closing"}) before.ask(1, Open{id, audio()});
  Actions out;
  before.sessions.begin_save(out);
  before.act(std::move(out));
  ASSERT_EQ(before.saving.size(), 3U);
  before.sessions.on_flow_saved(before.saving[0].flow, state_of(before.saving[0]));
  before.sessions.on_flow_saved(before.saving[1].flow, "");  // cannot be told
  Actions notes;
  Snapshot snapshot = before.sessions.snapshot(kWall, before.now, notes);  // the third one does not answer
  const std::string bytes = encode(snapshot, before.now);
  const auto resting = [](Rig& rig, std::size_t network) { return rig.sessions.ports(network, rig.now).quarantined; };
  {
    Rig after;
    take(after, bytes);
    EXPECT_EQ(after.sessions.live(), 1U);
    EXPECT_EQ(resting(after, 0), 2U);
    EXPECT_EQ(resting(after, 1), 2U);
    after.check_books();
    after.hello(1);
    for (const int wait : {20, 20, 19}) {
      after.advance(base::seconds(wait));
      after.ask(1, Ping{});
    }
    EXPECT_EQ(resting(after, 0), 2U);
    after.advance(base::seconds(2));
    EXPECT_EQ(resting(after, 1), 0U);
  }
  // A network that is named otherwise costs the session, and so do limits; the ports that are still there rest.
  Config renamed = test_config();
  renamed.networks[1].name = "carrier";
  Rig after(renamed);
  take(after, bytes);
  EXPECT_EQ(after.sessions.live(), 0U);
  EXPECT_EQ(resting(after, 0), 3U);
  after.check_books();
}

TEST(Restart, TheCertificateThatPeersWereToldComesBack) {
  SessionSpec spec = audio();
  spec.flows[0].a.rtcp_mux = true;
  spec.flows[0].a.dtls = Dtls{DtlsRole::Passive, "1", {}};
  Rig before;
  before.sessions.use(secure::Identity::make(kWall.seconds).value());
  before.hello(1);
  const auto opened = std::get<Opened>(before.ask(1, Open{"call", spec}));
  Rig after;
  after.sessions.use(secure::Identity::make(kWall.seconds).value());
  take(after, leave(before));
  after.hello(1);
  EXPECT_EQ(std::get<Queried>(after.ask(1, Query{"call"})).flows, opened.flows);
  ASSERT_EQ(after.specs.size(), 1U);
  EXPECT_EQ(secure::text_of(after.specs.begin()->second.a.dtls->identity->fingerprint()),
            opened.flows[0].a.fingerprint);
}

// RFC 9143: what shares a transport finds it again, on the same worker.
TEST(Restart, FlowsOfABundleComeBackTogether) {
  SessionSpec spec = audio(2);
  spec.flows[0].a.rtcp_mux = true;
  spec.flows[0].a.ice = Ice{"ours", base::Secret(std::vector<std::byte>(24, std::byte{'p'})), "them"};
  spec.flows[0].a.dtls = Dtls{DtlsRole::Passive, "1", {}};
  spec.flows[1].a.shared = SharedTransport{0, {96}};
  Rig before;
  before.sessions.use(secure::Identity::make(kWall.seconds).value());
  before.hello(1);
  before.ask(1, Open{"other", audio()});  // so that the workers are not equally loaded
  const auto opened = std::get<Opened>(before.ask(1, Open{"call", spec}));
  EXPECT_EQ(opened.flows[0].a, opened.flows[1].a);
  Rig after;
  after.sessions.use(secure::Identity::make(kWall.seconds).value());
  take(after, leave(before));
  EXPECT_EQ(after.sessions.counters().sessions_restored, 2U);
  after.check_books();
  after.hello(1);
  EXPECT_EQ(std::get<Queried>(after.ask(1, Query{"call"})).flows, opened.flows);
  EXPECT_EQ(after.binds, 5U);
  ASSERT_EQ(after.carried.size(), 1U);
  EXPECT_EQ(after.workers.at(after.carried.begin()->first), after.workers.at(after.carried.begin()->second));
  // As if nothing had been: it keeps its ports.
  EXPECT_EQ(std::get<Modified>(after.ask(1, Modify{"call", spec})).flows, opened.flows);
  EXPECT_EQ(after.binds, 5U);
}

// A recording server hears on, in the stream that it has (RFC 7866).
TEST(Restart, FlowsThatCopyAnotherComeBackWithIt) {
  SessionSpec spec = audio();
  FlowSpec copy = spec.flows[0];
  copy.index = 100;
  copy.a = {};
  copy.a.network = spec.flows[0].a.network;
  copy.a.copies = Copied{spec.flows[0].index, HalfSide::B};
  spec.flows.push_back(copy);
  Rig before;
  before.hello(1);
  before.ask(1, Open{"other", audio()});  // so that the workers are not equally loaded
  const auto opened = std::get<Opened>(before.ask(1, Open{"call", spec}));
  Rig after;
  take(after, leave(before));
  EXPECT_EQ(after.sessions.counters().sessions_restored, 2U);
  after.check_books();
  after.hello(1);
  EXPECT_EQ(std::get<Queried>(after.ask(1, Query{"call"})).flows, opened.flows);
  ASSERT_EQ(after.carried.size(), 1U);
  EXPECT_EQ(after.workers.at(after.carried.begin()->first), after.workers.at(after.carried.begin()->second));
  EXPECT_EQ(std::get<Modified>(after.ask(1, Modify{"call", spec})).flows, opened.flows);
}

TEST(Restart, ControllersThatAskedAreToldToWait) {
  Rig rig;
  rig.hello(1);
  rig.hello(2, "edge-1");
  rig.ask(1, Subscribe{kAllEvents});
  Actions out;
  rig.sessions.tell_stopping(base::seconds(10), out);
  rig.act(std::move(out));
  ASSERT_EQ(rig.events.size(), 1U);
  EXPECT_EQ(rig.events[0].event, Event(Stopping{10'000}));
}

TEST(Restart, WhatIsDamagedOrOfAnotherLayoutIsNotRead) {
  Rig before;
  before.hello(1);
  before.ask(1, Open{"call", audio()});
  const std::string bytes = leave(before);
  EXPECT_TRUE(decode(bytes, before.now).has_value());
  EXPECT_FALSE(decode("", before.now).has_value());
  for (std::size_t i = 0; i < bytes.size(); i += 5) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
    EXPECT_FALSE(decode(damaged, before.now).has_value()) << i;
    EXPECT_FALSE(decode(std::string_view(bytes).substr(0, i), before.now).has_value()) << i;
  }
  std::string later = bytes;
  later[8] = static_cast<char>(kSnapshotLayout + 1);
  EXPECT_NE(decode(later, before.now).error().find("layout"), std::string::npos);
}

}  // namespace
}  // namespace session
