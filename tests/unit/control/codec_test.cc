#include "media-relay/control/codec.h"

#include <gtest/gtest.h>

#include "media-relay/base/random.h"
#include "media-relay/control/check.h"
#include "media-relay/control/framing.h"
#include "media-relay/control/limits.h"

#include "samples.h"

namespace control {
namespace {

std::string payload_of(const std::string& frame) {
  FrameReader reader;
  reader.feed(frame);
  const FrameReader::Result result = reader.next();
  EXPECT_EQ(result.status, FrameReader::Status::Frame);
  return std::string(result.payload);
}

std::string encoded(const Command& command, std::uint64_t request = 7) {
  std::string frame;
  append_command(frame, request, command);
  return payload_of(frame);
}

DecodeError refused(const Command& command) {
  const auto decoded = decode_command(encoded(command));
  EXPECT_FALSE(decoded.has_value()) << name_of(command);
  return decoded ? DecodeError{} : decoded.error();
}

TEST(Codec, EveryCommandSurvivesTheWay) {
  for (const Command& command : sample_commands()) {
    const auto decoded = decode_command(encoded(command, UINT64_MAX));
    ASSERT_TRUE(decoded.has_value()) << name_of(command) << ": " << decoded.error().text;
    EXPECT_EQ(decoded->request, UINT64_MAX);
    EXPECT_EQ(decoded->command, command) << name_of(command);
  }
  EXPECT_EQ(sample_commands().size(), std::variant_size_v<Command>);
}

TEST(Codec, EveryReplySurvivesTheWay) {
  for (const Reply& reply : sample_replies()) {
    std::string frame;
    append_reply(frame, 9, reply);
    const auto decoded = decode_from_relay(payload_of(frame));
    ASSERT_TRUE(decoded.has_value()) << name_of(reply) << ": " << decoded.error().text;
    const auto* back = std::get_if<ReplyFrame>(&*decoded);
    ASSERT_NE(back, nullptr) << name_of(reply);
    EXPECT_EQ(back->request, 9U);
    EXPECT_EQ(back->reply, reply) << name_of(reply);
  }
  EXPECT_EQ(sample_replies().size(), std::variant_size_v<Reply>);
}

TEST(Codec, EveryEventSurvivesTheWay) {
  for (const Event& event : sample_events()) {
    std::string frame;
    append_event(frame, event);
    const auto decoded = decode_from_relay(payload_of(frame));
    ASSERT_TRUE(decoded.has_value()) << name_of(event) << ": " << decoded.error().text;
    const auto* back = std::get_if<Event>(&*decoded);
    ASSERT_NE(back, nullptr) << name_of(event);
    EXPECT_EQ(*back, event) << name_of(event);
  }
}

TEST(Codec, WhatTheControllersEndSaysNeverCrossesTheWire) {
  std::string frame;
  append_event(frame, SessionLost{"call-1", "gone"});
  append_event(frame, SessionDrains{"call-1"});
  EXPECT_TRUE(frame.empty());
}

TEST(Codec, NoiseIsUnreadable) {
  const auto decoded = decode_command("\xff\xff\xff\xff");
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().reason, DecodeError::Reason::Unreadable);
  EXPECT_EQ(decoded.error().request, 0U);
}

TEST(Codec, CommandWithoutRequestNumberIsRefused) {
  const auto decoded = decode_command(encoded(Ping{}, 0));
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().reason, DecodeError::Reason::NoRequest);
}

TEST(Codec, UnknownCommandIsUnsupportedAndAnswerable) {
  // request = 5, and a field 200 that this version does not know.
  const auto decoded = decode_command(std::string("\x08\x05\xc2\x0c\x00", 5));
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().reason, DecodeError::Reason::UnknownMessage);
  EXPECT_EQ(decoded.error().code, ErrorCode::Unsupported);
  EXPECT_EQ(decoded.error().request, 5U);
}

TEST(Codec, UnknownFieldsAreSkipped) {
  const auto decoded = decode_command(encoded(Ping{}) + std::string("\xc2\x0c\x03zzz", 6));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->command, Command(Ping{}));
}

