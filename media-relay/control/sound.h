#pragma once
// What can be played: a file of the relay's directory of sounds by its plain name ("busy" for busy.wav), or tones that
// are spelled out:
//
//   tone:425/1000,0/4000            425 Hz for a second, then silence for four
//   tone:440+480/2000,0/4000        two frequencies at once
//
// A name has neither a path nor a suffix, and no colon, so that the two cannot be mixed up.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace control {

struct Tone {
  unsigned first_hz = 0;  // 0: silence
  unsigned second_hz = 0;
  std::uint32_t ms = 0;
  friend bool operator==(const Tone&, const Tone&) = default;
};

// 1 to kMaxSoundNameBytes letters, digits, '_', '-' and '.', the first one a letter or digit.
bool valid_sound_name(std::string_view name);
bool is_tones(std::string_view sound);
// Of a text for which `is_tones`. Error: what was expected and what came.
std::expected<std::vector<Tone>, std::string> read_tones(std::string_view sound);
// Empty, or what is wrong with it.
std::string sound_problem(std::string_view sound);

}  // namespace control
