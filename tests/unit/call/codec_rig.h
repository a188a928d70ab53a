#pragma once
// Calls between sides whose codecs are ruled: what codecs_test.cc and transcoding_test.cc have in common.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "places.h"

namespace sbc::call::test {

// A description of one audio line.
inline std::string body(const Peer& peer, int port, std::string_view formats, std::string_view attributes = "",
                        int version = 1) {
  return "v=0\r\no=- 1 " + std::to_string(version) + " IN IP4 " + peer.ip() + "\r\ns=-\r\nc=IN IP4 " + peer.ip() +
         "\r\nt=0 0\r\nm=audio " + std::to_string(port) + " RTP/AVP " + std::string(formats) + "\r\n" +
         std::string(attributes);
}

inline constexpr const char* kEvents = "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n";

// The rules of a's realm and b's trunk.
inline void configure(Rig& rig, const sdp::CodecRules& a, const sdp::CodecRules& b) {
  change_places(
      rig, [&a](route::Realm& realm) { realm.codecs = std::make_shared<const sdp::CodecRules>(a); },
      [&b](route::Trunk& trunk) { trunk.codecs = std::make_shared<const sdp::CodecRules>(b); });
}

inline std::string text(const sip::MessagePtr& message) {
  EXPECT_NE(message, nullptr);
  return message != nullptr ? std::string(message->body()) : std::string();
}

}  // namespace sbc::call::test