TEST(Codec, ErrorsNameThePlace) {
  Open open{"call-1", sample_spec()};
  open.spec.flows[1].b.network = std::string(kMaxNetworkNameBytes + 1, 'n');
  const DecodeError error = refused(open);
  EXPECT_EQ(error.reason, DecodeError::Reason::BadField);
  EXPECT_EQ(error.text, "open: flow 3: half b: network: expected at most 32 bytes, got 33");
  EXPECT_EQ(error.request, 7U);
}

TEST(Codec, SessionIdLimits) {
  EXPECT_TRUE(decode_command(encoded(Query{std::string(kMaxSessionIdBytes, 'x')})).has_value());
  EXPECT_EQ(refused(Query{std::string(kMaxSessionIdBytes + 1, 'x')}).code, ErrorCode::Malformed);
  EXPECT_EQ(refused(Query{""}).code, ErrorCode::Malformed);
  EXPECT_EQ(refused(Query{"a b"}).code, ErrorCode::Malformed);
  EXPECT_EQ(refused(Query{"a\nb"}).code, ErrorCode::Malformed);
}

TEST(Codec, ControllerIdAndVersionLimits) {
  EXPECT_TRUE(decode_command(encoded(Hello{std::string(kMaxControllerIdBytes, 'x'), 0, 1})).has_value());
  EXPECT_EQ(refused(Hello{std::string(kMaxControllerIdBytes + 1, 'x'), 0, 1}).code, ErrorCode::Malformed);
  EXPECT_EQ(refused(Hello{"", 0, 1}).code, ErrorCode::Malformed);
  EXPECT_EQ(refused(Hello{"edge", 0, 2}).code, ErrorCode::Unsupported);
  EXPECT_TRUE(decode_command(encoded(Hello{"edge", kMaxMilliseconds, 1})).has_value());
  EXPECT_EQ(refused(Hello{"edge", kMaxMilliseconds + 1, 1}).code, ErrorCode::Malformed);
}

TEST(Codec, SrtpLimits) {
  const std::vector<std::byte> bytes(base::Secret::kMaxBytes, std::byte{1});
  Open open{"call-1", sample_spec()};
  SrtpStream& stream = *open.spec.flows[0].a.srtp->send;
  stream = {std::string(kMaxSuiteNameBytes, 'S'), {}};
  EXPECT_EQ(refused(open).code, ErrorCode::BadSpec);
  for (std::size_t i = 0; i < kMaxSrtpKeys; ++i)
    stream.keys.push_back({base::Secret(bytes), std::string(kMaxMkiBytes, 'm'), kMaxSrtpLifetime});
  const auto decoded = decode_command(encoded(open));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(std::get<Open>(decoded->command).spec, open.spec);
  const auto refuses = [&](auto change) {
    Open other = open;
    change(*other.spec.flows[0].a.srtp->send);
    const auto error = refused(other);
    // A key is nobody's business, least of all a log's.
    EXPECT_EQ(error.text.find('\x01'), std::string::npos);
    return error.code == ErrorCode::BadSpec || error.code == ErrorCode::Malformed;
  };
  EXPECT_TRUE(refuses([](SrtpStream& s) { s.keys.push_back(s.keys[0]); }));
  EXPECT_TRUE(refuses([](SrtpStream& s) { s.keys[0].mki += 'm'; }));
  EXPECT_TRUE(refuses([](SrtpStream& s) { ++s.keys[0].lifetime; }));
  EXPECT_TRUE(refuses([](SrtpStream& s) { s.keys[0].key_and_salt.wipe(); }));
  EXPECT_TRUE(refuses([](SrtpStream& s) { s.suite += 'S'; }));
  EXPECT_TRUE(refuses([](SrtpStream& s) { s.suite = "a b"; }));
  EXPECT_TRUE(refuses([](SrtpStream& s) { s.suite.clear(); }));
}

