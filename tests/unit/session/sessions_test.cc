#include "media-relay/session/sessions.h"

#include <gtest/gtest.h>

#include "media-relay/control/limits.h"

#include "rig.h"

namespace session {
namespace {

using namespace control;  // messages

template <typename T>
T get(const Reply& reply) {
  if (const T* value = std::get_if<T>(&reply)) return *value;
  const auto* error = std::get_if<Error>(&reply);
  ADD_FAILURE() << "got " << name_of(reply) << (error != nullptr ? ": " + error->text : "");
  return {};
}

TEST(Sessions, NothingGoesBeforeHello) {
  Rig rig;
  EXPECT_EQ(error_in(rig.ask(1, Ping{})), ErrorCode::HelloFirst);
  EXPECT_EQ(error_in(rig.ask(1, Open{"s", audio()})), ErrorCode::HelloFirst);
}

TEST(Sessions, WelcomeTellsInstanceLeaseAndNetworks) {
  Rig rig;
  const auto welcome = get<Welcome>(rig.ask(1, Hello{"edge", 0, 1}));
  EXPECT_EQ(welcome.relay_instance, 77U);
  EXPECT_EQ(welcome.lease_ms, 30'000U);
  EXPECT_EQ(welcome.networks, (std::vector<std::string>{"access", "core"}));
  EXPECT_EQ(get<Welcome>(rig.ask(1, Hello{"edge", 999'000, 1})).lease_ms, 120'000U);
  EXPECT_EQ(get<Welcome>(rig.ask(1, Hello{"edge", 1, 1})).lease_ms, 1'000U);
}

TEST(Sessions, OpenGivesAdvertisedPairsOfTheRightNetworks) {
  Rig rig;
  rig.hello(1);
  const auto opened = get<Opened>(rig.ask(1, Open{"s", audio(2)}));
  ASSERT_EQ(opened.flows.size(), 2U);
  for (const FlowAddresses& flow : opened.flows) {
    EXPECT_EQ(flow.a.rtp.ip.text(), "198.51.100.1");
    EXPECT_EQ(flow.b.rtp.ip.text(), "10.0.0.1");
    EXPECT_EQ(flow.a.rtp.port % 2, 0);
    EXPECT_EQ(flow.a.rtcp.port, flow.a.rtp.port + 1);
    EXPECT_EQ(flow.b.rtcp.port, flow.b.rtp.port + 1);
  }
  EXPECT_EQ(rig.ports_in_use(), 4U);
  rig.check_books();
}

TEST(Sessions, RepeatedOpenIsHarmless) {
  Rig rig;
  rig.hello(1);
  const auto first = get<Opened>(rig.ask(1, Open{"s", audio()}));
  const std::size_t binds = rig.binds;
  EXPECT_EQ(get<Opened>(rig.ask(1, Open{"s", audio()})), first);
  EXPECT_EQ(rig.binds, binds);
  EXPECT_EQ(rig.replaced, 0U);
  EXPECT_EQ(rig.sessions.live(), 1U);
  // With another spec it is brought to that.
  const auto more = get<Opened>(rig.ask(1, Open{"s", audio(2)}));
  ASSERT_EQ(more.flows.size(), 2U);
  EXPECT_EQ(more.flows[0], first.flows[0]);
  EXPECT_EQ(rig.sessions.counters().sessions_opened, 1U);
}

TEST(Sessions, CloseTellsTheFinalStatisticsAndMayBeRepeated) {
  Rig rig;
  rig.hello(1);
  rig.ask(1, Open{"s", audio(2)});
  const auto closed = get<Closed>(rig.ask(1, Close{"s", "bye"}));
  EXPECT_TRUE(closed.existed);
  ASSERT_EQ(closed.stats.size(), 2U);
  EXPECT_EQ(closed.stats[0].a.packets_received, 5U);
  EXPECT_FALSE(get<Closed>(rig.ask(1, Close{"s", "bye"})).existed);
  EXPECT_FALSE(get<Closed>(rig.ask(1, Close{"never", ""})).existed);
  EXPECT_EQ(rig.ports_in_use(), 0U);
  EXPECT_EQ(rig.sessions.ports(0, rig.now).quarantined, 2U);
  rig.check_books();
}

TEST(Sessions, PortsStayInUseUntilTheirSocketsAreClosed) {
  Rig rig;
  rig.hello(1);
  rig.ask(1, Open{"s", audio()});
  rig.command(1, Close{"s", ""});
  EXPECT_EQ(rig.ports_in_use(), 2U);
  rig.command(1, Open{"s", audio()});  // the id is free at once
  EXPECT_EQ(rig.ports_in_use(), 4U);
  rig.settle();
  EXPECT_EQ(rig.ports_in_use(), 2U);
  rig.check_books();
}

TEST(Sessions, ModifyIsTheFullStateWanted) {
  Rig rig;
  rig.hello(1);
  const auto opened = get<Opened>(rig.ask(1, Open{"s", audio(2)}));
  SessionSpec spec = audio(3);
  spec.flows.erase(spec.flows.begin());  // without flow 0, with a new flow 2
  spec.flows[0].a.remote_rtp = endpoint("192.0.2.50:4000");
  spec.suspended = true;
  const auto modified = get<Modified>(rig.ask(1, Modify{"s", spec}));
  ASSERT_EQ(modified.flows.size(), 2U);
  EXPECT_EQ(modified.flows[0], opened.flows[1]);
  EXPECT_EQ(modified.flows[1].index, 2U);
  EXPECT_EQ(rig.ports_in_use(), 4U);
  EXPECT_EQ(rig.replaced, 1U);
  for (const auto& [flow, s] : rig.specs)
    if (rig.installed.contains(flow)) {
      EXPECT_TRUE(s.suspended);
    }
  rig.check_books();
  EXPECT_EQ(get<Closed>(rig.ask(1, Close{"s", ""})).stats.size(), 3U);
}

TEST(Sessions, AFlowThatChangesItsNetworkGetsNewPorts) {
  Rig rig;
  rig.hello(1);
  const auto opened = get<Opened>(rig.ask(1, Open{"s", audio()}));
  SessionSpec spec = audio();
  spec.flows[0].b.network = "access";
  const auto modified = get<Modified>(rig.ask(1, Modify{"s", spec}));
  EXPECT_NE(modified.flows[0].a, opened.flows[0].a);
  EXPECT_EQ(modified.flows[0].b.rtp.ip.text(), "198.51.100.1");
  EXPECT_EQ(rig.ports_in_use(), 2U);
  rig.check_books();
}

TEST(Sessions, ModifyThatCannotBeDoneChangesNothing) {
  Rig rig;
  rig.hello(1);
  const auto opened = get<Opened>(rig.ask(1, Open{"s", audio()}));
  SessionSpec spec = audio(3);
  spec.flows[2].b.network = "nowhere";
  EXPECT_EQ(error_in(rig.ask(1, Modify{"s", spec})), ErrorCode::UnknownNetwork);
  EXPECT_EQ(error_in(rig.ask(1, Modify{"s", audio(11)})), ErrorCode::NoPorts);
  spec = audio();
  spec.flows[0].a.remote_rtp = endpoint("[2001:db8::1]:4000");
  EXPECT_EQ(error_in(rig.ask(1, Modify{"s", spec})), ErrorCode::BadSpec);
  EXPECT_EQ(get<Queried>(rig.ask(1, Query{"s"})).flows, opened.flows);
  EXPECT_EQ(rig.ports_in_use(), 2U);
  EXPECT_EQ(error_in(rig.ask(1, Modify{"other", audio()})), ErrorCode::UnknownSession);
  rig.check_books();
}

TEST(Sessions, SrtpReachesTheFlowAndUnknownSuitesAreRefused) {
  Rig rig;
  rig.hello(1);
  const std::vector<std::byte> key(30, std::byte{7});
  const control::SrtpStream stream{"AES_CM_128_HMAC_SHA1_80", {{base::Secret(key), "", 0}}};
  SessionSpec spec = audio();
  spec.flows[0].b.srtp = control::Srtp{stream, std::nullopt};
  get<Opened>(rig.ask(1, Open{"s", spec}));
  const flow::Spec& installed = rig.specs.begin()->second;
  EXPECT_EQ(installed.a.srtp, std::nullopt);
  ASSERT_TRUE(installed.b.srtp);
  EXPECT_EQ(installed.b.srtp->receive, std::nullopt);
  EXPECT_EQ(*installed.b.srtp->send, (secure::Parameters{secure::Suite::AesCm128HmacSha1_80,
                                                         {{base::Secret(key), "", secure::kMaxRtpLifetime}}}));
  SessionSpec other = spec;
  other.flows[0].b.srtp->send->suite = "F8_128_HMAC_SHA1_80";
  EXPECT_EQ(error_in(rig.ask(1, Modify{"s", other})), ErrorCode::BadSpec);
  other.flows[0].b.srtp->send->suite = "AEAD_AES_128_GCM";  // whose keys are shorter
  EXPECT_EQ(error_in(rig.ask(1, Modify{"s", other})), ErrorCode::BadSpec);
  EXPECT_EQ(rig.specs.begin()->second.b.srtp, installed.b.srtp);
}

TEST(Sessions, ExhaustionIsAClearErrorAndEndsWithTheQuarantine) {
  Rig rig;
  rig.hello(1);
  EXPECT_TRUE(std::holds_alternative<Opened>(rig.ask(1, Open{"s", audio(10)})));
  const Reply reply = rig.ask(1, Open{"t", audio()});
  EXPECT_EQ(error_in(reply), ErrorCode::NoPorts);
  EXPECT_EQ(std::get<Error>(reply).text, "network access: none of 10 port pairs is free (10 in use, 0 in quarantine)");
  EXPECT_EQ(rig.sessions.live(), 1U);
  rig.ask(1, Close{"s", ""});
  EXPECT_EQ(error_in(rig.ask(1, Open{"t", audio()})), ErrorCode::NoPorts);
  rig.now += base::seconds(60);
  EXPECT_TRUE(std::holds_alternative<Opened>(rig.ask(1, Open{"t", audio()})));
  rig.check_books();
}

TEST(Sessions, WhereNoPortIsFreeOneThatHasRestedForHalfItsTimeIsTaken) {
  Rig rig;
  rig.hello(1);
  EXPECT_TRUE(std::holds_alternative<Opened>(rig.ask(1, Open{"s", audio(10)})));
  rig.ask(1, Close{"s", ""});
  rig.now += base::seconds(29);
  EXPECT_EQ(error_in(rig.ask(1, Open{"t", audio()})), ErrorCode::NoPorts);
  EXPECT_EQ(rig.sessions.counters().ports_early, 0U);
  rig.now += base::seconds(1);
  EXPECT_TRUE(std::holds_alternative<Opened>(rig.ask(1, Open{"t", audio()})));
  EXPECT_EQ(rig.sessions.counters().ports_early, 2U);
  rig.check_books();
}

TEST(Sessions, NetworksWithTheSameRangeShareIt) {
  Config config = test_config();
  config.networks[1] = config.networks[0];
  config.networks[1].name = "core";
  Rig rig(config);
  rig.hello(1);
  EXPECT_TRUE(std::holds_alternative<Opened>(rig.ask(1, Open{"s", audio(5)})));
  EXPECT_EQ(error_in(rig.ask(1, Open{"t", audio()})), ErrorCode::NoPorts);
  EXPECT_EQ(rig.open.size(), 10U);
}

TEST(Sessions, APortThatCannotBeBoundIsReplacedByAnother) {
  Rig rig;
  rig.hello(1);
  rig.fail_binds = kMaxBindAttempts - 1;
  EXPECT_TRUE(std::holds_alternative<Opened>(rig.ask(1, Open{"s", audio()})));
  EXPECT_EQ(rig.sessions.counters().bind_failures, kMaxBindAttempts - 1);
  rig.check_books();
}

TEST(Sessions, SocketsAreBoundWithTheMarkThatTheControllerNames) {
  Config config = test_config();
  config.dscp = 12;
  Rig rig(config);
  rig.hello(1);
  rig.answer_binds = false;
  Open open{"s", audio()};
  open.spec.flows[0].b.dscp = 34;
  rig.command(1, open);
  ASSERT_EQ(rig.unanswered.size(), 2U);
  EXPECT_EQ(rig.unanswered[0].dscp, 12);
  EXPECT_EQ(rig.unanswered[1].dscp, 34);
  rig.answer_binds = true;
  while (!rig.unanswered.empty()) rig.answer_next_bind();
  const flow::Spec& spec = rig.specs.begin()->second;
  EXPECT_EQ(spec.a.dscp, 12);
  EXPECT_EQ(spec.b.dscp, 34);
}

// Video may be shut, and text comes when somebody types: neither is one-sided audio.
TEST(Sessions, OnlyAudioIsListenedToForOneSidedSilence) {
  Rig rig;
  rig.hello(1);
  Open open{"s", audio(3)};
  open.spec.flows[1].kind = "video";
  open.spec.flows[2].kind = "text";
  open.spec.one_sided_ms = 5000;
  rig.ask(1, open);
  ASSERT_EQ(rig.specs.size(), 3U);
  std::size_t listened = 0;
  for (const auto& [flow, spec] : rig.specs) {
    if (spec.one_sided_timeout == base::Duration{}) continue;
    EXPECT_EQ(spec.one_sided_timeout, base::seconds(5));
    ++listened;
  }
  EXPECT_EQ(listened, 1U);
}

TEST(Sessions, APeerMayBeHeardFromElsewhere) {
  Rig rig;
  rig.hello(1);
  Open open{"s", audio()};
  open.spec.flows[0].a.latch = control::LatchMode::Hear;
  rig.ask(1, open);
  EXPECT_EQ(rig.specs.begin()->second.a.latch, flow::LatchMode::Hear);
  EXPECT_EQ(rig.specs.begin()->second.b.latch, flow::LatchMode::Strict);
}

TEST(Sessions, BindingIsTriedABoundedNumberOfTimes) {
  Config config = test_config();
  config.networks[0].last_port = 20199;
  config.networks[1].last_port = 30199;
  Rig rig(config);
  rig.hello(1);
  rig.fail_binds = 1000;
  EXPECT_EQ(error_in(rig.ask(1, Open{"s", audio(3)})), ErrorCode::NoPorts);
  EXPECT_LE(rig.binds, 6 * kMaxBindAttempts);
  EXPECT_EQ(rig.ports_in_use(), 0U);
  EXPECT_EQ(rig.sessions.live(), 0U);
  EXPECT_EQ(rig.sessions.flows(), 0U);
  rig.fail_binds = 1;
  rig.hopeless = true;
  rig.binds = 0;
  EXPECT_EQ(error_in(rig.ask(1, Open{"s", audio()})), ErrorCode::Internal);
  EXPECT_EQ(rig.open.size(), 0U);
}

TEST(Sessions, CommandsForASessionThatIsBeingBoundWaitInOrder) {
  Rig rig;
  rig.hello(1);
  rig.answer_binds = false;
  rig.command(1, Open{"s", audio()});
  const std::size_t before = rig.replies.size();
  rig.command(1, Modify{"s", audio()});
  rig.command(1, Close{"s", ""});
  rig.command(1, Open{"s", audio()});
  EXPECT_EQ(rig.replies.size(), before);
  rig.answer_next_bind();
  rig.answer_next_bind();
  rig.settle();
  ASSERT_EQ(rig.replies.size(), before + 3);
  EXPECT_TRUE(std::holds_alternative<Opened>(rig.replies[before].reply));
  EXPECT_TRUE(std::holds_alternative<Modified>(rig.replies[before + 1].reply));
  EXPECT_TRUE(std::holds_alternative<Closed>(rig.replies[before + 2].reply));
  rig.answer_next_bind();
  rig.answer_next_bind();
  EXPECT_TRUE(std::holds_alternative<Opened>(rig.replies.back().reply));
  rig.check_books();
}

TEST(Sessions, DeferredCommandsAreLimited) {
  Rig rig;
  rig.hello(1);
  rig.answer_binds = false;
  rig.command(1, Open{"s", audio()});
  const std::size_t before = rig.replies.size();
  for (std::size_t i = 0; i < kMaxDeferred; ++i) rig.command(1, Query{"s"});
  EXPECT_EQ(rig.replies.size(), before);
  rig.command(1, Query{"s"});
  ASSERT_EQ(rig.replies.size(), before + 1);
  EXPECT_EQ(error_in(rig.replies.back().reply), ErrorCode::Internal);
  while (!rig.unanswered.empty()) rig.answer_next_bind();
  rig.settle();
  EXPECT_EQ(rig.replies.size(), before + 2 + kMaxDeferred);
}

TEST(Sessions, LimitOfSessionsHolds) {
  Rig rig;
  rig.hello(1);
  for (int i = 0; i < 8; ++i)
    EXPECT_TRUE(std::holds_alternative<Opened>(rig.ask(1, Open{"s" + std::to_string(i), audio()}))) << i;
  EXPECT_EQ(error_in(rig.ask(1, Open{"s8", audio()})), ErrorCode::SessionLimit);
  EXPECT_TRUE(std::holds_alternative<Opened>(rig.ask(1, Open{"s0", audio()})));  // it exists
}

TEST(Sessions, WhatComesFirstFindsATenthMoreAndADrainOpen) {
  Rig rig;
  rig.hello(1);
  control::SessionSpec urgent = audio();
  urgent.first = true;
  for (int i = 0; i < 8; ++i) rig.ask(1, Open{"s" + std::to_string(i), audio()});
  EXPECT_TRUE(std::holds_alternative<Opened>(rig.ask(1, Open{"help", urgent})));
  EXPECT_EQ(error_in(rig.ask(1, Open{"one-more", urgent})), ErrorCode::SessionLimit);
  rig.ask(1, Close{"s0", ""});
  rig.ask(1, Close{"s1", ""});
  rig.drain(base::seconds(10));
  EXPECT_EQ(error_in(rig.ask(1, Open{"plain", audio()})), ErrorCode::Draining);
  EXPECT_TRUE(std::holds_alternative<Opened>(rig.ask(1, Open{"help-2", urgent})));
}

TEST(Sessions, ControllersDoNotSeeEachOther) {
  Rig rig;
  rig.hello(1, "edge-0");
  rig.hello(2, "edge-1");
  rig.ask(1, Open{"s", audio()});
  EXPECT_EQ(error_in(rig.ask(2, Query{"s"})), ErrorCode::UnknownSession);
  EXPECT_FALSE(get<Closed>(rig.ask(2, Close{"s", ""})).existed);
  EXPECT_TRUE(std::holds_alternative<Opened>(rig.ask(2, Open{"s", audio()})));
  EXPECT_EQ(rig.sessions.live(), 2U);
}

TEST(Sessions, ListComesInPages) {
  Config config = test_config();
  config.max_sessions = 2000;
  Rig rig(config);
  rig.hello(1);
  for (std::size_t i = 0; i < kListPage + 1; ++i) rig.ask(1, Open{"s" + std::to_string(10'000 + i), {}});
  const auto first = get<Listed>(rig.ask(1, List{}));
  EXPECT_EQ(first.ids.size(), kListPage);
  EXPECT_EQ(first.next, first.ids.back());
  rig.ask(1, Close{first.next, ""});  // the cursor needs no session
  const auto second = get<Listed>(rig.ask(1, List{first.next}));
  EXPECT_EQ(second.ids.size(), 1U);
  EXPECT_EQ(second.next, "");
}

TEST(Sessions, DrainingOpensNothingNewButServesWhatIsThere) {
  Rig rig;
  rig.hello(1);
  rig.ask(1, Open{"s", audio()});
  rig.drain(base::seconds(10));
  EXPECT_EQ(error_in(rig.ask(1, Open{"t", audio()})), ErrorCode::Draining);
  EXPECT_TRUE(std::holds_alternative<Opened>(rig.ask(1, Open{"s", audio()})));
  EXPECT_TRUE(std::holds_alternative<Modified>(rig.ask(1, Modify{"s", audio(2)})));
}

TEST(Sessions, EveryControllerIsToldAtOnceThatTheRelayDrains) {
  Rig rig;
  rig.hello(1, "edge-0");
  rig.hello(2, "edge-1");
  rig.ask(1, Subscribe{kAllEvents});
  rig.drain(base::seconds(10));
  ASSERT_EQ(rig.events.size(), 1U);
  EXPECT_EQ(rig.events[0].link, 1U);
  EXPECT_EQ(rig.events[0].event, Event(Draining{10'000}));
  // Who listens later hears what is left of the time.
  rig.now += base::seconds(4);
  rig.ask(2, Subscribe{kAllEvents});
  ASSERT_EQ(rig.events.size(), 2U);
  EXPECT_EQ(rig.events[1].link, 2U);
  EXPECT_EQ(rig.events[1].event, Event(Draining{6'000}));
  rig.now += base::seconds(9);
  rig.ask(2, Subscribe{kAllEvents});
  EXPECT_EQ(rig.events[2].event, Event(Draining{0}));
}

TEST(Sessions, APongTellsTheLoadOfAllControllersTogether) {
  Config config = test_config();
  config.max_sessions = 50;
  Rig rig(config);
  rig.hello(1, "edge-0");
  rig.hello(2, "edge-1");
  rig.ask(1, Open{"s", audio()});
  rig.ask(2, Open{"s", audio()});
  rig.ask(2, Open{"t", audio()});
  EXPECT_EQ(get<Pong>(rig.ask(1, Ping{})), (Pong{3, 50, 2}));
}

TEST(Sessions, EventsGoToSubscribersOnly) {
  Rig rig;
  rig.hello(1);
  rig.ask(1, Open{"s", audio()});
  const FlowHandle flow = FlowHandle::unpack(rig.installed.begin()->first);
  const auto tell = [&](const flow::Event& event) {
    Actions out;
    rig.sessions.on_flow_event(flow, event, out);
    rig.act(std::move(out));
  };
  const flow::Event first = flow::FirstPacket{flow::Side::B, endpoint("10.0.0.9:4000"), 1};
  tell(first);
  EXPECT_TRUE(rig.events.empty());
  rig.ask(1, Subscribe{static_cast<std::uint32_t>(EventKind::FirstPacket)});
  tell(first);
  tell(flow::MediaLost{base::seconds(30)});
  ASSERT_EQ(rig.events.size(), 1U);
  EXPECT_EQ(rig.events[0].event, Event(FirstPacket{"s", 0, HalfSide::B, endpoint("10.0.0.9:4000")}));
  rig.ask(1, Subscribe{kAllEvents});
  tell(flow::MediaLost{base::seconds(30)});
  ASSERT_EQ(rig.events.size(), 2U);
  EXPECT_EQ(rig.events[1].event, Event(MediaLost{"s", 0, 30'000}));
  EXPECT_EQ(rig.sessions.counters().media_lost, 2U);
  flow::Quality quality;
  for (const int stay : {30, 91}) quality.from[0].residence.add(base::microseconds(stay));
  tell(quality);
  ASSERT_EQ(rig.events.size(), 3U);
  const FlowStats& lately = std::get<Quality>(rig.events[2].event).lately;
  EXPECT_EQ(lately.a.residence_mean_us, 61U);
  EXPECT_EQ(lately.a.residence_max_us, 91U);
  EXPECT_EQ(lately.b.residence_max_us, 0U);
}

TEST(Sessions, AFlowThatAWorkerCannotInstallEndsItsSession) {
  Rig rig;
  rig.hello(1);
  rig.ask(1, Subscribe{});
  rig.ask(1, Open{"s", audio(2)});
  const std::uint64_t failed = rig.installed.begin()->first;
  for (const auto& port : rig.installed[failed]) rig.open.erase(port);
  rig.installed.erase(failed);
  Actions out;
  rig.sessions.on_flow_failed(FlowHandle::unpack(failed), true, "epoll said no", rig.now, out);
  rig.act(std::move(out));
  rig.settle();
  ASSERT_EQ(rig.events.size(), 1U);
  EXPECT_EQ(std::get<SessionClosed>(rig.events[0].event).reason, "epoll said no");
  EXPECT_EQ(rig.sessions.live(), 0U);
  EXPECT_EQ(rig.ports_in_use(), 0U);
  rig.check_books();
}

TEST(Sessions, QueryTellsAddressesStatisticsAndAge) {
  Rig rig;
  rig.hello(1);
  const auto opened = get<Opened>(rig.ask(1, Open{"s", audio(2)}));
  rig.now += base::seconds(5);
  const auto queried = get<Queried>(rig.ask(1, Query{"s"}));
  EXPECT_EQ(queried.flows, opened.flows);
  EXPECT_EQ(queried.stats.size(), 2U);
  EXPECT_EQ(queried.age_ms, 5000U);
}

}  // namespace
}  // namespace session
