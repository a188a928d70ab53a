#include "sbc/sdp/picture_feedback.h"

#include <gmock/gmock.h>

#include "samples.h"

namespace sbc::sdp {
namespace {

using ::testing::Eq;

SessionPtr video(std::string_view feedback) {
  return parsed(
      lines({"v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0", "m=video 5000 RTP/AVPF 96 97 126",
             "a=rtpmap:96 VP8/90000", "a=rtpmap:97 H264/90000", "a=rtpmap:126 rtx/90000"}) +
      std::string(feedback));
}

std::string answer(const SessionPtr& offer, std::string_view answered) {
  return picture_request_lines(*offer, offer->media[0], answered);
}

TEST(PictureFeedback, IsFoundForWhateverPayloadType) {
  const SessionPtr both = video("a=rtcp-fb:96 nack\r\na=rtcp-fb:97 nack  pli\r\na=rtcp-fb:* ccm fir tmmbr=1\r\n");
  EXPECT_THAT(picture_requests(*both, both->media[0]), Eq(PictureRequests{.pli = true, .fir = true}));
  const SessionPtr neither =
      video("a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack rpsi\r\na=rtcp-fb:96 ccm tmmbr\r\na=rtcp-fb:\r\n");
  EXPECT_FALSE(picture_requests(*neither, neither->media[0]).any());
}

// RFC 4585 4.2: the payload type is one of the m-line's, so an answer with fewer of these has fewer lines.
TEST(PictureFeedback, OfAnAnswerIsAboutItsOwnPayloadTypes) {
  const SessionPtr offer = video(
      "a=rtcp-fb:96 nack pli\r\na=rtcp-fb:97 nack pli\r\na=rtcp-fb:97 ccm fir\r\na=rtcp-fb:9 nack pli\r\n"
      "a=rtcp-fb:97 goog-remb\r\n");
  EXPECT_EQ(answer(offer, "96"), "a=rtcp-fb:96 nack pli\r\n");
  EXPECT_EQ(answer(offer, " 97  126 "), "a=rtcp-fb:97 nack pli\r\na=rtcp-fb:97 ccm fir\r\n");
  EXPECT_EQ(answer(offer, "126"), "");
  EXPECT_EQ(answer(offer, ""), "");
}

TEST(PictureFeedback, OfAllPayloadTypesIsOfEachAnswer) {
  const SessionPtr offer = video("a=rtcp-fb:* nack pli\r\na=rtcp-fb:* transport-cc\r\n");
  EXPECT_EQ(answer(offer, "126"), "a=rtcp-fb:* nack pli\r\n");
}

}  // namespace
}  // namespace sbc::sdp
