#include "media-relay/flow/transcoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "media-relay/codec/comfort_noise.h"
#include "media-relay/codec/limits.h"
#include "media-relay/flow/limits.h"

namespace flow {
namespace {

using codec::Coding;
using codec::Sample;

constexpr std::uint32_t kSsrc = 0x11223344;

struct Sent {
  rtp::Header header;
  std::vector<std::byte> payload;
};

// A phone that sends a tone in one codec.
class Phone {
 public:
  Phone(Coding coding, std::uint8_t payload_type, unsigned ptime = 20)
      : rate_(codec::sample_rate_of(coding)),
        ticks_(codec::clock_of(coding) / 1000 * ptime),
        samples_(std::size_t{rate_} / 1000 * ptime),
        encoder_(codec::make_encoder(coding, rate_)) {
    header_.payload_type = payload_type;
    header_.sequence = 65'530;  // wraps on the way
    header_.timestamp = 0xffffff00;
    header_.ssrc = kSsrc;
    header_.marker = true;
  }

  Sent say() {
    std::vector<Sample> audio(samples_);
    for (Sample& s : audio)
      s = static_cast<Sample>(std::lround(10'000 * std::sin(2 * std::numbers::pi * 440 * double(at_++) / rate_)));
    std::vector<std::byte> payload(codec::kMaxPayloadBytes);
    payload.resize(encoder_->encode(audio, payload).value());
    Sent out{header_, std::move(payload)};
    ++header_.sequence;
    header_.timestamp += ticks_;
    header_.marker = false;
    return out;
  }
  Sent say_event(std::uint8_t payload_type, std::uint16_t duration, bool first = false) {
    Sent out{header_, {std::byte{5}, std::byte{10}, std::byte(duration >> 8), std::byte(duration & 0xff)}};
    out.header.payload_type = payload_type;
    out.header.marker = first;
    ++header_.sequence;
    return out;
  }
  Sent say_noise(std::uint8_t payload_type, std::vector<std::byte> payload) {
    Sent out{header_, std::move(payload)};
    out.header.payload_type = payload_type;
    ++header_.sequence;
    return out;
  }
  void pause(unsigned ms) { header_.timestamp += ticks_ * ms / 20; }
  rtp::Header& header() { return header_; }

 private:
  unsigned rate_;
  std::uint32_t ticks_;
  std::size_t samples_;
  std::unique_ptr<codec::Encoder> encoder_;
  rtp::Header header_;
  std::size_t at_ = 0;
};

class Listener final : public Transcoder::Sink {
 public:
  struct Heard {
    bool marker;
    std::uint8_t payload_type;
    std::uint16_t sequence;
    std::uint32_t timestamp;
    std::uint32_t ssrc;
    std::vector<std::byte> payload;
  };
  void on_made(const Transcoder::Made& m) override {
    heard.push_back({m.marker, m.payload_type, m.sequence, m.timestamp, m.ssrc, {m.payload.begin(), m.payload.end()}});
  }
  // How much of it is the phone's tone, 0 to 1.
  double tone(Coding coding, std::size_t skip) const {
    const unsigned rate = codec::sample_rate_of(coding);
    const auto decoder = codec::make_decoder(coding, rate);
    std::vector<Sample> room(codec::kMaxSamples);
    const double k = 2 * std::cos(2 * std::numbers::pi * 440 / rate);
    double s1 = 0, s2 = 0, whole = 0, n = 0;
    for (std::size_t i = 0; i < heard.size(); ++i) {
      const auto samples = decoder->decode(heard[i].payload, room);
      if (!samples) return -1;
      if (i < skip) continue;
      for (std::size_t j = 0; j < *samples; ++j) {
        const double s = room[j] + k * s1 - s2;
        s2 = s1;
        s1 = s;
        whole += double{1} * room[j] * room[j];
        n += 1;
      }
    }
    return (s1 * s1 + s2 * s2 - k * s1 * s2) * 2 / n / whole;
  }
  std::vector<Heard> heard;
};

Transcode spec(Coding from, Coding to, unsigned ptime = 20) {
  Transcode t;
  t.from = {{from, 96, {}}};
  t.to = {to, 97, {}};
  t.ptime_ms = ptime;
  return t;
}

std::optional<Drop> give(Transcoder& transcoder, const Sent& sent, Listener& listener) {
  return transcoder.take(sent.header, sent.payload, {}, listener);
}

struct Pair {
  Coding from, to;
};
class EachPair : public ::testing::TestWithParam<Pair> {};

// trap 37: ptime and the clock of G.722 differ between the sides; RFC 3551 4.5.2, RFC 7587 4.1.
TEST_P(EachPair, IsHeardInEveryLengthWithTheNewClock) {
  const auto [from, to] = GetParam();
  for (const unsigned in : {10U, 20U, 40U})
    for (const unsigned out : {10U, 20U, 30U, 40U, 60U}) {
      if (!codec::has_frame_of(to, out)) continue;
      SCOPED_TRACE(std::to_string(in) + " to " + std::to_string(out));
      Phone phone(from, 96, in);
      Transcoder transcoder(spec(from, to, out));
      Listener listener;
      for (unsigned ms = 0; ms < 1200; ms += in) ASSERT_EQ(give(transcoder, phone.say(), listener), std::nullopt);
      ASSERT_EQ(listener.heard.size(), 1200 / out);
      for (std::size_t i = 0; i < listener.heard.size(); ++i) {
        const auto& h = listener.heard[i];
        EXPECT_EQ(h.payload_type, 97);
        EXPECT_EQ(h.ssrc, kSsrc);
        EXPECT_EQ(h.marker, i == 0);
        if (i == 0) continue;
        EXPECT_EQ(h.sequence, static_cast<std::uint16_t>(listener.heard[i - 1].sequence + 1));
        EXPECT_EQ(h.timestamp - listener.heard[i - 1].timestamp, codec::clock_of(to) / 1000 * out);
      }
      EXPECT_GT(listener.tone(to, 5), 0.9);
    }
}

std::vector<Pair> all_pairs() {
  std::vector<Pair> out;
  for (const Coding from : {Coding::Pcmu, Coding::Pcma, Coding::G722, Coding::Opus})
    for (const Coding to : {Coding::Pcmu, Coding::Pcma, Coding::G722, Coding::Opus})
      if (from != to) out.push_back({from, to});
  return out;
}
INSTANTIATE_TEST_SUITE_P(Transcoder, EachPair, ::testing::ValuesIn(all_pairs()), [](const auto& p) {
  return std::string(codec::name_of(p.param.from)) + "To" + std::string(codec::name_of(p.param.to));
});

// trap 37: ptime as the listener wants it.
TEST(Transcoder, ChangesThePacketTimeOfOneCodec) {
  Phone phone(Coding::Pcma, 96, 20);
  Transcoder transcoder(spec(Coding::Pcma, Coding::Pcma, 30));
  Listener listener;
  std::vector<std::byte> in, out;
  for (int i = 0; i < 6; ++i) {
    const Sent sent = phone.say();
    in.insert(in.end(), sent.payload.begin(), sent.payload.end());
    (void)give(transcoder, sent, listener);
  }
  for (const auto& h : listener.heard) out.insert(out.end(), h.payload.begin(), h.payload.end());
  EXPECT_EQ(listener.heard.size(), 4U);
  EXPECT_EQ(in, out);
}

TEST(Transcoder, FillsAShortGapAndTellsNothingOfIt) {
  for (const auto& [from, to] : all_pairs()) {
    Phone phone(from, 96);
    Transcoder transcoder(spec(from, to));
    Listener listener;
    for (int i = 0; i < 50; ++i) {
      const Sent sent = phone.say();
      if (i == 30 || i == 40 || i == 41) continue;
      (void)give(transcoder, sent, listener);
    }
    ASSERT_EQ(listener.heard.size(), 50U);
    for (std::size_t i = 1; i < 50; ++i)
      EXPECT_EQ(listener.heard[i].timestamp - listener.heard[i - 1].timestamp, codec::clock_of(to) / 50);
    EXPECT_EQ(transcoder.take_counts().concealed, 2U);
    EXPECT_GT(listener.tone(to, 5), 0.8) << codec::name_of(from) << " to " << codec::name_of(to);
  }
}

TEST(Transcoder, LeavesAGapThatIsTooLongToFill) {
  Phone phone(Coding::Pcmu, 96);
  Transcoder transcoder(spec(Coding::Pcmu, Coding::Opus));
  Listener listener;
  (void)give(transcoder, phone.say(), listener);
  for (int i = 0; i < 5; ++i) (void)phone.say();  // 100 ms: the most that is filled
  (void)give(transcoder, phone.say(), listener);
  EXPECT_EQ(listener.heard.size(), 7U);
  for (int i = 0; i < 6; ++i) (void)phone.say();
  (void)give(transcoder, phone.say(), listener);
  ASSERT_EQ(listener.heard.size(), 8U);
  EXPECT_TRUE(listener.heard[7].marker);
  EXPECT_EQ(listener.heard[7].timestamp - listener.heard[6].timestamp, 48'000U / 50 * 7);
}

// RFC 3551 4.1: the first packet behind a silence has the marker, and its timestamp says how long that was.
TEST(Transcoder, KeepsAPauseOfTheSender) {
  Phone phone(Coding::Pcmu, 96);
  Transcoder transcoder(spec(Coding::Pcmu, Coding::Pcma, 40));
  Listener listener;
  for (int i = 0; i < 3; ++i) (void)give(transcoder, phone.say(), listener);
  ASSERT_EQ(listener.heard.size(), 1U);
  phone.pause(1000);
  for (int i = 0; i < 2; ++i) (void)give(transcoder, phone.say(), listener);
  ASSERT_EQ(listener.heard.size(), 3U);
  // What was left is filled up with silence.
  EXPECT_EQ(listener.heard[1].payload.size(), 320U);
  EXPECT_EQ(listener.heard[1].payload[319], std::byte{0xd5});
  EXPECT_FALSE(listener.heard[1].marker);
  EXPECT_TRUE(listener.heard[2].marker);
  EXPECT_EQ(listener.heard[2].timestamp - listener.heard[0].timestamp, 480U + 8000U);
  EXPECT_EQ(listener.heard[2].sequence, static_cast<std::uint16_t>(listener.heard[1].sequence + 1));
}

TEST(Transcoder, TakesNoPacketTwiceAndNoneBehindALaterOne) {
  Phone phone(Coding::Pcmu, 96);
  Transcoder transcoder(spec(Coding::Pcmu, Coding::Pcma));
  Listener listener;
  const Sent first = phone.say(), second = phone.say(), third = phone.say();
  EXPECT_EQ(give(transcoder, first, listener), std::nullopt);
  EXPECT_EQ(give(transcoder, first, listener), Drop::TooLate);
  EXPECT_EQ(give(transcoder, third, listener), std::nullopt);
  EXPECT_EQ(give(transcoder, second, listener), Drop::TooLate);
  EXPECT_EQ(listener.heard.size(), 3U);
}

// trap 35: telephone-event 8000 against 48000.
TEST(Transcoder, MapsTelephoneEventsToTheNewClock) {
  Transcode t = spec(Coding::Pcmu, Coding::Opus);
  t.events = {{.from = 101, .to = 120, .clock_from = 8000, .clock_to = 48'000, .use = PayloadUse::Event}};
  Phone phone(Coding::Pcmu, 96);
  Transcoder transcoder(t);
  Listener listener;
  for (int i = 0; i < 3; ++i) (void)give(transcoder, phone.say(), listener);
  (void)give(transcoder, phone.say_event(101, 160, true), listener);
  (void)give(transcoder, phone.say_event(101, 320), listener);
  (void)give(transcoder, phone.say_event(101, 12'000), listener);
  phone.pause(60);
  (void)give(transcoder, phone.say(), listener);
  ASSERT_EQ(listener.heard.size(), 7U);
  const std::uint32_t began = listener.heard[2].timestamp + 960;
  const unsigned durations[] = {960, 1920, 65'535};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& h = listener.heard[3 + i];
    EXPECT_EQ(h.payload_type, 120);
    EXPECT_EQ(h.timestamp, began);
    EXPECT_EQ(h.marker, i == 0);
    EXPECT_EQ(h.payload[0], std::byte{5});
    EXPECT_EQ(static_cast<unsigned>(h.payload[2]) << 8 | static_cast<unsigned>(h.payload[3]), durations[i]);
    EXPECT_EQ(h.sequence, static_cast<std::uint16_t>(listener.heard[2].sequence + 1 + i));
  }
  EXPECT_EQ(listener.heard[6].timestamp, began + 2880);
}

TEST(Transcoder, PassesComfortNoiseWhereBothSidesHaveIt) {
  Transcode t = spec(Coding::Pcmu, Coding::G722);
  t.noise_from = 13;
  t.noise_to = 14;
  Phone phone(Coding::Pcmu, 96);
  Transcoder transcoder(t);
  Listener listener;
  (void)give(transcoder, phone.say(), listener);
  EXPECT_EQ(give(transcoder, phone.say_noise(13, {std::byte{60}}), listener), std::nullopt);
  EXPECT_EQ(give(transcoder, phone.say_noise(13, {std::byte{200}}), listener), Drop::Undecodable);
  ASSERT_EQ(listener.heard.size(), 2U);
  EXPECT_EQ(listener.heard[1].payload_type, 14);
  EXPECT_EQ(listener.heard[1].payload, std::vector{std::byte{60}});
  Transcoder without(spec(Coding::Pcmu, Coding::G722));
  EXPECT_EQ(give(without, phone.say_noise(13, {std::byte{60}}), listener), Drop::NoCodec);
}

// The power of what was heard from a packet on, in dBov (RFC 3389 3.1).
int level(const Listener& listener, Coding coding, std::size_t from) {
  const auto decoder = codec::make_decoder(coding, codec::sample_rate_of(coding));
  std::vector<Sample> room(codec::kMaxSamples), all;
  for (std::size_t i = 0; i < listener.heard.size(); ++i) {
    const auto samples = decoder->decode(listener.heard[i].payload, room).value_or(0);
    if (i >= from) all.insert(all.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(samples));
  }
  return -codec::noise_level_of(all);
}

// The noise that is due until then.
void run(Transcoder& transcoder, base::Instant& now, base::Duration time, Listener& listener) {
  const base::Instant end = now + time;
  while (transcoder.next_deadline() <= end) {
    now = transcoder.next_deadline();
    transcoder.on_deadline(now, listener);
  }
  now = end;
}

Transcode noisy(Coding to) {
  Transcode t = spec(Coding::Pcmu, to);
  t.noise_from = 13;
  return t;
}

// RFC 3389 5: from the packet that tells of it until the sender speaks again, and as loud as it says.
TEST(Transcoder, MakesComfortNoiseForAListenerWhoHasNone) {
  for (const Coding to : {Coding::Pcma, Coding::G722, Coding::Opus}) {
    SCOPED_TRACE(codec::name_of(to));
    Phone phone(Coding::Pcmu, 96);
    Transcoder transcoder(noisy(to));
    Listener listener;
    base::Instant now{};
    for (int i = 0; i < 5; ++i) (void)give(transcoder, phone.say(), listener);
    ASSERT_EQ(listener.heard.size(), 5U);
    const Sent told = phone.say_noise(13, {std::byte{40}});
    ASSERT_EQ(transcoder.take(told.header, told.payload, now, listener), std::nullopt);
    run(transcoder, now, base::seconds(1), listener);
    EXPECT_NEAR(static_cast<double>(listener.heard.size()), 55, 1);
    phone.pause(1000);
    const Sent spoken = phone.say();
    ASSERT_EQ(transcoder.take(spoken.header, spoken.payload, now, listener), std::nullopt);
    EXPECT_EQ(transcoder.next_deadline(), base::kNever);
    for (std::size_t i = 1; i < listener.heard.size(); ++i) {
      EXPECT_EQ(listener.heard[i].sequence, static_cast<std::uint16_t>(listener.heard[i - 1].sequence + 1));
      EXPECT_EQ(listener.heard[i].timestamp - listener.heard[i - 1].timestamp, codec::clock_of(to) / 50);
      EXPECT_EQ(listener.heard[i].payload_type, 97);
    }
    EXPECT_TRUE(listener.heard.back().marker);
    listener.heard.pop_back();
    EXPECT_NEAR(level(listener, to, 10), -40, to == Coding::Opus ? 6 : 3);
  }
}

TEST(Transcoder, ChangesItsNoiseWhenItIsToldAgain) {
  Phone phone(Coding::Pcmu, 96);
  Transcoder transcoder(noisy(Coding::Pcma));
  Listener listener;
  base::Instant now{};
  for (const unsigned loud : {60U, 30U}) {
    const Sent told = phone.say_noise(13, {std::byte(loud)});
    ASSERT_EQ(transcoder.take(told.header, told.payload, now, listener), std::nullopt);
    const std::size_t before = listener.heard.size();
    run(transcoder, now, base::milliseconds(400), listener);
    phone.pause(400);
    ASSERT_EQ(listener.heard.size(), before + 20);
    EXPECT_NEAR(level(listener, Coding::Pcma, before), -static_cast<int>(loud), 2);
  }
}

// Each stretch of noise may reach a frame into what is said next. That must not add up.
TEST(Transcoder, KeepsTheSendersTimeOverManyStretchesOfNoise) {
  Phone phone(Coding::Pcmu, 96);
  Transcoder transcoder(noisy(Coding::Pcma));
  Listener listener;
  base::Instant now{};
  const std::uint32_t began = phone.header().timestamp;
  for (int i = 0; i < 100; ++i) {
    const Sent told = phone.say_noise(13, {std::byte{50}});
    (void)transcoder.take(told.header, told.payload, now, listener);
    run(transcoder, now, base::milliseconds(190), listener);  // audio comes early
    phone.pause(180);
    for (int j = 0; j < 5; ++j) {
      const Sent spoken = phone.say();
      (void)transcoder.take(spoken.header, spoken.payload, now, listener);
      now += base::milliseconds(20);
    }
    const auto late = static_cast<std::int32_t>((listener.heard.back().timestamp - listener.heard.front().timestamp) -
                                                (phone.header().timestamp - 160 - began));
    ASSERT_LE(std::abs(late), 320) << i;
  }
}

TEST(Transcoder, StopsItsNoiseWhenNothingIsToldOfItForLong) {
  Phone phone(Coding::Pcmu, 96);
  Transcoder transcoder(noisy(Coding::Pcma));
  Listener listener;
  base::Instant now{};
  const Sent told = phone.say_noise(13, {std::byte{50}});
  (void)transcoder.take(told.header, told.payload, now, listener);
  run(transcoder, now, kLongestNoise + base::seconds(60), listener);
  EXPECT_EQ(transcoder.next_deadline(), base::kNever);
  EXPECT_NEAR(static_cast<double>(listener.heard.size()), kLongestNoise / base::milliseconds(20), 1);
  phone.pause(120'000);
  const Sent spoken = phone.say();
  (void)transcoder.take(spoken.header, spoken.payload, now, listener);
  EXPECT_TRUE(listener.heard.back().marker);
  EXPECT_EQ(listener.heard.back().timestamp - listener.heard.front().timestamp, 120U * 8000);
  EXPECT_EQ(give(transcoder, phone.say_noise(13, {std::byte{200}}), listener), Drop::Undecodable);
}

TEST(Transcoder, TakesNothingForLostThatIsNotForTheListener) {
  Phone phone(Coding::Pcmu, 96);
  Transcoder transcoder(spec(Coding::Pcmu, Coding::Pcma));
  Listener listener;
  (void)give(transcoder, phone.say(), listener);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(give(transcoder, phone.say_event(101, 160), listener), Drop::NoCodec);
  transcoder.swallow(phone.say_event(101, 160).header);
  phone.pause(60);
  (void)give(transcoder, phone.say(), listener);
  EXPECT_EQ(transcoder.take_counts().concealed, 0U);
  ASSERT_EQ(listener.heard.size(), 2U);
  EXPECT_EQ(listener.heard[1].sequence, static_cast<std::uint16_t>(listener.heard[0].sequence + 1));
}

// trap 33: the answer had several codecs, and the phone changes among them.
TEST(Transcoder, FollowsAChangeOfCodec) {
  Transcode t = spec(Coding::Pcmu, Coding::Opus);
  t.from.push_back({Coding::Pcma, 8, {}});
  Transcoder transcoder(t);
  Listener listener;
  Phone mu(Coding::Pcmu, 96);
  for (int i = 0; i < 25; ++i) (void)give(transcoder, mu.say(), listener);
  Phone a(Coding::Pcma, 8);
  a.header() = mu.header();
  a.header().payload_type = 8;
  for (int i = 0; i < 25; ++i) EXPECT_EQ(give(transcoder, a.say(), listener), std::nullopt);
  EXPECT_EQ(listener.heard.size(), 50U);
  EXPECT_GT(listener.tone(Coding::Opus, 30), 0.9);
}

TEST(Transcoder, BeginsAnewWithAnotherSource) {
  Transcoder transcoder(spec(Coding::Pcmu, Coding::Pcma, 40));
  Listener listener;
  Phone first(Coding::Pcmu, 96), second(Coding::Pcmu, 96);
  second.header().ssrc = 99;
  second.header().timestamp = 5;
  second.header().sequence = 7;
  for (int i = 0; i < 3; ++i) (void)give(transcoder, first.say(), listener);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(give(transcoder, second.say(), listener), std::nullopt);
  ASSERT_EQ(listener.heard.size(), 2U);
  EXPECT_EQ(listener.heard[1].ssrc, 99U);
  EXPECT_TRUE(listener.heard[1].marker);
  EXPECT_EQ(transcoder.packets(), 1U);
}

TEST(Transcoder, CountsWhatItCannotReadAndGoesOn) {
  Transcoder transcoder(spec(Coding::Opus, Coding::Pcmu));
  Listener listener;
  Phone phone(Coding::Opus, 96);
  for (int i = 0; i < 30; ++i) {
    Sent sent = phone.say();
    if (i == 10) sent.payload = {};
    if (i == 20) sent.payload = {std::byte{0xff}, std::byte{0x00}};  // RFC 6716 3.2.5: no frames, [R5]
    EXPECT_EQ(give(transcoder, sent, listener), i == 10 || i == 20 ? std::optional(Drop::Undecodable) : std::nullopt);
  }
  EXPECT_EQ(transcoder.take_counts().undecodable, 2U);
  // Both were filled.
  EXPECT_EQ(listener.heard.size(), 30U);
}

TEST(TranscodeSpec, SaysWhatIsWrong) {
  EXPECT_EQ(check(spec(Coding::Pcmu, Coding::Opus)), "");
  EXPECT_EQ(check(spec(Coding::Pcmu, Coding::Opus, 30)), "opus has no packets of 30 ms");
  Transcode t = spec(Coding::Pcmu, Coding::Opus);
  t.from.clear();
  EXPECT_EQ(check(t), "expected 1 to 4 formats to come from, got 0");
  t.from.assign(kMaxAudioFormats, {Coding::Pcma, 8, {}});
  EXPECT_EQ(check(t), "");
  t.from.push_back({Coding::Pcma, 8, {}});
  EXPECT_EQ(check(t), "expected 1 to 4 formats to come from, got 5");
  t.from = {{Coding::Pcma, 8, {}}, {Coding::Opus, 96, {}}};
  EXPECT_EQ(check(t), "expected formats of one clock, got PCMA and opus");
  t = spec(Coding::Pcmu, Coding::Opus);
  t.events = {{.from = 101, .to = 101, .clock_from = 8000, .clock_to = 0, .use = PayloadUse::Event}};
  EXPECT_EQ(check(t), "expected both clocks of telephone-event");
}

}  // namespace
}  // namespace flow
