// The engine under a manual clock, over the memory back end.

#include "media-relay/worker/engine.h"

#include <gtest/gtest.h>

#include "media-relay/io/memory.h"

namespace worker {
namespace {

using base::seconds;

base::Endpoint endpoint(const char* text) {
  return *base::Endpoint::parse(text);
}

const base::Endpoint kLocalA = endpoint("192.0.2.1:16384");
const base::Endpoint kLocalARtcp = endpoint("192.0.2.1:16385");
const base::Endpoint kLocalB = endpoint("192.0.2.1:16386");
const base::Endpoint kLocalBRtcp = endpoint("192.0.2.1:16387");
const base::Endpoint kPhoneA = endpoint("198.51.100.10:4000");
const base::Endpoint kPhoneB = endpoint("203.0.113.20:5000");

std::string rtp(unsigned char sequence) {
  return std::string("\x80\x00\x00", 3) + static_cast<char>(sequence) + std::string("\0\0\0\0\0\0\0\x07", 8) + "audio";
}

struct Rig {
  io::MemoryBackend backend;
  Counters counters;
  Engine engine{backend, counters, {1, 2}};
  base::Instant now{seconds(100)};
  std::vector<Event> events;

  static InstallFlow flow(std::uint64_t id) {
    InstallFlow c;
    c.id = {id};
    c.spec.a.remote_rtp = kPhoneA;
    c.spec.b.remote_rtp = kPhoneB;
    c.a = {io::memory_socket(kLocalA), io::memory_socket(kLocalARtcp)};
    c.b = {io::memory_socket(kLocalB), io::memory_socket(kLocalBRtcp)};
    return c;
  }
  void apply(Command command) { engine.apply(command, now, events); }
  void turn() {
    packet::Batch batch;
    backend.receive(batch, {});
    engine.walk(batch, now, events);
    backend.transmit(batch);
    engine.on_deadlines(now, events);
  }
  template <typename T>
  std::vector<T> told() const {
    std::vector<T> out;
    for (const Event& e : events)
      if (const T* t = std::get_if<T>(&e)) out.push_back(*t);
    return out;
  }
};

TEST(Engine, RelaysWhatAFlowLetsThrough) {
  Rig rig;
  rig.apply(Rig::flow(1));
  ASSERT_TRUE(rig.backend.deliver({kPhoneA, kLocalA, rtp(1)}));
  ASSERT_TRUE(rig.backend.deliver({kPhoneB, kLocalA, rtp(1)}));
  rig.turn();
  const auto sent = rig.backend.take_sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].from, kLocalB);
  EXPECT_EQ(sent[0].to, kPhoneB);
  EXPECT_EQ(sent[0].bytes, rtp(1));
  EXPECT_EQ(rig.counters.rtp_packets.value(), 1u);
  EXPECT_EQ(rig.counters.drops[static_cast<std::size_t>(flow::Drop::WrongSource)].value(), 1u);
  const auto told = rig.told<FlowEvent>();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].id, FlowId{1});
  EXPECT_TRUE(std::holds_alternative<flow::FirstPacket>(told[0].event));
}

TEST(Engine, ReplacesASpecBetweenBatches) {
  Rig rig;
  rig.apply(Rig::flow(1));
  ReplaceFlow replace{{1}, {}};
  replace.spec.a.remote_rtp = kPhoneA;
  replace.spec.b.remote_rtp = endpoint("203.0.113.21:7000");
  rig.apply(std::move(replace));
  rig.backend.deliver({kPhoneA, kLocalA, rtp(1)});
  rig.turn();
  EXPECT_EQ(rig.backend.take_sent().at(0).to, endpoint("203.0.113.21:7000"));
}

TEST(Engine, AReplacementMarksWhatIsSentFromThenOn) {
  Rig rig;
  rig.apply(Rig::flow(1));
  const auto mark_of_next = [&rig](unsigned char sequence) {
    rig.backend.deliver({kPhoneA, kLocalA, rtp(sequence)});
    rig.turn();
    return rig.backend.take_sent().at(0).dscp;
  };
  EXPECT_EQ(mark_of_next(1), std::nullopt) << "the sockets come marked as the flow begins";
  const auto replace = [&rig](std::uint8_t dscp) {
    ReplaceFlow command{{1}, {}};
    command.spec.a.remote_rtp = kPhoneA;
    command.spec.b.remote_rtp = kPhoneB;
    command.spec.b.dscp = dscp;
    rig.apply(std::move(command));
  };
  replace(flow::kDefaultDscp);
  EXPECT_EQ(mark_of_next(2), std::nullopt) << "nothing has changed";
  replace(34);
  EXPECT_EQ(mark_of_next(3), 34);
  EXPECT_EQ(rig.counters.marks_refused.value(), 0U);
}

