#include "sbc/app/sip_trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace sbc::app {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string traced(std::string_view message) {
  const std::string path = testing::TempDir() + "/trace-" + std::to_string(getpid()) + ".jsonl";
  {
    auto file = LineFile::open(path);
    if (!file) return file.error();
    SipTrace trace;
    trace.use(*std::move(file));
    trace.write(SipTrace::Direction::In, sip::Transport::Tls, {{}, {}, "access"}, message);
  }
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  unlink(path.c_str());
  return text.str();
}

TEST(SipTrace, ShowsNoKeysOfMedia) {
  const std::string text = traced(
      "INVITE sip:x@y SIP/2.0\r\nContent-Disposition: inline; x\r\n\r\n"
      "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCsp|2^20|1:4;INLINE:YUJDZGVm|2^20|2:4 WSH=64\r\n"
      "a=crypto:2 AES_CM_128_HMAC_SHA1_32 Inline:cmVCspeE\na=sendrecv");
  EXPECT_THAT(text, HasSubstr("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:(blanked) WSH=64\\r\\n"));
  EXPECT_THAT(text, HasSubstr("a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:(blanked)\\na=sendrecv"));
  EXPECT_THAT(text, HasSubstr("Content-Disposition: inline; x"));
  for (const char* key : {"d0Rm", "YUJD", "cmVC"}) EXPECT_THAT(text, Not(HasSubstr(key)));
}

TEST(SipTrace, ShowsNoCredentials) {
  const std::string text =
      traced("REGISTER sip:x SIP/2.0\r\nAuthorization: Digest response=\"abc\",\r\n  nonce=\"n\"\r\nTo: y\r\n\r\n");
  EXPECT_THAT(text, HasSubstr("Authorization: (blanked)\\r\\nTo: y"));
}

}  // namespace
}  // namespace sbc::app
