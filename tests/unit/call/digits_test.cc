// Digits (DTMF) between legs that send them differently.

#include "sbc/call/digits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/call/pressed_keys.h"
#include "sbc/sdp/events.h"
#include "sbc/sdp/parser.h"

#include "places.h"

namespace sbc::call::test {
namespace {

using base::milliseconds;
using base::minutes;
using policy::Dtmf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

void configure(Rig& rig, Dtmf a, Dtmf b) {
  change_places(rig, [a](route::Realm& realm) { realm.dtmf = a; }, [b](route::Trunk& trunk) { trunk.dtmf = b; });
}

std::string event_sdp(const Peer& peer, int port, int type = 101) {
  const std::string t = std::to_string(type);
  return "v=0\r\no=- 1 1 IN IP4 " + peer.ip() + "\r\ns=-\r\nc=IN IP4 " + peer.ip() + "\r\nt=0 0\r\nm=audio " +
         std::to_string(port) + " RTP/AVP 8 0 " + t + "\r\na=rtpmap:" + t + " telephone-event/8000\r\na=fmtp:" + t +
         " 0-15\r\n";
}

void connect(Rig& rig, bool b_has_events) {
  rig.a.invite({.body = event_sdp(rig.a, 4000)});
  ASSERT_TRUE(rig.b.has("INVITE"));
  rig.b.answer(200, b_has_events ? event_sdp(rig.b, 6000) : sdp(rig.b.ip(), 6000));
  rig.a.ack();
  ASSERT_EQ(rig.calls.connected(), 1U);
}

const control::FlowSpec& flow(Rig& rig) {
  return rig.relay.sessions.begin()->second.flows.at(0);
}

void hear(Rig& rig, control::HalfSide from, char digit, std::uint32_t ms = 160) {
  rig.relay_event(control::Dtmf{rig.relay.sessions.begin()->first, 0, from, digit, ms});
}

constexpr const char* kRelay = "Content-Type: application/dtmf-relay\r\n";

TEST(InfoDigit, IsReadAsItIsWritten) {
  using Digit = std::optional<InfoDigit>;
  EXPECT_EQ(read_info_digit("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"), Digit({'5', 160}));
  EXPECT_EQ(read_info_digit("application/dtmf-relay", "signal= *\nduration = 250"), Digit({'*', 250}));
  EXPECT_EQ(read_info_digit("application/dtmf-relay", "Signal=11\r\n"), Digit({'#', 0}));
  EXPECT_EQ(read_info_digit("application/dtmf-relay", "Signal=16\r\n"), Digit({'!', 0}));
  EXPECT_EQ(read_info_digit("application/dtmf-relay", "Signal=a\r\nDuration=99999999\r\n"), Digit({'A', 30'000}));
  EXPECT_EQ(read_info_digit("application/dtmf", "7\r\n"), Digit({'7', 0}));
  for (const char* bad : {"", "Signal=\r\n", "Signal=x\r\n", "Duration=160\r\n", "Signal=17\r\n", "Signal=123"})
    EXPECT_EQ(read_info_digit("application/dtmf-relay", bad), std::nullopt) << bad;
  EXPECT_EQ(read_info_digit("text/plain", "Signal=5\r\n"), std::nullopt);
  for (const char digit : std::string("0123456789*#ABCD!"))
    EXPECT_EQ(read_info_digit("application/dtmf-relay", dtmf_relay_body({digit, 120})), Digit({digit, 120}));
}

// Nothing is converted; the relay tells what it hears, as it may come by INFO as well.
TEST(Digits, PassAsTheyAreUnlessConfigured) {
  Rig rig;
  connect(rig, true);
  for (const auto* half : {&flow(rig).a, &flow(rig).b}) {
    ASSERT_TRUE(half->digits);
    EXPECT_THAT(half->digits->heard, ElementsAre(control::EventFormat{101, 8000}));
    EXPECT_TRUE(half->digits->begins);
    EXPECT_FALSE(half->digits->tones_heard || half->digits->event || half->digits->tone);
  }
  ASSERT_TRUE(flow(rig).b.rewrite);
  EXPECT_THAT(flow(rig).b.rewrite->payloads,
              ElementsAre(control::PayloadRule{101, 101, 8000, 0, control::PayloadUse::Event}));
  rig.a.request("INFO", "Signal=5\r\n", kRelay);
  EXPECT_FALSE(rig.b.has("INFO")) << "it may be ahead of its media";
  rig.pass(kOtherWay);
  EXPECT_TRUE(rig.b.has("INFO"));
}

// trap 36: a phone that has telephone-event and sends INFO alone, as browsers do, is heard: its first key waits a
// moment.
TEST(Digits, OfWhoSendsThemByInfoAloneCross) {
  Rig rig;
  connect(rig, true);
  for (const char key : {'1', '1', '#'}) {
    rig.a.request("INFO", std::string("Signal=") + key + "\r\n", kRelay);
    if (key == '1' && rig.calls.counters().passed == 0) rig.pass(kOtherWay);
    const auto info = rig.b.take("INFO");
    ASSERT_NE(info, nullptr) << key;
    rig.b.answer_to(info, 200);
    EXPECT_TRUE(rig.a.has("200 INFO"));
  }
  EXPECT_EQ(rig.calls.counters().digits_suppressed, 0U);
  rig.a.bye();
  rig.pass(minutes(3));
  rig.expect_idle();
}

// trap 36: a phone with both ways, where nothing is converted: its media passes in the relay, and the INFO of the same
// key goes no further, whichever was first. A key that its media has not (a flash) crosses.
TEST(Digits, OfWhoSendsThemTwicePassOnceWhereNothingIsConverted) {
  Rig rig;
  connect(rig, true);
  const auto began = [&rig](char digit) {
    rig.relay_event(control::Dtmf{rig.relay.sessions.begin()->first, 0, control::HalfSide::A, digit, 0, true});
  };
  // Behind its media, while the key is held and after it.
  began('5');
  rig.a.request("INFO", "Signal=5\r\n", kRelay);
  EXPECT_TRUE(rig.a.has("200 INFO"));
  hear(rig, control::HalfSide::A, '5');
  began('5');
  hear(rig, control::HalfSide::A, '5');
  rig.pass(base::seconds(1));
  rig.a.request("INFO", "Signal=5\r\nDuration=160\r\n", kRelay);
  EXPECT_TRUE(rig.a.has("200 INFO"));
  // And in front of it.
  rig.a.clear();
  rig.a.request("INFO", "Signal=7\r\n", kRelay);
  EXPECT_FALSE(rig.a.has("200 INFO"));
  began('7');
  EXPECT_TRUE(rig.a.has("200 INFO"));
  hear(rig, control::HalfSide::A, '7');
  rig.pass(base::seconds(3));
  EXPECT_FALSE(rig.b.has("INFO"));
  EXPECT_EQ(rig.calls.counters().digits_suppressed, 3U);

  rig.a.request("INFO", "Signal=16\r\n", kRelay);
  rig.a.request("INFO", "Signal=9\r\n", kRelay);
  EXPECT_FALSE(rig.b.has("INFO"));
  began('9');
  rig.pass(kOtherWay);
  const auto flash = rig.b.take("INFO");
  ASSERT_NE(flash, nullptr);
  EXPECT_EQ(flash->body(), "Signal=16\r\n");
  EXPECT_FALSE(rig.b.has("INFO"));
  EXPECT_EQ(rig.calls.counters().digits_suppressed, 4U);
}

// The same key twice, a moment apart: two INFOs, and one in the media.
TEST(Digits, AKeyInTheMediaStandsForOneInfo) {
  Rig rig;
  connect(rig, true);
  rig.relay_event(control::Dtmf{rig.relay.sessions.begin()->first, 0, control::HalfSide::A, '4', 0, true});
  hear(rig, control::HalfSide::A, '4');
  for (int i = 0; i < 2; ++i) rig.a.request("INFO", "Signal=4\r\n", kRelay);
  rig.pass(kOtherWay);
  EXPECT_TRUE(rig.b.has("INFO"));
  EXPECT_EQ(rig.calls.counters().digits_suppressed, 1U);
}

TEST(Digits, ThatWaitForTheirMediaEndWithTheCall) {
  Rig rig;
  connect(rig, true);
  rig.a.request("INFO", "Signal=4\r\n", kRelay);
  rig.b.bye();
  EXPECT_TRUE(rig.a.has("487 INFO"));
  rig.pass(minutes(3));
  rig.expect_idle();
}

TEST(PressedKeys, AreComparedWithWhatWasHeardAMomentAgo) {
  const base::Instant start{};
  const auto at = [start](int ms) { return start + milliseconds(ms); };
  using Way = PressedKeys::Way;
  PressedKeys keys;
  EXPECT_EQ(keys.by_info('1', at(0)), Way::Wait) << "nobody knows yet";
  keys.crosses();
  EXPECT_EQ(keys.by_info('2', at(400)), Way::Cross) << "by INFO alone";
  keys.began('3', at(1000));
  EXPECT_EQ(keys.by_info('4', at(1000)), Way::Wait) << "both ways, from now on";
  keys.crosses();
  EXPECT_EQ(keys.by_info('5', at(1300)), Way::Wait);
  EXPECT_EQ(keys.by_info('3', at(9000)), Way::Same) << "it is still held down";
  keys.ended('3', at(9100));
  EXPECT_EQ(keys.by_info('3', at(9200)), Way::Wait) << "that one has come by INFO";
  keys.began('6', at(10'000));
  keys.ended('6', at(10'100));
  EXPECT_EQ(keys.by_info('6', at(10'100) + kSameKey), Way::Wait) << "another one";
}

// A relay that tells ends alone.
TEST(PressedKeys, AreKnownByTheirEndWhereBeginningsAreNotTold) {
  PressedKeys keys;
  keys.ended('6', base::Instant{});
  EXPECT_EQ(keys.by_info('6', base::Instant{} + milliseconds(100)), PressedKeys::Way::Same);
}

TEST(PressedKeys, AreAFewOnly) {
  PressedKeys keys;
  const base::Instant now{};
  keys.began('1', now);
  for (std::size_t i = 0; i < kMaxPressed - 1; ++i) keys.began('2', now);
  EXPECT_EQ(keys.by_info('1', now), PressedKeys::Way::Same);
  keys.began('1', now);
  for (std::size_t i = 0; i < kMaxPressed; ++i) keys.began('3', now);
  EXPECT_EQ(keys.by_info('1', now), PressedKeys::Way::Wait);
}

// trap 36: a leg that hears digits by INFO: telephone-event is not told to it, is listened for and kept from it.
TEST(Digits, EventsBecomeInfo) {
  Rig rig;
  configure(rig, Dtmf::Pass, Dtmf::Info);
  rig.a.invite({.body = event_sdp(rig.a, 4000)});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_THAT(std::string(invite->body()), Not(HasSubstr("telephone-event")));
  rig.b.answer(200, sdp(rig.b.ip(), 6000));
  const auto ok = rig.a.take("200 INVITE");
  ASSERT_NE(ok, nullptr);
  EXPECT_THAT(std::string(ok->body()), HasSubstr("a=rtpmap:101 telephone-event/8000")) << "the caller may send them";
  rig.a.ack();

  ASSERT_TRUE(flow(rig).a.digits.has_value());
  EXPECT_THAT(flow(rig).a.digits->heard, ElementsAre(control::EventFormat{101, 8000}));
  ASSERT_TRUE(flow(rig).b.rewrite.has_value());
  EXPECT_TRUE(flow(rig).b.rewrite->continuous);
  EXPECT_THAT(flow(rig).b.rewrite->payloads,
              ElementsAre(control::PayloadRule{.from = 101, .use = control::PayloadUse::Drop}));

  hear(rig, control::HalfSide::A, '#', 200);
  const auto info = rig.b.take("INFO");
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->body(), "Signal=#\r\nDuration=200\r\n");
  EXPECT_EQ(info->find(sip::HeaderId::ContentType), "application/dtmf-relay");
  rig.b.answer_to(info, 200);
  EXPECT_EQ(rig.calls.counters().digits_to_info, 1U);
  EXPECT_THAT(rig.relay.digits, IsEmpty());
}

// traps 35, 36: the same where audio is transcoded: the phone has PCMA, the trunk Opus and INFO.
TEST(Digits, AreConvertedInATranscodedCall) {
  Rig rig;
  change_places(
      rig, [](route::Realm&) {},
      [](route::Trunk& trunk) {
        trunk.dtmf = Dtmf::Info;
        trunk.codecs = std::make_shared<const sdp::CodecRules>(sdp::CodecRules{.transcode = {"opus"}});
      });
  const auto line = [](const Peer& peer, int port, const std::string& formats, const std::string& maps) {
    return "v=0\r\no=- 1 1 IN IP4 " + peer.ip() + "\r\ns=-\r\nc=IN IP4 " + peer.ip() + "\r\nt=0 0\r\nm=audio " +
           std::to_string(port) + " RTP/AVP " + formats + "\r\n" + maps;
  };
  rig.a.invite({.body = line(rig.a, 4000, "8 101", "a=rtpmap:101 telephone-event/8000\r\n")});
  const auto invite = rig.b.take("INVITE");
  ASSERT_NE(invite, nullptr);
  EXPECT_THAT(std::string(invite->body()), Not(HasSubstr("telephone-event")));
  rig.b.answer(200, line(rig.b, 6000, "96", "a=rtpmap:96 opus/48000/2\r\n"));
  const auto ok = rig.a.take("200 INVITE");
  ASSERT_NE(ok, nullptr);
  EXPECT_THAT(std::string(ok->body()), HasSubstr(" RTP/AVP 8 101\r\n"));
  rig.a.ack();
  const auto& f = flow(rig);
  ASSERT_TRUE(f.a.transcode && f.b.transcode && f.a.digits);
  EXPECT_THAT(f.a.digits->heard, ElementsAre(control::EventFormat{101, 8000}));
  EXPECT_EQ(f.a.digits->event, (control::EventFormat{101, 8000}));
  EXPECT_TRUE(f.a.rewrite && f.a.rewrite->continuous);
  EXPECT_THAT(f.b.transcode->events, IsEmpty());

  hear(rig, control::HalfSide::A, '#', 200);
  ASSERT_TRUE(rig.b.has("INFO"));
  rig.b.request("INFO", "Signal=7\r\nDuration=250\r\n", kRelay);
  EXPECT_TRUE(rig.b.has("200 INFO"));
  ASSERT_EQ(rig.relay.digits.size(), 1U);
  EXPECT_EQ(rig.relay.digits[0].half, control::HalfSide::A);
}

TEST(Digits, InfoBecomesEvents) {
  Rig rig;
  configure(rig, Dtmf::Pass, Dtmf::Info);
  connect(rig, false);
  ASSERT_TRUE(flow(rig).a.digits.has_value());
  EXPECT_EQ(flow(rig).a.digits->event, (control::EventFormat{101, 8000}));
  EXPECT_TRUE(flow(rig).a.rewrite && flow(rig).a.rewrite->continuous);
  rig.b.request("INFO", "Signal=7\r\nDuration=250\r\n", kRelay);
  EXPECT_TRUE(rig.b.has("200 INFO"));
  EXPECT_FALSE(rig.a.has("INFO")) << "what is converted is not passed as well";
  ASSERT_EQ(rig.relay.digits.size(), 1U);
  EXPECT_EQ(rig.relay.digits[0].digits, "7");
  EXPECT_EQ(rig.relay.digits[0].half, control::HalfSide::A);
  EXPECT_EQ(rig.relay.digits[0].duration_ms, 250U);
  EXPECT_EQ(rig.calls.counters().digits_to_media, 1U);
}

// trap 36: one source for each leg: whoever sends both ways is heard once.
TEST(Digits, WhoSendsThemTwiceIsHeardOnce) {
  Rig rig;
  configure(rig, Dtmf::Pass, Dtmf::Info);
  connect(rig, false);
  hear(rig, control::HalfSide::A, '5');
  rig.a.request("INFO", "Signal=5\r\nDuration=160\r\n", kRelay);
  EXPECT_TRUE(rig.a.has("200 INFO"));
  EXPECT_EQ(rig.calls.counters().digits_suppressed, 1U);
  ASSERT_TRUE(rig.b.has("INFO"));
  rig.b.answer_to(rig.b.take("INFO"), 200);
  EXPECT_FALSE(rig.b.has("INFO"));
}

TEST(Digits, InfoOverUdpKeepsItsOrder) {
  Rig rig;
  configure(rig, Dtmf::Pass, Dtmf::Info);
  connect(rig, false);
  for (const char digit : {'1', '2', '3'}) hear(rig, control::HalfSide::A, digit);
  for (const char digit : {'1', '2', '3'}) {
    const auto info = rig.b.take("INFO");
    ASSERT_NE(info, nullptr);
    EXPECT_THAT(std::string(info->body()), HasSubstr(std::string("Signal=") + digit));
    EXPECT_FALSE(rig.b.has("INFO")) << "the next one waits";
    rig.b.answer_to(info, 200);
  }
  EXPECT_EQ(rig.calls.counters().digits_lost, 0U);
}

TEST(Digits, WaitingHasALimit) {
  Rig rig;
  configure(rig, Dtmf::Pass, Dtmf::Info);
  connect(rig, false);
  for (std::size_t i = 0; i < kMaxWaitingDigits + 1; ++i) hear(rig, control::HalfSide::A, '1');
  EXPECT_EQ(rig.calls.counters().digits_lost, 0U) << "one is under way";
  hear(rig, control::HalfSide::A, '1');
  EXPECT_EQ(rig.calls.counters().digits_lost, 1U);
}

TEST(Digits, InfoCrossesWhereBothUseIt) {
  Rig rig;
  configure(rig, Dtmf::Info, Dtmf::Info);
  connect(rig, false);
  rig.a.request("INFO", "Signal=5\r\n", kRelay);
  EXPECT_TRUE(rig.b.has("INFO"));
  EXPECT_FALSE(rig.a.has("200 INFO")) << "the answer is the other side's";
}

TEST(Digits, OtherInfoIsNobodysDigit) {
  Rig rig;
  configure(rig, Dtmf::Rfc4733, Dtmf::Info);
  connect(rig, false);
  rig.a.request("INFO", "Signal=?\r\n", kRelay);
  EXPECT_TRUE(rig.b.has("INFO")) << "it crosses as others do";
}

TEST(Digits, TonesAreForG711) {
  Rig rig;
  configure(rig, Dtmf::Inband, Dtmf::Rfc4733);
  connect(rig, true);
  ASSERT_TRUE(flow(rig).a.digits && flow(rig).b.digits);
  EXPECT_TRUE(flow(rig).a.digits->tones_heard);
  EXPECT_EQ(flow(rig).a.digits->tone, 8);
  EXPECT_EQ(flow(rig).b.digits->event, (control::EventFormat{101, 8000}));
  ASSERT_TRUE(flow(rig).b.rewrite);
  EXPECT_THAT(flow(rig).b.rewrite->payloads,
              testing::Contains(control::PayloadRule{.from = 101, .use = control::PayloadUse::Drop}))
      << "A was told of no events: what it sends of them would be a second source";
  hear(rig, control::HalfSide::A, '4');
  hear(rig, control::HalfSide::B, '6');
  ASSERT_EQ(rig.relay.digits.size(), 2U);
  EXPECT_EQ(rig.relay.digits[0].half, control::HalfSide::B);
  EXPECT_EQ(rig.relay.digits[1].half, control::HalfSide::A);
}

TEST(Digits, ACallWithThemEndsWell) {
  Rig rig;
  configure(rig, Dtmf::Pass, Dtmf::Info);
  connect(rig, false);
  hear(rig, control::HalfSide::A, '1');
  hear(rig, control::HalfSide::A, '2');
  rig.b.bye();
  rig.pass(minutes(3));
  rig.expect_idle();
}

TEST(EventLines, AreAddedAndTakenAway) {
  const auto plain = sdp::parse_shared(sdp("192.0.2.9", 6000));
  const auto rich = sdp::parse_shared(
      "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 9 RTP/AVP 96 101 97\r\n"
      "a=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
      "a=rtpmap:97 telephone-event/48000\r\n");
  ASSERT_TRUE(plain && rich);
  const auto bare = sdp::without_events(*rich);
  ASSERT_TRUE(bare);
  EXPECT_EQ((*bare)->media[0].formats, "96");
  EXPECT_THAT(*(*bare)->text, Not(HasSubstr("telephone-event")));
  EXPECT_EQ(*sdp::without_events(*plain), *plain);

  const auto offered = sdp::with_events(*plain, nullptr);
  ASSERT_TRUE(offered);
  EXPECT_THAT(sdp::event_formats(**offered, (*offered)->media[0]), ElementsAre(sdp::EventFormat{101, 8000}));
  const auto wide = sdp::with_events(*bare, nullptr);
  ASSERT_TRUE(wide);
  EXPECT_THAT(sdp::event_formats(**wide, (*wide)->media[0]), ElementsAre(sdp::EventFormat{101, 48'000}));
  // RFC 3264 6.1: an answer has what was offered, in its numbers.
  const auto answered = sdp::with_events(*bare, rich->get());
  ASSERT_TRUE(answered);
  EXPECT_THAT(sdp::event_formats(**answered, (*answered)->media[0]), ElementsAre(sdp::EventFormat{97, 48'000}));
  EXPECT_EQ(*sdp::with_events(*plain, plain->get()), *plain) << "it was not offered";
}

}  // namespace
}  // namespace sbc::call::test
