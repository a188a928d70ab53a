#pragma once
// What a recording server is told of the call that it gets (RFC 7865): who talks, since when, and whose words are in
// which stream. Always the whole of it (`complete`, RFC 7866 9.1).

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/time.h"

namespace sbc::body {

// Identifiers are those of RFC 7865 6.10: UUIDs in base64 (metadata_id).
struct RecordedParticipant {
  std::string id;
  std::string aor;   // a URI
  std::string name;  // of people; "": none
  base::WallTime since;
  std::optional<base::WallTime> until = {};  // who has left stays known
  std::vector<std::string> sends = {};       // streams
  std::vector<std::string> hears = {};
};

struct LabelledStream {
  std::string id;
  std::string label;  // of its m-line (RFC 4574)
};

struct RecordingMetadata {
  std::string session;  // the call
  base::WallTime start;
  std::vector<RecordedParticipant> participants;
  std::vector<LabelledStream> streams;
};

std::string write_metadata(const RecordingMetadata& metadata);

// Of 16 random bytes (RFC 4122 4.4).
std::string metadata_id(std::span<const std::byte, 16> random);

}  // namespace sbc::body