TEST(Codec, RewriteLimits) {
  Open open{"call-1", sample_spec()};
  HalfSpec& half = open.spec.flows[0].b;
  ASSERT_TRUE(half.rewrite.has_value());
  Rewrite& rewrite = *half.rewrite;
  rewrite.payloads.clear();
  for (std::size_t i = 0; i < kMaxPayloadRules; ++i)
    rewrite.payloads.push_back({static_cast<std::uint8_t>(i), 96, kMaxClock, kMaxClock, PayloadUse::Event});
  const auto decoded = decode_command(encoded(open));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(std::get<Open>(decoded->command).spec, open.spec);
  const auto refuses = [&](auto change) {
    Open other = open;
    change(*other.spec.flows[0].b.rewrite);
    const auto code = refused(other).code;
    return code == ErrorCode::BadSpec || code == ErrorCode::Malformed;
  };
  EXPECT_TRUE(refuses([](Rewrite& r) { r.payloads.push_back(r.payloads[0]); }));
  EXPECT_TRUE(refuses([](Rewrite& r) { r.payloads[1].from = 0; }));
  EXPECT_TRUE(refuses([](Rewrite& r) { r.payloads[1].from = 128; }));
  EXPECT_TRUE(refuses([](Rewrite& r) { r.payloads[1].clock_from = kMaxClock + 1; }));
  EXPECT_TRUE(refuses([](Rewrite& r) { r.payloads[1].clock_to = kMaxClock + 1; }));
  EXPECT_TRUE(refuses([](Rewrite& r) { r.payloads[1].clock_from = 0; }));
  EXPECT_TRUE(refuses([](Rewrite& r) { r.payloads[1].use = static_cast<PayloadUse>(3); }));
  // RFC 5761 section 4: 72 to 76 in the second byte are RTCP, and 64 to 95 are not given out beside it.
  EXPECT_TRUE(refuses([](Rewrite& r) { r.payloads[1].to = 64; }));
  EXPECT_TRUE(refuses([](Rewrite& r) { r.payloads[1].to = 95; }));
}

TEST(Codec, DigitLimits) {
  Open open{"call-1", sample_spec()};
  Digits& digits = *open.spec.flows[0].b.digits;
  digits.heard.assign(kMaxEventFormats, {101, kMaxClock});
  EXPECT_TRUE(decode_command(encoded(open)).has_value());
  const auto refuses = [&](auto change) {
    Open other = open;
    change(other.spec.flows[0].b);
    const auto code = refused(other).code;
    return code == ErrorCode::BadSpec || code == ErrorCode::Malformed;
  };
  EXPECT_TRUE(refuses([](HalfSpec& h) { h.digits->heard.push_back({102, 8000}); }));
  EXPECT_TRUE(refuses([](HalfSpec& h) { h.digits->heard[0].clock = 0; }));
  EXPECT_TRUE(refuses([](HalfSpec& h) { h.digits->heard[0].clock = kMaxClock + 1; }));
  EXPECT_TRUE(refuses([](HalfSpec& h) { h.digits->heard[0].payload_type = 128; }));
  EXPECT_TRUE(refuses([](HalfSpec& h) { h.digits->event->payload_type = 72; }));
  EXPECT_TRUE(refuses([](HalfSpec& h) { h.digits->tone = 9; }));
  // What is sent between the packets of a stream wants numbers of its own.
  EXPECT_TRUE(refuses([](HalfSpec& h) { h.rewrite->continuous = false; }));
  EXPECT_TRUE(refuses([](HalfSpec& h) { h.rewrite.reset(); }));
}

TEST(Codec, SendDigitsLimits) {
  EXPECT_TRUE(decode_command(encoded(SendDigits{"c", 0, HalfSide::A, std::string(kMaxDigits, '#'), 0})).has_value());
  for (const std::uint32_t ms : {kMinDigitMs, kMaxDigitMs})
    EXPECT_TRUE(decode_command(encoded(SendDigits{"c", 0, HalfSide::A, "1", ms})).has_value());
  for (const std::uint32_t ms : {kMinDigitMs - 1, kMaxDigitMs + 1})
    EXPECT_EQ(refused(SendDigits{"c", 0, HalfSide::A, "1", ms}).code, ErrorCode::Malformed);
  for (const std::string& digits : {std::string(), std::string("E"), std::string(kMaxDigits + 1, '1')})
    EXPECT_EQ(refused(SendDigits{"c", 0, HalfSide::A, digits, 0}).code, ErrorCode::Malformed);
  EXPECT_EQ(refused(SendDigits{"", 0, HalfSide::A, "1", 0}).code, ErrorCode::Malformed);
}

