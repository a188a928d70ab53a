// Two lines of audio and two of video on one transport of a browser's, with the same payload types (RFC 9143 9.2): told
// apart by the name in their packets (MID), and by the sources that have come under one.

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "media-relay/rtp/media_id.h"

#include "web.h"

namespace flow {
namespace {

constexpr std::uint8_t kMid = 4;  // identifier of the extension
constexpr unsigned char kAudio = 111;
constexpr unsigned char kVideo = 96;
constexpr std::array<const char*, 4> kNames{"a0", "a1", "v0", "v1"};
constexpr std::array<unsigned char, 4> kTypes{kAudio, kAudio, kVideo, kVideo};

base::Endpoint phone_of(std::size_t line) {
  return line == 0 ? kPhoneB : base::Endpoint{kPhoneB.ip, static_cast<std::uint16_t>(6000 + 2 * line)};
}

Spec line_spec(std::size_t line) {
  Spec spec = line == 0 ? web_to_plain(secure::DtlsRole::Passive) : strict_spec();
  if (line != 0) {
    spec.a = {};
    spec.a.shared = true;
    spec.b.local_rtp = endpoint("192.0.2.1:16390");
    spec.b.local_rtp.port = static_cast<std::uint16_t>(spec.b.local_rtp.port + 2 * line);
    spec.b.local_rtcp = {};
    spec.b.remote_rtp = phone_of(line);
  }
  spec.a.mid = MediaId{kMid, kNames[line]};
  spec.a.payload_types.set(100 + line);  // that are its own
  spec.a.extensions.emplace();
  return spec;
}

struct Lines {
  Lines() : rig(line_spec(0)), web(rig, secure::DtlsRole::Active) {
    for (std::size_t line = 1; line < 4; ++line) {
      Flow::Ports ports{};
      for (std::uint32_t c = 0; c < 2; ++c)
        ports[1][c] = packet::PortIndex{static_cast<std::uint32_t>(30 + 2 * line) + c};
      guests[line - 1] = std::make_unique<Flow>(line_spec(line), ports, rig.now);
      guests[line - 1]->share(Side::A, rig.flow);
    }
    web.send(check());
    web.shake();
  }
  std::string rtp(unsigned char type, std::uint32_t ssrc, std::string_view name = {}) {
    std::string out = rig.rtp_bytes(ssrc);
    out[1] = static_cast<char>(type);
    if (name.empty()) return out;
    const std::size_t size = out.size();
    out.resize(size + rtp::kMaxMediaIdGrowth);
    out.resize(rtp::write_media_id(std::as_writable_bytes(std::span(out)), size, kMid, name));
    return out;
  }
  Rig::Result from_web(const std::string& clear) { return rig.send(Side::A, Component::Rtp, kPhoneA, web.seal(clear)); }
  // As the browser gets it.
  std::string to_web(std::size_t line, const std::string& bytes) {
    packet::Packet p;
    std::memcpy(rig.buffers[0].data(), bytes.data(), bytes.size());
    p.assign(rig.buffers[0], bytes.size());
    p.source = phone_of(line);
    Flow& flow = line == 0 ? rig.flow : *guests[line - 1];
    EXPECT_EQ(flow.on_packet(p, Side::B, Component::Rtp, rig.now, rig.events), std::nullopt);
    EXPECT_EQ(p.destination, kPhoneA);
    return web.open({reinterpret_cast<const char*>(p.bytes().data()), p.size()});
  }

