#pragma once
// INVITEs to places that are called at once (route/at_once.h). One attempt of a call is the current one: Call::attempt,
// with leg B and the current target of the hunt. The others wait here, each with what of these is its own. Whatever
// comes from one of them, is meant for it or is due for it, first makes it the current one; from there on it is the
// attempt of any call. The first that answers takes the call, and the others are cancelled (RFC 3261 16.7 step 10).
//
//   dial b -> current b      180 of b   -> current b, the caller hears it ring
//   dial c -> current c, rival b        -> 486 of c: c is off, b current again; on_failure is asked when b fails, too

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "media-relay/base/deadline_queue.h"

#include "sbc/call/asking.h"
#include "sbc/call/call.h"
#include "sbc/route/hunt.h"
#include "sbc/transaction/ids.h"

namespace sbc::call {

// RFC 3326 2: so that a phone that has lost tells of no missed call.
inline constexpr std::string_view kElsewhere = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n";

struct Rival {
  Attempt attempt;
  std::size_t place = 0;           // Hunt::place
  Leg leg;                         // leg B, but for its ACKs, which are of all attempts
  std::unique_ptr<Media> offered;  // as Call::offered
  bool proposed = false;           // as Call::proposed
  base::DeadlineId timer;          // as Call::setup_timer
};

// While several are called at once.
struct AtOnce {
  std::vector<Rival> rivals;         // of the current attempt
  std::optional<FailedTarget> best;  // of those that failed: whose answer says most
  route::Failure best_failure = {};
  bool gave_up_waiting = false;  // as Call, for it
};

// The current attempt, with all that is its own; the call has none then.
Rival put_aside(Call& call);
void take_up(Call& call, Rival&& rival);

// One of those that are called at once becomes the current one: that of this tag of ours on leg B, or of the fork that
// the caller knows by this one; that of this transaction, its INVITE's or that of a request in an early dialog of it.
// Nothing happens when there is none, or it is the current one.
void turn_to(Call& call, std::string_view tag);
void turn_to(Call& call, transaction::ClientId client);
// One whose time is over. False: there is none.
bool turn_to_due(Call& call, base::Instant now);

// Of all attempts that are under way; nullptr: none.
const Attempt* attempt_of_client(const Call& call, transaction::ClientId client);
const Attempt* attempt_of_tag(const Call& call, std::string_view tag);

}  // namespace sbc::call