TEST(Codec, FlowAndPrefixLimits) {
  Open open{"call-1", {}};
  HalfSpec half{"access", {}, {}, false, LatchMode::Strict, {}, true, true};
  for (std::uint32_t i = 0; i < kMaxFlows; ++i) open.spec.flows.push_back({i, "audio", half, half});
  EXPECT_TRUE(decode_command(encoded(open)).has_value());
  for (std::size_t i = 0; i < kMaxLatchPrefixes; ++i)
    open.spec.flows[0].a.latch_from.push_back(*base::Prefix::parse("192.0.2.0/24"));
  EXPECT_TRUE(decode_command(encoded(open)).has_value());
  Open prefixes = open;
  prefixes.spec.flows[0].a.latch_from.push_back(*base::Prefix::parse("192.0.2.0/24"));
  EXPECT_EQ(refused(prefixes).reason, DecodeError::Reason::BadField);
  open.spec.flows.push_back({99, "audio", half, half});
  EXPECT_EQ(refused(open).reason, DecodeError::Reason::BadField);
}

TEST(Codec, SpecLimits) {
  Open open{"call-1", sample_spec()};
  open.spec.media_timeout_ms = kMaxMilliseconds;
  EXPECT_TRUE(decode_command(encoded(open)).has_value());
  open.spec.media_timeout_ms = kMaxMilliseconds + 1;
  EXPECT_EQ(refused(open).code, ErrorCode::BadSpec);
  open.spec = sample_spec();
  open.spec.flows[1].index = open.spec.flows[0].index;
  EXPECT_EQ(refused(open).code, ErrorCode::BadSpec);
  open.spec = sample_spec();
  open.spec.flows[0].kind = std::string(kMaxKindBytes, 'k');
  EXPECT_TRUE(decode_command(encoded(open)).has_value());
  open.spec.flows[0].kind.push_back('k');
  EXPECT_EQ(refused(open).reason, DecodeError::Reason::BadField);
  open.spec = sample_spec();
  open.spec.flows[0].a.network.clear();
  EXPECT_EQ(refused(open).code, ErrorCode::BadSpec);
}

TEST(Codec, SubscribeKnowsItsKinds) {
  EXPECT_TRUE(decode_command(encoded(Subscribe{0})).has_value());
  EXPECT_TRUE(decode_command(encoded(Subscribe{kAllEvents})).has_value());
  EXPECT_EQ(refused(Subscribe{kAllEvents + 1}).code, ErrorCode::Unsupported);
}

TEST(Codec, TextsForPeopleAreCutAndCleaned) {
  const auto decoded = decode_command(encoded(Close{"call-1", "a\xff\n" + std::string(1000, 'b')}));
  ASSERT_TRUE(decoded.has_value());
  const auto& reason = std::get<Close>(decoded->command).reason;
  EXPECT_EQ(reason.size(), kMaxReasonBytes);
  EXPECT_EQ(reason.substr(0, 4), "a??b");
}

TEST(Codec, NamesOfLinesHaveLimits) {
  const auto problem = [](MediaId mid, bool shared = true) {
    SessionSpec spec = sample_spec();
    spec.flows[3].a.mid = std::move(mid);
    if (!shared) {
      spec.flows[3].a.shared.reset();
      spec.flows[3].a.ice.reset();
    }
    return problem_with(spec).has_value();
  };
  EXPECT_FALSE(problem({1, "v", {}}));
  EXPECT_FALSE(problem({14, std::string(16, 'v'), {}}));
  EXPECT_TRUE(problem({0, "v", {}}));
  EXPECT_TRUE(problem({15, "v", {}}));
  EXPECT_TRUE(problem({1, "", {}}));
  EXPECT_TRUE(problem({1, std::string(17, 'v'), {}}));
  EXPECT_TRUE(problem({1, "v", {}}, false)) << "it has the transport for itself";
}

