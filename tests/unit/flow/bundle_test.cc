// Two flows on one transport of a browser's (RFC 9143), towards separate ports on the other side.

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>

#include "web.h"

namespace flow {
namespace {

const base::Endpoint kVideoB = endpoint("203.0.113.20:5010");
const base::Endpoint kVideoBRtcp = endpoint("203.0.113.20:5011");
constexpr std::array<std::uint32_t, 2> kVideoPorts{30, 31};
constexpr unsigned char kVideoType = 96;

Spec guest_spec() {
  Spec spec = strict_spec();
  spec.a = {};
  spec.a.shared = true;
  spec.a.payload_types.set(kVideoType).set(97);
  spec.b.local_rtp = endpoint("192.0.2.1:16390");
  spec.b.local_rtcp = endpoint("192.0.2.1:16391");
  spec.b.remote_rtp = kVideoB;
  return spec;
}

// Audio owns the transport, video is its guest; the browser is connected.
struct Bundle {
  explicit Bundle(Spec spec = guest_spec(), bool connect = true)
      : rig(std::make_unique<Rig>(web_to_plain())), web(*rig, secure::DtlsRole::Active) {
    Flow::Ports ports{};
    for (std::size_t c = 0; c < 2; ++c) ports[1][c] = packet::PortIndex{kVideoPorts[c]};
    video.emplace(std::move(spec), ports, rig->now);
    if (!connect) return;
    video->share(Side::A, rig->flow);
    web.send(check());
    web.shake();
  }
  std::string rtp(unsigned char type, std::uint32_t ssrc) const {
    std::string out = rig->rtp_bytes(ssrc);
    out[1] = static_cast<char>(type);
    return out;
  }
  Rig::Result from_web(const std::string& bytes) const { return rig->send(Side::A, Component::Rtp, kPhoneA, bytes); }
  Rig::Result to_web(Flow& flow, const base::Endpoint& from, const std::string& bytes) const {
    packet::Packet p;
    std::memcpy(rig->buffers[0].data(), bytes.data(), bytes.size());
    p.assign(rig->buffers[0], bytes.size());
    p.source = from;
    Rig::Result r;
    r.dropped = flow.on_packet(p, Side::B, Component::Rtp, rig->now, rig->events);
    r.port = p.leaves_by.value;
    r.to = p.destination;
    r.bytes.assign(reinterpret_cast<const char*>(p.bytes().data()), p.size());
    return r;
  }

