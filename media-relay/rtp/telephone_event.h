#pragma once
// telephone-event (RFC 4733 2.3): digits and other signals as packets of their own among the audio.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |     event     |E|R| volume    |          duration             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "media-relay/base/time.h"
#include "media-relay/rtp/header.h"

namespace rtp {

inline constexpr std::size_t kEventBytes = 4;
inline constexpr std::uint32_t kLongestSegment = 0xffff;  // RFC 4733 2.5.1.3
inline constexpr std::uint8_t kFlashEvent = 16;  // a hook flash: RFC 4733 section 7 deprecates it, phones send it

struct TelephoneEvent {
  std::uint8_t event = 0;
  bool end = false;
  std::uint8_t volume = 0;  // -dBm0
  std::uint16_t duration = 0;
  friend bool operator==(const TelephoneEvent&, const TelephoneEvent&) = default;
};

// nullopt when the payload is too short. Of several events in a packet (RFC 4733 2.5.1.5) the first.
std::optional<TelephoneEvent> read_event(std::span<const std::byte> payload);
void write_event(std::span<std::byte> payload, const TelephoneEvent& event);

// '0' to '9', '*', '#', 'A' to 'D' (RFC 4733 3.2), '!' for a flash; nullopt: no digit.
std::optional<char> digit_of(std::uint8_t event);
std::optional<std::uint8_t> event_of(char digit);  // takes lower case too

struct HeardDigit {
  char digit = '0';
  base::Duration duration{};
  friend bool operator==(const HeardDigit&, const HeardDigit&) = default;
};

// Finds the digits in the events of one stream: each is told once, when it has ended, however many of its packets were
// lost, came twice or out of order.
class DigitReader {
 public:
  // `clock` of the event's payload type, in Hz, not 0. Returns the digit that has ended, if one has. A packet may end
  // one digit and begin the next one.
  std::optional<HeardDigit> on_event(const Header& header, std::span<const std::byte> payload, std::uint32_t clock,
                                     base::Instant now);
  // The one that has begun since this was asked last.
  std::optional<char> take_begun() { return std::exchange(begun_, std::nullopt); }
  // When a digit whose end was lost is taken to have ended (RFC 4733 2.5.2.2: three intervals); kNever: none is open.
  base::Instant next_deadline() const { return open_ ? last_at_ + kLostEnd : base::kNever; }
  std::optional<HeardDigit> on_deadline(base::Instant now);

 private:
  // Updates come each 50 ms or sooner (RFC 4733 2.5.1.2).
  static constexpr base::Duration kLostEnd = base::milliseconds(200);

  HeardDigit close();

  bool known_ = false;  // the fields below are of an event that was seen
  bool open_ = false;   // it has not been told
  std::optional<char> begun_;
  std::uint32_t ssrc_ = 0;
  std::uint32_t timestamp_ = 0;  // of its present segment
  std::uint8_t event_ = 0;
  std::uint32_t clock_ = 1;
  std::uint64_t before_ = 0;  // ticks in earlier segments
  std::uint16_t duration_ = 0;
  base::Instant last_at_{};
};

// Scales the events of one stream from their clock to another one. A duration that no longer fits becomes segments (RFC
// 4733 2.5.1.3).
class EventScaler {
 public:
  // Changes the durations in `payload`. Returns by how many ticks of `to` the timestamp of the packet lies behind the
  // beginning of its event.
  std::uint32_t scale(const Header& header, std::span<std::byte> payload, std::uint32_t from, std::uint32_t to);

 private:
  bool known_ = false;
  std::uint32_t ssrc_ = 0;
  std::uint32_t timestamp_ = 0;
  std::uint8_t event_ = 0;
  std::uint32_t segment_ = 0;  // where the present segment begins, in ticks of the new clock
  bool full_ = false;          // its longest duration was told
};

}  // namespace rtp
