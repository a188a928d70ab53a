// What is no packet is a counted drop and nothing else: no latch, key or counter of good packets changes by it, on any
// kind of flow and from wherever it comes.

#include <gtest/gtest.h>

#include "rig.h"
#include "standing.h"
#include "web.h"

namespace flow {
namespace {

using base::milliseconds;

struct Bad {
  const char* what;
  std::string bytes;
  Drop drop;
};

std::string bytes(std::initializer_list<unsigned> values) {
  std::string out;
  for (const unsigned value : values) out += static_cast<char>(value);
  return out;
}

// RTP behind its first byte, of a stream that the flow knows, with a number that comes next.
std::string rtp_with(unsigned first, std::string_view behind = {}) {
  return bytes({first, 0x00, 0x00, 0x70, 0, 0, 0, 0, 0, 0, 0, 7}) + std::string(behind);
}

std::vector<Bad> malformed() {
  const std::string report = bytes({0x80, 201, 0, 1, 0, 0, 0, 7});
  return {
      {"nothing", "", Drop::Empty},
      {"ZRTP", rtp_with(0x10), Drop::NotMedia},
      {"a TURN channel", rtp_with(0x40), Drop::NotMedia},
      {"another version", rtp_with(0xc0), Drop::NotMedia},
      {"one byte", bytes({0x80}), Drop::NotMedia},
      {"RTP that ends in its header", rtp_with(0x80).substr(0, 11), Drop::MalformedRtp},
      {"more contributors than bytes", rtp_with(0x8f, "audio"), Drop::MalformedRtp},
      {"an extension without its length", rtp_with(0x90, "\xbe\xde"), Drop::MalformedRtp},
      {"an extension beyond the end", rtp_with(0x90, bytes({0xbe, 0xde, 0, 9, 1, 2, 3, 4})), Drop::MalformedRtp},
      {"padding without a payload", rtp_with(0xa0), Drop::MalformedRtp},
      {"padding of nothing", rtp_with(0xa0, bytes({1, 2, 0})), Drop::MalformedRtp},
      {"more padding than payload", rtp_with(0xa0, bytes({1, 2, 4})), Drop::MalformedRtp},
      {"STUN where none is spoken", check(), Drop::Stun},
      {"DTLS where none is spoken", bytes({22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), Drop::Dtls},
      {"RTCP that ends in its header", report.substr(0, 3), Drop::MalformedRtcp},
      {"RTCP beyond the end", bytes({0x80, 201, 0, 2, 0, 0, 0, 7}), Drop::MalformedRtcp},
      {"a second packet that is none", report + bytes({0x40, 201, 0, 0}), Drop::MalformedRtcp},
      {"a second packet beyond the end", report + bytes({0x80, 203, 0, 1}), Drop::MalformedRtcp},
  };
}

// Both sides talk, and their sources are learned.
struct Talking {
  explicit Talking(Spec spec) : rig(std::move(spec)) {
    for (int i = 0; i < 5; ++i) {
      rig.pass(milliseconds(20));
      rig.rtp(Side::A, kPhoneA, 7);
      rig.rtp(Side::B, kPhoneB, 8);
    }
    rig.rtcp(Side::A, kPhoneARtcp);
    rig.rtcp(Side::B, kPhoneBRtcp);
    rig.pass(milliseconds(20));
    rig.events.clear();
  }
  void expect_no_trace(Side side, Component port, const base::Endpoint& from, const Bad& bad) {
    const testing::Standing before(rig.flow, rig.now);
    const auto result = rig.send(side, port, from, bad.bytes);
    ASSERT_TRUE(result.dropped) << bad.what;
    if (from != kStranger) {
      EXPECT_EQ(*result.dropped, bad.drop) << bad.what;
    }
    EXPECT_EQ(testing::Standing(rig.flow, rig.now).differs_from(before, std::pair(side, *result.dropped)), "")
        << bad.what;
    EXPECT_TRUE(rig.events.empty()) << bad.what;
  }
  Rig rig;
};

TEST(Malformed, LeavesNoTraceButItsCounter) {
  Spec one_stream = learning_spec();
  one_stream.a.one_stream = one_stream.b.one_stream = true;
  for (const Spec& spec : {strict_spec(), learning_spec(), one_stream}) {
    Talking talk(spec);
    for (const Bad& bad : malformed()) {
      const bool rtcp = bad.drop == Drop::MalformedRtcp;
      const Component port = rtcp ? Component::Rtcp : Component::Rtp;
      talk.expect_no_trace(Side::A, port, rtcp ? kPhoneARtcp : kPhoneA, bad);
      talk.expect_no_trace(Side::B, port, rtcp ? kPhoneBRtcp : kPhoneB, bad);
      talk.expect_no_trace(Side::A, port, kStranger, bad);
      talk.expect_no_trace(Side::B, port, kStranger, bad);
    }
    // And what is good passes as before.
    EXPECT_EQ(talk.rig.rtp(Side::A, kPhoneA, 7).to, kPhoneB);
    EXPECT_EQ(talk.rig.rtp(Side::B, kPhoneB, 8).to, kPhoneA);
  }
}

TEST(Malformed, TwoGoodPacketsInSequenceAreLearnedWithItBetweenThem) {
  for (const Bad& bad : malformed()) {
    Rig rig(learning_spec());
    const base::Endpoint nat = endpoint("198.51.100.99:31000");
    EXPECT_EQ(rig.rtp(Side::A, nat).dropped, Drop::Probation);
    EXPECT_TRUE(rig.send(Side::A, Component::Rtp, nat, bad.bytes).dropped) << bad.what;
    EXPECT_EQ(rig.rtp(Side::A, nat).dropped, std::nullopt) << bad.what;
    EXPECT_EQ(rig.flow.stats(rig.now).a().latched_rtp, nat) << bad.what;
  }
}

TEST(Malformed, ItIsNoPacketOfAProbation) {
  for (const Bad& bad : malformed()) {
    Rig rig(learning_spec());
    const base::Endpoint nat = endpoint("198.51.100.99:31000");
    for (int i = 0; i < 5; ++i) rig.send(Side::A, Component::Rtp, nat, bad.bytes);
    EXPECT_EQ(rig.rtp(Side::A, nat).dropped, Drop::Probation) << bad.what;
    EXPECT_EQ(rig.flow.stats(rig.now).a().latched_rtp, std::nullopt) << bad.what;
  }
}

TEST(Malformed, OfAFaxLeavesNoTraceEither) {
  Spec spec = learning_spec();
  spec.transport = Transport::Udptl;
  Rig rig(spec);
  const auto whole = [](unsigned number) { return bytes({0, number, 1, 2, 0, 0}); };
  rig.send(Side::A, Component::Rtp, kPhoneA, whole(1));
  rig.send(Side::B, Component::Rtp, kPhoneB, whole(1));
  rig.events.clear();
  const Bad table[] = {
      {"nothing", "", Drop::Empty},
      {"a number alone", bytes({0, 2}), Drop::MalformedUdptl},
      {"a field beyond the end", bytes({0, 2, 9, 2, 0, 0}), Drop::MalformedUdptl},
      {"a byte too many", whole(2) + "x", Drop::MalformedUdptl},
      {"RTP", rtp_with(0x80, "audio"), Drop::MalformedUdptl},
  };
  for (const Bad& bad : table) {
    const testing::Standing before(rig.flow, rig.now);
    EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, bad.bytes).dropped, bad.drop) << bad.what;
    EXPECT_EQ(testing::Standing(rig.flow, rig.now).differs_from(before, std::pair(Side::A, bad.drop)), "") << bad.what;
  }
  EXPECT_TRUE(rig.events.empty());
  EXPECT_EQ(rig.send(Side::A, Component::Rtp, kPhoneA, whole(2)).dropped, std::nullopt);
}

// Behind ICE and DTLS, once they are done.
TEST(Malformed, OfASecuredPeerLeavesNoTraceEither) {
  Rig rig(web_to_plain());
  Web web(rig, secure::DtlsRole::Active);
  web.send(check());
  web.shake();
  ASSERT_TRUE(web.has_keys());
  ASSERT_EQ(web.send(web.seal(rig.rtp_bytes(7))), std::nullopt);
  rig.rtp(Side::B, kPhoneB, 8);
  rig.events.clear();
  std::string altered = web.seal(rig.rtp_bytes(7));
  altered.back() = static_cast<char>(altered.back() ^ 1);
  std::string altered_check = check();
  altered_check[30] = static_cast<char>(altered_check[30] ^ 1);
  const Bad table[] = {
      {"nothing", "", Drop::Empty},
      {"ZRTP", rtp_with(0x10), Drop::NotMedia},
      {"SRTP that was altered", altered, Drop::Unauthentic},
      {"RTP in clear", rtp_with(0x80, "audio audio audio"), Drop::Unauthentic},
      {"SRTP that has no room for a tag", rtp_with(0x80), Drop::Unauthentic},
      {"SRTCP in clear", bytes({0x80, 201, 0, 7}) + std::string(28, '\0'), Drop::Unauthentic},
      {"SRTCP that has no room for a tag", bytes({0x80, 201, 0, 1, 0, 0, 0, 7}), Drop::Unauthentic},
      {"a check that was altered", altered_check, Drop::StunMalformed},
      {"a check under another password", check(true, "another-password-of-24-by"), Drop::StunUnauthentic},
      {"STUN that ends in its header", check().substr(0, 12), Drop::StunMalformed},
      {"DTLS that ends in its header", bytes({22, 254, 253, 0, 0}), Drop::DtlsMalformed},
      {"a record beyond the end", bytes({22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 1}), Drop::DtlsMalformed},
      {"an alert in clear", bytes({21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 0}), Drop::DtlsUnexpected},
  };
  for (const Bad& bad : table) {
    const testing::Standing before(rig.flow, rig.now);
    EXPECT_EQ(web.send(bad.bytes), bad.drop) << bad.what;
    EXPECT_EQ(testing::Standing(rig.flow, rig.now).differs_from(before, std::pair(Side::A, bad.drop)), "") << bad.what;
    EXPECT_TRUE(rig.flow.attend(rig.events).empty()) << bad.what;
    EXPECT_TRUE(rig.events.empty()) << bad.what;
  }
  EXPECT_EQ(web.send(web.seal(rig.rtp_bytes(7))), std::nullopt);
}

}  // namespace
}  // namespace flow
