#pragma once
// The media of a call as a recording server gets it (RFC 7866 7.1.1): each party's words of each m-line are a stream
// and an m-line of their own, which nobody answers. Pure: descriptions and what the relay is to do.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/random.h"
#include "media-relay/control/messages.h"

#include "sbc/call/media.h"

namespace sbc::call {

// Its place in the list is its m-line, and one more than that its label.
struct RecordedStream {
  std::string id;    // in the metadata
  std::string kind;  // "audio", "video"
  Side from = Side::A;
  std::size_t line = 0;  // of the call
};

// Flows of the relay that copy have indexes from here on; those of m-lines are below.
inline constexpr std::uint32_t kFirstCopy = 100;

// An identifier for metadata (RFC 7865 6.10).
std::string new_metadata_id(base::Random& random);

// Streams of m-lines that are new. None is ever taken off the list: m-lines keep their place (RFC 3264 8).
void add_streams(std::vector<RecordedStream>& streams, const Media& media, base::Random& random);

// Whether the party is heard on it now.
bool is_spoken(const control::SessionSpec& spec, const RecordedStream& stream);

// What the call would say to a recorder if it spoke for itself: what may come of each stream, and `inactive` where
// nothing does (7.1.1.1). `spec` is what the relay does for the call.
struct RecordedNow {
  const Media& media;
  const control::SessionSpec& spec;
  const std::vector<RecordedStream>& streams;
  bool paused = false;
};
std::string recorded_offer(const RecordedNow& now);
// The same as the answer to what a recorder offers, in the m-lines of `offer`.
std::string recorded_answer(const RecordedNow& now, const sdp::Session& offer);

// With a=label in each m-line that is a stream's (RFC 4574).
std::string labelled(std::string_view description, std::size_t streams);

// Adds to what the relay is to do the copies for a recorder, which `session` speaks with on its side B.
void add_copies(control::SessionSpec& spec, const Media& session, const RecordedNow& now);

}  // namespace sbc::call
