#include "media-relay/codec/concealment.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

namespace codec {
namespace {

// Voices lie between these.
constexpr unsigned kLowestPitch = 66;
constexpr unsigned kHighestPitch = 200;
constexpr unsigned kComparedMs = 20;
constexpr unsigned kFadeMs = 50;

Sample clipped(float value) {
  return static_cast<Sample>(std::lround(std::clamp(value, -32768.0F, 32767.0F)));
}

}  // namespace

Concealment::Concealment(unsigned rate)
    : shortest_(rate / kHighestPitch),
      longest_(rate / kLowestPitch),
      window_(std::size_t{rate} / 1000 * kComparedMs),
      fade_(1.0F / static_cast<float>(rate / 1000 * kFadeMs)),
      history_(window_ + longest_),
      period_(longest_) {}

void Concealment::remember(std::span<const Sample> audio) {
  const auto newest = audio.last(std::min(audio.size(), history_.size()));
  std::shift_left(history_.begin(), history_.end(), static_cast<std::ptrdiff_t>(newest.size()));
  std::ranges::copy(newest, history_.end() - static_cast<std::ptrdiff_t>(newest.size()));
}

// The shift at which the newest audio differs least from what was before it.
std::size_t Concealment::find_pitch() const {
  std::size_t best = shortest_;
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  const std::size_t start = history_.size() - window_;
  for (std::size_t shift = shortest_; shift <= longest_; ++shift) {
    std::int64_t sum = 0;
    for (std::size_t i = start; i < history_.size(); ++i) sum += std::abs(history_[i] - history_[i - shift]);
    if (sum >= least) continue;
    least = sum;
    best = shift;
  }
  return best;
}

void Concealment::begin() {
  pitch_ = find_pitch();
  at_ = 0;
  gain_ = 1;
  const std::size_t end = history_.size();
  for (std::size_t i = 0; i < pitch_; ++i) period_[i] = history_[end - pitch_ + i];
  // The last quarter runs into what was before the first sample, so that the turns are not heard.
  const std::size_t overlap = pitch_ / 4;
  for (std::size_t i = 0; i < overlap; ++i) {
    const float part = static_cast<float>(i + 1) / static_cast<float>(overlap);
    float& sample = period_[pitch_ - overlap + i];
    sample = (1 - part) * sample + part * static_cast<float>(history_[end - pitch_ - overlap + i]);
  }
}

float Concealment::next() {
  const float out = period_[at_] * gain_;
  at_ = at_ + 1 == pitch_ ? 0 : at_ + 1;
  gain_ = std::max(gain_ - fade_, 0.0F);
  return out;
}

void Concealment::fill(std::span<Sample> out) {
  if (pitch_ == 0) begin();
  for (Sample& sample : out) sample = clipped(next());
  remember(out);
}

void Concealment::heard(std::span<Sample> audio) {
  if (pitch_ != 0) {
    const std::size_t overlap = std::min(pitch_ / 4, audio.size());
    for (std::size_t i = 0; i < overlap; ++i) {
      const float part = static_cast<float>(i + 1) / static_cast<float>(overlap);
      audio[i] = clipped((1 - part) * next() + part * static_cast<float>(audio[i]));
    }
    pitch_ = 0;
  }
  remember(audio);
}

}  // namespace codec
