// Sounds in a flow: what the listener hears, and when it ends.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "media-relay/codec/tones.h"
#include "media-relay/flow/track.h"
#include "media-relay/rtp/header.h"
#include "media-relay/rtp/rtcp.h"
#include "media-relay/rtp/wire.h"

#include "rig.h"

namespace flow {
namespace {

using base::milliseconds;

struct Seen {
  rtp::Header header;
  std::vector<std::byte> payload;
};

Seen seen(std::span<const std::byte> bytes) {
  const auto h = rtp::read_header(bytes);
  EXPECT_TRUE(h.has_value());
  if (!h) return {};
  const auto payload = bytes.subspan(h->payload_offset, h->payload_size);
  return {*h, {payload.begin(), payload.end()}};
}

Seen seen(const Rig::Result& r) {
  return seen(std::as_bytes(std::span(r.bytes)));
}

std::shared_ptr<const codec::Audio> tone_of(unsigned ms) {
  const codec::Tone tone{400, 0, ms};
  return std::make_shared<const codec::Audio>(codec::make_tones(std::span(&tone, 1)));
}

Play play_of(unsigned ms, unsigned loops = 1, codec::Coding coding = codec::Coding::Pcmu) {
  Play play;
  play.sound = "busy";
  play.audio = tone_of(ms);
  play.format = {coding, 0, {}};
  play.loops = loops;
  return play;
}

Spec playing(Tracks& tracks, Play play) {
  Spec spec = strict_spec();
  spec.name_key = {1, 2};
  spec.a.rewrite = Rewrite{{}, false, true};
  play.track = tracks.find(play);
  spec.a.play = std::move(play);
  return spec;
}

struct Call : Rig {
  using Rig::Rig;
  // What went to side A of the relay's own.
  std::vector<Seen> sent(base::Duration d) {
    std::vector<Seen> out;
    const base::Instant end = now + d;
    while (flow.next_deadline() <= end) {
      now = flow.next_deadline();
      flow.on_deadline(now, events);
      for (const Flow::Outgoing& o : flow.attend(events)) {
        EXPECT_EQ(o.destination, kPhoneA);
        out.push_back(seen(o.bytes));
      }
    }
    now = end;
    return out;
  }
  std::vector<PlayEnded> ended() const { return told<PlayEnded>(); }
};

TEST(Playing, AListenerHearsTheWholeSoundPacedByItsFrames) {
  Tracks tracks;
  Call call(playing(tracks, play_of(200)));
  const auto first = call.sent(milliseconds(99));
  EXPECT_EQ(first.size(), 5U) << "at 0, 20, 40, 60 and 80 ms";
  auto all = first;
  for (Seen& s : call.sent(milliseconds(500))) all.push_back(std::move(s));
  ASSERT_EQ(all.size(), 10U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].header.marker, i == 0) << "RFC 3551 4.1: the first packet of a talkspurt";
    EXPECT_EQ(all[i].header.sequence, static_cast<std::uint16_t>(all[0].header.sequence + i));
    EXPECT_EQ(all[i].header.timestamp, all[0].header.timestamp + 160 * i);
    EXPECT_EQ(all[i].header.ssrc, all[0].header.ssrc);
    EXPECT_EQ(all[i].payload.size(), 160U);
  }
  EXPECT_EQ(call.ended(), (std::vector<PlayEnded>{{Side::A, 0, PlayEnd::Done}}));
  EXPECT_EQ(call.flow.next_deadline() > call.now + base::seconds(5), true) << "nothing is left to do";
}

// What the relay sent by itself as RTCP, to A's RTCP port.
std::vector<std::vector<std::byte>> reports(Call& call, base::Duration d, bool held_one_reports = false) {
  std::vector<std::vector<std::byte>> out;
  const base::Instant end = call.now + d;
  while (call.flow.next_deadline() <= end) {
    call.now = call.flow.next_deadline();
    if (held_one_reports) call.rtcp(Side::B, kPhoneBRtcp);
    call.flow.on_deadline(call.now, call.events);
    for (Flow::Outgoing& o : call.flow.attend(call.events))
      if (o.destination == kPhoneARtcp) out.push_back(std::move(o.bytes));
  }
  call.now = end;
  return out;
}

