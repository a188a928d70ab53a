#pragma once
// RFC 3261 18.2.2 and RFC 3263 5: where a response goes whose connection is gone. First to the address that the request
// came from, with the port of the topmost Via's sent-by; when nobody is there, to the place that sent-by names: an
// address as it is, a name with a port by A and AAAA, a name without one by SRV; each place after the other.
//
// Streams only. A datagram's Via may be anybody's invention, and its answer goes nowhere but back (RFC 3581); a
// WebSocket has no way but its own (RFC 7118 5). Nor is everybody on a stream believed: what sent-by names is reached
// for trunks and from trusted realms alone, since a stranger could aim us at machines that only we can see.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/base/shared_bytes.h"
#include "media-relay/base/time.h"

#include "sbc/route/locate.h"
#include "sbc/route/table.h"
#include "sbc/sip/transport.h"

namespace sbc::route {

// What became of responses that lost their connection.
enum class Detour : std::uint8_t {
  Reopened,     // to the source address, over a new connection
  Sent,         // to a place of sent-by
  Untrusted,    // dropped: the requests of this source are not followed further
  Unusable,     // dropped: sent-by is no name that could be asked for, or one under .invalid
  Full,         // dropped: too many wait
  NotFound,     // dropped: the name has no place
  Unreachable,  // dropped: none of its places could be reached
  kCount
};

struct LostResponse {
  sip::Hop hop;  // that failed: with a connection, it ended with these bytes; without one, none could be opened
  base::SharedBytes bytes;
  std::uint64_t token = 0;  // the sender's; comes back in what follows
};

class Detours {
 public:
  struct Question {
    std::uint64_t number = 0;  // for on_located
    NamedHost host;
    std::string realm;
  };
  // What follows from an event. The caller owns it; functions append.
  struct Output {
    std::vector<LostResponse> sends;
    std::vector<LostResponse> dropped;  // there is no further place
    std::vector<Question> questions;
  };

  // False: not a response that has another way, and nothing was done. Otherwise it is sent, kept until its name is
  // found, or dropped.
  bool on_lost(LostResponse lost, const Table& table, const TrunkAddresses& named, base::Instant now, Output& out);
  // The answer to a question: its places in their order, perhaps none.
  void on_located(std::uint64_t number, const std::vector<Place>& places, const Table& table, base::Instant now,
                  Output& out);
  // For a response whose connection is gone already: the place that its sender was last reached at.
  std::optional<sip::Hop> known(const sip::Hop& hop, std::string_view response, const Table& table, base::Instant now);
  bool empty() const { return ways_.empty(); }

  std::uint64_t count(Detour result) const { return counts_[static_cast<std::size_t>(result)]; }

 private:
  struct Way {
    std::uint64_t question = 0;  // not 0: asked, and not answered
    std::vector<sip::Hop> places;
    std::size_t at = 0;
    NamedHost host;
    sip::Hop gone;  // the way that failed first
    std::vector<LostResponse> waiting;
    base::Instant until{};
    // None of the places could be reached a short time ago.
    bool dead() const { return question == 0 && at == places.size(); }
  };
  using Ways = std::map<std::string, Way, std::less<>>;

  void note(Detour result) { ++counts_[static_cast<std::size_t>(result)]; }
  bool drop(Detour reason, LostResponse lost, Output& out);
  void ask(std::string key, NamedHost host, LostResponse lost, const Realm& realm, base::Instant now, Output& out);
  bool join(Way& way, LostResponse lost, base::Instant now, Output& out);
  bool send_on(Way& way, LostResponse lost, base::Instant now, Output& out);
  bool room(base::Instant now);

  Ways ways_;  // by realm, transport, source and sent-by
  std::size_t waiting_ = 0;
  std::uint64_t questions_ = 0;
  std::uint64_t counts_[static_cast<std::size_t>(Detour::kCount)] = {};
};

}  // namespace sbc::route
