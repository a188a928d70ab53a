#pragma once
// From what is wrong with a description to what its sender is answered.

#include "sbc/call/media.h"
#include "sbc/sdp/remote_media.h"

namespace sbc::call {

inline MediaError to_media_error(const sdp::Error& error) {
  return MediaError{sdp::status_for(error.kind), error.text};
}

}  // namespace sbc::call
