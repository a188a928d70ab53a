#pragma once
// What this shard has learned about targets from its own attempts. Marks end by themselves.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

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
  };

  // RFC 3261 21.5.4. Cut at kMaxRetryAfter.
  void mark_busy(sip::Transport transport, const base::Endpoint& remote, base::Duration retry_after, base::Instant now);
  void mark_dead(sip::Transport transport, const base::Endpoint& remote, base::Instant now);
  // It answered something useful: a Dead mark goes, a Busy one stays for the time it asked for.
  void mark_good(sip::Transport transport, const base::Endpoint& remote);

  State state(sip::Transport transport, const base::Endpoint& remote, base::Instant now) const;
  // When the mark ends; nullopt when Good.
  std::optional<base::Instant> until(sip::Transport transport, const base::Endpoint& remote, base::Instant now) const;
  std::size_t marked(base::Instant now) const;  // targets that are not Good, for a gauge

 private:
  using Key = std::pair<sip::Transport, base::Endpoint>;
  struct Mark {
    State state;
    base::Instant until;
  };
  void mark(const Key& key, Mark mark, base::Instant now);
  std::map<Key, Mark> marks_;
};

}  // namespace sbc::route
