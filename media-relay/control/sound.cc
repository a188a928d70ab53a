#include "media-relay/control/sound.h"

#include <algorithm>
#include <optional>

#include "media-relay/base/text.h"
#include "media-relay/control/limits.h"

namespace control {
namespace {

constexpr std::string_view kTones = "tone:";

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The part in front of `mark`, and what is behind it.
std::string_view cut(std::string_view& rest, char mark) {
  const std::size_t at = rest.find(mark);
  const std::string_view out = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return out;
}

std::optional<Tone> read_tone(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto ms = base::parse_unsigned<std::uint32_t>(text.substr(slash + 1));
  std::string_view frequencies = text.substr(0, slash);
  const bool two = frequencies.contains('+');
  const auto first = base::parse_unsigned<unsigned>(cut(frequencies, '+'));
  const auto second = two ? base::parse_unsigned<unsigned>(frequencies) : std::optional<unsigned>(0);
  if (!ms || !first || !second) return std::nullopt;
  const auto audible = [](unsigned hz) { return hz >= kMinToneHz && hz <= kMaxToneHz; };
  if (two ? !audible(*first) || !audible(*second) : *first != 0 && !audible(*first)) return std::nullopt;
  if (*ms < kMinToneMs || *ms > kMaxToneMs) return std::nullopt;
  return Tone{*first, *second, *ms};
}

}  // namespace

bool valid_sound_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxSoundNameBytes && is_alphanumeric(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_alphanumeric(c) || c == '_' || c == '-' || c == '.'; });
}

bool is_tones(std::string_view sound) {
  return sound.starts_with(kTones);
}

std::expected<std::vector<Tone>, std::string> read_tones(std::string_view sound) {
  std::string_view rest = sound.substr(std::min(kTones.size(), sound.size()));
  std::vector<Tone> out;
  std::uint32_t sum = 0;
  while (!rest.empty() || out.empty()) {
    const std::string_view text = cut(rest, ',');
    const auto tone = read_tone(text);
    if (!tone || out.size() == kMaxTones || (sum += tone->ms) > kMaxTonesMs)
      return std::unexpected("expected tones as in tone:425/1000,0/4000 (at most " + std::to_string(kMaxTones) +
                             ", 0 or " + std::to_string(kMinToneHz) + " to " + std::to_string(kMaxToneHz) + " Hz, " +
                             std::to_string(kMinToneMs) + " to " + std::to_string(kMaxToneMs) + " ms each, " +
                             std::to_string(kMaxTonesMs) + " ms in all), got \"" + std::string(text) + "\"");
    out.push_back(*tone);
  }
  return out;
}

std::string sound_problem(std::string_view sound) {
  if (is_tones(sound)) {
    if (sound.size() > kMaxSoundBytes) return "expected at most " + std::to_string(kMaxSoundBytes) + " bytes of tones";
    const auto tones = read_tones(sound);
    return tones ? std::string() : tones.error();
  }
  if (valid_sound_name(sound)) return {};
  return "expected the name of a sound (1 to " + std::to_string(kMaxSoundNameBytes) +
         " letters, digits, '_', '-' and '.', no path) or tones, got \"" + std::string(sound) + "\"";
}

}  // namespace control
