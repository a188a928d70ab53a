// RFC 3312: what an answer says of preconditions.

#include "sbc/sdp/preconditions.h"

#include <gtest/gtest.h>

#include "samples.h"

namespace sbc::sdp {
namespace {

SessionPtr offer(std::initializer_list<std::string_view> attributes, std::string_view port = "4000") {
  return parsed(lines({"v=0", "o=- 1 1 IN IP4 10.0.0.1", "s=-", "c=IN IP4 10.0.0.1", "t=0 0",
                       "m=audio " + std::string(port) + " RTP/AVP 0"}) +
                lines(attributes));
}

std::string answer_to(const Session& session) {
  std::string out;
  append_precondition_answer(out, session, session.media.at(0));
  return out;
}

TEST(Preconditions, LocalAndRemoteSendAndRecvChangePlaces) {  // RFC 3312 5.2, table 4
  const auto said = offer({"a=curr:qos local send", "a=curr:qos remote none", "a=des:qos optional local send",
                           "a=des:qos mandatory remote recv"});
  EXPECT_EQ(answer_to(*said), lines({"a=curr:qos local sendrecv", "a=curr:qos remote recv",
                                     "a=des:qos mandatory local send", "a=des:qos optional remote recv"}));
}

TEST(Preconditions, ConfirmationIsAskedForWhatIsMandatoryAndNotThere) {  // RFC 3312 6
  const auto missing = offer({"a=curr:qos local send", "a=des:qos mandatory local sendrecv"});
  EXPECT_TRUE(answer_to(*missing).ends_with("a=conf:qos remote sendrecv\r\n")) << answer_to(*missing);
  const auto there = offer({"a=curr:qos local sendrecv", "a=des:qos mandatory local sendrecv"});
  EXPECT_EQ(answer_to(*there).find("a=conf"), std::string::npos);
}

TEST(Preconditions, WhoHasNoneGetsNone) {
  EXPECT_EQ(answer_to(*offer({"a=sendrecv"})), "");
  EXPECT_EQ(answer_to(*offer({"a=curr:qos", "a=des:", "a=conf:qos local"})), "") << "malformed";
}

TEST(Preconditions, OnlyMandatoryOnesOfLinesInUseCount) {  // RFC 3312 8.1
  EXPECT_TRUE(demands_preconditions(*offer({"a=des:qos mandatory local sendrecv"})));
  EXPECT_FALSE(demands_preconditions(*offer({"a=des:qos optional local sendrecv"})));
  EXPECT_FALSE(demands_preconditions(*offer({"a=des:qos mandatory local sendrecv"}, "0")));
}

TEST(Preconditions, EndToEndAndUnknownTypesCannotBeMet) {
  EXPECT_TRUE(has_unmet_precondition(*offer({"a=des:qos mandatory e2e sendrecv"})));
  EXPECT_TRUE(has_unmet_precondition(*offer({"a=des:sec mandatory local sendrecv"})));  // RFC 4032 4, RFC 3312 9
  EXPECT_FALSE(has_unmet_precondition(*offer({"a=des:qos optional e2e sendrecv"})));
  EXPECT_FALSE(has_unmet_precondition(*offer({"a=des:qos mandatory remote send"})));
}

TEST(Preconditions, AReportOfResourcesIsNoOtherDescription) {
  const auto before = offer({"a=curr:qos local none", "a=ptime:20"});
  EXPECT_TRUE(same_but_preconditions(*before, *offer({"a=ptime:20", "a=curr:qos local sendrecv", "a=conf:qos x y"})));
  EXPECT_FALSE(same_but_preconditions(*before, *offer({"a=ptime:30", "a=curr:qos local none"})));
  EXPECT_FALSE(same_but_preconditions(*before, *offer({"a=curr:qos local none"})));
  EXPECT_FALSE(same_but_preconditions(*offer({"a=ptime:20"}), *offer({"a=ptime:20"}))) << "no preconditions at all";
}

}  // namespace
}  // namespace sbc::sdp
