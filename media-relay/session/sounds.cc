#include "media-relay/session/sounds.h"

#include <utility>
#include <vector>

#include "media-relay/codec/tones.h"
#include "media-relay/control/sound.h"
#include "media-relay/session/limits.h"

namespace session {

bool Sounds::add(std::string name, codec::Audio audio) {
  if (!control::valid_sound_name(name) || files_.size() >= kMaxSounds || files_.contains(name)) return false;
  bytes_ += audio.samples.size() * sizeof(codec::Sample);
  files_.emplace(std::move(name), std::make_shared<const codec::Audio>(std::move(audio)));
  return true;
}

Sounds::Audio Sounds::find(std::string_view sound) {
  if (control::is_tones(sound)) return tones(sound);
  const auto found = files_.find(sound);
  return found == files_.end() ? nullptr : found->second;
}

Sounds::Audio Sounds::tones(std::string_view sound) {
  if (const auto known = tones_.find(sound); known != tones_.end()) return known->second;
  const auto tones = control::read_tones(sound);
  if (!tones) return nullptr;
  std::vector<codec::Tone> plan;
  for (const control::Tone& tone : *tones) plan.push_back({tone.first_hz, tone.second_hz, tone.ms});
  auto audio = std::make_shared<const codec::Audio>(codec::make_tones(plan));
  if (tones_.size() >= kMaxTonePlans)
    std::erase_if(tones_, [](const auto& known) { return known.second.use_count() == 1; });
  if (tones_.size() < kMaxTonePlans) tones_.emplace(sound, audio);
  return audio;
}

}  // namespace session
