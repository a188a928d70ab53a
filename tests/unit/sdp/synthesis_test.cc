#include "sbc/sdp/synthesis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "samples.h"

namespace sbc::sdp {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Synthesis, OffersTheCodecsInTheirOrder) {
  const auto session = synthesise_audio(std::vector<std::string>{"opus", "PCMU", "telephone-event"});
  ASSERT_TRUE(session);
  EXPECT_EQ((*session)->media.at(0).formats, "107 0 101");
  EXPECT_THAT(*(*session)->text, HasSubstr("a=rtpmap:107 opus/48000/2\r\n"));
  EXPECT_THAT(*(*session)->text, HasSubstr("a=fmtp:101 0-15\r\n"));
}

TEST(Synthesis, KnowsAllItsCodecsAndNoOthers) {
  EXPECT_TRUE(synthesise_audio(known_codecs()));
  const auto wrong = synthesise_audio(std::vector<std::string>{"PCMA", "GSM"});
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().text, HasSubstr("GSM"));
}

TEST(Synthesis, TheFirstCodecAndTelephoneEventsRemain) {
  const auto session = first_codecs(*parsed(phone_offer()));
  ASSERT_TRUE(session) << session.error().text;
  EXPECT_EQ((*session)->media.at(0).formats, "0 101");
  EXPECT_THAT(*(*session)->text, HasSubstr("a=rtpmap:101 telephone-event/8000\r\n"));
  EXPECT_THAT(*(*session)->text, HasSubstr("a=ptime:20\r\n"));
  EXPECT_THAT(*(*session)->text, Not(HasSubstr("opus")));
  EXPECT_THAT(*(*session)->text, Not(HasSubstr("annexb")));
}

}  // namespace
}  // namespace sbc::sdp
