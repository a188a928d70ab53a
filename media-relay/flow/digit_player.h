#pragma once
// Digits that we send into a stream, one after another: as telephone-events (RFC 4733) or as tones in G.711. Sans-IO:
// asked for its next packet when the time has come.

#include <cstdint>
#include <deque>
#include <optional>
#include <span>

#include "media-relay/base/time.h"
#include "media-relay/codec/dtmf.h"
#include "media-relay/rtp/outgoing_stream.h"

namespace flow {

// The longest packet that `next` makes: a frame of G.711.
inline constexpr std::size_t kMaxPlayedBytes = 160;

class DigitPlayer {
 public:
  struct Format {
    std::uint8_t payload_type = 0;
    std::uint32_t clock = 8000;  // of telephone-event, in Hz
    bool tone = false;           // in G.711 instead, of payload type 0 or 8
    friend bool operator==(const Format&, const Format&) = default;
  };
  struct Digit {
    char digit = '0';
    base::Duration duration{};
  };
  struct Played {
    rtp::Stamp stamp;  // `first`: the marker is to be set
    std::uint8_t payload_type = 0;
    std::size_t size = 0;  // of the payload
  };

  // At most this many wait; false when there is no room, or when it is no digit.
  static constexpr std::size_t kMaxWaiting = 32;
  bool play(const Digit& digit, base::Instant now);
  // Changes how digits that have not begun are sent.
  void set(const Format& format) { format_ = format; }
  // Nothing more is sent.
  void stop();

  // Audio of others is not to be heard meanwhile. The pauses between digits are theirs.
  bool speaking() const { return current_.has_value(); }
  base::Instant next_deadline() const;
  // The packet that is due, its payload in `payload` (kMaxPlayedBytes); nullopt: none is. To be asked until there is
  // none.
  std::optional<Played> next(rtp::OutgoingStream& stream, std::span<std::byte> payload, base::Instant now);

 private:
  struct Current {
    Digit digit;
    Format format;
    std::uint32_t timestamp = 0;  // of its present segment, or of the next frame
    base::Instant began{};
    base::Instant due{};
    bool first = true;
    std::uint32_t segment = 0;  // ticks of the event's clock before the present segment
    unsigned ends = 0;          // final packets that were sent
    std::optional<codec::DtmfTone> tone;
  };

  void begin(rtp::OutgoingStream& stream, base::Instant now);
  void end(base::Instant now);
  Played next_event(rtp::OutgoingStream& stream, std::span<std::byte> payload);
  Played next_frame(rtp::OutgoingStream& stream, std::span<std::byte> payload);

  Format format_;
  std::deque<Digit> waiting_;
  base::Instant not_before_{};
  std::optional<Current> current_;
};

}  // namespace flow