// RFC 8079 3.1, RFC 3550 6.4.1.
TEST(Playing, WhoeverPlaysReports) {
  Tracks tracks;
  Call call(playing(tracks, play_of(100, 0)));
  const auto found = reports(call, base::seconds(8));
  ASSERT_EQ(found.size(), 2U) << "after 2.5 s and 5 s more";
  const auto at = [](const std::vector<std::byte>& bytes, std::size_t offset) { return rtp::read_u32(bytes, offset); };
  for (const auto& report : found) {
    ASSERT_TRUE(rtp::read_compound(report).has_value());
    EXPECT_EQ(at(report, 0), 0x80c80006U) << "SR";
    EXPECT_EQ(at(report, 28), 0x81ca0004U) << "SDES";
    EXPECT_EQ(at(report, 32), at(report, 4)) << "of the same source";
  }
  EXPECT_EQ(at(found[1], 20) - at(found[0], 20), 250U) << "packets in five seconds";
  EXPECT_EQ(at(found[1], 24) - at(found[0], 24), 250U * 160) << "their bytes";
  EXPECT_EQ(at(found[1], 16) - at(found[0], 16), 5U * 8000) << "RTP time goes with NTP time";
  EXPECT_EQ(at(found[1], 8) - at(found[0], 8), 5U);
  call.flow.say_farewell();
  EXPECT_EQ(call.flow.attend(call.events).size(), 1U) << "BYE";
}

TEST(Playing, WhereThePartyOnHoldReportsNobodyElseDoes) {
  Tracks tracks;
  Call call(playing(tracks, play_of(100, 0)));
  EXPECT_TRUE(reports(call, base::seconds(8), true).empty());
}

TEST(Playing, LoopsAreSeamlessAndForeverIsForever) {
  Tracks tracks;
  Call twice(playing(tracks, play_of(100, 2)));
  EXPECT_EQ(twice.sent(base::seconds(2)).size(), 10U);
  EXPECT_EQ(twice.ended().size(), 1U);
  Call forever(playing(tracks, play_of(100, 0)));
  EXPECT_EQ(forever.sent(milliseconds(1999)).size(), 100U);
  EXPECT_TRUE(forever.ended().empty());
}

TEST(Playing, OneStreamBeforeDuringAndAfter) {
  Tracks tracks;
  Spec quiet = playing(tracks, play_of(100));
  quiet.a.play.reset();
  Call call(quiet);
  const auto heard = [&call] { return seen(call.rtp(Side::B, kPhoneB)).header; };
  heard();
  const rtp::Header before = heard();
  call.flow.replace(playing(tracks, play_of(100)), call.now);
  const auto during = call.sent(milliseconds(150));
  ASSERT_EQ(during.size(), 5U);
  const rtp::Header after = heard();
  EXPECT_EQ(during[0].header.ssrc, before.ssrc);
  EXPECT_EQ(after.ssrc, before.ssrc);
  EXPECT_EQ(during[0].header.sequence, static_cast<std::uint16_t>(before.sequence + 1));
  EXPECT_EQ(after.sequence, static_cast<std::uint16_t>(during.back().header.sequence + 1));
  EXPECT_GT(static_cast<std::int32_t>(after.timestamp - during.back().header.timestamp), 0);
}

TEST(Playing, TheOtherSideIsNotHeardMeanwhile) {
  Tracks tracks;
  Call call(playing(tracks, play_of(100)));
  call.sent(milliseconds(10));
  EXPECT_EQ(call.rtp(Side::B, kPhoneB).dropped, Drop::PlayedOver);
  EXPECT_FALSE(call.rtp(Side::A, kPhoneA).dropped) << "the listener may speak";
  call.sent(milliseconds(200));
  EXPECT_FALSE(call.rtp(Side::B, kPhoneB).dropped) << "the sound is over";
}

TEST(Playing, WhatYieldsEndsWhenTheOtherSideIsHeard) {
  Tracks tracks;
  Play ringback = play_of(100, 0);
  ringback.yields = true;
  ringback.number = 9;
  Call call(playing(tracks, ringback));
  EXPECT_EQ(call.sent(milliseconds(99)).size(), 5U);
  EXPECT_FALSE(call.rtp(Side::B, kPhoneB).dropped);
  EXPECT_EQ(call.ended(), (std::vector<PlayEnded>{{Side::A, 9, PlayEnd::Yielded}}));
  EXPECT_TRUE(call.sent(milliseconds(200)).empty());
  call.flow.replace(playing(tracks, ringback), call.now);
  EXPECT_TRUE(call.sent(milliseconds(200)).empty()) << "the same playing does not begin again";
}

