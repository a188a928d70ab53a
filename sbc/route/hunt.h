#pragma once
// Serial failover: one target after the other until one answers, one forbids going on, or none is left.
//
//   Hunt hunt(plan.targets);
//   while (const Target* target = hunt.current()) { ...try it; on failure: }
//     hunt.failed(failure, health, now) -> Verdict (what the border does by itself; tell the policy as `usual`)
//     policy's FailureDecision -> hunt.decide(verdict, decision) -> Next or Stop
//     Next: hunt.advance() and try current() if any; otherwise answer the caller with hunt.answer()
//
// Targets that are called at once (Target::at_once) are all begun before one of them fails: join() begins the next one
// beside those that ring, turn_to() makes one of them the current one before anything is said about it, and advance()
// goes on behind all of them.
//
// The caller's own hang-up ends the hunt without asking anyone (stop()).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/time.h"

#include "sbc/policy/decision.h"
#include "sbc/route/health.h"
#include "sbc/route/resolve.h"

namespace sbc::route {

enum class Verdict : std::uint8_t { Next, Stop };

struct Failure {
  enum class Cause : std::uint8_t {
    Response,     // a final response of 300 or more
    Timeout,      // no answer in time: counts as 408 (RFC 3261 8.1.3.1)
    RingTimeout,  // it rang but nobody answered in time: counts as 408, says nothing against the target
    Transport,    // could not be sent: counts as 503 (RFC 3261 8.1.3.1)
    Unresolved,   // its name has no place: counts as 503, too
  };
  Cause cause = Cause::Response;
  std::uint16_t status = 0;                       // Response only
  std::string reason = {};                        // Response only: its phrase
  std::vector<std::string> causes = {};           // Response only: values of Reason that the caller may hear (RFC 6432)
  std::optional<std::uint32_t> retry_after = {};  // seconds, from a 503
  bool early_media = false;                       // this target's SDP answer was already passed to the caller
};

// What the caller is told when no target took the call.
struct Answer {
  std::uint16_t status = 480;
  std::string reason;                   // "": the standard phrase
  std::vector<policy::Header> headers;  // from the policy
  std::optional<std::uint32_t> retry_after;
  std::vector<std::string> causes = {};  // values of Reason: of the failure that this answer is of
  bool says_least = false;               // any other of its class is better
};

class Hunt {
 public:
  Hunt() = default;
  explicit Hunt(std::vector<Target> targets);

  const Target* current() const;                   // nullptr: none left, or stopped
  std::size_t attempt() const { return at_ + 1; }  // number of the current one, from 1, across replace()
  std::size_t remaining() const;                   // not begun yet
  const Target* next() const;                      // the first of them; nullptr: none

  // The next one is to be called together with the current one.
  bool next_joins() const;
  void join();  // it is begun, and the current one
  // What has just joined cannot be called with the others after all: it follows those that can, and the one at `place`
  // is the current one again.
  void put_off(std::size_t place);
  void leave_out_joining();                  // all that are still to join
  std::size_t together() const;              // how many the current one is called together with, itself among them
  std::size_t place() const { return at_; }  // of the current one, for:
  void turn_to(std::size_t place) { at_ = place; }  // one that was begun
  const Target& at(std::size_t place) const { return targets_.at(place); }

  // Notes why the current target failed, marks its health and says what the border does by itself:
  // Next on timeouts, transport errors, 408 and 5xx; Stop on 6xx, on other 4xx and on 3xx, except that after a 3xx or
  // 4xx of one registered contact the user's other contacts are tried. RFC 3263 4.3: the other places of the same name
  // are tried only after 503, silence and transport errors; after other answers they are passed over. RFC 5626 7: the
  // other flows of the same phone are tried only after silence, transport errors, 408 and 430. After early media was
  // passed on: Stop (the caller's media is tied to that target). Of targets that are called at once: Stop on 6xx and
  // when one of them had passed early media on, else Next.
  Verdict failed(const Failure& failure, TrunkHealth& health, base::Instant now);
  // The places of the current target, which awaits its name. False: none of them may be tried now; call failed() next.
  bool located(const std::vector<Place>& places, const Realm& realm, const TrunkHealth& health, base::Instant now);
  // The current target answered at all: its Dead mark goes.
  void answered(TrunkHealth& health);
  // The next target is another place of the name that the current one is a place of. RFC 3263 4.3: it gets the same
  // request again.
  bool next_is_same_name() const { return remaining() > 0 && begun_ + 1 < places_end_; }

  // Applies the policy's answer. Route decisions: resolve the candidates first and pass the plan's targets.
  Verdict decide(Verdict usual, const policy::FailureDecision& decision, std::vector<Target> replacement = {});

  void advance();
  void stop();    // the caller hung up: current() is nullptr from now on
  void forget();  // the call is set up: stopped, and nothing is kept of what was tried

  // Best answer by RFC 3261 16.7 step 6: a 6xx, else the lowest class, preferring what the caller can act on. A
  // policy's give_up(status) wins. 401 and 407 of a peer become 502 and 3xx becomes 480: neither concerns the caller;
  // 503 becomes 500 unless every target said so.
  Answer answer() const;

 private:
  void pass_over_siblings();
  void pass_over_instance();

  std::vector<Target> targets_;
  std::size_t at_ = 0;
  std::size_t begun_ = 0;       // the last one that was; at_, unless several are called at once
  std::size_t places_end_ = 0;  // past the last place of the name that was located last
  bool stopped_ = false;
  bool tied_ = false;       // one of those that are called at once had passed early media on
  bool attempted_ = false;  // one of the targets was really tried
  std::vector<Answer> failures_;
  std::optional<Answer> forced_;
};

// The status that a failure counts as.
std::uint16_t status_of(const Failure& failure);
// Whether the caller would rather be told of the first one (RFC 3261 16.7 step 6).
bool says_more(const Failure& one, const Failure& other);

}  // namespace sbc::route
