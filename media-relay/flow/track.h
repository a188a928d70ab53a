#pragma once
// Sounds as their listeners want them: coded once, for all who hear the same sound in the same format. Of one thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "media-relay/codec/encoder.h"
#include "media-relay/codec/resampler.h"
#include "media-relay/codec/wav.h"
#include "media-relay/flow/play.h"

namespace flow {

// One sound in one format. A frame is coded when its first listener comes to it: nobody waits for the whole of a long
// piece, and the second listener costs nothing.
class Track {
 public:
  Track(std::shared_ptr<const codec::Audio> audio, const AudioFormat& format, unsigned ptime_ms);

  std::size_t frames() const { return frames_; }
  // The payload of a frame, which must be below `frames()`; valid until the next call.
  std::span<const std::byte> frame(std::size_t index);

  bool is(const codec::Audio& audio, const AudioFormat& format, unsigned ptime_ms) const;
  // Of memory, the audio itself not counted.
  std::size_t bytes() const { return payloads_.capacity() + ends_.capacity() * sizeof(std::size_t); }
  std::size_t coded() const { return ends_.size(); }

 private:
  void code_next();

  std::shared_ptr<const codec::Audio> audio_;
  AudioFormat format_;
  unsigned ptime_ms_;
  std::unique_ptr<codec::Encoder> encoder_;  // null: all frames are coded
  codec::Resampler resampler_;
  std::size_t frame_in_;   // samples of the audio
  std::size_t frame_out_;  // of the encoder
  std::size_t frames_;
  std::vector<codec::Sample> queue_;  // resampled, not coded yet
  std::vector<std::byte> payloads_;   // one behind the other
  std::vector<std::size_t> ends_;     // of each frame
};

// Those of one worker. What nobody listens to is kept while there is room.
class Tracks {
 public:
  // Null: all places are taken by tracks that are listened to.
  std::shared_ptr<Track> find(const Play& play);
  std::size_t size() const { return tracks_.size(); }
  std::size_t bytes() const;
  // Frames coded since it was asked last.
  std::uint64_t take_coded();

 private:
  bool make_room();

  struct Known {
    std::shared_ptr<Track> track;
    std::uint64_t used = 0;    // when, in uses
    std::size_t reported = 0;  // frames that take_coded has told
  };
  std::vector<Known> tracks_;
  std::uint64_t uses_ = 0;
  std::uint64_t coded_before_ = 0;  // of tracks that are gone
};

}  // namespace flow
