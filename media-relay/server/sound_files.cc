#include "media-relay/server/sound_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <span>

#include "media-relay/codec/limits.h"
#include "media-relay/codec/wav.h"
#include "media-relay/control/sound.h"

namespace server {
namespace {

namespace fs = std::filesystem;

std::expected<codec::Audio, std::string> load(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) return std::unexpected(error.message());
  if (size > codec::kMaxWavBytes)
    return std::unexpected("expected at most " + std::to_string(codec::kMaxWavBytes) + " bytes, got " +
                           std::to_string(size));
  std::vector<char> bytes(size);
  std::ifstream file(path, std::ios::binary);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(size))) return std::unexpected("cannot be read to its end");
  return codec::read_wav(std::as_bytes(std::span(bytes)));
}

}  // namespace

std::expected<LoadedSounds, std::string> load_sounds(const std::string& directory, std::size_t most) {
  LoadedSounds out;
  std::error_code error;
  std::vector<fs::path> paths;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    std::error_code unreadable;
    if (it->path().extension() == ".wav" && it->is_regular_file(unreadable)) paths.push_back(it->path());
  }
  if (error) return std::unexpected(directory + ": " + error.message());
  std::ranges::sort(paths);
  for (const fs::path& path : paths) {
    const std::string name = path.stem().string();
    const auto fail = [&](const std::string& why) { out.problems.push_back(path.string() + ": " + why); };
    if (!control::valid_sound_name(name)) {
      fail(control::sound_problem(name));
      continue;
    }
    auto audio = load(path);
    if (!audio) {
      fail(audio.error());
    } else if (out.sounds.bytes() + audio->samples.size() * sizeof(codec::Sample) > most) {
      fail("expected the sounds to take " + std::to_string(most) + " bytes at most (sounds.memory)");
    } else if (!out.sounds.add(name, *std::move(audio))) {
      fail("too many sounds");
    }
  }
  return out;
}

}  // namespace server
