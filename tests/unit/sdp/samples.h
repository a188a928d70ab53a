#pragma once
// Descriptions that several tests share, and short ways to make them.

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "media-relay/base/ip.h"

#include "sbc/sdp/parser.h"
#include "sbc/sdp/rewrite.h"

namespace sbc::sdp {

inline std::string lines(std::initializer_list<std::string_view> all) {
  std::string text;
  for (std::string_view line : all) text.append(line).append("\r\n");
  return text;
}

// A phone's offer with the things that must not cross.
inline std::string phone_offer() {
  return lines({"v=0",
                "o=alice 2890844526 2890844526 IN IP4 10.1.2.3",
                "s=SuperPhone 9000",
                "i=Alice's desk",
                "u=http://alice.example.com",
                "e=alice@example.com",
                "p=+1 617 555 6011",
                "c=IN IP4 10.1.2.3",
                "b=AS:84",
                "t=2873397496 2873404696",
                "k=clear:secret",
                "a=tool:SuperPhone",
                "a=group:BUNDLE audio",
                "m=audio 49170 RTP/AVP 0 8 9 18 96 101",
                "i=the microphone",
                "b=TIAS:64000",
                "k=prompt",
                "a=rtpmap:0 PCMU/8000",
                "a=rtpmap:8 PCMA/8000",
                "a=rtpmap:9 G722/8000",
                "a=rtpmap:18 G729/8000",
                "a=fmtp:18 annexb=no",
                "a=rtpmap:96 opus/48000/2",
                "a=fmtp:96 useinbandfec=1",
                "a=rtpmap:101 telephone-event/8000",
                "a=fmtp:101 0-15",
                "a=ptime:20",
                "a=maxptime:150",
                "a=mid:audio",
                "a=rtcp:49171 IN IP4 10.1.2.3",
                "a=candidate:1 1 UDP 2130706431 10.1.2.3 49170 typ host",
                "a=ice-ufrag:8hhY",
                "a=ice-pwd:asd88fgpdd777uzjYhagZg",
                "a=ssrc:1 cname:alice@10.1.2.3",
                "a=msid:stream track",
                "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
                "a=fingerprint:sha-256 AA:BB",
                "a=setup:actpass",
                "a=X-vendor:10.1.2.3",
                "a=sendrecv"});
}

// Plain audio: origin, address, port, and what follows the m-line.
inline std::string audio(std::string_view address, int port, std::initializer_list<std::string_view> more = {}) {
  const std::string type = address.find(':') == std::string_view::npos ? "IP4 " : "IP6 ";
  std::string text =
      lines({"v=0", "o=- 1 1 IN " + type + std::string(address), "s=-", "c=IN " + type + std::string(address), "t=0 0",
             "m=audio " + std::to_string(port) + " RTP/AVP 0 8"});
  return text + lines(more);
}

inline SessionPtr parsed(std::string_view text) {
  auto session = parse_shared(text);
  EXPECT_TRUE(session.has_value()) << (session ? "" : session.error().text) << "\n" << text;
  return session ? *session : nullptr;
}

inline base::Endpoint endpoint(std::string_view text) {
  return base::Endpoint::parse(text).value();
}
inline base::IpAddress ip(std::string_view text) {
  return base::IpAddress::parse(text).value();
}
inline Anchor anchor(std::string_view rtp, std::string_view rtcp = "", bool mux = false) {
  return {.rtp = endpoint(rtp), .rtcp = rtcp.empty() ? base::Endpoint{} : endpoint(rtcp), .rtcp_mux = mux};
}

}  // namespace sbc::sdp
