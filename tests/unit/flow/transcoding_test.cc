// Flows with a direction that is transcoded: from datagrams to datagrams.

#include <gtest/gtest.h>

#include <algorithm>
#include <variant>

#include "media-relay/rtp/rtcp.h"

#include "rig.h"

namespace flow {
namespace {

using codec::Coding;

// A speaks PCMU (0), B speaks PCMA (8), in packets of 20 ms unless the test says otherwise.
Spec spec(unsigned ptime_to_b = 20, unsigned ptime_to_a = 20) {
  Spec s = strict_spec();
  s.b.transcode = Transcode{.from = {{Coding::Pcmu, 0, {}}}, .to = {Coding::Pcma, 8, {}}, .ptime_ms = ptime_to_b};
  s.a.transcode = Transcode{.from = {{Coding::Pcma, 8, {}}}, .to = {Coding::Pcmu, 0, {}}, .ptime_ms = ptime_to_a};
  return s;
}

std::uint32_t number(const std::string& bytes, std::size_t at, std::size_t size) {
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < size; ++i) out = out << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return out;
}
std::string word(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
  return out;
}

class TranscodingFlow : public ::testing::Test {
 protected:
  struct Out {
    std::uint32_t port = 0;
    base::Endpoint to;
    std::string bytes;
  };
  // Everything that leaves for one packet, in the order of sending.
  std::vector<Out> give(Side side, Component port, const std::string& bytes) {
    packet::Packet p;
    std::memcpy(rig.buffers[0].data(), bytes.data(), bytes.size());
    p.assign(rig.buffers[0], bytes.size());
    p.source = side == Side::A ? kPhoneA : kPhoneB;
    if (port == Component::Rtcp) ++p.source.port;
    dropped = rig.flow.on_packet(p, side, port, rig.now, rig.events);
    std::vector<Out> out;
    if (rig.flow.wants_attention())
      for (const auto& o : rig.flow.attend(rig.events))
        out.push_back({o.port.value, o.destination, {reinterpret_cast<const char*>(o.bytes.data()), o.bytes.size()}});
    if (p.leaves())
      out.push_back(
          {p.leaves_by.value, p.destination, {reinterpret_cast<const char*>(p.bytes().data()), p.bytes().size()}});
    return out;
  }
  std::vector<Out> say(Side side, std::uint8_t payload_type, std::size_t size) {
    std::string bytes = "\x80" + std::string(1, static_cast<char>(payload_type));
    bytes += static_cast<char>(sequence >> 8);
    bytes += static_cast<char>(sequence & 0xff);
    ++sequence;
    bytes += word(timestamp) + word(7);
    timestamp += 160;
    return give(side, Component::Rtp, bytes + std::string(size, side == Side::A ? '\xff' : '\xd5'));
  }

  Rig rig{spec()};
  std::uint16_t sequence = 500;
  std::uint32_t timestamp = 9000;
  std::optional<Drop> dropped;
};

TEST_F(TranscodingFlow, SendsTheOtherSidesCodecBothWays) {
  const auto there = say(Side::A, 0, 160);
  ASSERT_EQ(there.size(), 1U);
  EXPECT_EQ(there[0].port, 20U);
  EXPECT_EQ(there[0].to, kPhoneB);
  EXPECT_EQ(number(there[0].bytes, 1, 1), 0x80U | 8);
  EXPECT_EQ(there[0].bytes.substr(12), std::string(160, '\xd5'));
  const auto back = say(Side::B, 8, 160);
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(back[0].bytes.substr(12), std::string(160, '\xfe'));  // the step next to zero: A-law has no zero
  EXPECT_EQ(back[0].to, kPhoneA);
  const Stats stats = rig.flow.stats(rig.now);
  EXPECT_EQ(stats.b().rtp_packets_out, 1U);
  EXPECT_EQ(stats.a().rtp_packets_out, 1U);
  const TranscodeCounts counts = rig.flow.take_transcode_counts();
  EXPECT_EQ(counts.decoded, 2U);
  EXPECT_EQ(counts.encoded, 2U);
}

TEST_F(TranscodingFlow, MakesTwoPacketsOfOneInTheirOrder) {
  rig.flow.replace(spec(10), rig.now);
  const auto out = say(Side::A, 0, 160);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].bytes.size(), 92U);
  EXPECT_EQ(number(out[1].bytes, 2, 2), number(out[0].bytes, 2, 2) + 1);
  EXPECT_EQ(number(out[1].bytes, 4, 4), number(out[0].bytes, 4, 4) + 80);
}