  Rig rig;
  Web web;
  std::array<std::unique_ptr<Flow>, 3> guests;
};

std::optional<std::string> name_in(const std::string& bytes) {
  const auto name = rtp::read_media_id(std::as_bytes(std::span(bytes)), kMid);
  return name ? std::optional<std::string>(*name) : std::nullopt;
}

// trap 40
TEST(Lines, OfOnePayloadTypeAreToldApartByTheirNames) {
  Lines l;
  for (std::size_t line = 0; line < 4; ++line) {
    const auto seen = l.from_web(l.rtp(kTypes[line], static_cast<std::uint32_t>(11 + line), kNames[line]));
    EXPECT_EQ(seen.dropped, std::nullopt) << line;
    EXPECT_EQ(seen.to, phone_of(line));
  }
}

TEST(Lines, ASourceIsKnownByTheNameThatItCameUnder) {
  Lines l;
  for (std::size_t line = 0; line < 4; ++line)
    l.from_web(l.rtp(kTypes[line], static_cast<std::uint32_t>(11 + line), kNames[line]));
  for (std::size_t line = 0; line < 4; ++line)
    EXPECT_EQ(l.from_web(l.rtp(kTypes[line], static_cast<std::uint32_t>(11 + line))).to, phone_of(line));
  // Its reports, too.
  const std::string report(
      "\x80\xc8\x00\x06\x00\x00\x00\x0e"
      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
      28);
  const auto seen = l.rig.send(Side::A, Component::Rtp, kPhoneA, l.web.seal_rtcp(report));
  EXPECT_EQ(seen.to.ip, kPhoneB.ip);
  EXPECT_EQ(seen.to.port, phone_of(3).port + 1);
}

TEST(Lines, ANameTakesASourceOver) {
  Lines l;
  l.from_web(l.rtp(kVideo, 13, "v0"));
  EXPECT_EQ(l.from_web(l.rtp(kVideo, 13, "v1")).to, phone_of(3));
  EXPECT_EQ(l.from_web(l.rtp(kVideo, 13)).to, phone_of(3));
  EXPECT_EQ(l.from_web(l.rtp(kVideo, 13, "a0")).to, phone_of(0));
  EXPECT_EQ(l.from_web(l.rtp(kVideo, 13)).to, phone_of(0));
}

TEST(Lines, WhatNeitherNameNorSourceNorTypeTellsIsDropped) {
  Lines l;
  EXPECT_EQ(l.from_web(l.rtp(kVideo, 13)).dropped, Drop::NoLine);
  EXPECT_EQ(l.from_web(l.rtp(kAudio, 11)).dropped, Drop::NoLine);
  EXPECT_EQ(l.from_web(l.rtp(kVideo, 13, "v7")).dropped, Drop::NoLine);
  EXPECT_EQ(l.rig.drops(Side::A, Drop::NoLine), 3U);
  // Types that one line has alone tell it without a name, and then the source is known.
  EXPECT_EQ(l.from_web(l.rtp(102, 13)).to, phone_of(2));
  EXPECT_EQ(l.from_web(l.rtp(100, 14)).to, phone_of(0));
  EXPECT_EQ(l.from_web(l.rtp(kVideo, 13)).to, phone_of(2));
}

TEST(Lines, WhatTheBrowserGetsHasTheNameOfItsLine) {
  Lines l;
  for (std::size_t line = 0; line < 4; ++line) {
    const std::string clear = l.rtp(kTypes[line], static_cast<std::uint32_t>(21 + line));
    const std::string got = l.to_web(line, clear);
    EXPECT_EQ(name_in(got), kNames[line]);
    EXPECT_EQ(got.substr(got.size() - 5), "audio");
  }
  // The far end's own names are of another transport.
  EXPECT_EQ(name_in(l.to_web(3, l.rtp(kVideo, 24, "x"))), "v1");
}

TEST(Lines, KnowTheirSourcesInAnotherProcess) {
  Lines l;
  for (std::size_t line = 0; line < 4; ++line)
    l.from_web(l.rtp(kTypes[line], static_cast<std::uint32_t>(11 + line), kNames[line]));
  Rig next(line_spec(0));
  ASSERT_TRUE(next.flow.restore(l.rig.flow.save(l.rig.now).value(), next.now));
  std::array<std::unique_ptr<Flow>, 3> guests;
  for (std::size_t line = 1; line < 4; ++line) {
    Flow::Ports ports{};
    ports[1][0] = packet::PortIndex{static_cast<std::uint32_t>(30 + 2 * line)};
    guests[line - 1] = std::make_unique<Flow>(line_spec(line), ports, next.now);
    ASSERT_TRUE(guests[line - 1]->restore(l.guests[line - 1]->save(l.rig.now).value(), next.now));
    guests[line - 1]->share(Side::A, next.flow);
  }
  for (std::size_t line = 0; line < 4; ++line) {
    const std::string clear = l.rtp(kTypes[line], static_cast<std::uint32_t>(11 + line));
    EXPECT_EQ(next.send(Side::A, Component::Rtp, kPhoneA, l.web.seal(clear)).to, phone_of(line));
  }
}

}  // namespace
}  // namespace flow