TEST(Codec, TranscodeLimits) {
  Open open{"call", sample_spec()};
  Transcode& t = *open.spec.flows[2].a.transcode;
  t.from.assign(kMaxAudioFormats, {std::string(kMaxCodingBytes, 'c'), 127, std::string(kMaxFmtpBytes, 'f')});
  t.events.assign(kMaxEventFormats, {127, 127, kMaxClock, kMaxClock, PayloadUse::Event});
  t.ptime_ms = kMaxPacketTime;
  t.noise_from = t.noise_to = 127;
  EXPECT_FALSE(problem_with(open).has_value());
  EXPECT_TRUE(decode_command(encoded(open)).has_value());
  const auto refuses = [&](auto change) {
    Open other = open;
    change(*other.spec.flows[2].a.transcode);
    const auto decoded = decode_command(encoded(other));
    return problem_with(other).has_value() && !decoded;
  };
  EXPECT_TRUE(refuses([](Transcode& x) { x.from.clear(); }));
  EXPECT_TRUE(refuses([](Transcode& x) { x.from.push_back(x.from[0]); }));
  EXPECT_TRUE(refuses([](Transcode& x) { x.from[0].coding.clear(); }));
  EXPECT_TRUE(refuses([](Transcode& x) { x.from[0].coding += 'c'; }));
  EXPECT_TRUE(refuses([](Transcode& x) { x.from[0].coding = "a b"; }));
  EXPECT_TRUE(refuses([](Transcode& x) { x.from[0].fmtp += 'f'; }));
  EXPECT_TRUE(refuses([](Transcode& x) { x.from[0].payload_type = 128; }));
  EXPECT_TRUE(refuses([](Transcode& x) { x.to.payload_type = 64; }));
  EXPECT_TRUE(refuses([](Transcode& x) { x.ptime_ms = 0; }));
  EXPECT_TRUE(refuses([](Transcode& x) { x.ptime_ms = kMaxPacketTime + 1; }));
  EXPECT_TRUE(refuses([](Transcode& x) { x.events.push_back(x.events[0]); }));
  EXPECT_TRUE(refuses([](Transcode& x) { x.events[0].clock_to = 0; }));
  EXPECT_TRUE(refuses([](Transcode& x) { x.events[0].to = 72; }));
  EXPECT_TRUE(refuses([](Transcode& x) { x.noise_to = 95; }));
  EXPECT_TRUE(refuses([](Transcode& x) { x.noise_from = 128; }));
}

TEST(Codec, PlayLimits) {
  const auto refused = [](auto change) {
    SessionSpec spec = sample_spec();
    change(*spec.flows[0].b.play);
    const auto problem = problem_with(spec);
    return problem ? problem->text : std::string();
  };
  EXPECT_EQ(refused([](Play&) {}), "");
  EXPECT_EQ(refused([](Play& p) { p.loops = kMaxLoops; }), "");
  EXPECT_NE(refused([](Play& p) { p.loops = kMaxLoops + 1; }), "");
  EXPECT_NE(refused([](Play& p) { p.sound = "../x"; }), "");
  EXPECT_NE(refused([](Play& p) { p.sound = "tone:1"; }), "");
  EXPECT_NE(refused([](Play& p) { p.format.coding.clear(); }), "");
  EXPECT_NE(refused([](Play& p) { p.format.payload_type = 72; }), "") << "RFC 5761 section 4";
  EXPECT_NE(refused([](Play& p) { p.ptime_ms = 0; }), "");
  EXPECT_NE(refused([](Play& p) { p.ptime_ms = kMaxPacketTime + 1; }), "");
}