TEST_F(TranscodingFlow, HoldsAPacketBackUntilAnotherFillsItUp) {
  rig.flow.replace(spec(40), rig.now);
  EXPECT_TRUE(say(Side::A, 0, 160).empty());
  EXPECT_EQ(dropped, std::nullopt);
  const auto out = say(Side::A, 0, 160);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].bytes.size(), 332U);
}

TEST_F(TranscodingFlow, LetsNothingPassThatTheOtherSideDoesNotSpeak) {
  EXPECT_TRUE(say(Side::A, 18, 20).empty());
  EXPECT_EQ(dropped, Drop::NoCodec);
  EXPECT_TRUE(say(Side::A, 0, 0).empty());
  EXPECT_EQ(dropped, Drop::Undecodable);
  EXPECT_TRUE(say(Side::A, 0, 1500).empty());
  EXPECT_EQ(dropped, Drop::Undecodable);
}

TEST_F(TranscodingFlow, CodesNothingForASideThatIsHeld) {
  Spec held = spec();
  held.b.remote_rtp = endpoint("0.0.0.0:5000");
  rig.flow.replace(held, rig.now);
  EXPECT_TRUE(say(Side::A, 0, 160).empty());
  EXPECT_EQ(dropped, Drop::NoDestination);
  EXPECT_EQ(rig.flow.take_transcode_counts().decoded, 0U);
}

TEST_F(TranscodingFlow, GoesOnWhenSignallingSpeaksAndNothingChanged) {
  const auto before = say(Side::A, 0, 160);
  rig.flow.replace(spec(), rig.now);
  const auto after = say(Side::A, 0, 160);
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(number(after[0].bytes, 2, 2), number(before[0].bytes, 2, 2) + 1);
  EXPECT_EQ(number(after[0].bytes, 1, 1), 8U);  // no marker: the same stream
}

TEST_F(TranscodingFlow, ProtectsWhatItMakes) {
  const std::vector<std::byte> key(30, std::byte{7});
  const secure::Parameters parameters{secure::Suite::AesCm128HmacSha1_80, {{base::Secret(key), ""}}};
  Spec s = spec(10);
  s.b.srtp = Srtp{parameters, parameters};
  rig.flow.replace(s, rig.now);
  const auto out = say(Side::A, 0, 160);
  ASSERT_EQ(out.size(), 2U);
  const auto receiver = secure::make_receiver(s.srtp_engine, parameters);
  for (const Out& o : out) {
    std::vector<std::byte> bytes(o.bytes.size());
    std::memcpy(bytes.data(), o.bytes.data(), bytes.size());
    ASSERT_EQ(receiver->unprotect_rtp(bytes), 92U);
    EXPECT_EQ(bytes[12], std::byte{0xd5});
  }
}

TEST_F(TranscodingFlow, OpensAndProtectsBetweenTwoProtectedLegs) {
  const auto keys = [](int which, secure::Suite suite) {
    const auto& traits = secure::traits_of(suite);
    const std::vector<std::byte> bytes(traits.key_bytes + traits.salt_bytes, static_cast<std::byte>(which));
    return secure::Parameters{suite, {{base::Secret(bytes), ""}}};
  };
  Spec s = spec();
  s.a.srtp = Srtp{keys(1, secure::Suite::AesCm128HmacSha1_80), keys(2, secure::Suite::AesCm128HmacSha1_80)};
  s.b.srtp = Srtp{keys(3, secure::Suite::AeadAes256Gcm), keys(4, secure::Suite::AeadAes256Gcm)};
  rig.flow.replace(s, rig.now);
  const auto phone = secure::make_sender(s.srtp_engine, *s.a.srtp->receive);
  const auto listener = secure::make_receiver(s.srtp_engine, *s.b.srtp->send);
  for (int i = 0; i < 5; ++i) {
    std::string clear("\x80\x00\x02", 3);
    clear += static_cast<char>(i);
    clear += word(static_cast<std::uint32_t>(160 * i)) + word(7) + std::string(160, '\xff');
    const std::size_t size = clear.size();
    clear.resize(size + secure::kMaxGrowthBytes);
    clear.resize(phone->protect_rtp(std::as_writable_bytes(std::span(clear)), size).value());
    const auto out = give(Side::A, Component::Rtp, clear);
    ASSERT_EQ(out.size(), 1U);
    std::string heard = out[0].bytes;
    ASSERT_EQ(listener->unprotect_rtp(std::as_writable_bytes(std::span(heard))), 172U);
    EXPECT_EQ(heard[1] & 0x7f, 8);
    EXPECT_EQ(heard[12], '\xd5');
  }
}

