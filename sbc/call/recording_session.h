#pragma once
// The session with a recording server that one call has (RFC 7866). Plain state; recording_client.h is what moves it.
//
//   Anchoring --ports--> Inviting --2xx--> Up --something changed--> (Anchoring) Changing --any final response--> Up
//       ^  |                |                 |                                     |
//       |  +-- no ports     +-- failed: the next target, or Over                    +-- dead: once more from the start
//    Locating                                 +-- BYE of either side: Over
//
// In front of all of them a target that is a host name is Locating.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/base/deadline_queue.h"
#include "media-relay/base/time.h"

#include "sbc/call/call.h"
#include "sbc/call/media.h"
#include "sbc/call/recorded_streams.h"
#include "sbc/route/hunt.h"

namespace sbc::call {

// Who talks, or has talked, in the call.
struct RecordedParty {
  Side side = Side::A;
  std::string leg;  // our tag in its dialog
  std::string id;   // in the metadata
  std::string aor;
  std::string name;
  base::WallTime since;
  std::optional<base::WallTime> until = {};
};

struct RecordingSession {
  enum class Step : std::uint8_t {
    Locating,   // the target is a host name, the resolver has been asked
    Anchoring,  // the relay was asked for ports
    Inviting,   // our first INVITE is under way
    Up,
    Changing,  // a re-INVITE of ours is under way
    Over,      // it failed, or ended; BYE may be under way
  };

  explicit RecordingSession(sdp::OriginIdentity identity) : media(std::move(identity)) {}

  Step step = Step::Anchoring;
  route::Hunt hunt;
  std::uint32_t locating = 0;      // Lookup::number
  std::optional<Attempt> attempt;  // the first INVITE: under way, or answered
  Leg leg;                         // with the server
  std::vector<std::string> tags;   // ours, in dialogs with servers of this call
  bool again = false;              // it was up and died, and this is the second try

  Media media;                                    // side A is the call, which speaks through us; B the server
  std::vector<control::FlowAddresses> addresses;  // of the relay toward the server, by stream
  std::vector<RecordedStream> streams;
  std::vector<RecordedParty> parties;
  std::string id;  // of the call, in the metadata
  base::WallTime began;
  std::string told;                       // what the server knows: description and metadata
  bool unasked = false;                   // tell it again, though nothing has changed
  bool offered = false;                   // our 2xx to its re-INVITE brought an offer: its ACK answers
  base::Instant again_at = base::kNever;  // the change that was refused for now
  base::Instant give_up = base::kNever;   // of the target that is tried
  base::DeadlineId timer;
};

}  // namespace sbc::call
