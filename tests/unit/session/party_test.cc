// Another party in the place of a half's peer: ports of its own, and the other half stays what it was.

#include <gtest/gtest.h>

#include "rig.h"

namespace session {
namespace {

using control::Modified;
using control::Modify;
using control::Open;
using control::Opened;
using control::SessionSpec;

template <typename T>
T get(const control::Reply& reply) {
  EXPECT_TRUE(std::holds_alternative<T>(reply)) << control::name_of(reply);
  return std::get<T>(reply);
}

SessionSpec with_another(const char* network) {
  SessionSpec spec = audio();
  spec.flows[0].b.party = 1;
  spec.flows[0].b.network = network;
  return spec;
}

// trap 58: who stays hears one stream, so the flow must stay. trap 53: who has left knows the port.
TEST(Party, AnotherOneHasPortsOfItsOwnAndTheOtherHalfStays) {
  for (const char* network : {"core", "access"}) {
    Rig rig;
    rig.hello(1);
    const auto opened = get<Opened>(rig.ask(1, Open{"s", audio()}));
    const auto modified = get<Modified>(rig.ask(1, Modify{"s", with_another(network)}));
    EXPECT_EQ(modified.flows[0].a, opened.flows[0].a);
    EXPECT_NE(modified.flows[0].b, opened.flows[0].b);
    EXPECT_EQ(rig.replaced, 1U) << "it is the same flow";
    EXPECT_EQ(rig.specs.begin()->second.b.party, 1U);
    EXPECT_EQ(rig.ports_in_use(), 2U);
    rig.check_books();
    const auto again = get<Modified>(rig.ask(1, Modify{"s", with_another(network)}));
    EXPECT_EQ(again.flows, modified.flows) << "the same party is no other one";
    EXPECT_EQ(rig.binds, 3U);
    rig.ask(1, control::Close{"s", ""});
    rig.check_books();
    EXPECT_EQ(rig.ports_in_use(), 0U);
  }
}

TEST(Party, ThatFindsNoPortsChangesNothing) {
  Rig rig;
  rig.hello(1);
  const auto opened = get<Opened>(rig.ask(1, Open{"s", audio()}));
  rig.fail_binds = 100;
  EXPECT_EQ(error_in(rig.ask(1, Modify{"s", with_another("core")})), control::ErrorCode::NoPorts);
  rig.fail_binds = 0;
  EXPECT_EQ(rig.replaced, 0U);
  EXPECT_EQ(get<Modified>(rig.ask(1, Modify{"s", audio()})).flows, opened.flows);
  rig.check_books();
}

TEST(Party, APortThatIsTakenIsReplacedByAnother) {
  Rig rig;
  rig.hello(1);
  get<Opened>(rig.ask(1, Open{"s", audio()}));
  rig.fail_binds = 2;
  get<Modified>(rig.ask(1, Modify{"s", with_another("core")}));
  EXPECT_EQ(rig.ports_in_use(), 2U);
  rig.check_books();
}

// The worker could not make the flow, and says so while the ports of the newcomer are being bound.
TEST(Party, AFlowThatIsGoneMeanwhileTakesItsNewPortsWithIt) {
  Rig rig;
  rig.hello(1);
  get<Opened>(rig.ask(1, Open{"s", audio()}));
  rig.answer_binds = false;
  rig.command(1, Modify{"s", with_another("core")});
  const std::uint64_t failed = rig.installed.begin()->first;
  for (const auto& port : rig.installed[failed]) rig.open.erase(port);
  rig.installed.erase(failed);
  Actions out;
  rig.sessions.on_flow_failed(FlowHandle::unpack(failed), true, "no", rig.now, out);
  rig.act(std::move(out));
  rig.answer_binds = true;
  rig.answer_next_bind();
  rig.settle();
  EXPECT_EQ(rig.sessions.live(), 0U);
  rig.check_books();
  EXPECT_EQ(rig.ports_in_use(), 0U);
}

}  // namespace
}  // namespace session