// RFC 3550 7.2: a translator that changes the encoding changes the sender's packet and byte counts; RFC 8079 3.2.
TEST_F(TranscodingFlow, TellsInSenderReportsWhatLeft) {
  Spec s = spec();
  s.b.transcode->to = {Coding::Opus, 96, {}};
  s.a.transcode->from = {{Coding::Opus, 96, {}}};
  rig.flow.replace(s, rig.now);
  std::string last;
  for (int i = 0; i < 5; ++i) last = say(Side::A, 0, 160).at(0).bytes;
  // The report is of the end of the last packet.
  const std::string sr =
      std::string("\x80\xc8\x00\x06", 4) + word(7) + word(0xe0000000) + word(0) + word(timestamp) + word(5) + word(800);
  const auto out = give(Side::A, Component::Rtcp, sr);
  ASSERT_EQ(out.size(), 1U);
  ASSERT_EQ(out[0].bytes.size(), sr.size());
  EXPECT_EQ(out[0].bytes.substr(0, 16), sr.substr(0, 16));
  EXPECT_EQ(number(out[0].bytes, 16, 4), number(last, 4, 4) + 960);
  EXPECT_EQ(number(out[0].bytes, 20, 4), 5U);
  EXPECT_LT(number(out[0].bytes, 24, 4), 800U);
}

// The reader of a report knows its own numbers only.
TEST_F(TranscodingFlow, TellsInReceptionReportsWhatCame) {
  rig.flow.replace(spec(20, 10), rig.now);
  for (int i = 0; i < 10; ++i) {
    if (i == 5) ++sequence, timestamp += 160;  // lost
    (void)say(Side::B, 8, 160);
  }
  // A has seen twice as many packets, and lost 64 of 256.
  const std::string block = word(7) + word(0x40000002) + word(22) + word(80) + word(0x12345678) + word(0x10000);
  const std::string rr = std::string("\x82\xc9\x00\x0d", 4) + word(3) + block + block;
  const auto out = give(Side::A, Component::Rtcp, rr);
  ASSERT_EQ(out.size(), 1U);
  const std::string& o = out[0].bytes;
  ASSERT_EQ(o.size(), 32U);
  EXPECT_EQ(number(o, 0, 4), 0x81c90007U);
  EXPECT_EQ(number(o, 12, 4) & 0xffffff, 3U);                   // lost on both sections
  EXPECT_EQ(number(o, 12, 4) >> 24, 64U + 23 - 64 * 23 / 256);  // 1 of 11
  EXPECT_EQ(number(o, 16, 4), 510U);                            // B's own last number
  EXPECT_EQ(o.substr(24), block.substr(16));                    // times go through
  ASSERT_TRUE(rtp::read_compound(std::as_bytes(std::span(o))));
}

// RFC 3611 4, RFC 8079 3.2: round trips and opinions are as true on the other side; what goes by numbers is not.
TEST_F(TranscodingFlow, PassesExtendedReportsThatGoByNoNumbers) {
  for (int i = 0; i < 10; ++i) {
    if (i == 5) ++sequence, timestamp += 160;  // lost
    (void)say(Side::B, 8, 160);
  }
  const std::string reference = std::string("\x04\x00\x00\x02", 4) + word(0xe0000000) + word(1);
  const std::string delays = std::string("\x05\x00\x00\x03", 4) + word(7) + word(0x12345678) + word(0x10000);
  const std::string losses = std::string("\x01\x00\x00\x03", 4) + word(7) + word(0x01f401fe) + word(0x40000000);
  const std::string summary = std::string("\x06\xe0\x00\x09", 4) + word(7) + std::string(32, '\0');
  std::string opinion = std::string("\x07\x00\x00\x08", 4) + word(7) + std::string(28, '\x20');
  opinion[8] = '\x40';
  const auto report = [](const std::string& blocks) {
    return std::string("\x80\xc9\x00\x01", 4) + word(3) + std::string("\x80\xcf\x00", 3) +
           static_cast<char>(1 + blocks.size() / 4) + word(3) + blocks;
  };
  const auto out = give(Side::A, Component::Rtcp, report(losses + reference + summary + opinion + delays + losses));
  ASSERT_EQ(out.size(), 1U);
  opinion[8] = static_cast<char>(64 + 23 - 64 * 23 / 256);  // 1 of 11 on the first section
  EXPECT_EQ(out[0].bytes, report(reference + opinion + delays));
  ASSERT_TRUE(rtp::read_compound(std::as_bytes(std::span(out[0].bytes))));

  const auto alone = give(Side::A, Component::Rtcp, report(losses));
  ASSERT_EQ(alone.size(), 1U);
  EXPECT_EQ(alone[0].bytes.size(), 8U) << "the report in front of it";
}

