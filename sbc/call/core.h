#pragma once
// What all calls of a shard share. Calls (calls.h) owns it; a Machine works with it for the length of one event.

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "media-relay/base/deadline_queue.h"
#include "media-relay/base/hash.h"
#include "media-relay/base/random.h"
#include "media-relay/base/slab.h"

#include "sbc/call/advisor.h"
#include "sbc/call/call.h"
#include "sbc/call/credentials.h"
#include "sbc/call/dialog_pairs.h"
#include "sbc/call/door.h"
#include "sbc/call/ending.h"
#include "sbc/call/farewell.h"
#include "sbc/call/late_forks.h"
#include "sbc/call/settings.h"
#include "sbc/limit/reached.h"
#include "sbc/route/health.h"
#include "sbc/sip/minter.h"
#include "sbc/transaction/layer.h"

namespace sbc::call {

enum class TimerKind : std::uint8_t {
  Setup,
  Refresh,
  Accepted,
  Duration,
  Tidy,
  Reliable,
  Session,
  Again,
  Transfer,
  Ending,
  Move,
  Recording,
  Ask,
  Policy,
  Held,
  Expiry,  // of the caller's invitation
  Enter,   // a newcomer tries once more (takeover.cc)
  Keys,
};

struct TimerKey {
  CallHandle call;
  TimerKind kind = TimerKind::Setup;
  Side side = Side::A;
};

// Where a request inside a dialog belongs, by the tag that we gave the peer.
struct DialogRef {
  CallHandle call;
  Side side = Side::A;
  bool recorder = false;  // neither side's, but a recording server's (recording_client.h)
};

using PerMoveReason = std::array<std::uint64_t, static_cast<std::size_t>(MoveReason::kCount)>;

struct Counters {
  std::uint64_t started = 0;
  std::uint64_t bugs = 0;             // events that a state cannot have: the call was ended
  std::uint64_t outside_dialogs = 0;  // in-dialog requests that match no call: 481
  std::uint64_t out_of_order = 0;     // 500, lower CSeq
  std::uint64_t stray_acks = 0;       // ACK that belongs to no call
  std::uint64_t late_forks = 0;       // 2xx of another fork or of an abandoned attempt: ACK and BYE
  std::uint64_t hidden_progress = 0;  // provisional responses that the policy kept from the caller
  std::uint64_t hung_up_answers = 0;  // 2xx that the policy did not want: ACK and BYE
  std::uint64_t moves = 0;            // of media to another relay session: begun
  std::uint64_t moved = 0;            // and done
  PerMoveReason moves_begun{};
  PerMoveReason moves_done{};
  std::uint64_t moves_put_off = 0;    // calls that stay with a relay that drains until another one takes them
  std::uint64_t moves_failed = 0;     // calls that ended by it
  std::uint64_t quality_reports = 0;  // stretches of calls of which the relay told how they sounded
  std::uint64_t low_callers = 0;      // times that what the caller says fell below Settings::low_mos
  std::uint64_t low_callees = 0;
  std::uint64_t silent_callers = 0;      // one-sided audio: nothing came from the caller
  std::uint64_t silent_callees = 0;      // nor from the callee
  std::uint64_t not_recorded = 0;        // m-lines that were to be, or not to their end
  std::uint64_t refused_limit = 0;       // 503, too many calls
  std::uint64_t refused_help = 0;        // 503, too many calls for help as well
  std::uint64_t refused_draining = 0;    // 503, about to stop
  std::uint64_t refused_extension = 0;   // 420
  std::uint64_t refused_loop = 0;        // 483
  std::uint64_t loops = 0;               // 482: an INVITE that came back unchanged (loop.h)
  std::uint64_t refused_routes = 0;      // INVITEs and answers with more Record-Routes than a dialog may have
  std::uint64_t refused_contacts = 0;    // 400, and 2xx hung up: a Contact that leads nowhere (RFC 3261 8.1.1.8)
  std::uint64_t refused_sips = 0;        // 480, sips: that did not come over TLS, or a place without TLS passed over
  std::uint64_t refused_privacy = 0;     // 500, critical privacy that cannot be provided
  std::uint64_t refused_media = 0;       // 415, 488, 400: a body that cannot be used
  sdp::CryptoFaults skipped_keys{};      // a=crypto lines that could not be used
  sdp::RefusedLines refused_lines{};     // m-lines of offers, by reason
  std::uint64_t refused_method = 0;      // 405, 501 inside a dialog
  std::uint64_t passed = 0;              // requests that went on to the other leg
  std::uint64_t refused_passing = 0;     // 500: too many at once, or no dialog on the other leg yet
  std::uint64_t refused_package = 0;     // 469: an Info-Package that the other leg does not want
  std::uint64_t refused_body = 0;        // 415: a body that would tell one side about the other
  std::uint64_t digits_to_info = 0;      // digits that were heard and left as INFO
  std::uint64_t digits_to_media = 0;     // ... that came as INFO, or in another way of media, and left in the media
  std::uint64_t digits_suppressed = 0;   // ... that came as INFO from a leg that sends them by its media as well
  std::uint64_t digits_lost = 0;         // ... that could not be sent on: too many at once, nothing to send them by
  std::uint64_t pictures_to_info = 0;    // requests for a picture that came in RTCP and left as INFO
  std::uint64_t pictures_to_media = 0;   // ... that came as INFO and left in RTCP
  std::uint64_t pictures_held_back = 0;  // ... that came too soon behind another one, or whose like was refused
  std::array<std::uint64_t, 3> refused_by_policy{};  // re-INVITEs and UPDATEs, REFERs, INFOs
  std::uint64_t policy_hang_ups = 0;                 // calls that a handler ended
  std::uint64_t policy_timers = 0;                   // of policies, that have run out
  std::uint64_t policy_timers_left_out = 0;          // ... that were not set: the call had too many
  std::uint64_t refused_forks = 0;                   // provisional responses of one fork too many, dropped
  std::uint64_t stray_pracks = 0;                    // 481, PRACK that acknowledges nothing
  std::uint64_t refused_interval = 0;                // 422: a session interval that is too short
  std::uint64_t refreshes = 0;                       // sent by us for a session timer
  std::uint64_t offers_again = 0;                    // sent once more after 491 and its like
  std::uint64_t failovers = 0;                       // requests inside dialogs that went to the next place of a name
  std::uint64_t transfers = 0;                       // REFERs that the border carries out
  std::uint64_t takeovers = 0;                       // INVITEs with Replaces that began to take somebody's place
  std::uint64_t refused_transfer = 0;                // REFERs and INVITEs with Replaces that are refused
  std::uint64_t announcements = 0;                   // begun
  std::uint64_t ringbacks = 0;                       // callers that heard a ringback tone of ours
  std::uint64_t sounds_unheard = 0;                  // the relay did not have them, or could not play them
  std::uint64_t followed_redirects = 0;
  std::uint64_t passed_redirects = 0;
  std::uint64_t refused_redirects = 0;  // 3xx that was a failure as others
  // With recording servers: begun, and lost because the server died.
  std::uint64_t recording_sessions = 0;
  std::uint64_t recording_sessions_lost = 0;
  limit::Counts limits{};  // of what has no counter of another name
};

template <typename T>
using ByText = std::unordered_map<std::string, T, base::StringHash, std::equal_to<>>;

struct Core {
  Door layer;  // the transaction layer, as calls reach it
  const sip::Minter& minter;
  base::Random& random;
  Advisor& advisor;
  std::shared_ptr<const Settings> settings;

  route::TrunkHealth health;
  base::Slab<Call> calls;
  ByText<DialogRef> dialogs;    // by our tag
  ByText<CallHandle> sessions;  // by relay session
  ForeignDialogs foreign = {};  // of other shards
  base::DeadlineQueue<TimerKey> timers;
  std::unordered_map<std::uint64_t, Ending> endings = {};  // by the handle of the call that is gone
  Counters counters;
  LateForks late_forks = {};
  Farewells farewells = {};
  std::uint64_t connected = 0;  // calls between answer and end
  bool draining = false;
  std::vector<CallHandle> ended_aside = {};  // calls that may have ended while an event of another one was handled
  std::unique_ptr<Credentials> credentials = std::make_unique<Credentials>();
};

}  // namespace sbc::call
