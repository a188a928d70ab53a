#pragma once
// Finds the digits that one side sends: telephone-events and, when asked, tones in its G.711.

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "media-relay/base/time.h"
#include "media-relay/codec/decoder.h"
#include "media-relay/codec/dtmf.h"
#include "media-relay/flow/repair.h"
#include "media-relay/rtp/telephone_event.h"

namespace flow {

class DigitListener {
 public:
  // Signalling has spoken. A digit that is being heard goes on.
  void set(const Digits& spec);

  // A packet of this side. Returns the digit that has ended, if one has.
  std::optional<rtp::HeardDigit> on_packet(const rtp::Header& header, std::span<const std::byte> payload,
                                           base::Instant now);
  // The telephone-event that began with it, where that is to be told.
  std::optional<char> take_begun() {
    const auto begun = events_.take_begun();
    return begins_ ? begun : std::nullopt;
  }
  // Whether one that has begun, or ended, may be told; `flood`: the first one in this second that may not.
  bool may_tell(bool began, base::Instant now, bool& flood);
  // The packet given last is part of a tone that is told as a digit: it must not be heard as well.
  bool in_tone() const { return tone_ != 0; }

  base::Instant next_deadline() const { return events_.next_deadline(); }
  std::optional<rtp::HeardDigit> on_deadline(base::Instant now) { return events_.on_deadline(now); }

 private:
  // A detector for what one law of G.711 codes.
  struct Ear {
    std::unique_ptr<codec::Decoder> decoder;
    codec::DtmfDetector detector;
  };

  std::optional<rtp::HeardDigit> listen(const rtp::Header& header, std::span<const std::byte> payload);

  std::vector<EventFormat> formats_;
  rtp::DigitReader events_;
  bool tones_ = false;
  bool begins_ = false;
  std::optional<Ear> ear_;
  std::uint8_t ear_type_ = 0;
  base::Instant second_{};                            // since when they are counted
  std::array<unsigned, 2> counted_{};                 // those that ended, and began
  char tone_ = 0;                                     // sounding; 0: none
  std::uint64_t samples_ = 0;                         // of it so far
  std::vector<codec::DtmfDetector::Change> changes_;  // scratch
};

}  // namespace flow