// RFC 3550 6.6: the stream ends for who leaves, and goes on with who takes its place, at another port.
TEST(Engine, AReplacementWithSocketsClosesThoseOfTheHalf) {
  Rig rig;
  InstallFlow install = Rig::flow(1);
  install.spec.a.rewrite = install.spec.b.rewrite = flow::Rewrite{{}, false, true};
  rig.apply(std::move(install));
  const base::Endpoint fresh = endpoint("192.0.2.1:16390");
  const base::Endpoint third = endpoint("203.0.113.30:7000");
  rig.backend.deliver({kPhoneA, kLocalA, rtp(1)});
  rig.turn();
  ASSERT_EQ(rig.backend.take_sent().size(), 1U);
  ReplaceFlow replace{{1}, {}};
  replace.spec.a.remote_rtp = kPhoneA;
  replace.spec.b.remote_rtp = third;
  replace.spec.b.party = 1;
  replace.spec.a.rewrite = replace.spec.b.rewrite = flow::Rewrite{{}, false, true};
  replace.b = {io::memory_socket(fresh), io::memory_socket(endpoint("192.0.2.1:16391"))};
  rig.apply(std::move(replace));
  const auto farewell = rig.backend.take_sent();
  ASSERT_EQ(farewell.size(), 1U);
  EXPECT_EQ(farewell[0].from, kLocalBRtcp);
  EXPECT_EQ(static_cast<unsigned char>(farewell[0].bytes.at(farewell[0].bytes.size() - 7)), 203) << "BYE";
  EXPECT_FALSE(rig.backend.deliver({kPhoneB, kLocalB, rtp(1)})) << "the port is closed";
  rig.backend.deliver({kPhoneA, kLocalA, rtp(2)});
  rig.backend.deliver({third, fresh, rtp(9)});
  rig.turn();
  const auto sent = rig.backend.take_sent();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].from, fresh);
  EXPECT_EQ(sent[0].to, third);
  EXPECT_EQ(sent[1].to, kPhoneA);
  rig.apply(RemoveFlow{{1}});
  EXPECT_FALSE(rig.backend.deliver({third, fresh, rtp(10)}));
}

// The local endpoints, which the loop guard needs, are known from the sockets whatever a replacement says.
TEST(Engine, AReplacementKeepsTheLoopGuard) {
  Rig rig;
  rig.apply(Rig::flow(1));
  ReplaceFlow replace{{1}, {}};
  replace.spec.a.remote_rtp = kPhoneA;
  replace.spec.b.remote_rtp = kLocalA;
  rig.apply(std::move(replace));
  rig.backend.deliver({kPhoneA, kLocalA, rtp(1)});
  rig.turn();
  EXPECT_TRUE(rig.backend.take_sent().empty());
  EXPECT_EQ(rig.counters.drops[static_cast<std::size_t>(flow::Drop::Loop)].value(), 1u);
}

TEST(Engine, RemovingClosesThePortsAndTellsTheLastStatistics) {
  Rig rig;
  rig.apply(Rig::flow(1));
  EXPECT_EQ(rig.backend.attached(), 4u);
  EXPECT_EQ(rig.counters.flows.value(), 1u);
  rig.backend.deliver({kPhoneA, kLocalA, rtp(1)});
  rig.turn();
  rig.apply(RemoveFlow{{1}});
  EXPECT_EQ(rig.backend.attached(), 0u);
  EXPECT_EQ(rig.counters.flows.value(), 0u);
  const auto removed = rig.told<FlowRemoved>();
  ASSERT_EQ(removed.size(), 1u);
  EXPECT_TRUE(removed[0].found);
  EXPECT_EQ(removed[0].stats.a().rtp_packets_in, 1u);
  EXPECT_EQ(removed[0].stats.b().rtp_packets_out, 1u);
  rig.apply(RemoveFlow{{1}});
  EXPECT_FALSE(rig.told<FlowRemoved>().back().found);
}

