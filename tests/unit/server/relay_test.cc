#include "media-relay/server/relay.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "media-relay/control/limits.h"

#include "harness.h"

namespace server {
namespace {

using namespace control;  // messages

double metric(const Relay& relay, const std::string& name) {
  const std::string text = "\n" + relay.render_metrics();
  const std::size_t at = text.find("\n" + name + " ");
  if (at == std::string::npos) return -1;
  return std::stod(text.substr(at + name.size() + 2));
}

// Sends until the other side hears it: a strict flow forwards the first packet, a learning one the second.
bool heard(Phone& from, const base::Endpoint& to, Phone& by, const base::Endpoint& expected) {
  for (int i = 0; i < 50; ++i) {
    from.send(to);
    if (const auto source = by.receive(base::milliseconds(100))) return *source == expected;
  }
  return false;
}

TEST(Relay, CarriesAudioBothWaysAndCountsIt) {
  RelayUnderTest test;
  Controller controller(test.loop, test.socket);
  controller.hello("edge-0");
  Phone alice;
  Phone bob;
  const auto opened = controller.get<Opened>(Open{"call", call_between(alice, bob)});
  ASSERT_EQ(opened.flows.size(), 1U);
  const HalfAddress a = opened.flows[0].a;
  const HalfAddress b = opened.flows[0].b;
  EXPECT_TRUE(heard(alice, a.rtp, bob, b.rtp));
  EXPECT_TRUE(heard(bob, b.rtp, alice, a.rtp));
  const auto stats = controller.get<Queried>(Query{"call"}).stats;
  ASSERT_EQ(stats.size(), 1U);
  EXPECT_GE(stats[0].a.packets_received, 1U);
  EXPECT_GE(stats[0].b.packets_sent, 1U);
  EXPECT_EQ(stats[0].a.ssrc, 0x11223344U);
  const auto closed = controller.get<Closed>(Close{"call", "bye"});
  EXPECT_TRUE(closed.existed);
  EXPECT_GE(closed.stats[0].b.packets_received, 1U);
  EXPECT_EQ(test.ports_in_use(), 0U);
  EXPECT_GE(metric(*test.relay, "relay_packets_sent_total{worker=\"0\"}"), 2);
  EXPECT_EQ(metric(*test.relay, "relay_control_commands_total{command=\"open\",result=\"ok\"}"), 1);
  EXPECT_EQ(metric(*test.relay, "relay_port_pairs{network=\"core\",state=\"quarantined\"}"), 1);
  EXPECT_GE(metric(*test.relay, "relay_worker_cpu_seconds_total{worker=\"0\"}"), 0);
}

TEST(Relay, TellsFirstPacketAndLatch) {
  RelayUnderTest test;
  Controller controller(test.loop, test.socket);
  controller.hello("edge-0");
  controller.get<Subscribed>(Subscribe{});
  Phone alice;
  Phone bob;
  SessionSpec spec = call_between(alice, bob);
  spec.flows[0].a.remote_rtp = base::Endpoint{loopback(), 9};  // what a phone behind a NAT would write
  spec.flows[0].a.latch = LatchMode::Learn;
  const auto opened = controller.get<Opened>(Open{"call", spec});
  EXPECT_TRUE(heard(alice, opened.flows[0].a.rtp, bob, opened.flows[0].b.rtp));
  EXPECT_TRUE(heard(bob, opened.flows[0].b.rtp, alice, opened.flows[0].a.rtp));
  EXPECT_TRUE(run_until(test.loop, [&] { return controller.events.size() >= 3; }));
  bool latched = false;
  for (const Event& event : controller.events)
    if (const auto* l = std::get_if<Latched>(&event)) latched = l->source == alice.address() && l->half == HalfSide::A;
  EXPECT_TRUE(latched);
}

TEST(Relay, AudioOutlivesItsControllerUntilTheLeaseEndsAndNoPortIsLeft) {
  RelayUnderTest test;
  Phone alice;
  Phone bob;
  Opened opened;
  {
    Controller controller(test.loop, test.socket);
    controller.hello("edge-0", 1000);
    opened = controller.get<Opened>(Open{"call", call_between(alice, bob)});
    controller.die();
  }
  EXPECT_TRUE(run_until(test.loop, [&] { return metric(*test.relay, "relay_control_connections") == 0; }));
  EXPECT_TRUE(heard(alice, opened.flows[0].a.rtp, bob, opened.flows[0].b.rtp));
  EXPECT_TRUE(heard(bob, opened.flows[0].b.rtp, alice, opened.flows[0].a.rtp));
  EXPECT_EQ(test.relay->sessions().live(), 1U);
  EXPECT_TRUE(run_until(test.loop, [&] { return test.relay->sessions().flows() == 0; }, base::seconds(5)));
  EXPECT_EQ(test.ports_in_use(), 0U);
  EXPECT_EQ(test.relay->sessions().live(), 0U);
  EXPECT_EQ(metric(*test.relay, "relay_lease_reclaims_total"), 1);
  // The ports are closed in the kernel, too.
  EXPECT_TRUE(io::open_pair(loopback(), opened.flows[0].a.rtp.port, {}).has_value());
  EXPECT_TRUE(io::open_pair(loopback(), opened.flows[0].b.rtp.port, {}).has_value());
}

TEST(Relay, AControllerThatComesBackFindsItsSessionsPlaying) {
  RelayUnderTest test;
  Phone alice;
  Phone bob;
  Controller first(test.loop, test.socket);
  first.hello("edge-0");
  const auto opened = first.get<Opened>(Open{"call", call_between(alice, bob)});
  first.die();
  Controller second(test.loop, test.socket);
  EXPECT_EQ(second.get<Welcome>(Hello{"edge-0", 0, 1}).sessions, 1U);
  EXPECT_EQ(second.get<Listed>(List{}).ids, std::vector<std::string>{"call"});
  EXPECT_EQ(second.get<Queried>(Query{"call"}).flows, opened.flows);
  EXPECT_TRUE(heard(alice, opened.flows[0].a.rtp, bob, opened.flows[0].b.rtp));
}

TEST(Relay, SeveralControllersAreServedAtOnce) {
  RelayUnderTest test;
  Controller one(test.loop, test.socket);
  Controller two(test.loop, test.socket);
  one.hello("edge-0");
  two.hello("edge-1");
  Phone phone;
  one.get<Opened>(Open{"call", call_between(phone, phone)});
  two.get<Opened>(Open{"call", call_between(phone, phone)});
  EXPECT_EQ(test.relay->sessions().live(), 2U);
  EXPECT_EQ(test.relay->sessions().controllers(), 2U);
}

TEST(Relay, BadFramesAreAnsweredCountedAndFinallyNotListenedTo) {
  RelayUnderTest test;
  Controller controller(test.loop, test.socket);
  controller.hello("edge-0");
  const Reply reply = controller.ask(Query{"not a session id"});
  EXPECT_EQ(std::get<Error>(reply).code, ErrorCode::Malformed);
  EXPECT_EQ(metric(*test.relay, "relay_control_frames_refused_total{reason=\"bad_field\"}"), 1);
  EXPECT_FALSE(controller.closed);
  controller.write(std::string_view("\xff\xff\xff\xff garbage", 12));
  EXPECT_TRUE(run_until(test.loop, [&] { return controller.closed; }));
  EXPECT_EQ(metric(*test.relay, "relay_control_frames_refused_total{reason=\"too_long\"}"), 1);
  EXPECT_TRUE(std::holds_alternative<Error>(controller.replies[0]));

  Controller other(test.loop, test.socket);
  other.write(std::string_view("\0\0\0\4\xff\xff\xff\xff", 8));
  EXPECT_TRUE(run_until(test.loop, [&] { return other.closed; }));
  Controller third(test.loop, test.socket);
  third.hello("edge-0");  // and the relay goes on
}

TEST(Relay, AnyBytesLeaveItRunning) {
  RelayUnderTest test;
  base::SeededRandom random(5);
  for (int i = 0; i < 60; ++i) {
    Controller noise(test.loop, test.socket);
    std::string bytes(random.below(3000), '\0');
    for (char& c : bytes) c = static_cast<char>(random.next());
    if (i % 2 == 0 && bytes.size() > 4) bytes.replace(0, 4, std::string("\0\0\0\x10", 4));
    noise.write(bytes);
    for (int turn = 0; turn < 3; ++turn) test.loop.run_once(base::milliseconds(1));
  }
  Controller controller(test.loop, test.socket);
  controller.hello("edge-0");
}

TEST(Relay, ControlSocketIsForItsGroupOnly) {
  RelayUnderTest test;
  struct stat status{};
  ASSERT_EQ(::stat(test.socket.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0660U);
}

TEST(Relay, StopsAtOnceWhenIdleAndAfterTheDrainTimeOtherwise) {
  RelayUnderTest idle;
  idle.relay->shut_down();
  EXPECT_TRUE(run_until(idle.loop, [&] { return idle.stopped; }, base::seconds(2)));

  RelayUnderTest busy;
  Controller controller(busy.loop, busy.socket);
  controller.hello("edge-0");
  controller.get<Subscribed>(Subscribe{});
  Phone phone;
  controller.get<Opened>(Open{"call", call_between(phone, phone)});
  busy.relay->shut_down();
  // Said at once, so that its calls can go elsewhere.
  ASSERT_TRUE(run_until(busy.loop, [&] { return !controller.events.empty(); }, base::seconds(2)));
  EXPECT_TRUE(std::holds_alternative<Draining>(controller.events[0]));
  EXPECT_FALSE(busy.relay->ready());
  EXPECT_EQ(std::get<Error>(controller.ask(Open{"new", call_between(phone, phone)})).code, ErrorCode::Draining);
  EXPECT_TRUE(run_until(busy.loop, [&] { return busy.stopped; }, base::seconds(5)));
  run_until(busy.loop, [&] { return controller.events.size() > 1; }, base::seconds(1));
  ASSERT_EQ(controller.events.size(), 2U);
  EXPECT_EQ(std::get<SessionClosed>(controller.events[1]).reason, "relay stops");
}

TEST(Relay, StopsAsSoonAsTheLastSessionEnds) {
  RelayUnderTest test([](Config& config) { config.drain = base::hours(1); });
  Controller controller(test.loop, test.socket);
  controller.hello("edge-0");
  Phone phone;
  controller.get<Opened>(Open{"call", call_between(phone, phone)});
  test.relay->shut_down();
  EXPECT_FALSE(test.stopped);
  controller.get<Closed>(Close{"call", ""});
  EXPECT_TRUE(run_until(test.loop, [&] { return test.stopped; }, base::seconds(2)));
}

TEST(Relay, PortsThatOthersHoldAreAvoided) {
  // A range of four pairs, one of them taken by somebody else.
  auto taken = io::open_pair(loopback(), 0, {});
  ASSERT_TRUE(taken.has_value());
  const std::uint16_t port = taken->rtp.local().port;
  if (port > 65535 - 8) GTEST_SKIP() << "the kernel chose a port at the end of the range";
  RelayUnderTest test([&](Config& config) {
    config.session.networks[0].first_port = port;
    config.session.networks[0].last_port = static_cast<std::uint16_t>(port + 3);
  });
  Controller controller(test.loop, test.socket);
  controller.hello("edge-0");
  Phone phone;
  const Reply reply = controller.ask(Open{"call", call_between(phone, phone)});
  // The other pair may belong to yet another program; what must not happen is a lost port or a hanging command.
  if (const auto* opened = std::get_if<Opened>(&reply))
    EXPECT_EQ(opened->flows[0].a.rtp.port, port + 2);
  else
    EXPECT_EQ(std::get<Error>(reply).code, ErrorCode::NoPorts);
  controller.get<Closed>(Close{"call", ""});
  EXPECT_EQ(test.ports_in_use(), 0U);
}

TEST(Relay, StartFailsClearlyWhenTheSocketIsInUse) {
  RelayUnderTest test;
  Config config = test_config(test.socket);
  Relay second(test.loop, *test.log, config, [] {});
  const auto started = second.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_NE(started.error().find("control socket: "), std::string::npos) << started.error();
}

}  // namespace
}  // namespace server
