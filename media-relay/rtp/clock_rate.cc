#include "media-relay/rtp/clock_rate.h"

#include <array>

namespace rtp {
namespace {

// Long enough for jitter of tens of milliseconds to stay inside the tolerance.
constexpr base::Duration kWatch = base::milliseconds(1500);
// RTP clocks in use (RFC 3551, RFC 7587, RFC 3389 and others).
constexpr std::array<std::uint32_t, 9> kRates{8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 90000};
constexpr std::uint64_t kTolerancePercent = 4;  // neighbouring rates are 8% apart and more

std::uint32_t nearest_rate(std::uint64_t measured) {
  for (const std::uint32_t rate : kRates) {
    const std::uint64_t off = measured > rate ? measured - rate : rate - measured;
    if (off * 100 <= rate * kTolerancePercent) return rate;
  }
  return 0;
}

}  // namespace

std::uint32_t static_clock_rate(std::uint8_t payload_type) {
  switch (payload_type) {
    case 0:
    case 3:
    case 4:
    case 5:
    case 7:
    case 8:
    case 9:
    case 12:
    case 13:
    case 15:
    case 18:
      return 8000;  // G.722 (9) as well, by an error that stayed (RFC 3551 4.5.2)
    case 6:
      return 16000;
    case 10:
    case 11:
      return 44100;
    case 16:
      return 11025;
    case 17:
      return 22050;
    case 14:
    case 25:
    case 26:
    case 28:
    case 31:
    case 32:
    case 33:
    case 34:
      return 90000;
    default:
      return 0;
  }
}

std::uint32_t ClockEstimator::observe(std::uint8_t payload_type, std::uint32_t timestamp, base::Instant arrival) {
  if (payload_type == type_) {
    watched_ = kNoType;
    return rate_;
  }
  if (const std::uint32_t known = static_clock_rate(payload_type); known != 0) {
    type_ = payload_type;
    rate_ = known;
    watched_ = kNoType;
    return rate_;
  }
  if (payload_type != watched_) {
    watched_ = payload_type;
    first_timestamp_ = timestamp;
    first_arrival_ = arrival;
    return 0;
  }
  const base::Duration elapsed = arrival - first_arrival_;
  if (elapsed < kWatch) return 0;
  const std::uint32_t ticks = timestamp - first_timestamp_;
  const auto micros = static_cast<std::uint64_t>(std::chrono::duration_cast<base::microseconds>(elapsed).count());
  if (const std::uint32_t rate = nearest_rate(std::uint64_t{ticks} * 1'000'000 / micros); rate != 0) {
    type_ = payload_type;
    rate_ = rate;
    watched_ = kNoType;
    return rate_;
  }
  // A jump or a pause was inside: watch afresh.
  first_timestamp_ = timestamp;
  first_arrival_ = arrival;
  return 0;
}

}  // namespace rtp
