// RFC 3261 8.2.3, 20.11, RFC 5621 7, 8.3, 8.4: what must be understood of a body that ends here.

#include "sbc/body/handling.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sbc::body {
namespace {

constexpr std::array<std::string_view, 1> kSdp = {"application/sdp"};

std::string part(const std::string& type, const std::string& more = {}) {
  return "--b\r\nContent-Type: " + type + "\r\n" + more + "\r\nx\r\n";
}

TEST(Handling, IsRequiredUnlessTheSenderSaysOtherwise) {
  EXPECT_FALSE(not_understood({.type = "application/sdp", .disposition = {}, .encoding = {}, .text = "v=0"}, kSdp));
  EXPECT_FALSE(not_understood({.type = "Application/SDP;x=y", .disposition = {}, .encoding = {}, .text = "v"}, kSdp));
  EXPECT_FALSE(not_understood({.type = "image/png", .disposition = {}, .encoding = {}, .text = ""}, kSdp));
  EXPECT_TRUE(not_understood({.type = "image/png", .disposition = {}, .encoding = {}, .text = "x"}, kSdp));
  EXPECT_TRUE(not_understood({.type = "", .disposition = {}, .encoding = {}, .text = "x"}, kSdp));
  EXPECT_TRUE(not_understood({.type = "image/png", .disposition = "icon", .encoding = {}, .text = "x"}, kSdp));
  EXPECT_TRUE(not_understood(
      {.type = "image/png", .disposition = "icon;handling=required", .encoding = {}, .text = "x"}, kSdp));
  EXPECT_FALSE(
      not_understood({.type = "image/png", .disposition = "icon; Handling=OPTIONAL", .encoding = {}, .text = "x"}, {}));
  EXPECT_TRUE(not_understood({.type = "application/sdp", .disposition = {}, .encoding = "gzip", .text = "x"}, kSdp));
  EXPECT_FALSE(
      not_understood({.type = "application/sdp", .disposition = {}, .encoding = "identity", .text = "x"}, kSdp));
}

TEST(Handling, OfPartsIsEachPartsOwn) {
  const auto fault = [](const std::string& parts, std::string_view disposition = {}) {
    return not_understood(
        {.type = "multipart/mixed;boundary=b", .disposition = disposition, .encoding = {}, .text = parts + "--b--\r\n"},
        kSdp);
  };
  const std::string sdp = part("application/sdp");
  EXPECT_FALSE(fault(sdp));
  EXPECT_TRUE(fault(sdp + part("application/isup")));
  EXPECT_TRUE(fault(sdp + part("application/isup", "Content-Disposition: signal;handling=required\r\n")));
  EXPECT_FALSE(fault(sdp + part("application/isup", "Content-Disposition: signal;handling=optional\r\n")));
  EXPECT_FALSE(fault(sdp + part("application/isup"), "render;handling=optional")) << "the whole is";
  EXPECT_TRUE(fault(part("application/sdp", "Content-Transfer-Encoding: base64\r\n")));
  EXPECT_TRUE(not_understood({.type = "multipart/mixed", .disposition = {}, .encoding = {}, .text = sdp}, kSdp));
}

TEST(Handling, OneAlternativeIsEnough) {  // RFC 5621 8.3: what the parts say of themselves does not count
  const auto fault = [](const std::string& parts) {
    return not_understood(
        {.type = "multipart/alternative;boundary=b", .disposition = {}, .encoding = {}, .text = parts + "--b--\r\n"},
        kSdp);
  };
  EXPECT_FALSE(fault(part("text/plain") + part("application/sdp")));
  EXPECT_TRUE(fault(part("text/plain", "Content-Disposition: render;handling=optional\r\n") + part("image/png")));
}

TEST(Handling, NestingIsBounded) {
  std::string text = "x";
  for (int i = 0; i < 6; ++i) text = "--b\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n" + text + "\r\n--b--\r\n";
  EXPECT_TRUE(
      not_understood({.type = "multipart/mixed;boundary=b", .disposition = {}, .encoding = {}, .text = text}, kSdp));
}

}  // namespace
}  // namespace sbc::body
