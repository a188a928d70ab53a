#include "sbc/sdp/handshake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sbc/sdp/parser.h"

namespace sbc::sdp {
namespace {

std::string hex(std::size_t bytes, std::string_view one = "A5") {
  std::string out(one);
  while (--bytes > 0) out.append(":").append(one);
  return out;
}

std::optional<Handshake> read(const std::string& session, const std::string& media) {
  const auto parsed = parse_shared("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" +
                                   session + "m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n" + media);
  if (!parsed) return std::nullopt;
  return handshake_of(**parsed, (*parsed)->media.at(0));
}

TEST(SdpHandshake, ReadsWhatBrowsersSay) {
  const auto said = read("",
                         "a=ice-ufrag:QBaf\r\na=ice-pwd:Rr4dnKKT5Jbq6n7jTD4Ji8ng\r\na=ice-options:trickle\r\n"
                         "a=fingerprint:sha-256 " +
                             hex(32) +
                             "\r\na=setup:active\r\na=tls-id:abc3de65cddef001be82\r\n"
                             "a=rtcp-mux\r\n");
  ASSERT_TRUE(said);
  EXPECT_EQ(said->setup, Setup::Active);
  ASSERT_EQ(said->fingerprints.size(), 1U);
  EXPECT_EQ(said->fingerprints[0].value, std::string(32, '\xa5'));
  EXPECT_EQ(said->ice_ufrag, "QBaf");
  EXPECT_EQ(said->ice_password, "Rr4dnKKT5Jbq6n7jTD4Ji8ng");
  EXPECT_EQ(said->tls_id, "abc3de65cddef001be82");
  EXPECT_TRUE(said->rtcp_mux);
  EXPECT_FALSE(said->ice_lite);
}

TEST(SdpHandshake, TheSessionSpeaksForItsLines) {
  const std::string session = "a=ice-lite\r\na=setup:passive\r\na=fingerprint:SHA-256 " + hex(32, "0b") +
                              "\r\na=ice-ufrag:QBaf\r\na=ice-pwd:Rr4dnKKT5Jbq6n7jTD4Ji8ng\r\n";
  const auto said = read(session, "");
  ASSERT_TRUE(said);
  EXPECT_TRUE(said->ice_lite);
  EXPECT_EQ(said->setup, Setup::Passive);
  EXPECT_EQ(said->fingerprints[0].value, std::string(32, '\x0b'));
  // RFC 8122 5: what the line says itself counts instead.
  const auto own = read(session, "a=fingerprint:sha-512 " + hex(64) + "\r\na=setup:actpass\r\n");
  ASSERT_TRUE(own);
  ASSERT_EQ(own->fingerprints.size(), 1U);
  EXPECT_EQ(own->fingerprints[0].hash, "sha-512");
  EXPECT_EQ(own->setup, Setup::ActPass);
}

TEST(SdpHandshake, WhatVouchesForNothingIsNone) {
  EXPECT_FALSE(read("", "a=setup:active\r\n"));
  for (const std::string& value : {"sha-1 " + hex(20), "md5 " + hex(16), "sha-256 " + hex(31), "sha-256 " + hex(33),
                                   "sha-256 " + hex(32, "G0"), std::string("sha-256"), "sha-256 " + hex(32) + ":"})
    EXPECT_FALSE(read("", "a=fingerprint:" + value + "\r\n")) << value;
  EXPECT_FALSE(read("", "a=setup:holdconn\r\na=fingerprint:sha-256 " + hex(32) + "\r\n"));  // RFC 8842 5.1
}

TEST(SdpHandshake, OursHasOneCandidate) {
  std::string out;
  append_handshake(out, {Setup::ActPass, "4A:AD", "id", "ufra", "password"}, *base::Endpoint::parse("192.0.2.9:20000"),
                   true);
  EXPECT_EQ(out,
            "a=fingerprint:sha-256 4A:AD\r\na=setup:actpass\r\na=tls-id:id\r\na=rtcp-mux-only\r\na=ice-ufrag:ufra\r\n"
            "a=ice-pwd:password\r\na=candidate:1 1 UDP 2130706431 192.0.2.9 20000 typ host\r\na=end-of-candidates\r\n");
  out.clear();
  append_handshake(out, {Setup::Passive, "4A:AD", "", "", ""}, *base::Endpoint::parse("[2001:db8::1]:20000"), false);
  EXPECT_EQ(out, "a=fingerprint:sha-256 4A:AD\r\na=setup:passive\r\n");
}

}  // namespace
}  // namespace sbc::sdp
