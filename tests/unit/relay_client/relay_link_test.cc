#include "sbc/relay_client/relay_link.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "media-relay/control/limits.h"

#include "sbc/relay_client/limits.h"
#include "sbc/relay_client/relay_pool.h"

#include "harness.h"

namespace sbc::relay_client {
namespace {

using namespace control;  // messages

struct Rig {
  explicit Rig(const std::function<void(LinkOptions&)>& change = {}) {
    LinkOptions options = options_for(directory.file("relay.sock"));
    if (change) change(options);
    link = std::make_unique<RelayLink>(loop, options, calls, random);
  }
  bool up() {
    return run_until(loop, [&] { return link->up(); });
  }
  void start() {
    link->start();
    ASSERT_TRUE(up());
  }
  std::uint64_t send(const std::function<std::uint64_t()>& command) {
    calls.sending = true;
    const std::uint64_t request = command();
    calls.sending = false;
    return request;
  }
  std::uint64_t open(std::uint64_t owner, const char* id) {
    return send([&] { return link->open(owner, Open{id, {}}); });
  }
  std::uint64_t close(std::uint64_t owner, const char* id) {
    return send([&] { return link->close(owner, Close{id, "bye"}); });
  }
  bool answered(std::uint64_t request) {
    return run_until(loop, [&] { return calls.replies.contains(request); });
  }
  void opened(std::uint64_t owner, const char* id) {
    const std::uint64_t request = open(owner, id);
    ASSERT_TRUE(answered(request));
    ASSERT_TRUE(std::holds_alternative<Opened>(calls.replies[request].reply));
  }