TEST_F(TranscodingFlow, TakesOutFeedbackAboutPacketsThatItsReaderNeverSent) {
  const std::string nack = std::string("\x81\xcd\x00\x03", 4) + word(3) + word(7) + word(0x00050000);
  EXPECT_TRUE(give(Side::A, Component::Rtcp, nack).empty());
  const std::string rr = std::string("\x80\xc9\x00\x01", 4) + word(3);
  const auto out = give(Side::A, Component::Rtcp, rr + nack);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].bytes, rr);
}

// Toward B digits are sent, and its stream is ours.
Spec with_digits() {
  Spec s = spec();
  s.b.transcode->to = {Coding::Opus, 96, {}};
  s.a.transcode->from = {{Coding::Opus, 96, {}}};
  s.b.rewrite = Rewrite{{}, false, true};
  s.b.digits = Digits{{}, false, EventFormat{97, 48'000}, std::nullopt};
  return s;
}

// trap 36: digits that were heard elsewhere are heard in the stream of the audio, whose numbers go on (RFC
// 4733 2.5.1.2).
TEST_F(TranscodingFlow, SendsDigitsInTheStreamOfItsAudio) {
  rig.flow.replace(with_digits(), rig.now);
  std::vector<std::string> heard;
  const auto pass = [&](int packets) {
    for (int i = 0; i < packets; ++i) {
      for (auto& o : say(Side::A, 0, 160)) heard.push_back(std::move(o.bytes));
      rig.now += base::milliseconds(20);
      rig.flow.on_deadline(rig.now, rig.events);
      for (const auto& o : rig.flow.attend(rig.events))
        heard.emplace_back(reinterpret_cast<const char*>(o.bytes.data()), o.bytes.size());
    }
  };
  pass(5);
  ASSERT_TRUE(rig.flow.play(Side::B, "5", base::milliseconds(100), rig.now));
  pass(15);
  const auto is_event = [](const std::string& bytes) { return (number(bytes, 1, 1) & 0x7f) == 97; };
  const auto events = std::ranges::count_if(heard, is_event);
  EXPECT_GE(events, 7);
  EXPECT_EQ(std::ranges::count_if(heard, is_event), events);
  const auto first = std::ranges::find_if(heard, is_event);
  const auto last = std::find_if(heard.rbegin(), heard.rend(), is_event).base() - 1;
  EXPECT_EQ(std::count_if(first, last, is_event), events - 1) << "audio rests meanwhile";
  EXPECT_EQ(number(*last, 14, 2), 4800U) << "100 ms in the clock of the event";
  for (std::size_t i = 1; i < heard.size(); ++i) {
    EXPECT_EQ(number(heard[i], 2, 2), (number(heard[i - 1], 2, 2) + 1) & 0xffff);
    EXPECT_EQ(number(heard[i], 8, 4), number(heard[0], 8, 4));
    const auto step = static_cast<std::int32_t>(number(heard[i], 4, 4) - number(heard[i - 1], 4, 4));
    EXPECT_GE(step, 0);
    EXPECT_LE(step, 48 * 160);
  }
  EXPECT_EQ(number(heard[0], 8, 4), 7U) << "it begins as its first source";
}

// RFC 8079 3.2: what each side reports is put into the other one's numbers, through both changes.
TEST_F(TranscodingFlow, TranslatesReportsOfAStreamOfOurs) {
  rig.flow.replace(with_digits(), rig.now);
  std::string last;
  for (int i = 0; i < 5; ++i) last = say(Side::A, 0, 160).at(0).bytes;
  const std::string sr =
      std::string("\x80\xc8\x00\x06", 4) + word(7) + word(0xe0000000) + word(0) + word(timestamp) + word(5) + word(800);
  const auto out = give(Side::A, Component::Rtcp, sr);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(number(out[0].bytes, 4, 4), number(last, 8, 4));
  EXPECT_EQ(number(out[0].bytes, 16, 4), number(last, 4, 4) + 960);
  EXPECT_EQ(number(out[0].bytes, 20, 4), 5U);
  const std::string block =
      word(number(last, 8, 4)) + word(0) + word(number(last, 2, 2)) + word(480) + word(0x12345678) + word(0x10000);
  const auto back = give(Side::B, Component::Rtcp, std::string("\x81\xc9\x00\x07", 4) + word(3) + block);
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(number(back[0].bytes, 8, 4), 7U);
  EXPECT_EQ(number(back[0].bytes, 16, 4), 504U) << "A's own last number";
  EXPECT_EQ(number(back[0].bytes, 20, 4), 80U) << "jitter in A's clock";
}

// trap 36: what is told as a digit is not sent as well.
TEST_F(TranscodingFlow, KeepsEventsFromAListenerWhoHearsOfThemElsewhere) {
  Spec s = spec();
  s.a.digits = Digits{{{101, 8000}}, false, std::nullopt, std::nullopt};
  rig.flow.replace(s, rig.now);
  const auto before = say(Side::A, 0, 160);
  const std::string digit("\x05\x8a\x03\x20", 4);
  std::string bytes = std::string("\x80\x65", 2);
  bytes += static_cast<char>(sequence >> 8);
  bytes += static_cast<char>(sequence & 0xff);
  ++sequence;
  EXPECT_TRUE(give(Side::A, Component::Rtp, bytes + word(timestamp) + word(7) + digit).empty());
  EXPECT_EQ(dropped, Drop::NoCodec);
  const auto after = say(Side::A, 0, 160);
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(number(after[0].bytes, 2, 2), number(before[0].bytes, 2, 2) + 1);
  const auto told = std::ranges::count_if(rig.events, [](const Event& e) { return std::holds_alternative<Dtmf>(e); });
  EXPECT_EQ(told, 1);
}

// RFC 3389: B has no comfort noise. It is paced by the flow's deadlines, in the stream of the audio.
TEST_F(TranscodingFlow, MakesNoiseByItself) {
  for (const bool ours : {false, true}) {
    SCOPED_TRACE(ours);
    Spec s = spec();
    s.b.transcode->noise_from = 13;
    if (ours) s.b.rewrite = Rewrite{{}, false, true};
    rig.flow.replace(s, rig.now);
    const auto before = say(Side::A, 0, 160);
    ASSERT_EQ(before.size(), 1U);
    std::string bytes = std::string("\x80\x0d", 2);
    bytes += static_cast<char>(sequence >> 8);
    bytes += static_cast<char>(sequence & 0xff);
    ++sequence;
    EXPECT_TRUE(give(Side::A, Component::Rtp, bytes + word(timestamp) + word(7) + "\x28").empty());
    EXPECT_EQ(dropped, std::nullopt);
    unsigned made = 0;
    const base::Instant end = rig.now + base::milliseconds(200);
    while (rig.flow.next_deadline() <= end) {
      rig.now = rig.flow.next_deadline();
      rig.flow.on_deadline(rig.now, rig.events);
      for (const auto& o : rig.flow.attend(rig.events)) {
        const std::string sent(reinterpret_cast<const char*>(o.bytes.data()), o.bytes.size());
        ++made;
        EXPECT_EQ(o.destination, kPhoneB);
        EXPECT_EQ(number(sent, 1, 1), 8U);
        EXPECT_EQ(number(sent, 2, 2), number(before[0].bytes, 2, 2) + made);
        EXPECT_EQ(number(sent, 4, 4), number(before[0].bytes, 4, 4) + 160 * made);
        EXPECT_EQ(number(sent, 8, 4), number(before[0].bytes, 8, 4));
        EXPECT_EQ(sent.size(), 172U);
      }
    }
    EXPECT_EQ(made, 10U);
    timestamp += 1600;
    rig.now = end;
    const auto after = say(Side::A, 0, 160);
    ASSERT_EQ(after.size(), 1U);
    EXPECT_EQ(number(after[0].bytes, 2, 2), number(before[0].bytes, 2, 2) + 11);
    // A listener who cannot be reached hears none.
    Spec held = s;
    held.b.remote_rtp = endpoint("0.0.0.0:5000");
    rig.flow.replace(held, rig.now);
    rig.flow.replace(spec(), rig.now);
  }
}

TEST_F(TranscodingFlow, IsRefusedWhenItCannotBeBuilt) {
  Spec s = spec();
  s.b.transcode->ptime_ms = 25;
  EXPECT_EQ(check(s), "half b: transcode: PCMA has no packets of 25 ms");
}

}  // namespace
}  // namespace flow
