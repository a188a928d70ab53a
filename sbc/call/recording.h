#pragma once
// What the relay is to record of a call, from what its two legs want.

#include <string>

#include "media-relay/control/messages.h"

#include "sbc/call/media.h"

namespace sbc::call {

// By either leg; it is required when one of them says so. Of two recording servers it is the caller's side's.
policy::Recording wanted_recording(const Media& media);

struct RecordingAs {
  policy::Recording wanted;
  std::string name;
  bool paused = false;
};
// Writes the wish into the flows of a session: pcap of every one, WAV of audio.
void record_flows(control::SessionSpec& spec, const Media& media, const RecordingAs& as);

}  // namespace sbc::call
