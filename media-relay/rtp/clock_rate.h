#pragma once
// The rate of a stream's RTP clock. The relay never sees SDP, so the rates of dynamic payload types are found by
// watching.

#include <cstdint>
#include <optional>

#include "media-relay/base/time.h"

namespace rtp {

// Ticks per second of a payload type that RFC 3551 (section 6, tables 4 and 5) assigns; 0: none.
std::uint32_t static_clock_rate(std::uint8_t payload_type);

// Finds the clock of the payload type that a stream sends mostly. Others that are mixed in (telephone-event) do not
// disturb it.
class ClockEstimator {
 public:
  // Tells of one packet in order. Returns the rate when it is known and `payload_type` is the type it belongs to, else
  // 0.
  std::uint32_t observe(std::uint8_t payload_type, std::uint32_t timestamp, base::Instant arrival);
  std::uint32_t rate() const { return rate_; }

  template <typename Carrier>
  void carry(Carrier& c) {
    c(type_, rate_, watched_, first_timestamp_, first_arrival_);
  }

 private:
  std::uint8_t type_ = kNoType;  // whose rate is known
  std::uint32_t rate_ = 0;
  // What is being watched.
  std::uint8_t watched_ = kNoType;
  std::uint32_t first_timestamp_ = 0;
  base::Instant first_arrival_{};
  static constexpr std::uint8_t kNoType = 0xff;
};

}  // namespace rtp
