#pragma once
// The operator's directory of sounds: each <name>.wav in it is the sound <name> (codec/wav.h says what a file may
// hold).

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

#include "media-relay/session/sounds.h"

namespace server {

struct LoadedSounds {
  session::Sounds sounds;
  std::vector<std::string> problems;  // files that cannot be played, and why
};

// Reads all files, in the order of their names, while their audio takes at most `most` bytes. Error: the directory
// cannot be read.
std::expected<LoadedSounds, std::string> load_sounds(const std::string& directory, std::size_t most);

}  // namespace server
