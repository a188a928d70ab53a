#pragma once
// The sounds that can be played, by name, ready in memory; and tones, which are made when they are asked for.

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "media-relay/codec/wav.h"

namespace session {

class Sounds {
 public:
  using Audio = std::shared_ptr<const codec::Audio>;

  // Whether it was added: the name is one (control/sound.h), it is new, and there is room for one more.
  bool add(std::string name, codec::Audio audio);
  // Null: there is none of this name, or it spells no tones.
  Audio find(std::string_view sound);

  std::size_t size() const { return files_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  Audio tones(std::string_view sound);

  std::map<std::string, Audio, std::less<>> files_;
  std::map<std::string, Audio, std::less<>> tones_;  // those that were made
  std::size_t bytes_ = 0;
};

}  // namespace session
