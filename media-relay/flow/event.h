#pragma once
// What a flow has to tell.

#include <cstdint>
#include <variant>

#include "media-relay/base/ip.h"
#include "media-relay/base/time.h"
#include "media-relay/flow/spec.h"

namespace flow {

// The first RTP packet that was accepted from this side since the flow was opened. Once per side.
struct FirstPacket {
  Side side = Side::A;
  base::Endpoint source;
  std::uint32_t ssrc = 0;
  friend bool operator==(const FirstPacket&, const FirstPacket&) = default;
};

// A source was learned, or replaced another one inside a window.
struct Latched {
  Side side = Side::A;
  Component component = Component::Rtp;
  base::Endpoint source;
  friend bool operator==(const Latched&, const Latched&) = default;
};

// Neither side has been heard for the media timeout. Once per silence.
struct MediaLost {
  base::Duration silence{};
  friend bool operator==(const MediaLost&, const MediaLost&) = default;
};

// No RTP has come from this side for the time, while the other one was heard and this one ought to be, too. Once per
// silence.
struct OneSided {
  Side silent = Side::A;
  base::Duration silence{};
  friend bool operator==(const OneSided&, const OneSided&) = default;
};

using Event = std::variant<FirstPacket, Latched, MediaLost, OneSided>;

}  // namespace flow