TEST(Codec, RecordLimits) {
  const auto problem = [](auto&& change) {
    SessionSpec spec;
    HalfSpec half;
    half.network = "core";
    spec.flows = {{0, "audio", half, half, Transport::Rtp, Record{"name", true, true, false}}};
    change(spec.flows[0]);
    const auto found = problem_with(spec);
    return found ? found->text : std::string();
  };
  EXPECT_EQ(problem([](FlowSpec&) {}), "");
  EXPECT_EQ(problem([](FlowSpec& f) { f.record->name = std::string(kMaxRecordingNameBytes, 'a'); }), "");
  // It is the name of a file in the relay's directory, and of no other one.
  for (const char* name : {"", "../x", "a/b", ".hidden", "-rf", "a b", "a\nb", "\xc3\xa4"})
    EXPECT_NE(problem([name](FlowSpec& f) { f.record->name = name; }), "") << name;
  EXPECT_NE(problem([](FlowSpec& f) { f.record->name = std::string(kMaxRecordingNameBytes + 1, 'a'); }), "");
  EXPECT_NE(problem([](FlowSpec& f) { f.record = Record{"name"}; }), "");
  EXPECT_NE(problem([](FlowSpec& f) { f.transport = Transport::Udptl; }), "") << "fax cannot be heard";
  EXPECT_EQ(problem([](FlowSpec& f) {
              f.transport = Transport::Udptl;
              f.record->wav = false;
            }),
            "");
  EXPECT_NE(problem([](FlowSpec& f) { f.record->from_a.resize(kMaxAudioFormats + 1, {"PCMU", 0, ""}); }), "");
  EXPECT_NE(problem([](FlowSpec& f) { f.record->from_b = {{"", 0, ""}}; }), "");
}

TEST(Codec, LargestUsefulFramesFit) {
  Listed page;
  for (std::size_t i = 0; i < kListPage; ++i) page.ids.push_back(std::string(kMaxSessionIdBytes, 'x'));
  std::string frame;
  append_reply(frame, 1, page);
  EXPECT_LE(frame.size(), kMaxFrameBytes);
  Open open{std::string(kMaxSessionIdBytes, 'i'), {}};
  HalfSpec half{std::string(kMaxNetworkNameBytes, 'n'),
                endpoint("[2001:db8::1]:65535"),
                endpoint("[2001:db8::1]:65535"),
                true,
                LatchMode::Learn,
                {},
                false,
                false};
  const std::vector<std::byte> key(base::Secret::kMaxBytes);
  SrtpStream stream{std::string(kMaxSuiteNameBytes, 'S'), {}};
  stream.keys.assign(kMaxSrtpKeys, {base::Secret(key), std::string(kMaxMkiBytes, 'm'), kMaxSrtpLifetime});
  half.srtp = Srtp{stream, stream};
  half.latch_from.assign(kMaxLatchPrefixes, *base::Prefix::parse("2001:db8:1:2:3:4:5:6/128"));
  half.rewrite.emplace();
  for (std::size_t i = 0; i < kMaxPayloadRules; ++i)
    half.rewrite->payloads.push_back({static_cast<std::uint8_t>(i), 127, kMaxClock, kMaxClock, PayloadUse::Event});
  half.transcode.emplace();
  const AudioFormat format{std::string(kMaxCodingBytes, 'c'), 127, std::string(kMaxFmtpBytes, 'f')};
  half.transcode->from.assign(kMaxAudioFormats, format);
  half.transcode->to = format;
  half.transcode->events.assign(kMaxEventFormats, {127, 127, kMaxClock, kMaxClock, PayloadUse::Event});
  for (std::uint32_t i = 0; i < kMaxFlows; ++i)
    open.spec.flows.push_back({UINT32_MAX - i, std::string(kMaxKindBytes, 'k'), half, half});
  frame.clear();
  append_command(frame, UINT64_MAX, open);
  EXPECT_LE(frame.size(), kMaxFrameBytes);
  EXPECT_TRUE(decode_command(payload_of(frame)).has_value());
}

// Whatever a damaged frame decodes to keeps the limits.
TEST(Codec, DamagedFramesNeverBreakTheLimits) {
  base::SeededRandom random(11);
  for (int round = 0; round < 20'000; ++round) {
    const auto commands = sample_commands();
    std::string payload = encoded(commands[random.below(commands.size())]);
    for (std::uint64_t i = 0; i <= random.below(4); ++i)
      payload[random.below(payload.size())] = static_cast<char>(random.next());
    if (const auto decoded = decode_command(payload)) {
      EXPECT_FALSE(problem_with(decoded->command).has_value());
    }
    (void)decode_from_relay(payload);
  }
}

}  // namespace
}  // namespace control
