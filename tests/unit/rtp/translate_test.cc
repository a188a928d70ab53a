#include "media-relay/rtp/translate.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "media-relay/rtp/rtcp.h"

#include "bytes.h"

namespace rtp {
namespace {

constexpr std::uint32_t kSpeaker = 0x11111111;     // whose RTCP it is
constexpr std::uint32_t kListener = 0x22222222;    // who gets it
constexpr std::uint32_t kToListener = 0xaaaaaaaa;  // what we call the one ...
constexpr std::uint32_t kToSpeaker = 0xbbbbbbbb;   // ... and the other

Header packet(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp) {
  Header h;
  h.ssrc = ssrc;
  h.sequence = sequence;
  h.timestamp = timestamp;
  return h;
}

struct Call {
  OutgoingStream forward{kToListener, 100, 1000};
  OutgoingStream backward{kToSpeaker, 300, 5000};
  Call() {
    (void)forward.relay(packet(kSpeaker, 7000, 400), 8000, {});
    forward.count(160);
    (void)backward.relay(packet(kListener, 0xfffe, 900), 8000, {});
    (void)backward.relay(packet(kListener, 0xffff, 1060), 8000, {});
    (void)backward.relay(packet(kListener, 0, 1220), 8000, {});
  }
  std::vector<std::byte> translated(std::vector<std::byte> compound) {
    EXPECT_TRUE(read_compound(compound).has_value());
    const auto size = translate(compound, {&forward, &backward});
    compound.resize(size.value_or(0));
    EXPECT_TRUE(!size || read_compound(compound).has_value());
    return compound;
  }
};

void word(std::vector<std::byte>& out, std::uint32_t value) {
  out.resize(out.size() + 4);
  write_u32(out, out.size() - 4, value);
}
void head(std::vector<std::byte>& out, std::uint8_t type, unsigned count, unsigned words) {
  word(out, (0x80U | count) << 24 | std::uint32_t{type} << 16 | words);
}
void block(std::vector<std::byte>& out, std::uint32_t ssrc, std::uint32_t highest) {
  for (const std::uint32_t w : {ssrc, 0x10000005U, highest, 33U, 44U, 55U}) word(out, w);
}
std::uint32_t at(const std::vector<std::byte>& bytes, std::size_t word_index) {
  return read_u32(bytes, word_index * 4);
}

std::vector<std::byte> sender_report(std::uint32_t ssrc) {
  std::vector<std::byte> out;
  head(out, kSenderReport, 1, 12);
  for (const std::uint32_t w : {ssrc, 0x83aa7e80U, 0x1U, 560U, 9U, 1440U}) word(out, w);
  block(out, kToSpeaker, 302);
  return out;
}

// RFC 8079 3.2 and RFC 3550 7.2, one by one.
TEST(Translate, SenderReport) {
  Call call;
  const auto out = call.translated(sender_report(kSpeaker));
  EXPECT_EQ(at(out, 1), kToListener);
  EXPECT_EQ(at(out, 2), 0x83aa7e80U) << "the wall clock is the speaker's";
  EXPECT_EQ(at(out, 4), 1160U) << "400 there is 1000 here";
  EXPECT_EQ(at(out, 5), 1U) << "what we have sent";
  EXPECT_EQ(at(out, 6), 160U);
  EXPECT_EQ(at(out, 7), kListener);
  EXPECT_EQ(at(out, 8), 0x10000005U) << "loss is loss";
  EXPECT_EQ(at(out, 9), 0x10000U) << "302 was the third packet, behind a wrap";
  EXPECT_EQ(at(out, 11), 44U);
}

TEST(Translate, ASenderWhoseMediaDidNotPassBecomesAReceiver) {
  Call call;
  const auto out = call.translated(sender_report(0x33333333));
  ASSERT_EQ(out.size(), 32U);
  EXPECT_EQ(at(out, 0), 0x81c90007U);
  EXPECT_EQ(at(out, 1), kToListener);
  EXPECT_EQ(at(out, 2), kListener);
}

TEST(Translate, ReportsOnOtherStreamsAreLeftOut) {
  Call call;
  std::vector<std::byte> compound;
  head(compound, kReceiverReport, 3, 19);
  word(compound, kSpeaker);
  block(compound, 0x44444444, 302);
  block(compound, kToSpeaker, 301);
  block(compound, kToSpeaker, 20);  // sent before this source spoke
  const auto out = call.translated(compound);
  EXPECT_EQ(at(out, 0), 0x81c90007U);
  EXPECT_EQ(at(out, 2), kListener);
  EXPECT_EQ(at(out, 4), 0xffffU);
}

TEST(Translate, NamesAreOfOurSource) {
  Call call;
  std::vector<std::byte> compound;
  head(compound, kReceiverReport, 0, 1);
  word(compound, kSpeaker);
  head(compound, kSourceDescription, 1, 3);
  word(compound, kSpeaker);
  for (const auto b : bytes_of({1, 3, 'a', 'b', 'c', 0, 0, 0})) compound.push_back(b);
  const auto out = call.translated(compound);
  EXPECT_EQ(at(out, 3), kToListener);
  EXPECT_EQ(at(out, 4), at(compound, 4));
}

// The source goes, our stream does not: transfer, music on hold.
TEST(Translate, ByeStaysHere) {
  Call call;
  std::vector<std::byte> bye;
  head(bye, kBye, 1, 1);
  word(bye, kSpeaker);
  EXPECT_TRUE(call.translated(bye).empty());
  std::vector<std::byte> compound;
  head(compound, kReceiverReport, 0, 1);
  word(compound, kSpeaker);
  compound.insert(compound.end(), bye.begin(), bye.end());
  EXPECT_EQ(call.translated(compound).size(), 8U);
}

TEST(Translate, Feedback) {
  Call call;
  std::vector<std::byte> nack;
  head(nack, 205, 1, 3);
  for (const std::uint32_t w : {kSpeaker, kToSpeaker, std::uint32_t{301} << 16 | 1U}) word(nack, w);
  auto out = call.translated(nack);
  EXPECT_EQ(at(out, 1), kToListener);
  EXPECT_EQ(at(out, 2), kListener);
  EXPECT_EQ(at(out, 3), 0xffff0001U);

  std::vector<std::byte> fir;
  head(fir, 206, 4, 4);
  for (const std::uint32_t w : {kSpeaker, 0U, kToSpeaker, 0x01000000U}) word(fir, w);
  out = call.translated(fir);
  EXPECT_EQ(at(out, 2), 0U) << "RFC 8079 3.2: zero stays";
  EXPECT_EQ(at(out, 3), kListener);

  std::vector<std::byte> remb;
  head(remb, 206, 15, 5);
  for (const std::uint32_t w : {kSpeaker, 0U, 0x52454d42U, 0x01000400U, kToSpeaker}) word(remb, w);
  out = call.translated(remb);
  EXPECT_EQ(at(out, 5), kListener);

  // Beside those of other lines of the same transport.
  std::vector<std::byte> of_two;
  head(of_two, 206, 15, 6);
  for (const std::uint32_t w : {kSpeaker, 0U, 0x52454d42U, 0x02000400U, 0x55555555U, kToSpeaker}) word(of_two, w);
  out = call.translated(of_two);
  ASSERT_EQ(out.size(), 24U);
  EXPECT_EQ(at(out, 0), 0x8fce0005U);
  EXPECT_EQ(at(out, 4), 0x01000400U) << "one source";
  EXPECT_EQ(at(out, 5), kListener);
  of_two.clear();
  head(of_two, 206, 4, 6);
  for (const std::uint32_t w : {kSpeaker, 0U, 0x55555555U, 0x01000000U, kToSpeaker, 0x02000000U}) word(of_two, w);
  out = call.translated(of_two);
  ASSERT_EQ(out.size(), 20U);
  EXPECT_EQ(at(out, 3), kListener);
  EXPECT_EQ(at(out, 4), 0x02000000U);

  std::vector<std::byte> stray;
  head(stray, 206, 1, 2);
  for (const std::uint32_t w : {kSpeaker, 0x55555555U}) word(stray, w);
  EXPECT_TRUE(call.translated(stray).empty());
}

TEST(Translate, ExtendedReports) {
  Call call;
  std::vector<std::byte> xr;
  head(xr, 207, 0, 1 + 9 + 3 + 1);
  word(xr, kSpeaker);
  word(xr, 0x07000008);
  word(xr, kToSpeaker);
  for (int i = 0; i < 7; ++i) word(xr, 0x01020304);
  word(xr, 0x01000002);  // loss RLE
  word(xr, kToSpeaker);
  word(xr, std::uint32_t{300} << 16 | 302U);
  word(xr, 0x63000000);  // not known
  const auto out = call.translated(xr);
  ASSERT_EQ(out.size(), xr.size() - 4);
  EXPECT_EQ(at(out, 1), kToListener);
  EXPECT_EQ(at(out, 3), kListener);
  EXPECT_EQ(at(out, 12), kListener);
  EXPECT_EQ(at(out, 13), 0xfffe0000U);
}

TEST(Translate, OneDirectionAlone) {
  Call call;
  auto report = sender_report(kSpeaker);
  ASSERT_TRUE(translate(report, {&call.forward, nullptr}).has_value());
  EXPECT_EQ(at(report, 1), kToListener);
  EXPECT_EQ(at(report, 7), kToSpeaker);
  report = sender_report(kSpeaker);
  ASSERT_TRUE(translate(report, {nullptr, &call.backward}).has_value());
  EXPECT_EQ(at(report, 1), kSpeaker);
  EXPECT_EQ(at(report, 4), 560U);
  EXPECT_EQ(at(report, 7), kListener);
}

TEST(Translate, Farewell) {
  std::vector<std::byte> out(kFarewellBytes);
  ASSERT_EQ(write_farewell(out, kToListener), kFarewellBytes);
  const auto compound = read_compound(out);
  ASSERT_TRUE(compound.has_value());
  EXPECT_EQ(compound->packets, 3U);
  EXPECT_EQ(compound->first_type, kReceiverReport);
  EXPECT_EQ(at(out, 7), 0x81cb0001U);
  EXPECT_EQ(at(out, 8), kToListener);
}

// Whatever a peer sends, what leaves is a compound and never longer.
TEST(Translate, DamagedCompoundsStayInTheirBounds) {
  std::mt19937 random(3);
  const auto roll = [&random](unsigned n) { return static_cast<unsigned>(random() % n); };
  Call call;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::byte> compound;
    for (unsigned n = 0; n <= roll(3); ++n) {
      const unsigned words = roll(12);
      head(compound, static_cast<std::uint8_t>(200 + roll(8)), roll(32), words);
      for (unsigned i = 0; i < words; ++i)
        word(compound, random() % 3 == 0 ? kToSpeaker : static_cast<std::uint32_t>(random()));
    }
    const std::size_t before = compound.size();
    const auto size = translate(compound, {&call.forward, &call.backward});
    if (!size) continue;
    ASSERT_LE(*size, before);
    EXPECT_TRUE(read_compound(std::span(compound).first(*size)).has_value());
  }
}

}  // namespace
}  // namespace rtp
