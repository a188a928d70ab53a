#pragma once
// The calls in a capture: of each the INVITE with which it came to the border, which the border would ask its policy
// about. Who sent it, and from which realm and trunk, is found out as a border of that configuration does.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "sbc/call/settings.h"
#include "sbc/policy/host.h"
#include "sbc/policy/rate_windows.h"
#include "sbc/replay/packet.h"
#include "sbc/retell/invocation.h"
#include "sbc/sip/framer.h"
#include "sbc/sip/message.h"
#include "sbc/sip/transport.h"

namespace sbc::replay {

// The border that the capture is of, as far as it counts.
struct Border {
  std::shared_ptr<const call::Settings> calls;
  // Whether a realm asks callers for passwords of its own users.
  std::function<bool(std::string_view realm)> has_users = [](std::string_view) { return false; };
  // Whether an address of record ("sip:alice@example.net") has an account here.
  std::function<bool(std::string_view aor)> account = [](std::string_view) { return false; };
  // Seconds that the operator's time zone is ahead of UTC at that time.
  std::function<std::int32_t(std::int64_t unix_seconds)> utc_offset = [](std::int64_t) { return 0; };
};

struct Invite {
  sip::MessagePtr message;
  sip::Source source;
  std::int64_t at_us = 0;
};

class Invites {
 public:
  // `border` outlives the object.
  explicit Invites(const Border& border) : border_(border) {}

  // Packets in the order of the capture.
  void add(const Packet& packet);

  // The calls in the order in which they came. Of one that came without and then with credentials (the border had asked
  // for them) it is the one with credentials: the other was only challenged.
  std::vector<Invite> take();

  struct Counts {
    std::uint64_t elsewhere = 0;   // INVITEs that did not come to a listener of the border
    std::uint64_t unreadable = 0;  // that are no SIP
    std::uint64_t inside = 0;      // of calls that exist
    std::uint64_t repeated = 0;    // again, or without the credentials that came later
    std::uint64_t too_many = 0;    // beyond kMaxInvites
    std::uint64_t gaps = 0;        // in streams of TCP: what was under way there is lost
    // Connections to listeners of TLS (secure WebSocket among them) and of WebSocket, of which a capture of packets has
    // no INVITEs that could be read, and what came over them.
    std::uint64_t tls = 0, tls_packets = 0;
    std::uint64_t web_socket = 0, web_socket_packets = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  using Ends = std::tuple<base::Endpoint, base::Endpoint>;
  struct Stream {
    sip::StreamFramer framer;
    std::uint32_t expected = 0;
  };

  void follow(const Packet& packet);
  bool is_closed_to_us(const Packet& packet);
  void take_message(std::string bytes, const Packet& packet, sip::Framing framing);
  const route::Listener* listener_of(const Packet& packet, sip::Transport over) const;
  const route::Listener* listener_of(const Packet& packet) const;

  const Border& border_;
  std::map<Ends, Stream> streams_;
  std::deque<Ends> order_;  // of streams_, the oldest first
  std::set<Ends> closed_;   // connections of Counts::tls and web_socket
  std::unordered_map<std::string, std::size_t> by_call_;
  std::vector<Invite> invites_;
  Counts counts_;
};

// What the policy in `host` decides of a call, and what it asked. The capture knows what counters count, since it has
// the time, and the configuration knows accounts; nobody knows who was registered, how many calls were up, nor what
// services and the DNS would have said: these are nobody, none, and "unavailable", and come into `unknown`.
class Decider {
 public:
  Decider(const Border& border, policy::Host& host) : border_(border), host_(host) {}

  retell::Invocation decide(const Invite& invite);
  const std::map<std::string, std::uint64_t>& unknown() const { return unknown_; }  // "location sip:...", how often

 private:
  class Lookup;
  void note_unknown(const std::string& kind, std::string_view subject);

  const Border& border_;
  policy::Host& host_;
  policy::RateWindows counters_{100'000};
  std::map<std::string, std::uint64_t> unknown_;
};

}  // namespace sbc::replay
