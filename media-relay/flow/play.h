#pragma once
// A sound that one side is to hear: plain values, part of flow::Spec.

#include <cstdint>
#include <memory>
#include <string>

#include "media-relay/codec/wav.h"
#include "media-relay/flow/transcode.h"

namespace flow {

class Track;

struct Play {
  std::string sound;                          // its name
  std::shared_ptr<const codec::Audio> audio;  // null: there is none of this name
  AudioFormat format;
  unsigned ptime_ms = 20;
  unsigned loops = 1;                 // times; 0: for as long as it stands in the spec
  bool yields = false;                // ends when the other side is heard, instead of holding it back
  std::uint32_t number = 0;           // another one is another playing
  std::shared_ptr<Track> track = {};  // the worker sets it; null: it has no room for another one
};

// Whether `b` is the same playing as `a`, so that it goes on.
inline bool is_same(const Play& a, const Play& b) {
  return a.number == b.number && a.sound == b.sound && a.format == b.format && a.ptime_ms == b.ptime_ms &&
         a.loops == b.loops && a.yields == b.yields;
}

// Empty, or what is wrong with it.
std::string check(const Play& play);

}  // namespace flow
