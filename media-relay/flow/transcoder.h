#pragma once
// One direction of audio from one codec to another: packets in, packets out. It is a media translator in the words of
// RFC 3550 7.1: what leaves has the source (SSRC) of what came, a sequence of its own and timestamps of the new clock.
//
// Nothing is held back for order or time: a packet is coded when it comes, and what it fills up leaves at once. So
//
//   - a packet that comes behind a later one is too late; the gap in front of that one was concealed already;
//   - a short gap is concealed when the packet behind it comes, with Opus's copy if there is one; a longer one stays a
//   gap;
//   - a pause of the sender (silence, timestamps that jump while the numbers do not) stays a pause. The last frame
//   before
//     it is filled up with silence, and the first one behind it has the marker (RFC 3551 4.1);
//   - frames of another length (ptime) are cut as the audio comes.
//
// One thing goes by time: comfort noise for a listener who has none (transcoder_noise.cc). From the sender's packet on
// that says how its silence sounds until it speaks again, or for kLongestNoise, the listener gets noise in his codec.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "media-relay/base/time.h"
#include "media-relay/codec/decoder.h"
#include "media-relay/codec/encoder.h"
#include "media-relay/codec/resampler.h"
#include "media-relay/flow/drop.h"
#include "media-relay/flow/noise_stretch.h"
#include "media-relay/flow/transcode.h"
#include "media-relay/rtp/header.h"

namespace flow {

class Transcoder {
 public:
  // A packet that was made. The payload is valid until the call returns.
  struct Made {
    bool marker = false;
    std::uint8_t payload_type = 0;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
    std::span<const std::byte> payload;
  };
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void on_made(const Made& made) = 0;
  };

  // The spec must have passed `check`.
  explicit Transcoder(Transcode spec);

  // Takes a packet; what it fills up goes to the sink, in order, after the payload was read. Drop: the packet is of no
  // use.
  std::optional<Drop> take(const rtp::Header& header, std::span<const std::byte> payload, base::Instant now,
                           Sink& sink);
  // A packet of the source that the listener does not get now: its number is no loss.
  void swallow(const rtp::Header& header);

  // Noise that is due by itself. A packet that was taken may make it due sooner.
  base::Instant next_deadline() const { return noise_ ? noise_->due : base::kNever; }
  void on_deadline(base::Instant now, Sink& sink);
  // The listener cannot be reached, or hears something else: no noise until the sender tells of it again.
  void hush() {
    if (noise_) noise_->due = base::kNever;
  }

  // The numbers of what leaves; audio that has not filled a packet yet, and what decoders remember, is lost.
  template <typename Carrier>
  void carry(Carrier& c) {
    c(started_, ssrc_, next_sequence_, anchor_from_, anchor_to_, sequence_, packets_, octets_);
    if constexpr (Carrier::kReading) lost_ = true;
  }
  // After a crash: numbers that may have been sent already are left out.
  void leap(std::uint16_t packets) { sequence_ = static_cast<std::uint16_t>(sequence_ + packets); }

  const Transcode& spec() const { return spec_; }
  // What a sender report about the source has to say of what leaves (RFC 3550 7.2): its timestamp in the new clock ...
  std::uint32_t timestamp_of(std::uint32_t source_timestamp) const;
  // ... and how much has been sent under this source.
  std::uint32_t packets() const { return packets_; }
  std::uint32_t octets() const { return octets_; }
  // Ticks of the source's clock in a second.
  unsigned clock_from() const { return clock_from_; }
  unsigned clock_to() const { return clock_to_; }

  // Since it was asked last.
  TranscodeCounts take_counts() { return std::exchange(counts_, {}); }

 private:
  struct Source {
    AudioFormat format;
    std::unique_ptr<codec::Decoder> decoder;
    codec::Resampler resampler;
  };

  Source make_source(const AudioFormat& format) const;
  unsigned rate_from(const AudioFormat& format) const;
  void start(const rtp::Header& header);
  std::optional<Drop> take_sequence(const rtp::Header& header);
  std::optional<Drop> take_audio(Source& source, const rtp::Header& header, std::span<const std::byte> payload,
                                 Sink& sink);
  std::optional<Drop> take_noise(const rtp::Header& header, std::span<const std::byte> payload, base::Instant now,
                                 Sink& sink);
  void begin_noise(std::uint32_t timestamp, base::Instant now, Sink& sink);
  void end_noise(std::uint32_t timestamp, Sink& sink);
  bool makes_noise() const { return noise_ && noise_->active; }
  std::optional<Drop> pass(const rtp::Header& header, std::span<const std::byte> payload, std::uint8_t payload_type,
                           const PayloadRule* event, Sink& sink);
  void pause(std::uint32_t ticks, Sink& sink);
  void append(Source& source, std::span<const codec::Sample> audio);
  void cut_frames(Sink& sink);
  void emit(Made made, Sink& sink);
  std::uint32_t ticks_of(std::size_t samples) const;
  // Behind what is in the queue, in the new clock.
  std::uint32_t queue_end() const { return queue_timestamp_ + ticks_of(queue_.size()); }

  Transcode spec_;
  std::vector<Source> sources_;
  std::unique_ptr<codec::Encoder> encoder_;
  std::size_t frame_ = 0;  // samples of the encoder
  unsigned clock_from_ = 0;
  unsigned clock_to_ = 0;

  bool started_ = false;
  bool lost_ = false;       // since the last audio
  bool has_audio_ = false;  // next_timestamp_ is known
  Source* current_ = nullptr;
  std::uint32_t ssrc_ = 0;
  std::uint16_t next_sequence_ = 0;
  std::uint32_t next_timestamp_ = 0;  // of the source, behind its last audio

  // Where source_ in the source's time is what leaves in the new clock; both of the last audio.
  std::uint32_t anchor_from_ = 0;
  std::uint32_t anchor_to_ = 0;
  std::optional<std::pair<std::uint32_t, std::uint32_t>> event_;  // timestamp of the present event: before, after

  std::vector<codec::Sample> queue_;   // not coded yet, at the encoder's rate
  std::uint32_t queue_timestamp_ = 0;  // of its first sample
  bool marker_ = true;                 // of the next frame
  std::optional<NoiseStretch> noise_;  // where it is made here
  std::uint32_t ahead_ = 0;            // ticks of the new clock by which noise that reached into it has moved the audio
  std::uint16_t sequence_ = 0;
  std::uint32_t packets_ = 0;
  std::uint32_t octets_ = 0;

  std::vector<codec::Sample> heard_;      // scratch: decoded
  std::vector<codec::Sample> resampled_;  // scratch
  std::vector<std::byte> payload_;        // scratch
  TranscodeCounts counts_;
};

}  // namespace flow