  std::unique_ptr<Rig> rig;
  Web web;
  std::optional<Flow> video;
};

std::string word(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
  return out;
}
std::string rtcp(unsigned first, unsigned type, const std::string& body) {
  std::string out{static_cast<char>(0x80 | first), static_cast<char>(type), '\0'};
  out += static_cast<char>(body.size() / 4);
  return out + body;
}

// trap 40
TEST(Bundle, WhatTheBrowserSendsGoesByPayloadType) {
  Bundle b;
  const std::string audio = b.rtp(0, 11);
  const auto there = b.from_web(b.web.seal(audio));
  EXPECT_EQ(there.dropped, std::nullopt);
  EXPECT_EQ(there.to, kPhoneB);
  EXPECT_EQ(there.bytes, audio);
  const std::string video = b.rtp(kVideoType, 12);
  const auto seen = b.from_web(b.web.seal(video));
  EXPECT_EQ(seen.dropped, std::nullopt);
  EXPECT_EQ(seen.to, kVideoB);
  EXPECT_EQ(seen.port, kVideoPorts[0]);
  EXPECT_EQ(seen.bytes, video);
  EXPECT_EQ(b.rig->flow.stats(b.rig->now).a().rtp_packets_in, 1U);
  EXPECT_EQ(b.video->stats(b.rig->now).a().rtp_packets_in, 1U);
  EXPECT_EQ(b.video->stats(b.rig->now).a().latched_rtp, kPhoneA);
}

TEST(Bundle, WhatLeavesForTheBrowserGoesByItsTransport) {
  Bundle b;
  const std::string audio = b.rtp(0, 21);
  const std::string video = b.rtp(kVideoType, 22);
  for (const auto& [back, clear] : {std::pair(b.to_web(b.rig->flow, kPhoneB, audio), audio),
                                    std::pair(b.to_web(*b.video, kVideoB, video), video)}) {
    EXPECT_EQ(back.dropped, std::nullopt);
    EXPECT_EQ(back.to, kPhoneA);
    EXPECT_EQ(back.port, Rig::kPortNumbers[0][0]);
    EXPECT_NE(back.bytes, clear);
    EXPECT_EQ(b.web.open(back.bytes), clear);
  }
}

// The port has one mark, and what shares it has others (RFC 8837).
TEST(Bundle, WhatLeavesIsMarkedAsItsOwnKind) {
  Spec video = guest_spec();
  video.a.dscp = 34;
  Bundle b(video);
  const auto mark_of = [&b](Flow& flow, const base::Endpoint& from, const std::string& bytes, Component port) {
    packet::Packet p;
    std::memcpy(b.rig->buffers[0].data(), bytes.data(), bytes.size());
    p.assign(b.rig->buffers[0], bytes.size());
    p.source = from;
    EXPECT_EQ(flow.on_packet(p, Side::B, port, b.rig->now, b.rig->events), std::nullopt);
    return p.dscp;
  };
  EXPECT_EQ(mark_of(b.rig->flow, kPhoneB, b.rtp(0, 21), Component::Rtp), packet::Packet::kMarkOfPort);
  EXPECT_EQ(mark_of(*b.video, kVideoB, b.rtp(kVideoType, 22), Component::Rtp), 34);
  EXPECT_EQ(mark_of(*b.video, kVideoBRtcp, rtcp(0, 201, word(22)), Component::Rtcp), 34);
  // The other one changes its own, and has this one.
  Spec audio = web_to_plain();
  audio.a.dscp = 34;
  b.rig->flow.replace(audio, b.rig->now);
  EXPECT_EQ(mark_of(*b.video, kVideoB, b.rtp(kVideoType, 22), Component::Rtp), packet::Packet::kMarkOfPort);
}

// RFC 9143 9.2: by the sources that it names.
TEST(Bundle, FeedbackReachesTheFlowThatItIsAbout) {
  Bundle b;
  b.from_web(b.web.seal(b.rtp(0, 11)));
  b.from_web(b.web.seal(b.rtp(kVideoType, 12)));
  b.to_web(b.rig->flow, kPhoneB, b.rtp(0, 21));
  b.to_web(*b.video, kVideoB, b.rtp(kVideoType, 22));

  const std::string block(20, '\0');
  const std::string to_video[] = {
      rtcp(1, 206, word(1) + word(22)),                      // PLI, by a source that only listens
      rtcp(1, 205, word(11) + word(22) + word(0x00010000)),  // NACK, by audio's
      rtcp(15, 206, word(1) + word(0) + "REMB" + word(0x01000000) + word(22)),
      // FIR and TMMBR name no media source (RFC 5104 4.3.1.2, 4.2.1.2), whoever sends them.
      rtcp(4, 206, word(11) + word(0) + word(22) + word(0x01000000)),
      rtcp(4, 206, word(1) + word(0) + word(99) + word(0) + word(22) + word(0)),
      rtcp(3, 205, word(11) + word(0) + word(22) + word(0)),
      rtcp(15, 205, word(11) + word(22) + word(0x00010001) + word(0x01) + word(0x20010000)),  // transport-wide
      rtcp(0, 200, word(12) + block),                                                         // SR
      rtcp(1, 201, word(1) + word(22) + block),                                               // RR
      rtcp(0, 201, word(1)) + rtcp(1, 206, word(1) + word(22)),  // told by the second packet
      // Of peers that report on all lines in one packet (RFC 9143: it is one RTP session): what is asked for counts.
      rtcp(2, 201, word(1) + word(21) + block + word(22) + block) + rtcp(1, 206, word(1) + word(22)),
      rtcp(0, 200, word(11) + block) + rtcp(4, 206, word(11) + word(0) + word(22) + word(0x01000000)),
      rtcp(15, 206, word(1) + word(0) + "REMB" + word(0x02000000) + word(99) + word(22)),
  };
  for (const std::string& bytes : to_video) {
    const auto seen = b.from_web(b.web.seal_rtcp(bytes));
    EXPECT_EQ(seen.dropped, std::nullopt);
    EXPECT_EQ(seen.to, kVideoBRtcp) << static_cast<int>(static_cast<unsigned char>(bytes[1]));
    EXPECT_EQ(seen.bytes, bytes);
  }
  const std::string to_audio[] = {rtcp(1, 201, word(1) + word(21) + block), rtcp(0, 200, word(11) + block),
                                  rtcp(0, 201, word(99))};  // and what names nobody
  for (const std::string& bytes : to_audio) EXPECT_EQ(b.from_web(b.web.seal_rtcp(bytes)).to, kPhoneBRtcp);
  EXPECT_EQ(b.video->stats(b.rig->now).a().rtcp_packets_in, 13U);
}

TEST(Bundle, ADirectionThatIsClosedConcernsItsOwnFlowOnly) {
  Spec held = guest_spec();
  held.a.receive = false;
  Bundle b(held);
  EXPECT_EQ(b.from_web(b.web.seal(b.rtp(kVideoType, 12))).dropped, Drop::NotReceiving);
  EXPECT_EQ(b.from_web(b.web.seal(b.rtp(0, 11))).dropped, std::nullopt);
  const auto not_receiving = static_cast<std::size_t>(Drop::NotReceiving);
  EXPECT_EQ(b.video->stats(b.rig->now).a().drops[not_receiving], 1U);
  EXPECT_EQ(b.rig->flow.stats(b.rig->now).a().drops[not_receiving], 0U);
}

TEST(Bundle, AGuestTellsItsFirstPacketItself) {
  Bundle b;
  b.rig->events.clear();
  b.from_web(b.web.seal(b.rtp(kVideoType, 12)));
  EXPECT_TRUE(b.rig->told<FirstPacket>().empty());
  ASSERT_TRUE(b.video->wants_attention());
  std::vector<Event> events;
  b.video->attend(events);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(std::get<FirstPacket>(events[0]).ssrc, 12U);
}

TEST(Bundle, WithoutTheTransportNothingLeavesAndWithoutTheGuestTheRestGoesOn) {
  Bundle b;
  b.video.reset();
  EXPECT_EQ(b.from_web(b.web.seal(b.rtp(0, 11))).to, kPhoneB);

  Bundle orphan;
  const std::string video = orphan.rtp(kVideoType, 22);
  packet::Buffers buffers;
  packet::Packet p;
  std::memcpy(buffers[0].data(), video.data(), video.size());
  p.assign(buffers[0], video.size());
  p.source = kVideoB;
  const base::Instant now = orphan.rig->now;
  orphan.rig.reset();
  std::vector<Event> events;
  EXPECT_EQ(orphan.video->on_packet(p, Side::B, Component::Rtp, now, events), Drop::NoDestination);
  EXPECT_FALSE(p.leaves());
}

TEST(Bundle, GoesOnInAnotherProcess) {
  Bundle b;
  b.from_web(b.web.seal(b.rtp(0, 11)));
  b.from_web(b.web.seal(b.rtp(kVideoType, 12)));
  b.to_web(*b.video, kVideoB, b.rtp(kVideoType, 22));
  const std::string audio = b.rig->flow.save(b.rig->now).value();
  const std::string video = b.video->save(b.rig->now).value();

  Bundle next(guest_spec(), false);
  ASSERT_TRUE(next.rig->flow.restore(audio, next.rig->now));
  ASSERT_TRUE(next.video->restore(video, next.rig->now));
  next.video->share(Side::A, next.rig->flow);
  next.rig->sequence = 500;
  const std::string clear = next.rtp(kVideoType, 12);
  EXPECT_EQ(next.from_web(b.web.seal(clear)).bytes, clear);
  const std::string back = next.rtp(kVideoType, 22);
  EXPECT_EQ(b.web.open(next.to_web(*next.video, kVideoB, back).bytes), back);
  // By a source that it knows from before only.
  EXPECT_EQ(next.from_web(b.web.seal_rtcp(rtcp(1, 206, word(1) + word(22)))).to, kVideoBRtcp);
}

// RFC 9143 7.4: it had a transport of its own before.
TEST(Bundle, AFlowThatHasJoinedGoesOnInAnotherProcess) {
  Bundle b(guest_spec(), false);
  Rig joined(web_to_plain());
  joined.flow.replace(guest_spec(), joined.now);
  const std::string saved = joined.flow.save(joined.now).value();
  EXPECT_TRUE(b.video->restore(saved, b.rig->now));
}

// RFC 8445 9: a restart concerns all that is on the transport; keys and addresses stay until it is done.
TEST(Bundle, ANewSpecOfTheTransportLeavesItsGuestsWorking) {
  Bundle b;
  Spec restarted = web_to_plain();
  restarted.a.ice = ice_parameters("another-password-of-ours");
  b.rig->flow.replace(restarted, b.rig->now);
  EXPECT_EQ(b.from_web(b.web.seal(b.rtp(kVideoType, 12))).to, kVideoB);
  EXPECT_EQ(b.to_web(*b.video, kVideoB, b.rtp(kVideoType, 22)).to, kPhoneA);
  b.video->replace(guest_spec(), b.rig->now);
  EXPECT_EQ(b.from_web(b.web.seal(b.rtp(kVideoType, 12))).to, kVideoB);
}

}  // namespace
}  // namespace flow
