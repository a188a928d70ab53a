#pragma once
// What this shard has learned about targets from its own attempts, and what the probes (probes.h) say of those that are
// probed. Marks of attempts end by themselves; a target that is down stays so until its probes succeed.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/time.h"

#include "sbc/sip/transport.h"

namespace sbc::route {

class TrunkHealth {
 public:
  enum class State : std::uint8_t {
    Good,
    Dead,  // did not answer or could not be reached: tried last
    Busy,  // said 503 with Retry-After: not tried (RFC 3261 21.5.4)
    Down,  // its probes fail: not tried as long as there is anyone else
  };
  using Key = std::pair<sip::Transport, base::Endpoint>;

  // What an attempt met at a probed target.
  enum class Sign : std::uint8_t { Answered, Unavailable /* 503 */, Silent, Unreachable };
  struct Report {
    Key key;
    Sign sign = Sign::Answered;
    std::optional<base::Duration> busy{};  // Unavailable: its Retry-After
  };
  // What others know: the probes of a target that is probed, the attempts of other shards at one that is not.
  struct Change {
    enum class Kind : std::uint8_t { Up, Down, Busy, Dead };
    Key key;
    Kind kind = Kind::Up;
    base::Duration wait{};  // Busy
  };

  // RFC 3261 21.5.4. Cut at kMaxRetryAfter.
  void mark_busy(sip::Transport transport, const base::Endpoint& remote, base::Duration retry_after, base::Instant now);
  void mark_dead(sip::Transport transport, const base::Endpoint& remote, base::Instant now);
  // It answered something useful: a Dead mark goes, a Busy one stays for the time it asked for.
  void mark_good(sip::Transport transport, const base::Endpoint& remote);

  // Targets whose attempts are reported: the probed ones.
  void watch(std::set<Key> probed);
  // Failures always; an answer only after a failure, or while the target is down.
  void report(const Report& report);
  // Marks that went for others before their time.
  std::uint64_t forgotten() const { return forgotten_; }
  std::vector<Report> take_reports() { return std::exchange(reports_, {}); }
  void apply(const Change& change, base::Instant now);
  // What this one has newly found out about targets that are not probed, for the other shards to apply.
  std::vector<Change> take_news() { return std::exchange(news_, {}); }

  State state(sip::Transport transport, const base::Endpoint& remote, base::Instant now) const;
  // When the mark ends; nullopt when Good.
  std::optional<base::Instant> until(sip::Transport transport, const base::Endpoint& remote, base::Instant now) const;
  std::size_t marked(base::Instant now) const;  // targets that are not Good, for a gauge

 private:
  struct Mark {
    State state;
    base::Instant until;
  };
  void mark(const Key& key, Mark mark, base::Instant now);
  bool set_busy(const Key& key, base::Duration wait, base::Instant now);
  bool set_dead(const Key& key, base::Instant now);  // whether that is new
  bool set_good(const Key& key);                     // likewise
  void tell(Change change);
  std::map<Key, Mark> marks_;
  std::set<Key> probed_;
  std::set<Key> down_;      // of the probed
  std::set<Key> doubtful_;  // of the probed: a failure was reported, and no answer since
  std::vector<Report> reports_;
  std::vector<Change> news_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace sbc::route
