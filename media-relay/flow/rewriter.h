#pragma once
// RTP on its way to one side, changed as its `Rewrite` says. A flow has one for each side that asked.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "media-relay/base/time.h"
#include "media-relay/flow/drop.h"
#include "media-relay/flow/repair.h"
#include "media-relay/packet/packet.h"
#include "media-relay/rtp/outgoing_stream.h"
#include "media-relay/rtp/telephone_event.h"

namespace flow {

class Rewriter {
 public:
  // A continuous stream that begins with a sound of our own begins at `start`, which is used once, whatever `set` says
  // later; else it begins as its first source.
  Rewriter(const Rewrite& spec, const rtp::OutgoingStream& start)
      : stream_(start), own_{start.state().ssrc, start.state().next, start.state().timestamp} {
    set(spec);
  }

  // Signalling has spoken. The stream goes on, but for one with the name of a source that speaks for itself meanwhile:
  // under the same keys its numbers must not come again (RFC 3711 9.1), so what follows later is our own.
  void set(const Rewrite& spec);
  bool continuous() const { return continuous_; }

  // Rewrites a packet that has passed rtp::read_header. A drop leaves no gap in the numbers of a continuous stream.
  std::optional<Drop> rewrite(packet::Packet& packet, const rtp::Header& header, base::Instant now);
  // It does not leave, for we speak ourselves.
  void swallow(const rtp::Header& header);

  // The stream that this side hears; meaningful when `continuous`. Other sources than `rewrite` may feed it.
  rtp::OutgoingStream& stream() { return stream_; }
  const rtp::OutgoingStream& stream() const { return stream_; }

 private:
  struct Rule {
    std::uint8_t to = 0;
    PayloadUse use = PayloadUse::Pass;
    std::uint32_t clock_from = 0;
    std::uint32_t clock_to = 0;
  };
  struct Start {
    std::uint32_t ssrc = 0;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
  };
  // An event on its way: all of its packets have one timestamp.
  struct EventPlace {
    std::uint32_t ssrc = 0;
    std::uint32_t from = 0;
    std::uint32_t to = 0;
  };

  std::uint32_t place_event(const rtp::Header& header, const Rule& rule, std::uint32_t guess, base::Instant now);

  Rule rule_of(std::uint8_t payload_type) const;

  std::array<std::uint8_t, 128> places_{};  // in rules_, by payload type, from one on; 0: it has none
  std::vector<Rule> rules_;
  bool closed_ = false;
  bool continuous_ = false;
  bool adopts_ = true;
  rtp::OutgoingStream stream_;
  Start own_;  // as stream_ would have begun
  rtp::EventScaler scaler_;
  std::optional<EventPlace> event_;
};

}  // namespace flow