  Directory directory;
  loop::EventLoop loop;
  base::SeededRandom random{1};
  Calls calls;
  FakeRelay relay{loop, directory.file("relay.sock")};
  std::unique_ptr<RelayLink> link;
};

TEST(RelayLink, ComesUpByHelloSubscribePingAndList) {
  Rig rig;
  EXPECT_EQ(rig.link->state(), LinkState::Down);
  rig.start();
  EXPECT_EQ(rig.calls.states, (std::vector<LinkState>{LinkState::Connecting, LinkState::Reconciling, LinkState::Up}));
  ASSERT_GE(rig.relay.heard.size(), 4U);
  EXPECT_EQ(rig.relay.heard[0], Command(Hello{"edge-0", 30'000, 1}));
  EXPECT_EQ(rig.relay.heard[1], Command(Subscribe{kAllEvents}));
  EXPECT_EQ(rig.relay.heard[2], Command(Ping{}));
  EXPECT_EQ(rig.relay.heard[3], Command(List{}));
}

TEST(RelayLink, PipelinedCommandsGetTheirOwnReplies) {
  Rig rig;
  rig.start();
  std::vector<std::uint64_t> requests;
  for (std::uint64_t i = 0; i < 100; ++i) requests.push_back(rig.open(1000 + i, ("s" + std::to_string(i)).c_str()));
  ASSERT_TRUE(run_until(rig.loop, [&] { return rig.calls.replies.size() == 100; }));
  for (std::uint64_t i = 0; i < 100; ++i) {
    const RelayReply& reply = rig.calls.replies[requests[i]];
    EXPECT_EQ(reply.owner, 1000 + i);
    EXPECT_EQ(std::get<Opened>(reply.reply).id, "s" + std::to_string(i));
    EXPECT_EQ(reply.session, "s" + std::to_string(i));
  }
  EXPECT_EQ(rig.link->sessions(), 100U);
  EXPECT_EQ(rig.link->waiting(), 0U);
}

TEST(RelayLink, CommandsFailAtOnceWhileTheLinkIsDown) {
  Rig rig;
  const std::uint64_t request = rig.open(5, "s");
  ASSERT_TRUE(rig.answered(request));
  EXPECT_EQ(rig.calls.error(request), ErrorCode::LinkDown);
  EXPECT_EQ(rig.calls.replies[request].owner, 5U);
  EXPECT_EQ(rig.calls.replies[request].session, "s") << "an Error does not say itself what it is about";
  EXPECT_EQ(rig.link->counters().refused_link_down, 1U);
}

TEST(RelayLink, WhatBreaksALimitIsNotSent) {
  Rig rig;
  rig.start();
  const std::uint64_t request = rig.open(5, "not an id");
  ASSERT_TRUE(rig.answered(request));
  EXPECT_EQ(rig.calls.error(request), ErrorCode::Malformed);
}

TEST(RelayLink, EventsGoToTheOwnerOfTheOpen) {
  Rig rig;
  rig.start();
  rig.opened(7, "s");
  rig.relay.send_event(MediaLost{"s", 0, 30'000});
  rig.relay.send_event(MediaLost{"unknown", 0, 30'000});
  ASSERT_TRUE(run_until(rig.loop, [&] { return rig.link->counters().events == 2; }));
  ASSERT_EQ(rig.calls.events.size(), 1U);
  EXPECT_EQ(rig.calls.events[0].owner, 7U);
  EXPECT_EQ(rig.link->counters().events_unowned, 1U);
  rig.relay.send_event(SessionClosed{"s", "failure", {}});
  ASSERT_TRUE(run_until(rig.loop, [&] { return rig.calls.events.size() == 2; }));
  EXPECT_EQ(rig.link->sessions(), 0U);
}

TEST(RelayLink, AReplyThatDoesNotComeBecomesATimeoutAndTheSessionIsClosed) {
  Rig rig;
  rig.start();
  rig.relay.mute.insert(Command(Open{}).index());
  const std::uint64_t request = rig.open(5, "s");
  ASSERT_TRUE(rig.answered(request));
  EXPECT_EQ(rig.calls.error(request), ErrorCode::Timeout);
  EXPECT_EQ(rig.calls.replies[request].session, "s");
  ASSERT_TRUE(run_until(rig.loop, [&] { return rig.relay.sessions.empty(); }));
  EXPECT_EQ(rig.link->sessions(), 0U);
  EXPECT_TRUE(rig.link->up());
}

TEST(RelayLink, ARelayThatAnswersNoPingIsConnectedAnew) {
  Rig rig;
  rig.start();
  rig.opened(7, "s");
  rig.relay.mute.insert(Command(Ping{}).index());
  ASSERT_TRUE(run_until(rig.loop, [&] { return rig.relay.connections == 2; }));
  rig.relay.mute.clear();
  ASSERT_TRUE(rig.up());
  EXPECT_EQ(rig.link->sessions(), 1U);
  EXPECT_EQ(rig.calls.events.size(), 0U);
}

TEST(RelayLink, ReconnectKeepsWhatBothSidesHave) {
  Rig rig;
  rig.start();
  for (const char* id : {"a", "b", "c", "d", "e"}) rig.opened(1, id);
  rig.relay.drop_link();
  ASSERT_TRUE(run_until(rig.loop, [&] { return !rig.link->up(); }));
  ASSERT_TRUE(rig.up());
  EXPECT_EQ(rig.relay.sessions.size(), 5U);
  EXPECT_EQ(rig.link->sessions(), 5U);
  EXPECT_TRUE(rig.calls.events.empty());
}

TEST(RelayLink, ReconnectClosesWhatNobodyWantsAndKeepsWhatTheOwnerVouchesFor) {
  Rig rig;
  rig.relay.sessions = {"orphan-1", "orphan-2", "orphan-3", "restored"};
  rig.calls.live = {"restored"};
  rig.start();
  ASSERT_TRUE(run_until(rig.loop, [&] { return rig.relay.sessions.size() == 1; }));
  EXPECT_EQ(*rig.relay.sessions.begin(), "restored");
  EXPECT_EQ(rig.link->counters().orphans_closed, 3U);
}

TEST(RelayLink, ReconnectReportsWhatTheRelayLost) {
  Rig rig;
  rig.start();
  rig.opened(1, "a");
  rig.opened(2, "b");
  rig.relay.sessions.erase("a");
  rig.relay.drop_link();
  ASSERT_TRUE(run_until(rig.loop, [&] { return !rig.calls.events.empty(); }));
  ASSERT_EQ(rig.calls.events.size(), 1U);
  EXPECT_EQ(rig.calls.events[0].owner, 1U);
  EXPECT_EQ(std::get<SessionLost>(rig.calls.events[0].event).id, "a");
  EXPECT_EQ(rig.link->sessions(), 1U);
}

TEST(RelayLink, AdoptedSessionsAreKeptOrReportedLost) {
  Rig rig;
  rig.relay.sessions = {"kept"};
  rig.link->adopt("kept", 1);
  rig.link->adopt("gone", 2);
  rig.start();
  ASSERT_TRUE(run_until(rig.loop, [&] { return rig.calls.events.size() == 1; }));
  EXPECT_EQ(rig.calls.events[0].owner, 2U);
  EXPECT_EQ(rig.relay.sessions.size(), 1U);
}

TEST(RelayLink, ACloseThatCouldNotBeSentIsMadeUpForAtTheNextConnect) {
  Rig rig;
  rig.start();
  rig.opened(1, "a");
  rig.calls.live = {"a"};  // even if somebody vouched for it
  rig.relay.drop_link();
  ASSERT_TRUE(run_until(rig.loop, [&] { return !rig.link->up(); }));
  const std::uint64_t request = rig.close(1, "a");
  ASSERT_TRUE(rig.answered(request));
  EXPECT_EQ(rig.calls.error(request), ErrorCode::LinkDown);
  ASSERT_TRUE(run_until(rig.loop, [&] { return rig.relay.sessions.empty(); }));
}

TEST(RelayLink, CommandsOnTheirWayFailWhenTheLinkBreaks) {
  Rig rig;
  rig.start();
  rig.relay.mute.insert(Command(Open{}).index());
  const std::uint64_t request = rig.open(1, "a");
  ASSERT_TRUE(run_until(rig.loop, [&] { return rig.relay.sessions.contains("a"); }));
  rig.relay.drop_link();
  ASSERT_TRUE(rig.answered(request));
  EXPECT_EQ(rig.calls.error(request), ErrorCode::LinkDown);
  ASSERT_TRUE(run_until(rig.loop, [&] { return rig.relay.sessions.empty(); }));  // closed while reconciling
}

TEST(RelayLink, ARelayThatIsGoneLosesItsSessionsWithoutWaitingForTheLease) {
  Rig rig;
  rig.start();
  rig.opened(1, "a");
  rig.relay.die();
  ASSERT_TRUE(run_until(rig.loop, [&] { return rig.calls.count<SessionLost>() == 1; }, base::seconds(3)));
  EXPECT_EQ(rig.calls.events[0].owner, 1U);
  rig.relay.listen();
  ASSERT_TRUE(rig.up());
  EXPECT_GE(rig.link->counters().connect_failures, 2U);
}

TEST(RelayLink, ARelayThatSaysSoIsWaitedForWithItsSessions) {
  Rig rig;
  rig.start();
  rig.opened(1, "a");
  rig.opened(2, "b");
  rig.relay.send_event(Stopping{5000});
  ASSERT_TRUE(run_until(rig.loop, [&] { return !rig.link->accepting(); }));
  const std::set<std::string> kept = rig.relay.sessions;
  rig.relay.die();
  ASSERT_TRUE(run_until(rig.loop, [&] { return rig.link->counters().connect_failures >= 5; }));
  EXPECT_TRUE(rig.calls.events.empty());
  rig.relay.sessions = {*kept.begin()};  // one could not be kept
  rig.relay.listen();
  ASSERT_TRUE(rig.up());
  EXPECT_TRUE(rig.link->accepting());
  EXPECT_EQ(rig.link->counters().resumptions, 1U);
  ASSERT_EQ(rig.calls.count<SessionLost>(), 1U);
  EXPECT_EQ(rig.calls.events[0].owner, 2U);
  EXPECT_EQ(rig.link->sessions(), 1U);
}

TEST(RelayLink, ARelayThatDiesIsWaitedForWhenItHasSaidSo) {
  Rig rig;
  rig.relay.resume_ms = 5000;
  rig.start();
  rig.opened(1, "a");
  const std::set<std::string> kept = rig.relay.sessions;
  rig.relay.die();
  ASSERT_TRUE(run_until(rig.loop, [&] { return rig.link->counters().connect_failures >= 5; }));
  EXPECT_TRUE(rig.calls.events.empty());
  rig.relay.sessions = kept;
  rig.relay.listen();
  ASSERT_TRUE(rig.up());
  EXPECT_EQ(rig.link->counters().resumptions, 1U);
  EXPECT_TRUE(rig.calls.events.empty());
  EXPECT_EQ(rig.link->sessions(), 1U);
}

TEST(RelayLink, ARelayThatDoesNotComeBackInItsTimeHasLostItsSessions) {
  Rig rig;
  rig.start();
  rig.opened(1, "a");
  rig.relay.send_event(Stopping{300});
  ASSERT_TRUE(run_until(rig.loop, [&] { return !rig.link->accepting(); }));
  rig.relay.die();
  ASSERT_TRUE(run_until(rig.loop, [&] { return rig.calls.count<SessionLost>() == 1; }, base::seconds(5)));
}

TEST(RelayLink, NoiseFromTheRelayMeansANewConnection) {
  Rig rig;
  rig.start();
  rig.relay.send_bytes(std::string_view("\0\0\0\2\xff\xff", 6));
  ASSERT_TRUE(run_until(rig.loop, [&] { return rig.relay.connections == 2 && rig.link->up(); }));
  rig.relay.send_bytes("\xff\xff\xff\xff");
  ASSERT_TRUE(run_until(rig.loop, [&] { return rig.relay.connections == 3 && rig.link->up(); }));
  EXPECT_EQ(rig.link->counters().bad_frames, 2U);
}

TEST(RelayLink, ADrainingRelayIsUpButTakesNothingNew) {
  Rig rig;
  rig.start();
  EXPECT_TRUE(rig.link->accepting());
  rig.relay.refuse = Error{ErrorCode::Draining, "stopping"};
  const std::uint64_t request = rig.open(1, "a");
  ASSERT_TRUE(rig.answered(request));
  EXPECT_EQ(rig.calls.error(request), ErrorCode::Draining);
  EXPECT_TRUE(rig.link->up());
  EXPECT_FALSE(rig.link->accepting());
}

TEST(RelayLink, SaysOnceThatTheRelayDrains) {
  Rig rig;
  rig.start();
  rig.opened(1, "a");
  rig.relay.send_event(Draining{5'000});
  rig.relay.refuse = Error{ErrorCode::Draining, "stopping"};
  ASSERT_TRUE(rig.answered(rig.open(1, "b")));
  EXPECT_EQ(rig.calls.drains, (std::vector<base::Duration>{base::seconds(5)}));
  EXPECT_TRUE(rig.link->draining());
  EXPECT_EQ(rig.link->opened(), (std::vector<SessionId>{"a"}));
  // Whoever comes after it takes sessions again.
  rig.relay.refuse.reset();
  rig.relay.drop_link();
  ASSERT_TRUE(run_until(rig.loop, [&] { return !rig.link->up(); }));
  ASSERT_TRUE(rig.up());
  EXPECT_FALSE(rig.link->draining());
  EXPECT_TRUE(rig.link->accepting());
}

// Its sessions are its successor's: they go nowhere.
TEST(RelayLink, ARelayThatHasASuccessorDoesNotDrain) {
  Rig rig;
  rig.start();
  rig.relay.send_event(Stopping{5000});
  ASSERT_TRUE(run_until(rig.loop, [&] { return !rig.link->accepting(); }));
  EXPECT_FALSE(rig.link->draining());
  EXPECT_TRUE(rig.calls.drains.empty());
}

TEST(RelayLink, TheLoadIsThatOfAllControllers) {
  Rig rig([](LinkOptions& options) { options.ping_interval = base::minutes(1); });
  rig.relay.load = {100, 1000, 4};
  rig.start();
  EXPECT_EQ(rig.link->load().sessions, 100U);
  EXPECT_EQ(rig.link->load().most, 1000U);
  // Until the relay says more, the others are taken to do as we do.
  rig.opened(1, "a");
  rig.opened(1, "b");
  EXPECT_EQ(rig.link->load().sessions, 108U);
  ASSERT_TRUE(rig.answered(rig.close(1, "a")));
  EXPECT_EQ(rig.link->load().sessions, 104U);
}

TEST(RelayLink, APongIsTheNewMeasure) {
  Rig rig;
  rig.start();
  rig.opened(1, "a");
  rig.relay.load = {7, 1000, 4};
  ASSERT_TRUE(run_until(rig.loop, [&] { return rig.link->load().sessions == 7; }));
}

TEST(RelayLink, DestructionForgetsWhatWasToBeSaid) {
  Rig rig;
  rig.open(1, "a");
  rig.link.reset();
  rig.loop.run_once(base::milliseconds(1));
  EXPECT_TRUE(rig.calls.replies.empty());
}

TEST(RelayPool, TakesTheEmptiestOfTheHealthyRelaysThatHaveTheNetworks) {
  Directory directory;
  loop::EventLoop loop;
  base::SeededRandom random(1);
  Calls calls;
  std::vector<LinkOptions> options;
  std::vector<std::unique_ptr<FakeRelay>> relays;
  for (int i = 0; i < 3; ++i) {
    const std::string path = directory.file(("r" + std::to_string(i)).c_str());
    options.push_back(options_for(path));
    options.back().relay = "relay-" + std::to_string(i);
    relays.push_back(std::make_unique<FakeRelay>(loop, path));
  }
  RelayPool pool(loop, options, calls, random);
  SessionSpec spec;
  spec.flows.emplace_back();
  spec.flows[0].a.network = spec.flows[0].b.network = "access";
  EXPECT_EQ(pool.pick(spec), std::nullopt);
  pool.start();
  ASSERT_TRUE(run_until(loop, [&] { return pool.healthy() == 3; }));
  std::map<RelayIndex, int> taken;
  for (int i = 0; i < 30; ++i) ++taken[*pool.pick(spec)];
  EXPECT_EQ(taken, (std::map<RelayIndex, int>{{0, 10}, {1, 10}, {2, 10}}));
  relays[1]->die();
  ASSERT_TRUE(run_until(loop, [&] { return pool.healthy() == 2; }));
  for (int i = 0; i < 10; ++i) EXPECT_NE(*pool.pick(spec), 1);

  // The emptier one takes what comes.
  for (int i = 0; i < 5; ++i) pool.link(0).open(1, {"s" + std::to_string(i), spec});
  ASSERT_TRUE(run_until(loop, [&] { return pool.link(0).sessions() == 5; }));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(*pool.pick(spec), 2);

  // None has this network.
  spec.flows[0].b.network = "core";
  EXPECT_EQ(pool.pick(spec), std::nullopt);
}

class Pool : public testing::Test {
 protected:
  Pool() {
    std::vector<LinkOptions> options;
    for (int i = 0; i < 2; ++i) {
      const std::string path = directory_.file(("r" + std::to_string(i)).c_str());
      options.push_back(options_for(path));
      options.back().relay = "relay-" + std::to_string(i);
      relays_.push_back(std::make_unique<FakeRelay>(loop_, path));
    }
    pool_ = std::make_unique<RelayPool>(loop_, std::move(options), calls_, random_);
    pool_->start();
    EXPECT_TRUE(run_until(loop_, [&] { return pool_->healthy() == 2; }));
    spec_.flows.emplace_back();
    spec_.flows[0].a.network = spec_.flows[0].b.network = "access";
  }
  std::size_t opens(std::size_t relay) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        relays_[relay]->heard, [](const auto& c) { return std::holds_alternative<control::Open>(c); }));
  }
  control::SessionId held_by(std::size_t relay) const {
    return relays_[relay]->sessions.empty() ? "" : *relays_[relay]->sessions.begin();
  }

  Directory directory_;
  loop::EventLoop loop_;
  base::SeededRandom random_{1};
  Calls calls_;
  std::vector<std::unique_ptr<FakeRelay>> relays_;
  std::unique_ptr<RelayPool> pool_;
  SessionSpec spec_;
};

TEST_F(Pool, WhatOneRelayHasNoRoomForGoesToAnother) {
  using control::ErrorCode;
  std::size_t full = 0;
  for (const ErrorCode code : {ErrorCode::NoPorts, ErrorCode::SessionLimit, ErrorCode::Draining}) {
    // Whichever is asked first, it is the other one that takes the session.
    const std::size_t first = *pool_->pick(spec_) == 0 ? 1 : 0;
    const std::size_t second = 1 - first;
    relays_[first]->refuse = control::Error{code, "no"};
    const auto asked = pool_->open(7, {"s" + std::to_string(full), spec_});
    ASSERT_TRUE(asked);
    ASSERT_TRUE(run_until(loop_, [&] { return calls_.replies.contains(*asked); }));
    EXPECT_TRUE(std::holds_alternative<control::Opened>(calls_.replies[*asked].reply));
    EXPECT_EQ(calls_.replies[*asked].owner, 7U);
    EXPECT_EQ(pool_->refusals()[full], opens(first));
    // Its later commands go where it is.
    pool_->close(7, {"s" + std::to_string(full), "bye"});
    ASSERT_TRUE(run_until(loop_, [&] { return calls_.replies.contains(0); }));
    EXPECT_TRUE(std::get<control::Closed>(calls_.replies[0].reply).existed);
    EXPECT_TRUE(relays_[second]->sessions.empty());
    calls_.replies.clear();
    relays_[first]->refuse.reset();
    for (const auto& relay : relays_) relay->heard.clear();
    ++full;
  }
}

TEST_F(Pool, WhatOneRelayDoesNotAnswerForGoesToAnother) {
  for (const bool dies : {false, true}) {
    const std::size_t first = *pool_->pick(spec_) == 0 ? 1 : 0;
    relays_[first]->mute.insert(control::Command(control::Open{}).index());
    const auto asked = pool_->open(7, {"s", spec_});
    ASSERT_TRUE(asked);
    if (dies) {
      ASSERT_TRUE(run_until(loop_, [&] { return opens(first) == 1; }));
      relays_[first]->die();
    }
    ASSERT_TRUE(run_until(loop_, [&] { return calls_.replies.contains(*asked); }));
    EXPECT_TRUE(std::holds_alternative<control::Opened>(calls_.replies[*asked].reply));
    // What it may have opened all the same is closed; the call has the other one.
    ASSERT_TRUE(run_until(loop_, [&] { return relays_[first]->sessions.empty(); }));
    EXPECT_EQ(held_by(1 - first), "s");
    EXPECT_EQ(pool_->refusals()[static_cast<std::size_t>(Full::NoAnswer)], dies ? 2U : 1U);
    EXPECT_TRUE(calls_.events.empty());
    pool_->close(7, {"s", "bye"});
    ASSERT_TRUE(run_until(loop_, [&] { return relays_[1 - first]->sessions.empty(); }));
    relays_[first]->mute.clear();
    for (const auto& relay : relays_) relay->heard.clear();
  }
}

TEST_F(Pool, TheRelayWithTheSmallestShareOfWhatItMayHaveIsTaken) {
  const auto told = [&](RelayIndex at, const control::Pong& load) {
    relays_[at]->load = load;
    return run_until(loop_, [&] { return pool_->link(at).load().sessions == load.sessions; });
  };
  // Others have filled the first one, of which this shard knows nothing else.
  ASSERT_TRUE(told(0, {500, 1000, 3}) && told(1, {100, 1000, 3}));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(*pool_->pick(spec_), 1);
  // The second one is the smaller one.
  ASSERT_TRUE(told(1, {101, 150, 3}));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(*pool_->pick(spec_), 0);
}

TEST_F(Pool, SessionsOfARelayThatDrainsAreToLeaveItAFewAtATime) {
  relays_[1]->refuse = control::Error{control::ErrorCode::NoPorts, "no"};  // all go to the first one
  const std::size_t all = 2 * kShedAtOnce;
  for (std::size_t i = 0; i < all; ++i) pool_->open(i, {"s" + std::to_string(i), spec_});
  ASSERT_TRUE(run_until(loop_, [&] { return relays_[0]->sessions.size() == all && calls_.replies.size() == all; }));
  relays_[1]->refuse.reset();
  relays_[0]->send_event(control::Draining{});
  const auto told = [&] { return calls_.count<control::SessionDrains>(); };
  ASSERT_TRUE(run_until(loop_, [&] { return told() > 0; }));
  EXPECT_EQ(told(), kShedAtOnce);
  // One that is over meanwhile is not asked; each of the others once.
  std::set<std::uint64_t> owners;
  for (const auto& event : calls_.events) owners.insert(event.owner);
  std::uint64_t closed = 0;
  while (owners.contains(closed)) ++closed;
  pool_->close(closed, {"s" + std::to_string(closed), "bye"});
  ASSERT_TRUE(run_until(loop_, [&] { return told() == all - 1; }));
  for (const auto& event : calls_.events) owners.insert(event.owner);
  EXPECT_EQ(owners.size(), all - 1);
  EXPECT_FALSE(owners.contains(closed));
  EXPECT_EQ(*pool_->pick(spec_), 1);
}

TEST_F(Pool, TheSlowerARelayDrainsTheFewerLeaveAtOnce) {
  relays_[1]->refuse = control::Error{control::ErrorCode::NoPorts, "no"};
  for (int i = 0; i < 40; ++i) pool_->open(1, {"s" + std::to_string(i), spec_});
  ASSERT_TRUE(run_until(loop_, [&] { return relays_[0]->sessions.size() == 40 && calls_.replies.size() == 40; }));
  relays_[0]->send_event(control::Draining{4'000});  // twenty ticks of a tenth of a second in half of it
  ASSERT_TRUE(run_until(loop_, [&] { return calls_.count<control::SessionDrains>() > 0; }));
  EXPECT_LE(calls_.count<control::SessionDrains>(), 3U);
}

TEST_F(Pool, WithNobodyToTakeThemSessionsStayUntilThereIs) {
  relays_[1]->die();
  ASSERT_TRUE(run_until(loop_, [&] { return pool_->healthy() == 1; }));
  pool_->open(7, {"s", spec_});
  ASSERT_TRUE(run_until(loop_, [&] { return calls_.replies.size() == 1; }));
  relays_[0]->send_event(control::Draining{60'000});
  EXPECT_FALSE(run_until(loop_, [&] { return calls_.count<control::SessionDrains>() > 0; }, base::milliseconds(300)));
  relays_[1]->listen();
  ASSERT_TRUE(run_until(loop_, [&] { return calls_.count<control::SessionDrains>() == 1; }));
  EXPECT_EQ(std::get<control::SessionDrains>(calls_.events.back().event).id, "s");
}

// Told while the two reconcile: the link is not up yet.
TEST_F(Pool, ARelayThatDrainsAlreadyWhenTheLinkComesUp) {
  relays_[1]->refuse = control::Error{control::ErrorCode::NoPorts, "no"};
  pool_->open(7, {"s", spec_});
  ASSERT_TRUE(run_until(loop_, [&] { return calls_.replies.size() == 1; }));
  relays_[0]->draining = true;
  relays_[0]->drop_link();
  ASSERT_TRUE(run_until(loop_, [&] { return calls_.count<control::SessionDrains>() == 1; }));
  EXPECT_EQ(*pool_->pick(spec_), 1);
}

TEST_F(Pool, WhenAllAreFullTheLastAnswerIsTold) {
  for (auto& relay : relays_) relay->refuse = control::Error{control::ErrorCode::NoPorts, "no"};
  const auto asked = pool_->open(7, {"s", spec_});
  ASSERT_TRUE(asked);
  ASSERT_TRUE(run_until(loop_, [&] { return calls_.replies.contains(*asked); }));
  EXPECT_EQ(calls_.error(*asked), control::ErrorCode::NoPorts);
  EXPECT_EQ(opens(0), 1U);
  EXPECT_EQ(opens(1), 1U);
  EXPECT_EQ(pool_->refusals()[static_cast<std::size_t>(Full::NoPorts)], 2U);
  EXPECT_EQ(calls_.replies.size(), 1U);
}

TEST_F(Pool, ASessionThatWasGivenUpIsNotAskedForAgain) {
  for (auto& relay : relays_) relay->refuse = control::Error{control::ErrorCode::NoPorts, "no"};
  const auto asked = pool_->open(7, {"s", spec_});
  pool_->close(7, {"s", "cancelled"});
  ASSERT_TRUE(run_until(loop_, [&] { return calls_.replies.contains(*asked) && calls_.replies.contains(0); }));
  EXPECT_EQ(opens(0) + opens(1), 1U);
}

TEST_F(Pool, OtherErrorsAreNoReasonToAskElsewhere) {
  for (auto& relay : relays_) relay->refuse = control::Error{control::ErrorCode::BadSpec, "no"};
  const auto asked = pool_->open(7, {"s", spec_});
  ASSERT_TRUE(run_until(loop_, [&] { return calls_.replies.contains(*asked); }));
  EXPECT_EQ(calls_.error(*asked), control::ErrorCode::BadSpec);
  EXPECT_EQ(opens(0) + opens(1), 1U);
}

}  // namespace
}  // namespace sbc::relay_client
