#pragma once
// One sound on its way to one listener, frame by frame. Sans-IO: asked for its next packet when the time has come.
//
//   waiting -- the listener can be sent to --> playing -- all of it was played, or somebody else speaks --> ended
//      |                                                                                                     ^
//      +-------------------- there is nothing to play, or nobody to send to for kPlayPatience ---------------+

#include <cstdint>
#include <optional>
#include <span>

#include "media-relay/base/time.h"
#include "media-relay/flow/event.h"
#include "media-relay/flow/play.h"
#include "media-relay/rtp/outgoing_stream.h"

namespace flow {

class SoundPlayer {
 public:
  struct Played {
    rtp::Stamp stamp;  // `first`: the marker is to be set (RFC 3551 4.1)
    std::span<const std::byte> payload;
  };

  SoundPlayer(const Play& play, base::Instant now);

  // The same playing, which need not begin anew: it goes on, or was heard to its end.
  bool is(const Play& play) const { return is_same(play_, play) && (!end_ || *end_ <= PlayEnd::Yielded); }
  // What others say is not to be heard meanwhile.
  bool playing() const { return !end_; }
  bool yields() const { return play_.yields; }
  std::uint8_t payload_type() const { return play_.format.payload_type; }

  base::Instant next_deadline() const { return end_ ? base::kNever : due_; }
  enum class Way : std::uint8_t { Open, Busy, Closed };  // Busy: something else is sent, and time goes on
  // What is due, if anything; to be asked until nothing is.
  std::optional<Played> next(rtp::OutgoingStream& stream, Way way, base::Instant now);
  // Somebody else speaks from now on.
  void yield() { end_ = PlayEnd::Yielded; }

  // Once: that it has ended, and why.
  std::optional<PlayEnded> take_end(Side side);

 private:
  Play play_;
  std::optional<PlayEnd> end_;
  bool told_ = false;
  bool began_ = false;
  base::Instant waits_until_;
  base::Instant due_;
  std::size_t frame_ = 0;        // the next one
  unsigned played_ = 0;          // times
  std::uint32_t timestamp_ = 0;  // of the next frame
};

}  // namespace flow
