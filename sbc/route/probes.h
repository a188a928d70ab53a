#pragma once
// Which targets are up, by OPTIONS probes (RFC 3261 11) and by what calls meet. A pure machine: it says which probes
// are due, is told how they ended, and tells what changed.
//
//              down_after bad signs in a row
//      Up  ------------------------------------->  Down
//          <-------------------------------------
//              up_after good signs in a row
//
// A sign is the end of a probe or of a call's attempt. After a sign against the state the next probe comes after a
// quarter of the interval, so that what begins to fail is known soon.

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "media-relay/base/deadline_queue.h"
#include "media-relay/base/random.h"

#include "sbc/route/health.h"
#include "sbc/route/probe_rules.h"
#include "sbc/sip/transport.h"

namespace sbc::route {

// A target that is probed. The same address is probed once, for the first trunk that has it.
struct Probed {
  std::string trunk;
  std::string uri;  // Request-URI of its OPTIONS
  sip::Hop hop;
  ProbeRules rules;
  std::string text() const;  // "UDP 192.0.2.7:5060"
  friend bool operator==(const Probed&, const Probed&) = default;
};

// Why a target went down or came back.
enum class Reason : std::uint8_t {
  ProbeAnswered,     // up: a probe got a status that counts as up
  ProbeStatus,       // down: it got another one
  ProbeSilent,       // no answer in time
  ProbeUnreachable,  // it could not be sent
  CallAnswered,      // the same of INVITEs
  CallStatus,        // 503
  CallSilent,
  CallUnreachable,
  kCount
};
const char* name_of(Reason reason);  // "probe_answered"

class Probes {
 public:
  explicit Probes(base::Random& random) : random_(random) {}

  // What is to be probed from now on. Known targets keep their state; the first probe of a new one comes at a random
  // time within its interval. New ones are up until they prove otherwise. At most kMaxProbed; the number left out.
  std::size_t use(const std::vector<Probed>& wanted, base::Instant now);

  struct Start {
    std::uint64_t probe = 0;
    const Probed* target = nullptr;  // valid until the next use()
  };
  // Probes to send now; those without an answer have ended. Not more than kMaxProbesUnderWay at a time.
  std::vector<Start> on_deadline(base::Instant now);
  base::Instant next_deadline() const { return deadlines_.next(); }

  // The end of a probe. Stale numbers are harmless. A 503 with Retry-After puts the next one off, too.
  void answered(std::uint64_t probe, int status, std::optional<base::Duration> retry_after, base::Instant now);
  void unreachable(std::uint64_t probe, base::Instant now);
  // What a call met.
  void heard(const TrunkHealth::Report& report, base::Instant now);

  // For the TrunkHealth of every shard, in order.
  std::vector<TrunkHealth::Change> take_changes();

  struct Status {
    Probed target;
    bool up = true;
    base::Instant since{};
    Reason reason = Reason::ProbeAnswered;  // of the last transition
    std::uint64_t good = 0;                 // probes
    std::uint64_t bad = 0;
    std::vector<std::uint64_t> transitions;  // by reason
  };
  std::vector<Status> statuses() const;  // ordered by trunk

 private:
  using Key = TrunkHealth::Key;
  struct Entry {
    Status status;
    std::uint32_t against = 0;  // signs in a row against the state
    std::uint64_t probe = 0;    // under way; 0: none
    base::DeadlineId due;       // of the next probe, or the end of patience with the one under way
  };

  Entry* entry_of(std::uint64_t probe);
  void sign(Entry& entry, bool good, Reason reason, base::Instant now);
  void finish(Entry& entry, bool good, Reason reason, base::Duration not_before, base::Instant now);
  void schedule(const Key& key, Entry& entry, base::Duration wait, base::Instant now);

  base::Random& random_;
  std::map<Key, Entry> entries_;
  std::map<std::uint64_t, Key> under_way_;
  base::DeadlineQueue<Key> deadlines_;
  std::vector<TrunkHealth::Change> changes_;
  std::uint64_t last_probe_ = 0;
};

}  // namespace sbc::route