TEST(Engine, AnswersQueriesWithTheirToken) {
  Rig rig;
  rig.apply(Rig::flow(1));
  rig.apply(QueryFlow{{1}, 77});
  rig.apply(QueryFlow{{2}, 78});
  const auto answers = rig.told<FlowStats>();
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].token, 77u);
  EXPECT_TRUE(answers[0].found);
  EXPECT_EQ(answers[1].token, 78u);
  EXPECT_FALSE(answers[1].found);
}

TEST(Engine, TellsHowLongThePacketsOfEachSideStayed) {
  Rig rig;
  rig.apply(Rig::flow(1));
  const auto stay = [&rig](std::initializer_list<io::MemoryBackend::Datagram> datagrams, base::Duration d) {
    for (const auto& datagram : datagrams) rig.backend.deliver(datagram);
    packet::Batch batch;
    rig.backend.receive(batch, {});
    rig.engine.walk(batch, rig.now, rig.events);
    rig.engine.sent(batch, d);
  };
  const base::Endpoint stranger = endpoint("192.0.2.66:6666");
  stay({{kPhoneA, kLocalA, rtp(1)}, {kPhoneB, kLocalB, rtp(1)}, {stranger, kLocalB, rtp(2)}}, base::microseconds(30));
  stay({{kPhoneA, kLocalA, rtp(2)}}, base::microseconds(90));
  rig.apply(QueryFlow{{1}, 7});
  const flow::Stats stats = rig.told<FlowStats>().at(0).stats;
  EXPECT_EQ(stats.a().residence.packets, 2U);
  EXPECT_EQ(stats.a().residence.sum, base::microseconds(120));
  EXPECT_EQ(stats.a().residence.longest, base::microseconds(90));
  EXPECT_EQ(stats.b().residence.packets, 1U) << "what was dropped stayed";
}

TEST(Engine, ReportsLostMediaWhenDue) {
  Rig rig;
  InstallFlow install = Rig::flow(1);
  install.spec.media_timeout = seconds(30);
  rig.apply(std::move(install));
  EXPECT_EQ(rig.engine.next_deadline(), rig.now + seconds(30));
  rig.now += seconds(20);
  rig.backend.deliver({kPhoneA, kLocalA, rtp(1)});
  rig.turn();
  rig.now += seconds(29);
  rig.turn();
  EXPECT_EQ(rig.counters.media_lost.value(), 0u);
  rig.now += seconds(1);
  rig.turn();
  EXPECT_EQ(rig.counters.media_lost.value(), 1u);
  EXPECT_TRUE(std::holds_alternative<flow::MediaLost>(rig.told<FlowEvent>().back().event));
}

TEST(Engine, ARemovedFlowHasNoDeadline) {
  Rig rig;
  InstallFlow install = Rig::flow(1);
  install.spec.media_timeout = seconds(30);
  rig.apply(std::move(install));
  rig.apply(RemoveFlow{{1}});
  EXPECT_EQ(rig.engine.next_deadline(), base::kNever);
}

TEST(Engine, AFailedInstallLeavesNothingBehind) {
  Rig rig;
  rig.apply(Rig::flow(1));
  rig.apply(Rig::flow(1));  // same id
  InstallFlow same_ports = Rig::flow(2);
  same_ports.a = {io::memory_socket(endpoint("192.0.2.1:20000")), io::memory_socket(endpoint("192.0.2.1:20001"))};
  rig.apply(std::move(same_ports));  // side b's ports are taken
  InstallFlow no_rtcp = Rig::flow(3);
  no_rtcp.a = {io::memory_socket(endpoint("192.0.2.1:20000")), {}};
  rig.apply(std::move(no_rtcp));
  InstallFlow bad = Rig::flow(4);
  bad.spec.media_timeout = base::Duration(1);
  rig.apply(std::move(bad));
  const auto failed = rig.told<FlowFailed>();
  ASSERT_EQ(failed.size(), 4u);
  for (const auto& f : failed) EXPECT_TRUE(f.installing);
  EXPECT_EQ(rig.backend.attached(), 4u);
  EXPECT_EQ(rig.engine.flows(), 1u);
  rig.backend.deliver({kPhoneA, kLocalA, rtp(1)});  // the first flow is untouched
  rig.turn();
  EXPECT_EQ(rig.backend.take_sent().size(), 1u);
}

