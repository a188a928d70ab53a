#include "media-relay/flow/sound_player.h"

#include <algorithm>
#include <utility>

#include "media-relay/flow/limits.h"
#include "media-relay/flow/track.h"

namespace flow {

SoundPlayer::SoundPlayer(const Play& play, base::Instant now)
    : play_(play), waits_until_(now + kPlayPatience), due_(now) {
  if (!play_.audio)
    end_ = PlayEnd::NoSound;
  else if (!play_.track)
    end_ = PlayEnd::TooMany;
}

std::optional<SoundPlayer::Played> SoundPlayer::next(rtp::OutgoingStream& stream, Way way, base::Instant now) {
  if (end_ || now < due_) return std::nullopt;
  const base::Duration interval = base::milliseconds(play_.ptime_ms);
  if (!began_ && way == Way::Closed) {
    if (now >= waits_until_) end_ = PlayEnd::Unreachable;
    due_ = now + interval;
    return std::nullopt;
  }
  if (frame_ == play_.track->frames()) {
    frame_ = 0;
    if (++played_ == play_.loops) {
      end_ = PlayEnd::Done;
      return std::nullopt;
    }
  }
  const unsigned clock = codec::clock_of(play_.format.coding);
  const bool first = !std::exchange(began_, true);
  if (first) timestamp_ = stream.timestamp_at(now);
  const std::uint32_t timestamp = timestamp_;
  const std::size_t frame = frame_++;
  timestamp_ += clock / 1000 * play_.ptime_ms;
  // Late by so much that packets would bunch up: the stream's time goes on from here.
  due_ = std::max(due_ + interval, now);
  // No number is used for what is not sent: it would look like a loss.
  if (way != Way::Open) return std::nullopt;
  Played out{stream.own(timestamp, clock, now), play_.track->frame(frame)};
  out.stamp.first = first;
  return out;
}

std::optional<PlayEnded> SoundPlayer::take_end(Side side) {
  if (!end_ || std::exchange(told_, true)) return std::nullopt;
  return PlayEnded{side, play_.number, *end_};
}

}  // namespace flow