TEST(Playing, TheSamePlayingGoesOnAndAnotherNumberBeginsAnew) {
  Tracks tracks;
  Play music = play_of(1000, 0);
  Call call(playing(tracks, music));
  const auto first = call.sent(milliseconds(100));
  call.flow.replace(playing(tracks, music), call.now);
  const auto second = call.sent(milliseconds(100));
  ASSERT_FALSE(second.empty());
  EXPECT_FALSE(second[0].header.marker);
  EXPECT_EQ(second[0].header.timestamp, first.back().header.timestamp + 160);
  ++music.number;
  call.flow.replace(playing(tracks, music), call.now);
  const auto third = call.sent(milliseconds(100));
  ASSERT_FALSE(third.empty());
  EXPECT_TRUE(third[0].header.marker);
  EXPECT_EQ(third[0].payload, first[0].payload);
  Spec quiet = playing(tracks, music);
  quiet.a.play.reset();
  call.flow.replace(std::move(quiet), call.now);
  EXPECT_TRUE(call.sent(milliseconds(100)).empty());
  EXPECT_TRUE(call.ended().empty()) << "whoever stops it knows";
}

TEST(Playing, ASoundThatIsNotThereIsTold) {
  Tracks tracks;
  Play unknown = play_of(100);
  unknown.audio.reset();
  unknown.number = 3;
  Call call(playing(tracks, unknown));
  EXPECT_TRUE(call.flow.wants_attention());
  EXPECT_TRUE(call.flow.attend(call.events).empty());
  EXPECT_EQ(call.ended(), (std::vector<PlayEnded>{{Side::A, 3, PlayEnd::NoSound}}));
  EXPECT_FALSE(call.rtp(Side::B, kPhoneB).dropped) << "the other side is heard";
}

TEST(Playing, WaitsForAListenerAndGivesUp) {
  Tracks tracks;
  Spec nobody = playing(tracks, play_of(100));
  nobody.a.remote_rtp.reset();
  Call call(nobody);
  EXPECT_TRUE(call.sent(base::seconds(3)).empty());
  call.flow.replace(playing(tracks, play_of(100)), call.now);
  EXPECT_EQ(call.sent(base::seconds(1)).size(), 5U) << "from its beginning";
  Call never(nobody);
  EXPECT_TRUE(never.sent(kPlayPatience + milliseconds(50)).empty());
  EXPECT_EQ(never.ended(), (std::vector<PlayEnded>{{Side::A, 0, PlayEnd::Unreachable}}));
}

TEST(Playing, ADigitIsHeardAloneAndLeavesNoGap) {
  Tracks tracks;
  Spec spec = playing(tracks, play_of(1000));
  spec.a.digits = Digits{{}, false, EventFormat{101, 8000}, std::nullopt};
  Call call(spec);
  auto all = call.sent(milliseconds(90));
  EXPECT_TRUE(call.flow.play(Side::A, "5", milliseconds(100), call.now));
  for (Seen& s : call.sent(milliseconds(400))) all.push_back(std::move(s));
  for (std::size_t i = 1; i < all.size(); ++i)
    EXPECT_EQ(all[i].header.sequence, static_cast<std::uint16_t>(all[i - 1].header.sequence + 1));
  const auto digits = std::ranges::count(all, 101, [](const Seen& s) { return s.header.payload_type; });
  EXPECT_GE(digits, 5);
}

TEST(Playing, WithoutAStreamOfOursItHasOneOfItsOwn) {
  Tracks tracks;
  Spec spec = playing(tracks, play_of(100));
  spec.a.rewrite.reset();
  Call call(spec);
  EXPECT_EQ(call.sent(milliseconds(200)).size(), 5U);
  const auto relayed = seen(call.rtp(Side::B, kPhoneB)).header;
  EXPECT_EQ(relayed.ssrc, 7U) << "what is relayed leaves as it came";
}

struct Copies final : PacketTap {
  void on_packet(const Heard& heard) override {
    taken.push_back(heard);
    packets.push_back(seen(heard.bytes));
  }
  std::vector<Heard> taken;
  std::vector<Seen> packets;
};

