#pragma once

#include <gtest/gtest.h>

#include <string>

#include "sbc/sip/parser.h"

namespace sbc::identity::test {

// An INVITE with these lines in it.
inline sip::MessagePtr invite(const std::string& lines, const std::string& uri = "sip:5551234@192.0.2.1") {
  auto parsed = sip::parse("INVITE " + uri +
                           " SIP/2.0\r\nVia: SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKx\r\nMax-Forwards: 70\r\n"
                           "From: <sip:alice@10.9.9.9>;tag=1\r\nTo: <sip:bob@192.0.2.1>\r\nCall-ID: c\r\n"
                           "CSeq: 1 INVITE\r\nContact: <sip:alice@10.9.9.9>\r\n" +
                           lines + "Content-Length: 0\r\n\r\n");
  EXPECT_TRUE(parsed.ok()) << (parsed.error ? parsed.error->text : "");
  return parsed.message;
}

}  // namespace sbc::identity::test
