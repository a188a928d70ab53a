#include "sbc/sdp/sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "samples.h"

namespace sbc::sdp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::uint32_t> sources(const std::string& attributes) {
  const SessionPtr session = parsed(
      lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0", "m=audio 4000 RTP/AVP 0"}) +
      attributes + "m=audio 4002 RTP/AVP 0\r\na=ssrc:99 cname:other\r\n");
  return sources_of(*session, session->media[0]);
}

// RFC 5576 4.1: one line for each attribute of a source.
TEST(Sources, AreNamedOnceByAnyNumberOfLines) {
  EXPECT_THAT(sources("a=ssrc:7 cname:x\r\na=ssrc:7 msid:a b\r\na=ssrc:4294967295 cname:x\r\n"),
              ElementsAre(7, 4294967295));
  EXPECT_THAT(sources("a=ssrc:12\r\n"), ElementsAre(12));
}

TEST(Sources, OfALineThatNamesNoneAnyMayCome) {
  EXPECT_THAT(sources(""), IsEmpty());
  EXPECT_THAT(sources("a=ssrc-group:FID 1 2\r\n"), IsEmpty());
}

TEST(Sources, ALineThatMakesNoSenseNamesNobody) {
  EXPECT_THAT(sources("a=ssrc:7 cname:x\r\na=ssrc:4294967296 cname:x\r\n"), IsEmpty());
  EXPECT_THAT(sources("a=ssrc: cname:x\r\n"), IsEmpty());
}

TEST(Sources, AreLimited) {
  std::string many;
  for (std::size_t i = 1; i <= kMaxSources; ++i) many += "a=ssrc:" + std::to_string(i) + " cname:x\r\n";
  EXPECT_EQ(sources(many).size(), kMaxSources);
  EXPECT_THAT(sources(many + "a=ssrc:1000 cname:x\r\n"), IsEmpty());
}

}  // namespace
}  // namespace sbc::sdp