// A listener of the recording hears what the side heard.
TEST(Playing, IsRecordedInPlaceOfTheSideThatIsNotHeard) {
  Tracks tracks;
  Spec spec = playing(tracks, play_of(100));
  spec.record = Record{5, false};
  Call call(spec);
  Copies copies;
  call.flow.record_to(&copies);
  EXPECT_EQ(call.rtp(Side::B, kPhoneB).dropped, Drop::PlayedOver);
  EXPECT_FALSE(call.rtp(Side::A, kPhoneA).dropped);
  ASSERT_EQ(copies.taken.size(), 1U) << "of B, whom nobody hears, nothing";
  EXPECT_EQ(copies.taken[0].side, Side::A);
  EXPECT_FALSE(copies.taken[0].sound);
  const auto sent = call.sent(milliseconds(300));
  ASSERT_EQ(sent.size(), 5U);
  ASSERT_EQ(copies.taken.size(), 6U);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(copies.taken[i + 1].side, Side::B);
    EXPECT_EQ(copies.taken[i + 1].sound, codec::Coding::Pcmu);
    EXPECT_EQ(copies.taken[i + 1].from, spec.a.local_rtp);
    EXPECT_EQ(copies.taken[i + 1].to, kPhoneA);
    EXPECT_EQ(copies.packets[i + 1].payload, sent[i].payload);
  }
  EXPECT_FALSE(call.rtp(Side::B, kPhoneB).dropped);
  EXPECT_EQ(copies.taken.size(), 7U);
  EXPECT_EQ(copies.taken.back().side, Side::B);
}

TEST(Playing, IsNotRecordedWhileTheRecordingIsPaused) {
  Tracks tracks;
  Spec spec = playing(tracks, play_of(100));
  spec.record = Record{5, true};
  Call call(spec);
  Copies copies;
  call.flow.record_to(&copies);
  EXPECT_EQ(call.sent(milliseconds(300)).size(), 5U);
  EXPECT_TRUE(copies.taken.empty());
}

TEST(Playing, ARestartBeginsTheSoundAnew) {
  Tracks tracks;
  const Spec spec = playing(tracks, play_of(100));
  Call call(spec);
  const auto before = call.sent(milliseconds(50));
  const auto saved = call.flow.save(call.now);
  ASSERT_TRUE(saved.has_value());
  Call next(spec);
  next.now = call.now;
  ASSERT_TRUE(next.flow.restore(*saved, next.now));
  const auto after = next.sent(milliseconds(500));
  ASSERT_EQ(after.size(), 5U);
  EXPECT_EQ(after[0].header.ssrc, before[0].header.ssrc);
  EXPECT_EQ(after[0].header.sequence, static_cast<std::uint16_t>(before.back().header.sequence + 1));
}

TEST(Track, ManyListenersOfOneFormatCostOneEncoding) {
  Tracks tracks;
  const Play music = play_of(1000, 0, codec::Coding::Opus);
  const auto first = tracks.find(music);
  const auto second = tracks.find(music);
  EXPECT_EQ(first, second);
  for (std::size_t i = 0; i < first->frames(); ++i) EXPECT_FALSE(first->frame(i).empty());
  for (std::size_t i = 0; i < second->frames(); ++i) EXPECT_FALSE(second->frame(i).empty());
  EXPECT_EQ(tracks.take_coded(), 50U);
  EXPECT_EQ(tracks.take_coded(), 0U);
}

TEST(Track, FormatsOfStrangersBecomeAFew) {
  Tracks tracks;
  Play music = play_of(100, 0, codec::Coding::Opus);
  music.format.opus.max_average_bitrate = 20'001;
  const auto first = tracks.find(music);
  music.format.opus.max_average_bitrate = 20'002;
  EXPECT_EQ(tracks.find(music), first);
  EXPECT_EQ(tracks.size(), 1U);
}

TEST(Track, PlacesAreLimitedAndOldOnesMakeRoom) {
  Tracks tracks;
  std::vector<std::shared_ptr<Track>> held;
  for (std::size_t i = 0; i < kMaxTracks; ++i) held.push_back(tracks.find(play_of(20)));
  EXPECT_EQ(tracks.size(), kMaxTracks);
  EXPECT_EQ(tracks.find(play_of(20)), nullptr);
  held[5].reset();
  EXPECT_NE(tracks.find(play_of(20)), nullptr);
  EXPECT_EQ(tracks.size(), kMaxTracks);
}

TEST(Track, EveryCodecIsHeardAsItWas) {
  for (const auto coding : {codec::Coding::Pcmu, codec::Coding::Pcma, codec::Coding::G722, codec::Coding::Opus}) {
    Track track(tone_of(990), {coding, 0, {}}, 20);
    EXPECT_EQ(track.frames(), 50U) << "the last one is filled up";
    for (std::size_t i = 0; i < track.frames(); ++i) EXPECT_GT(track.frame(i).size(), 2U);
  }
}

}  // namespace
}  // namespace flow
