#include "media-relay/control/framing.h"

#include <gtest/gtest.h>

namespace control {
namespace {

using Status = FrameReader::Status;

std::string frame(std::string_view payload) {
  std::string out;
  begin_frame(out);
  out.append(payload);
  end_frame(out, 0);
  return out;
}

TEST(Framing, LengthIsFourBytesBigEndian) {
  EXPECT_EQ(frame("abc"), std::string("\0\0\0\3abc", 7));
  EXPECT_EQ(frame(std::string(0x10203, 'x')).substr(0, 4), std::string("\0\1\2\3", 4));
}

TEST(Framing, FramesAreFoundWhereverTheStreamIsCut) {
  const std::string stream = frame("one") + frame("twotwo") + frame("3");
  for (std::size_t chunk = 1; chunk <= stream.size(); ++chunk) {
    FrameReader reader;
    std::vector<std::string> found;
    for (std::size_t at = 0; at < stream.size(); at += chunk) {
      reader.feed(std::string_view(stream).substr(at, chunk));
      for (;;) {
        const auto result = reader.next();
        if (result.status == Status::More) break;
        ASSERT_EQ(result.status, Status::Frame);
        found.emplace_back(result.payload);
      }
    }
    EXPECT_EQ(found, (std::vector<std::string>{"one", "twotwo", "3"})) << "chunks of " << chunk;
    EXPECT_EQ(reader.buffered(), 0U);
  }
}

TEST(Framing, LongestFramePassesAndOneByteMoreDoesNot) {
  FrameReader reader;
  reader.feed(frame(std::string(kMaxFrameBytes, 'x')));
  EXPECT_EQ(reader.next().status, Status::Frame);
  FrameReader other;
  other.feed(frame(std::string(kMaxFrameBytes + 1, 'x')).substr(0, kFrameHeaderBytes));
  EXPECT_EQ(other.next().status, Status::TooLong);
}

TEST(Framing, HostileLengthIsRefusedBeforeItsBytesArrive) {
  FrameReader reader;
  reader.feed("\xff\xff\xff\xff");
  EXPECT_EQ(reader.next().status, Status::TooLong);
  EXPECT_EQ(reader.next().status, Status::TooLong);
}

TEST(Framing, EmptyFrameIsRefused) {
  FrameReader reader;
  reader.feed(std::string_view("\0\0\0\0", 4));
  EXPECT_EQ(reader.next().status, Status::Empty);
}

}  // namespace
}  // namespace control
