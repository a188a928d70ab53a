#pragma once
// What is changed in RTP on its way to one side, and which digits (DTMF) go between a side and signalling: plain
// values, part of flow::Spec.

#include <cstdint>
#include <optional>
#include <vector>

namespace flow {

// What becomes of a payload type that the other side sends.
enum class PayloadUse : std::uint8_t {
  Pass,   // it leaves under its new number
  Event,  // likewise, as telephone-event (RFC 4733): timestamps and durations are scaled to the new clock
  Drop,   // it is not for this side
};
struct PayloadRule {
  std::uint8_t from = 0;
  std::uint8_t to = 0;
  std::uint32_t clock_from = 0;  // Hz; 0: not known
  std::uint32_t clock_to = 0;    // 0: the same
  PayloadUse use = PayloadUse::Pass;
  friend bool operator==(const PayloadRule&, const PayloadRule&) = default;
};
struct Rewrite {
  std::vector<PayloadRule> payloads;  // each `from` once
  bool closed = false;                // payload types without a rule are dropped
  // One source whose sequence numbers and timestamps go on whoever speaks behind it (rtp/outgoing_stream.h): it has the
  // name and numbers of whoever speaks first. RTCP is translated. For streams with one source at a time.
  bool continuous = false;
  friend bool operator==(const Rewrite&, const Rewrite&) = default;
};

// telephone-event under a payload type.
struct EventFormat {
  std::uint8_t payload_type = 0;
  std::uint32_t clock = 0;  // Hz
  friend bool operator==(const EventFormat&, const EventFormat&) = default;
};
struct Digits {
  std::vector<EventFormat> heard;    // telephone-events from this side that are told
  bool tones_heard = false;          // tones in its G.711 (payload types 0 and 8) as well; they are told, not relayed
  std::optional<EventFormat> event;  // digits towards this side are sent so ...
  std::optional<std::uint8_t> tone;  // ... or else as tones in G.711 of this payload type: 0 or 8
  bool begins = false;               // telephone-events are told when they begin as well
  friend bool operator==(const Digits&, const Digits&) = default;
};

}  // namespace flow
