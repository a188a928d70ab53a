#include "sbc/sip/framer.h"

#include <gtest/gtest.h>

#include "sample.h"

namespace sbc::sip {
namespace {

using sample::with;

std::string describe(StreamFramer& framer) {
  std::string out;
  while (auto frame = framer.next()) {
    if (std::holds_alternative<MessageBytes>(*frame)) out += 'M';
    if (std::holds_alternative<KeepAlivePing>(*frame)) out += '2';
    if (std::holds_alternative<KeepAlivePong>(*frame)) out += '1';
    if (std::holds_alternative<StreamError>(*frame)) out += 'E';
  }
  return out;
}

std::string frames(std::string_view stream, std::size_t step) {
  StreamFramer framer;
  std::string out;
  for (std::size_t at = 0; at < stream.size(); at += step) {
    framer.feed(stream.substr(at, step));
    out += describe(framer);
  }
  return out;
}

const std::string kOne = with("Content-Length: 3\r\n", std::string("a\0b", 3));
const std::string kTwo = with("l :\r\n  0\r\n");

TEST(StreamFramer, CutsPipelinedAndSplitMessages) {  // trap 60: a stream has no borders between messages.
  for (std::size_t step = 1; step < 40; ++step) EXPECT_EQ(frames(kOne + kTwo + kOne, step), "MMM") << step;
  EXPECT_EQ(frames(kOne + kTwo + kOne, 10000), "MMM");
}

TEST(StreamFramer, GivesTheBytesUnchanged) {  // trap 60: a stream has no borders between messages.
  StreamFramer framer;
  framer.feed(kTwo + kOne);
  EXPECT_EQ(std::get<MessageBytes>(*framer.next()).bytes, kTwo);
  EXPECT_EQ(std::get<MessageBytes>(*framer.next()).bytes, kOne);
  EXPECT_EQ(framer.buffered(), 0U);
}

// RFC 5626 3.5.1.
TEST(StreamFramer, TellsPingsFromPongs) {  // trap 61: keep-alives are no messages.
  EXPECT_EQ(frames("\r\n\r\n", 4), "2");
  EXPECT_EQ(frames("\r\n", 2), "1");
  EXPECT_EQ(frames("\r\n\r\n" + kOne + "\r\n" + kTwo, 10000), "2M1M");
  EXPECT_EQ(frames("\r\n" + kOne + "\r\n" + kOne, 10000), "1M1M");
}

TEST(StreamFramer, APingInTwoPiecesIsStillAPing) {
  EXPECT_EQ(frames("\r\n\r\n", 2), "12");
  EXPECT_EQ(frames("\r\n\r\n", 1), "12");
  EXPECT_EQ(frames("\r\n\r\n", 3), "2");
}

// trap 60
TEST(StreamFramer, WithoutAReadableContentLengthTheStreamEnds) {
  for (const char* more : {"", "Content-Length: x\r\n", "Content-Length: -1\r\n", "Content-Length: 1\r\nl: 1\r\n",
                           "Content-Length: 99999999999\r\n", "Content-Length: 1 2\r\n", "Content-Length:\r\n"}) {
    StreamFramer framer;
    framer.feed(with(more));
    const auto frame = framer.next();
    ASSERT_TRUE(frame && std::holds_alternative<StreamError>(*frame)) << more;
    EXPECT_EQ(std::get<StreamError>(*frame).error.status, 400) << more;
    EXPECT_TRUE(parse(std::get<StreamError>(*frame).head).answerable) << more;
    framer.feed(kOne);
    EXPECT_FALSE(framer.next().has_value());
    EXPECT_EQ(framer.buffered(), 0U);
  }
}

TEST(StreamFramer, OtherProtocolsEndTheStreamAtOnce) {
  EXPECT_EQ(frames("\x16\x03\x01", 10), "E");
  EXPECT_EQ(frames(" INVITE", 10), "E");
  EXPECT_EQ(frames("\rx", 10), "E");
  EXPECT_EQ(frames("\n", 10), "E");
}

TEST(StreamFramer, ForgetsWhatItHasGivenOut) {
  StreamFramer framer;
  for (int i = 0; i < 1000; ++i) {
    framer.feed(kOne);
    framer.feed(std::string_view(kOne).substr(0, 20));
    ASSERT_TRUE(framer.next().has_value());
    ASSERT_FALSE(framer.next().has_value());
    framer.feed(std::string_view(kOne).substr(20));
    ASSERT_TRUE(framer.next().has_value());
    ASSERT_EQ(framer.buffered(), 0U);
  }
}

}  // namespace
}  // namespace sbc::sip
