#pragma once
// A request that is right in every way, to be made wrong in one.

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "sbc/sip/parser.h"

namespace sample {

struct Parts {
  std::string start = "INVITE sip:bob@example.com SIP/2.0";
  std::string via = "Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1\r\n";
  std::string from = "From: <sip:alice@example.com>;tag=a\r\n";
  std::string to = "To: <sip:bob@example.com>\r\n";
  std::string call_id = "Call-ID: c1@192.0.2.10\r\n";
  std::string cseq = "CSeq: 1 INVITE\r\n";
  std::string more;
  std::string body;

  std::string text() const { return start + "\r\n" + via + from + to + call_id + cseq + more + "\r\n" + body; }
};

inline std::string with(std::string_view more, std::string_view body = {}) {
  Parts parts;
  parts.more = more;
  parts.body = body;
  return parts.text();
}

inline sbc::sip::MessagePtr parsed(std::string bytes) {
  auto result = sbc::sip::parse(std::move(bytes));
  EXPECT_TRUE(result.ok()) << (result.error ? result.error->text : "no message");
  return result.message;
}

inline int refused(std::string bytes, sbc::sip::Framing framing = sbc::sip::Framing::Datagram) {
  const auto result = sbc::sip::parse(std::move(bytes), {}, framing);
  return result.error ? result.error->status : -1;
}

}  // namespace sample
