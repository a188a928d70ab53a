#pragma once
// The link from one shard to one relay: connect, greet, pipeline commands, reconnect with backoff, and reconcile what
// the two sides believe is alive. Belongs to the thread of its event loop; never blocks.
//
//   Down -> Connecting -> Reconciling (hello, subscribe, ping, list) -> Up
//
// Reconciling ends with both sides agreeing: sessions that the relay has and nobody here wants are closed; sessions
// that are wanted here and the relay does not have are reported with SessionLost. They are reported without a
// reconnect, too, once nobody listens on the relay's socket any more (the process is gone, and its ports with it), or
// when the link has been down for the whole lease. A relay that says that it stops and that its successor will have the
// sessions is waited for as long as it says; so is one that says beforehand that a successor will have them when it
// dies.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/base/random.h"
#include "media-relay/base/time.h"
#include "media-relay/control/messages.h"
#include "media-relay/loop/event_loop.h"

namespace sbc::relay_client {

enum class LinkState : std::uint8_t { Down, Connecting, Reconciling, Up };

// Where replies and events go. Called from the event loop, never from inside open, modify, close or query: what a
// command leads to always arrives later, so that a state machine may send while it handles an event. The link must not
// be destroyed inside a call.
class Delegate {
 public:
  virtual ~Delegate() = default;
  virtual void on_relay_reply(control::RelayReply reply) = 0;
  virtual void on_relay_event(control::RelayEvent event) = 0;
  // While reconciling: the relay has this session; is there a call that wants it? `false` closes it.
  virtual bool is_live(const control::SessionId& id) = 0;
  virtual void on_relay_state(const std::string& relay, LinkState state) = 0;
  // The relay has said that it takes nothing new and ends what is left after that time.
  virtual void on_relay_draining(const std::string& relay, base::Duration within) = 0;
};

struct LinkOptions {
  std::string relay;        // name in the configuration, for logs and metrics
  std::string socket_path;  // Unix stream socket
  std::string controller;   // "<instance>-<shard>": stays the same over restarts
  base::Duration lease = base::seconds(60);
  base::Duration command_timeout = base::seconds(2);
  base::Duration ping_interval = base::seconds(5);
  base::Duration backoff_first = base::milliseconds(100);
  base::Duration backoff_most = base::seconds(5);
};

// How much a relay has to do, for all its controllers together.
struct RelayLoad {
  std::uint64_t sessions = 0;
  std::uint64_t most = 0;  // that it may have; 0: not known
};
// The share of what it may have counts; the number while that is not known of both.
constexpr bool is_less(const RelayLoad& a, const RelayLoad& b) {
  if (a.most == 0 || b.most == 0) return a.sessions < b.sessions;
  return a.sessions * b.most < b.sessions * a.most;
}

struct LinkCounters {
  std::uint64_t connects = 0;
  std::uint64_t connect_failures = 0;
  std::uint64_t disconnects = 0;
  std::uint64_t commands = 0;
  std::uint64_t replies = 0;
  std::uint64_t error_replies = 0;  // said by the relay
  std::uint64_t timeouts = 0;
  std::uint64_t refused_link_down = 0;  // commands answered with LinkDown
  std::uint64_t refused_overload = 0;
  std::uint64_t events = 0;
  std::uint64_t events_unowned = 0;  // about sessions that nobody here knows
  std::uint64_t bad_frames = 0;
  std::uint64_t orphans_closed = 0;  // sessions the relay had and nobody here wanted
  std::uint64_t resumptions = 0;     // successors that came in time, with the sessions of a relay that had said so
  std::uint64_t sessions_lost = 0;   // sessions wanted here that the relay no longer had
};

class RelayLink {
 public:
  RelayLink(loop::EventLoop& loop, LinkOptions options, Delegate& delegate, base::Random& random);
  ~RelayLink();  // closes the connection; the relay keeps the sessions until the lease ends
  RelayLink(const RelayLink&) = delete;
  RelayLink& operator=(const RelayLink&) = delete;

  void start();

  // Sends a command; returns its request number. Exactly one RelayReply with this number follows, possibly an Error of
  // this end (LinkDown at once when the link is not up, Timeout, Overloaded). `owner` of an Open becomes the owner of
  // the session's events until it is closed. Hello, List, Subscribe and Ping are the link's own business.
  std::uint64_t open(std::uint64_t owner, control::Open command);
  std::uint64_t modify(std::uint64_t owner, control::Modify command);
  // A Close that cannot be delivered now is remembered: the session is closed when the two sides reconcile.
  std::uint64_t close(std::uint64_t owner, control::Close command);
  // Nobody waits to hear what becomes of them: the relay counts those that it cannot send.
  void send_digits(control::SendDigits command);
  std::uint64_t query(std::uint64_t owner, control::Query command);

  // A session restored from elsewhere, before start(): its events go to `owner`, and it is reported lost if the relay
  // does not have it.
  void adopt(control::SessionId id, std::uint64_t owner);

  LinkState state() const;
  bool up() const { return state() == LinkState::Up; }
  // Up, and the relay has not said that it is about to stop.
  bool accepting() const;
  // Up, and the relay ends what it still has when `ends` has come; nothing is known of a successor.
  bool draining() const;
  base::Instant ends() const;
  // What the relay said last, and what has changed here since then.
  RelayLoad load() const;
  // It has all networks that the session's flows name.
  bool serves(const control::SessionSpec& spec) const;
  const std::string& name() const;
  // Why the link is down, or was the last time.
  const std::string& last_error() const;
  const LinkCounters& counters() const;
  std::size_t sessions() const;  // that this end believes the relay has
  std::vector<control::SessionId> opened() const;
  std::optional<std::uint64_t> owner_of(const control::SessionId& id) const;  // nullopt: the relay does not have it
  std::size_t waiting() const;                                                // commands without a reply yet

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace sbc::relay_client
