#pragma once
// A flow under a manual clock, with phones that send by hand.

#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/flow/flow.h"
#include "media-relay/packet/batch.h"

namespace flow {

inline base::Endpoint endpoint(const char* text) {
  return base::Endpoint::parse(text).value();
}

// Where the two phones say they are, and where the relay listens.
inline const base::Endpoint kPhoneA = endpoint("198.51.100.10:4000");
inline const base::Endpoint kPhoneARtcp = endpoint("198.51.100.10:4001");
inline const base::Endpoint kPhoneB = endpoint("203.0.113.20:5000");
inline const base::Endpoint kPhoneBRtcp = endpoint("203.0.113.20:5001");
inline const base::Endpoint kStranger = endpoint("192.0.2.66:6666");

inline Spec strict_spec() {
  Spec spec;
  spec.a.local_rtp = endpoint("192.0.2.1:16384");
  spec.a.local_rtcp = endpoint("192.0.2.1:16385");
  spec.b.local_rtp = endpoint("192.0.2.1:16386");
  spec.b.local_rtcp = endpoint("192.0.2.1:16387");
  spec.a.remote_rtp = kPhoneA;
  spec.b.remote_rtp = kPhoneB;
  return spec;
}

inline Spec learning_spec() {
  Spec spec = strict_spec();
  spec.a.latch = LatchMode::Learn;
  return spec;
}

class Rig {
 public:
  static constexpr std::array<std::array<std::uint32_t, 2>, 2> kPortNumbers{{{10, 11}, {20, 21}}};

  explicit Rig(Spec spec) : flow(std::move(spec), ports(), now) {}

  static Flow::Ports ports() {
    Flow::Ports out;
    for (std::size_t side = 0; side < 2; ++side)
      for (std::size_t c = 0; c < 2; ++c) out[side][c] = packet::PortIndex{kPortNumbers[side][c]};
    return out;
  }

  struct Result {
    std::optional<Drop> dropped;
    std::uint32_t port = 0;
    base::Endpoint to;
    std::string bytes;
  };

  Result send(Side side, Component port, const base::Endpoint& from, const std::string& bytes) {
    packet::Packet p;
    std::memcpy(buffers[0].data(), bytes.data(), bytes.size());
    p.assign(buffers[0], bytes.size());
    p.source = from;
    Result r;
    r.dropped = flow.on_packet(p, side, port, now, events);
    EXPECT_EQ(p.leaves(), !r.dropped);
    r.port = p.leaves_by.value;
    r.to = p.destination;
    r.bytes.assign(reinterpret_cast<const char*>(p.bytes().data()), p.size());
    return r;
  }

  Result rtp(Side side, const base::Endpoint& from, std::uint32_t ssrc = 7) {
    return send(side, Component::Rtp, from, rtp_bytes(ssrc));
  }
  Result rtcp(Side side, const base::Endpoint& from, Component port = Component::Rtcp, char ssrc = 7) {
    return send(side, port, from, std::string("\x80\xc9\x00\x01\x00\x00\x00", 7) + ssrc);
  }

  std::string rtp_bytes(std::uint32_t ssrc) {
    const std::uint16_t n = ++sequence;
    std::string out("\x80\x00", 2);
    out += static_cast<char>(n >> 8);
    out += static_cast<char>(n & 0xff);
    out.append(4, '\0');
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(ssrc >> shift & 0xff);
    return out + "audio";
  }

  void pass(base::Duration d) { now += d; }
  // Lets time pass as the worker does: deadlines are looked at when they are due.
  void pass_with_deadlines(base::Duration d) {
    const base::Instant end = now + d;
    while (flow.next_deadline() <= end) {
      now = flow.next_deadline();
      flow.on_deadline(now, events);
    }
    now = end;
  }

  template <typename T>
  std::vector<T> told() const {
    std::vector<T> out;
    for (const Event& e : events)
      if (const T* t = std::get_if<T>(&e)) out.push_back(*t);
    return out;
  }
  std::uint64_t drops(Side side, Drop reason) const {
    return flow.stats(now).half[index_of(side)].drops[static_cast<std::size_t>(reason)];
  }

  base::Instant now{base::seconds(5000)};
  std::vector<Event> events;
  std::uint16_t sequence = 100;
  packet::Buffers buffers;
  Flow flow;
};

}  // namespace flow
