// A relay dies, and another one begins with its last checkpoint.

#include <gtest/gtest.h>

#include "rig.h"

namespace session {
namespace {

using namespace control;  // messages

const base::WallTime kWall{1'700'000'000};

// What the workers would say.
void answer(Rig& rig) {
  for (const SaveFlow& asked : std::exchange(rig.saving, {}))
    rig.sessions.on_flow_saved(asked.flow, "state", asked.round);
}

std::optional<std::string> round_of(Rig& rig, std::size_t most = 100) {
  rig.sessions.begin_checkpoint();
  for (int i = 0; i < 20; ++i) {
    Actions out;
    rig.sessions.continue_checkpoint(most, out);
    EXPECT_LE(out.size(), most + 1);  // the flows of one session are asked together
    rig.act(std::move(out));
    answer(rig);
    if (auto bytes = rig.sessions.finish_checkpoint(kWall, rig.now)) return bytes;
  }
  return std::nullopt;
}

// `dead` is what its ledgers say.
void take(Rig& rig, const std::string& bytes, const Rig& dead) {
  auto snapshot = decode(bytes, base::Instant{});
  ASSERT_TRUE(snapshot.has_value()) << snapshot.error();
  EXPECT_FALSE(snapshot->planned);
  for (SavedController& controller : snapshot->controllers)
    for (SavedSession& session : controller.sessions)
      for (SavedFlow& flow : session.flows)
        if (const auto found = dead.epochs.find(flow.ledger); found != dead.epochs.end() && found->second == flow.epoch)
          flow.last = std::make_shared<const flow::Ledger>();
  Actions out;
  rig.sessions.restore(*std::move(snapshot), rig.now, out);
  rig.act(std::move(out));
}

TEST(Checkpoint, SessionsComeBackAndGoOnMeanwhile) {
  Rig dead;
  dead.hello(1);
  dead.hello(2, "edge-1");
  const auto opened = std::get<Opened>(dead.ask(1, Open{"call", audio(2)}));
  dead.ask(2, Open{"other", audio()});
  const auto bytes = round_of(dead);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(dead.sessions.live(), 2U);
  dead.check_books();
  Rig after(test_config(), 2);
  after.now = dead.now + base::seconds(3);
  take(after, *bytes, dead);
  EXPECT_EQ(after.sessions.counters().sessions_restored, 2U);
  EXPECT_EQ(after.caught_up, 3U);
  after.check_books();
  after.hello(7);
  EXPECT_EQ(std::get<Queried>(after.ask(7, Query{"call"})).flows, opened.flows);
  EXPECT_EQ(std::get<Queried>(after.ask(7, Query{"call"})).age_ms, 3'000U);
}

TEST(Checkpoint, WhatWasChangedClosedOrOpenedSinceDoesNotComeBack) {
  Rig dead;
  dead.hello(1);
  for (const char* id : {"same", "changed", "closed"}) dead.ask(1, Open{id, audio()});
  const auto bytes = round_of(dead);
  SessionSpec held = audio();
  held.suspended = true;
  dead.ask(1, Modify{"changed", held});
  dead.ask(1, Close{"closed", ""});
  dead.ask(1, Open{"new", audio()});
  Rig after;
  after.now = dead.now;
  take(after, bytes.value(), dead);
  after.hello(1);
  EXPECT_EQ(std::get<Listed>(after.ask(1, List{})).ids, std::vector<SessionId>{"same"});
  EXPECT_EQ(after.sessions.counters().sessions_not_restored, 2U);
  after.check_books();
}

TEST(Checkpoint, ASessionThatChangesBehindItsTurnWaitsForTheNextRound) {
  Rig rig;
  rig.hello(1);
  rig.ask(1, Open{"call", audio()});
  rig.sessions.begin_checkpoint();
  Actions out;
  rig.sessions.continue_checkpoint(10, out);
  rig.act(std::move(out));
  EXPECT_FALSE(rig.sessions.finish_checkpoint(kWall, rig.now));  // not answered yet
  rig.ask(1, Modify{"call", audio()});
  answer(rig);
  const auto first = rig.sessions.finish_checkpoint(kWall, rig.now);
  EXPECT_TRUE(decode(first.value(), base::Instant{})->controllers.empty());
  const auto second = round_of(rig);
  EXPECT_EQ(decode(second.value(), base::Instant{})->controllers.size(), 1U);
}

TEST(Checkpoint, AFlowThatCannotBeToldCostsItsSessionOnly) {
  Rig rig;
  rig.hello(1);
  rig.ask(1, Open{"a", audio()});
  rig.ask(1, Open{"b", audio()});
  rig.sessions.begin_checkpoint();
  Actions out;
  rig.sessions.continue_checkpoint(10, out);
  rig.act(std::move(out));
  ASSERT_EQ(rig.saving.size(), 2U);
  rig.sessions.on_flow_saved(rig.saving[0].flow, "", rig.saving[0].round);
  rig.sessions.on_flow_saved(rig.saving[1].flow, "state", rig.saving[1].round);
  const auto snapshot = decode(rig.sessions.finish_checkpoint(kWall, rig.now).value(), base::Instant{});
  ASSERT_EQ(snapshot->controllers.size(), 1U);
  EXPECT_EQ(snapshot->controllers[0].sessions.size(), 1U);
}

TEST(Checkpoint, FlowsThatEndOrAnswerLateDoNotHoldUpARound) {
  Rig rig;
  rig.hello(1);
  rig.ask(1, Open{"a", audio()});
  rig.ask(1, Open{"b", audio()});
  rig.sessions.begin_checkpoint();
  Actions out;
  rig.sessions.continue_checkpoint(10, out);
  rig.act(std::move(out));
  rig.ask(1, Close{"a", ""});
  const auto late = rig.saving;
  answer(rig);
  EXPECT_TRUE(rig.sessions.finish_checkpoint(kWall, rig.now));
  rig.sessions.begin_checkpoint();
  for (const SaveFlow& asked : late) rig.sessions.on_flow_saved(asked.flow, "state", asked.round);
  EXPECT_FALSE(rig.sessions.finish_checkpoint(kWall, rig.now));
  EXPECT_TRUE(round_of(rig));
}

TEST(Checkpoint, ARoundTakesAFewFlowsEachTime) {
  Rig rig;
  rig.hello(1);
  for (const char* id : {"a", "b", "c", "d"}) rig.ask(1, Open{id, audio()});
  const auto snapshot = decode(round_of(rig, 1).value(), base::Instant{});
  ASSERT_EQ(snapshot->controllers.size(), 1U);
  EXPECT_EQ(snapshot->controllers[0].sessions.size(), 4U);
}

TEST(Checkpoint, ControllersAreToldHowLongToWait) {
  Rig rig;
  EXPECT_EQ(std::get<Welcome>(rig.ask(1, Hello{"edge-0", 0, 1})).resume_ms, 0U);
  rig.sessions.will_resume(base::seconds(10));
  EXPECT_EQ(std::get<Welcome>(rig.ask(1, Hello{"edge-0", 0, 1})).resume_ms, 10'000U);
}

}  // namespace
}  // namespace session
