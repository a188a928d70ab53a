#include <gtest/gtest.h>

#include "media-relay/control/limits.h"

#include "rig.h"

namespace session {
namespace {

using control::Close;
using control::Hello;
using control::List;
using control::Open;
using control::Ping;

TEST(Lease, SessionsOfAGoneControllerAreReclaimedWhenItEndsAndNotBefore) {
  Rig rig;
  rig.hello(1);
  rig.ask(1, Open{"s", audio(2)});
  rig.close_link(1);
  rig.advance(base::seconds(30) - base::Duration(1));
  EXPECT_EQ(rig.sessions.live(), 1U);
  EXPECT_EQ(rig.ports_in_use(), 4U);
  rig.advance(base::Duration(1));
  EXPECT_EQ(rig.sessions.live(), 0U);
  EXPECT_EQ(rig.sessions.controllers(), 0U);
  EXPECT_EQ(rig.ports_in_use(), 0U);
  EXPECT_EQ(rig.sessions.counters().sessions_reclaimed, 1U);
  EXPECT_EQ(rig.sessions.counters().leases_ended, 1U);
  EXPECT_EQ(rig.sessions.next_deadline(), base::kNever);
  rig.check_books();
}

TEST(Lease, HelloWithTheSameNameAdopts) {
  Rig rig;
  rig.hello(1);
  rig.ask(1, Open{"s", audio()});
  rig.close_link(1);
  rig.advance(base::seconds(29));
  const auto reply = rig.ask(2, Hello{"edge-0", 0, 1});
  EXPECT_EQ(std::get<control::Welcome>(reply).sessions, 1U);
  EXPECT_EQ(std::get<control::Listed>(rig.ask(2, List{})).ids, std::vector<std::string>{"s"});
  rig.advance(base::seconds(29));
  EXPECT_EQ(rig.sessions.live(), 1U);
  EXPECT_EQ(rig.sessions.counters().adoptions, 1U);
}

TEST(Lease, AnyCommandKeepsItAlive) {
  Rig rig;
  rig.hello(1);
  rig.ask(1, Open{"s", audio()});
  for (int i = 0; i < 10; ++i) {
    rig.advance(base::seconds(29));
    rig.ask(1, Ping{});
  }
  EXPECT_EQ(rig.sessions.live(), 1U);
  EXPECT_TRUE(rig.dropped.empty());
}

TEST(Lease, AControllerThatHangsLosesItsSessionsAndItsLink) {
  Rig rig;
  rig.hello(1);
  rig.ask(1, Open{"s", audio()});
  rig.advance(base::seconds(31));
  EXPECT_EQ(rig.sessions.live(), 0U);
  ASSERT_EQ(rig.dropped.size(), 1U);
  EXPECT_EQ(rig.dropped[0].link, 1U);
  EXPECT_EQ(error_in(rig.ask(1, Ping{})), control::ErrorCode::HelloFirst);
  rig.check_books();
}

TEST(Lease, TheLatestConnectionOfAControllerWins) {
  Rig rig;
  rig.hello(1);
  rig.ask(1, Open{"s", audio()});
  rig.hello(2);
  ASSERT_EQ(rig.dropped.size(), 1U);
  EXPECT_EQ(rig.dropped[0].link, 1U);
  rig.close_link(1);  // the old one's end means nothing any more
  rig.advance(base::seconds(20));
  rig.ask(2, Ping{});
  rig.advance(base::seconds(20));
  EXPECT_EQ(rig.sessions.live(), 1U);
}

TEST(Lease, OneLinkSpeaksForOneController) {
  Rig rig;
  rig.hello(1, "edge-0");
  EXPECT_EQ(error_in(rig.ask(1, Hello{"edge-1", 0, 1})), control::ErrorCode::Malformed);
}

TEST(Lease, AControllerWithoutSessionsIsForgottenWithItsLink) {
  Rig rig;
  rig.hello(1);
  rig.ask(1, Open{"s", audio()});
  rig.ask(1, Close{"s", ""});
  rig.close_link(1);
  EXPECT_EQ(rig.sessions.controllers(), 0U);
  EXPECT_EQ(rig.sessions.next_deadline(), base::kNever);
}

TEST(Lease, ControllersAreLimited) {
  Rig rig;
  for (std::size_t i = 0; i < kMaxControllers; ++i) rig.hello(i + 1, ("edge-" + std::to_string(i)).c_str());
  EXPECT_EQ(error_in(rig.ask(kMaxControllers + 1, Hello{"one-more", 0, 1})), control::ErrorCode::SessionLimit);
}

TEST(Lease, ReclaimWaitsForASessionThatIsBeingBound) {
  Rig rig;
  rig.hello(1);
  rig.answer_binds = false;
  rig.command(1, Open{"s", audio()});
  rig.close_link(1);
  rig.advance(base::seconds(31));
  EXPECT_EQ(rig.sessions.live(), 1U);
  while (!rig.unanswered.empty()) rig.answer_next_bind();
  rig.settle();
  EXPECT_EQ(rig.sessions.live(), 0U);
  EXPECT_EQ(rig.sessions.controllers(), 0U);
  EXPECT_EQ(rig.ports_in_use(), 0U);
  rig.check_books();
}

TEST(Lease, StoppingClosesEverything) {
  Rig rig;
  rig.hello(1);
  rig.hello(2, "edge-1");
  rig.ask(1, control::Subscribe{});
  rig.ask(1, Open{"s", audio()});
  rig.ask(2, Open{"t", audio()});
  Actions out;
  rig.sessions.close_all("relay stops", rig.now, out);
  rig.act(std::move(out));
  rig.settle();
  EXPECT_EQ(rig.sessions.live() + rig.sessions.closing() + rig.sessions.flows(), 0U);
  ASSERT_EQ(rig.events.size(), 1U);
  EXPECT_EQ(std::get<control::SessionClosed>(rig.events[0].event).reason, "relay stops");
}

// Whatever happens in whatever order, no port is lost and every command has one answer.
TEST(Lease, RandomHistoriesLeakNoPort) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rig rig(test_config(), seed);
    base::SeededRandom dice(seed * 7919);
    std::array<LinkId, 2> link{1, 2};
    LinkId next_link = 3;
    std::size_t sent = 0;
    for (int step = 0; step < 400; ++step) {
      const std::size_t c = dice.below(2);
      const std::string id = "s" + std::to_string(dice.below(4));
      const auto send = [&](control::Command command) {
        rig.command(link[c], std::move(command));
        ++sent;
      };
      rig.answer_binds = dice.below(3) != 0;
      switch (dice.below(12)) {
        case 0:
          send(Hello{c == 0 ? "edge-0" : "edge-1", 0, 1});
          break;
        case 1:
        case 2:
          send(Open{id, audio(static_cast<std::uint32_t>(dice.below(4)))});
          break;
        case 3:
        case 4: {
          control::SessionSpec spec = audio(static_cast<std::uint32_t>(dice.below(4)));
          if (!spec.flows.empty() && dice.below(4) == 0) spec.flows[0].b.network = "access";
          if (!spec.flows.empty() && dice.below(8) == 0) spec.flows[0].b.network = "nowhere";
          send(control::Modify{id, spec});
          break;
        }
        case 5:
          send(Close{id, ""});
          break;
        case 6:
          send(control::Query{id});
          break;
        case 7:
          rig.close_link(link[c]);
          link[c] = next_link++;
          break;
        case 8:
          rig.advance(base::seconds(dice.below(40)));
          break;
        case 9:
          rig.fail_binds = static_cast<unsigned>(dice.below(10));
          rig.hopeless = dice.below(4) == 0;
          break;
        case 10:
          rig.settle();
          break;
        case 11:
          while (!rig.unanswered.empty()) rig.answer_next_bind();
          break;
      }
    }
    rig.fail_binds = 0;
    rig.answer_binds = true;
    while (!rig.unanswered.empty()) rig.answer_next_bind();
    rig.settle();
    rig.check_books();
    rig.close_link(link[0]);
    rig.close_link(link[1]);
    rig.advance(base::seconds(200));
    EXPECT_EQ(rig.sessions.live() + rig.sessions.closing() + rig.sessions.flows() + rig.sessions.controllers(), 0U);
    EXPECT_TRUE(rig.open.empty());
    EXPECT_EQ(rig.sessions.ports(0, rig.now).free, 10U);
    EXPECT_EQ(rig.sessions.ports(1, rig.now).free, 10U);
    EXPECT_EQ(rig.replies.size(), sent);
  }
}

}  // namespace
}  // namespace session
