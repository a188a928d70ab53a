// Rewriting and digits in a flow.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "media-relay/rtp/telephone_event.h"
#include "media-relay/rtp/wire.h"

#include "rig.h"

namespace flow {
namespace {

constexpr std::uint8_t kEvent = 101;

std::string word(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
  return out;
}

std::string rtp_of(std::uint8_t type, std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp,
                   const std::string& payload = std::string(160, 'x')) {
  return word(0x80000000U | std::uint32_t{type} << 16 | sequence) + word(timestamp) + word(ssrc) + payload;
}

std::string event_of_digit(std::uint8_t code, bool end, std::uint16_t duration) {
  std::array<std::byte, 4> bytes{};
  rtp::write_event(bytes, {code, end, 10, duration});
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Seen {
  bool marker = false;
  std::uint8_t type = 0;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  std::vector<std::byte> payload;
};

Seen seen(std::span<const std::byte> bytes) {
  const auto h = rtp::read_header(bytes);
  EXPECT_TRUE(h.has_value());
  if (!h) return {};
  return {h->marker,
          h->payload_type,
          h->sequence,
          h->timestamp,
          h->ssrc,
          {bytes.begin() + static_cast<std::ptrdiff_t>(h->payload_offset),
           bytes.begin() + static_cast<std::ptrdiff_t>(h->payload_offset + h->payload_size)}};
}
Seen seen(const Rig::Result& r) {
  return seen(std::as_bytes(std::span(r.bytes)));
}

Spec rewriting_spec(Rewrite toward_b) {
  Spec spec = strict_spec();
  spec.b.rewrite = std::move(toward_b);
  spec.name_key = {1, 2};
  return spec;
}

Spec playing_spec() {
  Spec spec = rewriting_spec({{}, false, true});
  spec.b.digits = Digits{{}, false, EventFormat{kEvent, 8000}, std::nullopt};
  return spec;
}

struct Call : Rig {
  using Rig::Rig;
  std::uint16_t number = 500;
  std::uint32_t clock = 70'000;
  Result audio(std::uint32_t ssrc = 7, std::uint8_t type = 0) {
    clock += 160;
    return Rig::send(Side::A, Component::Rtp, kPhoneA, rtp_of(type, ssrc, ++number, clock));
  }
  Result event(std::uint8_t code, bool end, std::uint16_t duration, std::uint32_t timestamp,
               std::uint8_t type = kEvent) {
    return Rig::send(Side::A, Component::Rtp, kPhoneA,
                     rtp_of(type, 7, ++number, timestamp, event_of_digit(code, end, duration)));
  }
  // What the flow sends by itself until nothing is due for a second.
  std::vector<std::vector<std::byte>> played(base::Duration d = base::seconds(1)) {
    std::vector<std::vector<std::byte>> out;
    const base::Instant end = now + d;
    while (flow.next_deadline() <= end) {
      now = flow.next_deadline();
      flow.on_deadline(now, events);
      for (auto& o : flow.attend(events)) {
        EXPECT_EQ(o.destination, kPhoneB);
        out.push_back(std::move(o.bytes));
      }
    }
    now = end;
    return out;
  }
};

TEST(Repair, WithoutRewritingEveryByteStays) {
  Call call(strict_spec());
  const std::string packet = rtp_of(9, 7, 1, 2);
  EXPECT_EQ(call.send(Side::A, Component::Rtp, kPhoneA, packet).bytes, packet);
}

// trap 34: the answerer renumbers payload types: a map for each direction.
TEST(Repair, PayloadTypesAreMappedByDirection) {
  Spec spec = rewriting_spec({{{96, 111, 48'000, 0, PayloadUse::Pass}}, false, false});
  spec.a.rewrite = Rewrite{{{111, 96, 48'000, 0, PayloadUse::Pass}}, true, false};
  Call call(spec);
  const auto there = call.audio(7, 96);
  EXPECT_EQ(seen(there).type, 111);
  EXPECT_EQ(seen(there).ssrc, 7U) << "nothing else changes";
  EXPECT_EQ(seen(there).sequence, call.number);
  EXPECT_EQ(seen(call.audio(7, 0)).type, 0) << "an open map lets the rest pass";
  EXPECT_EQ(seen(call.send(Side::B, Component::Rtp, kPhoneB, rtp_of(111, 9, 1, 2))).type, 96);
  EXPECT_EQ(call.send(Side::B, Component::Rtp, kPhoneB, rtp_of(0, 9, 2, 2)).dropped, Drop::PayloadType);
  EXPECT_EQ(call.drops(Side::B, Drop::PayloadType), 1U);
}

TEST(Repair, TheMarkerPassesWithTheNewType) {
  Call call(rewriting_spec({{{96, 111, 0, 0, PayloadUse::Pass}}, false, false}));
  std::string packet = rtp_of(96, 7, 1, 2);
  packet[1] = static_cast<char>(0x80 | 96);
  EXPECT_TRUE(seen(call.send(Side::A, Component::Rtp, kPhoneA, packet)).marker);
}

// trap 58: SSRC change on transfer or music on hold: the listener hears one stream.
TEST(Repair, TheListenerHearsOneStream) {
  Call call(rewriting_spec({{}, false, true}));
  const Seen first = seen(call.audio(7));
  call.pass(base::milliseconds(20));
  const Seen second = seen(call.audio(7));
  EXPECT_EQ(second.sequence, static_cast<std::uint16_t>(first.sequence + 1));
  EXPECT_EQ(first.ssrc, 7U);
  call.pass(base::milliseconds(20));
  call.number = 9;
  call.clock = 5;
  const Seen third = seen(call.audio(8));
  EXPECT_EQ(third.ssrc, first.ssrc);
  EXPECT_EQ(third.sequence, static_cast<std::uint16_t>(first.sequence + 2));
  EXPECT_EQ(third.timestamp, first.timestamp + 320);
  EXPECT_TRUE(third.marker) << "RFC 3551 4.1: a new talkspurt";
}

// trap 58: as long as nobody takes over, what passes is what came.
TEST(Repair, AStreamBeginsAsItsFirstSource) {
  Call call(rewriting_spec({{}, false, true}));
  const std::string report = word(0x80c90001) + word(9);
  EXPECT_EQ(call.send(Side::A, Component::Rtcp, kPhoneARtcp, report).bytes, report) << "it has no name yet";
  for (const std::uint32_t number : {40'000U, 40'001U, 40'003U, 40'002U}) {
    const std::string packet = rtp_of(9, 7, static_cast<std::uint16_t>(number), number * 160);
    EXPECT_EQ(call.send(Side::A, Component::Rtp, kPhoneA, packet).bytes, packet);
    call.pass(base::milliseconds(20));
  }
}

// RFC 5761 section 4. Found by the fuzzer.
TEST(Repair, TheMarkerNeverMakesRtcpOfAPacket) {
  Call call(rewriting_spec({{}, false, true}));
  EXPECT_FALSE(seen(call.audio(7, 72)).marker);
}

TEST(Repair, EachFlowHasItsOwnSource) {
  const auto source_of = [](std::uint64_t number) {
    Spec spec = playing_spec();
    spec.number = number;
    Call call(spec);
    EXPECT_TRUE(call.flow.play(Side::B, "1", base::milliseconds(40), call.now));
    const auto packets = call.played();
    return packets.empty() ? 0 : seen(packets[0]).ssrc;
  };
  EXPECT_NE(source_of(1), source_of(2)) << "where we speak first";
}

TEST(Repair, TheStreamGoesOnWhenSignallingSpeaks) {
  Call call(rewriting_spec({{}, false, true}));
  const Seen first = seen(call.audio());
  Spec plain = rewriting_spec({{}, false, true});
  plain.b.rewrite.reset();
  call.flow.replace(plain, call.now);
  EXPECT_EQ(seen(call.audio()).ssrc, 7U) << "the source speaks for itself";
  call.flow.replace(rewriting_spec({{{0, 8, 0, 0, PayloadUse::Pass}}, false, true}), call.now);
  const Seen third = seen(call.audio());
  EXPECT_NE(third.ssrc, first.ssrc) << "RFC 3711 9.1: no number comes again";
  EXPECT_EQ(third.type, 8);
  call.flow.replace(plain, call.now);
  call.flow.replace(rewriting_spec({{}, false, true}), call.now);
  const Seen fourth = seen(call.audio());
  EXPECT_EQ(fourth.ssrc, third.ssrc);
  EXPECT_EQ(fourth.sequence, static_cast<std::uint16_t>(third.sequence + 1));
}

TEST(Repair, DroppedTypesLeaveNoGap) {
  Call call(rewriting_spec({{{kEvent, 0, 0, 0, PayloadUse::Drop}}, false, true}));
  const Seen first = seen(call.audio());
  EXPECT_EQ(call.event(5, false, 160, 70'160).dropped, Drop::PayloadType);
  EXPECT_EQ(call.event(5, true, 320, 70'160).dropped, Drop::PayloadType);
  EXPECT_EQ(seen(call.audio()).sequence, static_cast<std::uint16_t>(first.sequence + 1));
}

// trap 35: telephone-event under another number and clock.
TEST(Repair, EventsAreScaledToTheOtherClock) {
  Call call(rewriting_spec({{{kEvent, 120, 8000, 48'000, PayloadUse::Event}}, false, true}));
  const Seen audio = seen(call.audio());
  const std::uint32_t start = call.clock + 160;
  const Seen begin = seen(call.event(5, false, 160, start));
  EXPECT_EQ(begin.type, 120);
  EXPECT_EQ(begin.timestamp, audio.timestamp + 160) << "on the time line of the audio beside it";
  EXPECT_EQ(rtp::read_event(begin.payload)->duration, 960);
  const Seen end = seen(call.event(5, true, 800, start));
  EXPECT_EQ(end.timestamp, begin.timestamp);
  EXPECT_EQ(*rtp::read_event(end.payload), (rtp::TelephoneEvent{5, true, 10, 4800}));
}

// trap 49.
TEST(Repair, RtcpSpeaksOfOurStream) {
  Spec spec = rewriting_spec({{}, false, true});
  spec.a.rewrite = Rewrite{{}, false, true};
  Call call(spec);
  const Seen there = seen(call.audio(7));
  const Seen back = seen(call.send(Side::B, Component::Rtp, kPhoneB, rtp_of(0, 9, 40, 2)));
  const std::string report =
      word(0x81c90007) + word(7) + word(back.ssrc) + word(0) + word(back.sequence) + word(0) + word(0) + word(0);
  const auto out = call.send(Side::A, Component::Rtcp, kPhoneARtcp, report);
  const auto bytes = std::as_bytes(std::span(out.bytes));
  ASSERT_EQ(bytes.size(), 32U);
  EXPECT_EQ(rtp::read_u32(bytes, 4), there.ssrc);
  EXPECT_EQ(rtp::read_u32(bytes, 8), 9U);
  EXPECT_EQ(rtp::read_u32(bytes, 16), 40U);
  EXPECT_EQ(call.send(Side::A, Component::Rtcp, kPhoneARtcp, word(0x81cb0001) + word(7)).dropped, Drop::RtcpEmptied);
}

// RFC 3550 6.6, RFC 8079 3.2: the stream that was ours ends by our word.
TEST(Repair, OurStreamsEndWithBye) {
  Call call(rewriting_spec({{}, false, true}));
  const Seen audio = seen(call.audio());
  call.flow.say_farewell();
  const auto out = call.flow.attend(call.events);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].destination, kPhoneBRtcp);
  EXPECT_EQ(rtp::read_u32(out[0].bytes, out[0].bytes.size() - 4), audio.ssrc);
}

// Video with its retransmissions: each source by its own name, whoever of the two was heard last.
TEST(Repair, StreamsThatAreRelayedAsTheyComeEndWithBye) {
  Call call(strict_spec());
  call.audio(7);
  call.audio(8);
  call.audio(7);
  call.flow.say_farewell();
  const auto out = call.flow.attend(call.events);
  ASSERT_EQ(out.size(), 2U);
  for (const auto& [packet, ssrc] : {std::pair(&out[0], 7U), std::pair(&out[1], 8U)}) {
    EXPECT_EQ(packet->destination, kPhoneBRtcp);
    EXPECT_EQ(rtp::read_u32(packet->bytes, packet->bytes.size() - 4), ssrc);
  }
}

TEST(Repair, NobodyWhoNeverSpokeSaysBye) {
  Call call(rewriting_spec({{}, false, true}));
  call.flow.say_farewell();
  EXPECT_TRUE(call.flow.attend(call.events).empty());
}

// ---- Digits ----

TEST(Digits, AnEventIsToldOnceAndStillPasses) {
  Spec spec = strict_spec();
  spec.a.digits = Digits{{{kEvent, 8000}}, false, std::nullopt, std::nullopt};
  Call call(spec);
  EXPECT_FALSE(call.event(11, false, 160, 1000).dropped);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(call.event(11, true, 1600, 1000).dropped);
  EXPECT_EQ(call.told<Dtmf>(), (std::vector{Dtmf{Side::A, '#', base::milliseconds(200)}}));
}

// Where that is asked for; once each, and in front of its end.
TEST(Digits, AnEventIsToldWhenItBegins) {
  Spec spec = strict_spec();
  spec.a.digits = Digits{{{kEvent, 8000}}, false, std::nullopt, std::nullopt, true};
  Call call(spec);
  call.event(11, false, 160, 1000);
  call.event(11, false, 320, 1000);
  EXPECT_EQ(call.told<Dtmf>(), (std::vector{Dtmf{Side::A, '#', {}, true}}));
  for (int i = 0; i < 3; ++i) call.event(11, true, 1600, 1000);
  call.event(5, true, 800, 9000);
  EXPECT_EQ(call.told<Dtmf>(),
            (std::vector{Dtmf{Side::A, '#', {}, true}, Dtmf{Side::A, '#', base::milliseconds(200)},
                         Dtmf{Side::A, '5', {}, true}, Dtmf{Side::A, '5', base::milliseconds(100)}}));
}

// A peer that sends an event with each packet keeps nobody busy but the path.
TEST(Digits, NoMoreAreToldThanAnybodyPresses) {
  Spec spec = strict_spec();
  spec.a.digits = Digits{{{kEvent, 8000}}, false, std::nullopt, std::nullopt, true};
  Call call(spec);
  for (std::uint32_t i = 0; i < 1000; ++i) call.event(5, true, 160, 1000 + 160 * i);
  EXPECT_EQ(call.told<Dtmf>().size(), std::size_t{2} * kMaxDigitsTold);
  EXPECT_EQ(call.told<DigitFlood>().size(), 2U);
  call.pass(base::seconds(1));
  call.event(5, true, 160, 900'000);
  EXPECT_EQ(call.told<Dtmf>().size(), std::size_t{2} * kMaxDigitsTold + 2);
}

TEST(Digits, ALostEndIsToldInTime) {
  Spec spec = strict_spec();
  spec.a.digits = Digits{{{kEvent, 8000}}, false, std::nullopt, std::nullopt};
  Call call(spec);
  call.event(1, false, 800, 1000);
  EXPECT_TRUE(call.flow.wants_attention()) << "there is a deadline now";
  call.pass_with_deadlines(base::seconds(1));
  EXPECT_EQ(call.told<Dtmf>().size(), 1U);
}

// RFC 4733 2.5.1.2 to 2.5.1.6.
TEST(Digits, AreSentAsEventsInTheStream) {
  Call call(playing_spec());
  const Seen before = seen(call.audio());
  call.pass(base::milliseconds(20));
  ASSERT_TRUE(call.flow.play(Side::B, "5", base::milliseconds(100), call.now));
  const auto packets = call.played();
  ASSERT_EQ(packets.size(), 4U + 3U);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const Seen p = seen(packets[i]);
    const auto event = rtp::read_event(p.payload);
    ASSERT_TRUE(event.has_value());
    EXPECT_EQ(p.type, kEvent);
    EXPECT_EQ(p.ssrc, before.ssrc);
    EXPECT_EQ(p.sequence, static_cast<std::uint16_t>(before.sequence + 1 + i));
    EXPECT_EQ(p.timestamp, before.timestamp + 160);
    EXPECT_EQ(p.marker, i == 0);
    EXPECT_EQ(event->event, 5);
    EXPECT_EQ(event->end, i >= 4);
    EXPECT_EQ(event->duration, std::min<std::size_t>((i + 1) * 160, 800));
  }
  const Seen after = seen(call.audio());
  EXPECT_EQ(after.sequence, static_cast<std::uint16_t>(before.sequence + 8));
}

TEST(Digits, AudioRestsWhileOneSounds) {
  Call call(playing_spec());
  call.audio();
  ASSERT_TRUE(call.flow.play(Side::B, "5", base::milliseconds(100), call.now));
  EXPECT_FALSE(call.audio().dropped) << "not before it has begun";
  ASSERT_FALSE(call.played(base::milliseconds(30)).empty());
  EXPECT_EQ(call.audio().dropped, Drop::SpokenOver);
  call.played();
  EXPECT_FALSE(call.audio().dropped);
}

TEST(Digits, WaitForEachOther) {
  Call call(playing_spec());
  call.audio();
  ASSERT_TRUE(call.flow.play(Side::B, "12", base::milliseconds(60), call.now));
  std::vector<std::uint32_t> starts;
  std::vector<std::uint8_t> codes;
  for (const auto& bytes : call.played()) {
    const Seen p = seen(bytes);
    if (!p.marker) continue;
    starts.push_back(p.timestamp);
    codes.push_back(rtp::read_event(p.payload)->event);
  }
  EXPECT_EQ(codes, (std::vector<std::uint8_t>{1, 2}));
  ASSERT_EQ(starts.size(), 2U);
  EXPECT_GE(starts[1] - starts[0], 8U * (60 + 40));
}

TEST(Digits, LongOnesAreSentInSegments) {
  Spec spec = playing_spec();
  spec.b.digits->event = EventFormat{kEvent, 48'000};
  Call call(spec);
  call.audio();
  ASSERT_TRUE(call.flow.play(Side::B, "5", base::milliseconds(1500), call.now));
  std::vector<rtp::TelephoneEvent> events;
  std::vector<std::uint32_t> stamps;
  for (const auto& bytes : call.played(base::seconds(3))) {
    stamps.push_back(seen(bytes).timestamp);
    events.push_back(*rtp::read_event(seen(bytes).payload));
  }
  ASSERT_FALSE(events.empty());
  const auto full = std::ranges::find(events, 0xffff, &rtp::TelephoneEvent::duration);
  ASSERT_NE(full, events.end());
  EXPECT_FALSE(full->end);
  EXPECT_EQ(events.back(), (rtp::TelephoneEvent{5, true, 10, 72'000 - 0xffff}));
  EXPECT_EQ(stamps.back() - stamps.front(), 0xffffU / 6);
}

TEST(Digits, AreRefusedWhereNobodyAskedForThem) {
  Call call(rewriting_spec({{}, false, true}));
  EXPECT_FALSE(call.flow.play(Side::B, "5", base::milliseconds(100), call.now));
  Call other(playing_spec());
  EXPECT_FALSE(other.flow.play(Side::A, "5", base::milliseconds(100), other.now));
  EXPECT_FALSE(other.flow.play(Side::B, "x", base::milliseconds(100), other.now));
  EXPECT_TRUE(other.flow.play(Side::B, std::string(DigitPlayer::kMaxWaiting, '1'), base::milliseconds(100), other.now));
  EXPECT_FALSE(other.flow.play(Side::B, "1", base::milliseconds(100), other.now));
  Spec held = playing_spec();
  held.b.send = false;
  other.flow.replace(held, other.now);
  EXPECT_FALSE(other.flow.play(Side::B, "5", base::milliseconds(100), other.now));
}

// In G.711 as tones: what one flow plays another one hears.
TEST(Digits, TonesAreHeardAsTheyAreSent) {
  for (const std::uint8_t law : {std::uint8_t{0}, std::uint8_t{8}}) {
    Spec spec = playing_spec();
    spec.b.digits = Digits{{}, false, std::nullopt, law};
    Call sender(spec);
    sender.audio(7, law);
    ASSERT_TRUE(sender.flow.play(Side::B, "5#D", base::milliseconds(100), sender.now));
    Spec hearing = strict_spec();
    hearing.a.digits = Digits{{}, true, std::nullopt, std::nullopt};
    Call listener(hearing);
    std::uint64_t muted = 0;
    std::uint32_t last = 0;
    for (const auto& bytes : sender.played()) {
      const Seen p = seen(bytes);
      EXPECT_EQ(p.type, law);
      EXPECT_EQ(p.payload.size(), 160U);
      const std::string silence(160, static_cast<char>(law == 0 ? 0xff : 0xd5));
      if (p.marker)
        for (int i = 0; i < 4; ++i)
          listener.send(Side::A, Component::Rtp, kPhoneA, rtp_of(law, 7, ++listener.number, last += 160, silence));
      const std::string payload(reinterpret_cast<const char*>(p.payload.data()), p.payload.size());
      const auto r =
          listener.send(Side::A, Component::Rtp, kPhoneA, rtp_of(law, 7, ++listener.number, last += 160, payload));
      if (r.dropped == Drop::DigitTone) ++muted;
    }
    for (int i = 0; i < 4; ++i)
      listener.send(
          Side::A, Component::Rtp, kPhoneA,
          rtp_of(law, 7, ++listener.number, last += 160, std::string(160, static_cast<char>(law == 0 ? 0xff : 0xd5))));
    std::string digits;
    for (const Dtmf& d : listener.told<Dtmf>()) {
      digits += d.digit;
      EXPECT_GE(d.duration, base::milliseconds(60));
      EXPECT_LE(d.duration, base::milliseconds(160));
    }
    EXPECT_EQ(digits, "5#D");
    EXPECT_GE(muted, 9U) << "what is told is not heard as well";
  }
}

}  // namespace
}  // namespace flow