TEST(Engine, AFailedReplacementChangesNothing) {
  Rig rig;
  rig.apply(Rig::flow(1));
  ReplaceFlow bad{{1}, {}};
  bad.spec.media_timeout = base::Duration(1);
  rig.apply(std::move(bad));
  rig.apply(ReplaceFlow{{9}, {}});
  EXPECT_EQ(rig.told<FlowFailed>().size(), 2u);
  rig.backend.deliver({kPhoneA, kLocalA, rtp(1)});
  rig.turn();
  EXPECT_EQ(rig.backend.take_sent().size(), 1u);
}

TEST(Engine, AMultiplexedSideNeedsNoRtcpSocket) {
  Rig rig;
  InstallFlow install = Rig::flow(1);
  install.spec.a.rtcp_mux = true;
  install.a.rtcp = io::Socket();
  rig.apply(std::move(install));
  EXPECT_EQ(rig.engine.flows(), 1u);
  EXPECT_EQ(rig.backend.attached(), 3u);
}

TEST(Engine, PortsThatComeBackBelongToTheirNewFlow) {
  Rig rig;
  rig.apply(Rig::flow(1));
  rig.apply(RemoveFlow{{1}});
  InstallFlow second = Rig::flow(2);
  second.spec.a.remote_rtp = endpoint("198.51.100.77:4000");
  rig.apply(std::move(second));
  rig.backend.deliver({kPhoneA, kLocalA, rtp(1)});  // the old peer still sends
  rig.backend.deliver({endpoint("198.51.100.77:4000"), kLocalA, rtp(1)});
  rig.turn();
  EXPECT_EQ(rig.backend.take_sent().size(), 1u);
}

// A flow that uses the transport of another one toward side A.
InstallFlow guest_of(std::uint64_t carrier, std::uint64_t id) {
  InstallFlow c;
  c.id = {id};
  c.spec.a.shared = true;
  c.spec.a.payload_types.set(96);
  c.spec.b.remote_rtp = kPhoneB;
  c.b = {io::memory_socket(endpoint("192.0.2.1:16390")), io::memory_socket(endpoint("192.0.2.1:16391"))};
  c.carriers[0] = {carrier};
  return c;
}

InstallFlow web(std::uint64_t id) {
  InstallFlow c = Rig::flow(id);
  static const std::string password = "our-password-of-24-bytes";
  c.spec.a.rtcp_mux = true;
  c.spec.a.ice = ice::Parameters{"ours", base::Secret(std::as_bytes(std::span(password))), "them"};
  return c;
}

TEST(Engine, AGuestNeedsATransportWithIce) {
  Rig rig;
  rig.apply(guest_of(7, 8));
  rig.apply(Rig::flow(1));
  rig.apply(guest_of(1, 9));
  const auto failed = rig.told<FlowFailed>();
  ASSERT_EQ(failed.size(), 2U);
  EXPECT_EQ(failed[0].id, FlowId{8});
  EXPECT_EQ(failed[1].id, FlowId{9});
  EXPECT_EQ(rig.engine.flows(), 1U);
}

// RFC 9143 7.4: both were offered with a transport of their own.
TEST(Engine, AFlowThatBecomesAGuestClosesItsPortsThere) {
  Rig rig;
  rig.apply(web(1));
  InstallFlow second = web(2);
  second.a = {io::memory_socket(endpoint("192.0.2.1:16394")), io::memory_socket(endpoint("192.0.2.1:16395"))};
  second.b = {io::memory_socket(endpoint("192.0.2.1:16390")), io::memory_socket(endpoint("192.0.2.1:16391"))};
  rig.apply(std::move(second));
  ASSERT_TRUE(rig.told<FlowFailed>().empty());
  const std::size_t ports = rig.backend.attached();
  const flow::Spec joined = guest_of(1, 2).spec;
  rig.apply(ReplaceFlow{{2}, joined, {FlowId{1}, FlowId{}}});
  EXPECT_EQ(rig.backend.attached(), ports - 2);
  rig.apply(ReplaceFlow{{2}, joined, {FlowId{1}, FlowId{}}});
  EXPECT_EQ(rig.backend.attached(), ports - 2);
  rig.apply(ReplaceFlow{{2}, joined, {}});  // nobody to share with
  EXPECT_EQ(rig.told<FlowFailed>().size(), 1U);
  rig.apply(RemoveFlow{{1}});
  rig.apply(RemoveFlow{{2}});
  EXPECT_EQ(rig.told<FlowRemoved>().size(), 2U);
  EXPECT_EQ(rig.backend.attached(), 0U);
}

