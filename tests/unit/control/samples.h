#pragma once
// Messages with every field set to something that is not its default.

#include <vector>

#include "media-relay/control/limits.h"
#include "media-relay/control/messages.h"

namespace control {

inline base::Endpoint endpoint(const char* text) {
  return *base::Endpoint::parse(text);
}

inline SessionSpec sample_spec() {
  HalfSpec a{"access",
             endpoint("192.0.2.7:4000"),
             endpoint("192.0.2.7:4007"),
             true,
             LatchMode::Learn,
             {*base::Prefix::parse("192.0.2.0/24"), *base::Prefix::parse("2001:db8::/32")},
             false,
             false};
  const std::vector<std::byte> key(30, std::byte{0x5a});
  a.srtp = Srtp{SrtpStream{"AES_CM_128_HMAC_SHA1_80", {{base::Secret(key), "", 1U << 20}}}, std::nullopt};
  HalfSpec b{"core", endpoint("[2001:db8::5]:6000"), std::nullopt, false, LatchMode::Strict, {}, true, true};
  b.srtp = Srtp{std::nullopt, SrtpStream{"AEAD_AES_128_GCM",
                                         {{base::Secret(std::span(key).first(28)), "\x01", 0},
                                          {base::Secret(std::span(key).first(20)), "\x02", kMaxSrtpLifetime}}}};
  b.rewrite = Rewrite{{{96, 111, 48'000, 0, PayloadUse::Pass},
                       {101, 120, 8000, 48'000, PayloadUse::Event},
                       {13, 0, 0, 0, PayloadUse::Drop}},
                      true,
                      true};
  b.digits = Digits{{{101, 8000}, {120, 48'000}}, true, EventFormat{110, 48'000}, 0, true};
  b.extensions = {{1, 1}, {14, 255}, {255, 3}};
  a.dscp = 0;
  b.dscp = kMaxDscp;
  b.sources = {1, 0xffffffff};
  b.party = 3;
  HalfSpec web = b;
  web.extensions.emplace();
  web.srtp.reset();
  web.digits = Digits{{}, false, std::nullopt, 8};
  web.ice = Ice{"ours", base::Secret(std::span(key).first(24)), "them"};
  web.dtls =
      Dtls{DtlsRole::Active, "ours/theirs", {{"sha-256", std::string(32, '\x7f')}, {"sha-512", std::string(64, 1)}}};
  web.transcode = Transcode{{{"PCMU", 0, ""}, {"PCMA", 8, ""}},
                            {"opus", 111, "useinbandfec=1"},
                            40,
                            {{101, 120, 8000, 48'000, PayloadUse::Event}},
                            13,
                            0};
  web.play = Play{"tone:425/1000,0/4000", 0, {"opus", 111, "useinbandfec=1"}, 40, true, 7};
  b.play = Play{"busy", 3, {"PCMA", 8, ""}, 20, false, 0};
  HalfSpec guest;
  guest.network = "core";
  guest.shared = SharedTransport{4, {0, 127}};
  guest.mid = MediaId{kMaxMidExtension, std::string(kMaxMidBytes, 'v'), {}};
  guest.pictures = Pictures{true, 0xffffffff, true};
  web.mid = MediaId{1, "0", {0, 127}};
  HalfSpec copy;
  copy.network = "core";
  copy.copies = Copied{3, HalfSide::B};
  HalfSpec fax = a;
  fax.extensions = {{1, 1}, {14, 14}};
  fax.srtp.reset();
  fax.rtcp_mux = false;
  return {{{0, "audio", a, b, Transport::Rtp,
            Record{"2026-07-14.call_1", true, true, true, {{"opus", 111, "useinbandfec=1"}}, {{"PCMU", 0, ""}}}},
           {3, "video", b, a, Transport::Rtp, Record{"x", true, false, false}},
           {4, "audio", web, a},
           {5, "video", guest, b},
           {6, "image", fax, fax, Transport::Udptl, {}, 10'000},
           {100, "audio", copy, a}},
          45'000,
          true};
}

inline std::vector<Command> sample_commands() {
  return {Hello{"edge1-0", 60'000, 1},
          Open{"call-1", sample_spec()},
          Modify{"call-1", {}},
          Close{"call-1", "bye"},
          Query{"call-1"},
          List{"call-0"},
          Subscribe{5},
          Ping{},
          SendDigits{"call-1", 3, HalfSide::B, "0123456789*#ABCD!", 200}};
}

inline FlowStats sample_stats(std::uint32_t index) {
  HalfStats a{1,
              2,
              3,
              4,
              5,
              6,
              7,
              -8,
              9,
              0xffffffff,
              endpoint("192.0.2.7:4000"),
              10,
              127,
              11,
              HalfStats::Reported{-12, 255, 44},
              12,
              345};
  HalfStats b;
  b.packets_received = UINT64_MAX;
  return {index, a, b};
}

inline std::vector<Reply> sample_replies() {
  const HalfAddress half{endpoint("198.51.100.1:20000"), endpoint("198.51.100.1:20001"), "4A:AD:B9"};
  const HalfAddress other{endpoint("[2001:db8::1]:20002"), endpoint("[2001:db8::1]:20003")};
  const std::vector<FlowAddresses> flows{{0, half, other}, {3, other, half}};
  return {Welcome{0x0123456789abcdef, 30'000, 7, {"access", "core"}, 10'000},
          Opened{"call-1", flows},
          Modified{"call-1", flows},
          Closed{"call-1", true, {sample_stats(0), sample_stats(3)}},
          Queried{"call-1", flows, {sample_stats(0)}, 1234},
          Listed{{"a", "b"}, "b"},
          Subscribed{15},
          Pong{1200, 20'000, 3},
          Error{ErrorCode::NoPorts, "none left"},
          SendingDigits{"call-1"}};
}

inline std::vector<Event> sample_events() {
  return {FirstPacket{"call-1", 3, HalfSide::B, endpoint("192.0.2.7:4000")},
          Latched{"call-1", 3, HalfSide::A, endpoint("[2001:db8::7]:4000")},
          Quality{"call-1", sample_stats(3)},
          MediaLost{"call-1", 3, 30'000},
          SessionClosed{"call-1", "lease ended", {sample_stats(0)}},
          PeerChanged{"call-1", 3, HalfSide::B, PeerChange::IceConnected, endpoint("192.0.2.7:4000"), ""},
          PeerChanged{"call-1", 0, HalfSide::A, PeerChange::NotSecured, std::nullopt, "fingerprint"},
          OneSided{"call-1", 3, HalfSide::B, 10'000},
          Dtmf{"call-1", 3, HalfSide::B, '#', 120},
          Dtmf{"call-1", 3, HalfSide::A, '5', 0, true},
          PlayEnded{"call-1", 3, HalfSide::B, 7, PlayEnd::Unreachable},
          PictureAsked{"call-1", 3, HalfSide::B},
          Stopping{10'000},
          Draining{30'000},
          RecordingStopped{"call-1", 3, "no space left"}};
}

}  // namespace control