TEST(Engine, TransportAndGuestMayGoInAnyOrder) {
  for (const bool guest_first : {true, false}) {
    Rig rig;
    rig.apply(web(1));
    rig.apply(guest_of(1, 2));
    ASSERT_TRUE(rig.told<FlowFailed>().empty());
    EXPECT_EQ(rig.engine.flows(), 2U);
    rig.apply(RemoveFlow{{guest_first ? 2U : 1U}});
    rig.turn();
    rig.apply(RemoveFlow{{guest_first ? 1U : 2U}});
    EXPECT_EQ(rig.told<FlowRemoved>().size(), 2U);
    EXPECT_EQ(rig.engine.flows(), 0U);
  }
}

TEST(Engine, ACopyLeavesBesideItsPacket) {
  Rig rig;
  rig.apply(Rig::flow(1));
  const base::Endpoint recorder = endpoint("198.51.100.99:8000");
  const base::Endpoint local = endpoint("192.0.2.1:16390");
  InstallFlow copy;
  copy.id = {2};
  copy.carriers[0] = {1};
  copy.spec.a.copies = flow::Side::A;
  copy.spec.b.remote_rtp = recorder;
  copy.b = {io::memory_socket(local), io::memory_socket(endpoint("192.0.2.1:16391"))};
  rig.apply(std::move(copy));
  rig.backend.deliver({kPhoneA, kLocalA, rtp(1)});
  rig.backend.deliver({kPhoneB, kLocalB, rtp(1)});
  rig.turn();
  std::size_t copies = 0;
  const auto sent = rig.backend.take_sent();
  for (const auto& packet : sent) {
    if (packet.from != local) continue;
    ++copies;
    EXPECT_EQ(packet.to, recorder);
    EXPECT_EQ(packet.bytes, rtp(1));
  }
  EXPECT_EQ(sent.size(), 3U);
  EXPECT_EQ(copies, 1U);
  const auto heard = [&rig](std::uint64_t id) {
    std::size_t count = 0;
    for (const auto& e : rig.told<FlowEvent>()) count += e.id == FlowId{id};
    return count;
  };
  EXPECT_EQ(heard(1), 2U);
  EXPECT_EQ(heard(2), 1U);
  rig.apply(RemoveFlow{{1}});
  rig.apply(RemoveFlow{{2}});
  EXPECT_EQ(rig.engine.flows(), 0U);
}

TEST(Engine, SoundsArePlayedToManyForOneEncoding) {
  Rig rig;
  const auto audio = std::make_shared<const codec::Audio>(codec::Audio{8000, std::vector<codec::Sample>(800)});
  for (std::uint64_t id = 1; id <= 3; ++id) {
    auto command = Rig::flow(id);
    // Each on ports of its own.
    const auto port = static_cast<std::uint16_t>(20'000 + 4 * id);
    const auto at = [&](int n) { return base::Endpoint{kLocalA.ip, static_cast<std::uint16_t>(port + n)}; };
    command.a = {io::memory_socket(at(0)), io::memory_socket(at(1))};
    command.b = {io::memory_socket(at(2)), io::memory_socket(at(3))};
    command.spec.a.play.emplace();
    command.spec.a.play->sound = "busy";
    command.spec.a.play->audio = audio;
    rig.apply(std::move(command));
  }
  for (int i = 0; i < 10; ++i) {
    rig.turn();
    rig.now += base::milliseconds(20);
  }
  EXPECT_EQ(rig.backend.take_sent().size(), 15U);
  EXPECT_EQ(rig.counters.frames_coded.value(), 5U);
  EXPECT_EQ(rig.counters.tracks.value(), 1U);
  EXPECT_EQ(rig.counters.plays_ended[static_cast<std::size_t>(flow::PlayEnd::Done)].value(), 3U);
}

}  // namespace
}  // namespace worker
