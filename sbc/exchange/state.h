#pragma once
// What the exchange remembers: requests under way, and subscriptions. Internal to the room.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "media-relay/base/deadline_queue.h"
#include "media-relay/base/slab.h"

#include "sbc/call/facts.h"
#include "sbc/call/told.h"
#include "sbc/dialog/dialog.h"
#include "sbc/identity/asserted.h"
#include "sbc/leak/watch.h"
#include "sbc/route/hunt.h"
#include "sbc/sip/transport.h"
#include "sbc/transaction/ids.h"

namespace sbc::exchange {

// The package of what a REFER begins (RFC 3515 2.4.4).
inline constexpr std::string_view kReferPackage = "refer";

struct Flight;
struct Subscription;
using FlightHandle = base::Handle<Flight>;
using SubscriptionHandle = base::Handle<Subscription>;

enum class Side : std::uint8_t {
  A,  // sent the SUBSCRIBE or REFER
  B,  // sends the NOTIFYs
};

// What opens a request outside of dialogs, and stays for the next place of the same name (RFC 3263 4.3).
struct Opening {
  dialog::ClientStart start;
  std::string contact;
  sip::Hop hop;  // that the contact is for
};

// A request of one side that waits for the other side's answer.
struct Flight {
  enum class Kind : std::uint8_t {
    Carry,    // outside of any dialog
    Open,     // the SUBSCRIBE or REFER that makes a subscription
    Refresh,  // a later one, A to B
    Notify,   // B to A
  };
  FlightHandle handle;
  Kind kind = Kind::Carry;
  transaction::ServerId server;
  sip::MessagePtr request;
  sip::Source source;
  std::string realm;  // it came from
  std::string trunk;
  identity::Sender sender;         // Carry, Open: who sent it, as far as that is proven
  std::string tag;                 // of our answer
  route::Hunt hunt;                // Carry, Open
  std::optional<Opening> opening;  // the same
  // What failures said beside their status, for the one that is told in the end.
  std::vector<std::pair<int, call::HeaderList>> failures;
  transaction::ClientId client;
  base::DeadlineId patience;   // with the current target, while there is another one
  std::uint32_t lookup = 0;    // number of the question that the resolver has not answered; 0: none
  std::size_t challenges = 0;  // of a trunk, answered
  SubscriptionHandle subscription;
  std::string remote_tag;              // Refresh, Notify: names the pair
  bool ends = false;                   // Notify: Subscription-State is terminated
  std::shared_ptr<leak::Watch> watch;  // null: the leak guard is off
};

// Who waits for the flight's answer.
inline leak::End asker_of(const Flight& flight) {
  return flight.kind == Flight::Kind::Notify ? leak::End::B : leak::End::A;
}

// One notifier's dialog with us, and ours with the subscriber.
struct Pair {
  dialog::Dialog a;
  dialog::Dialog b;
  base::Instant until;  // nobody has asked for more
};

// One leg of a subscription.
struct SubscriptionLeg {
  std::string realm;
  std::string trunk;     // "" none
  bool vouched = false;  // a trunk, or a trusted realm: its Contact and Record-Route are believed
  sip::Hop hop;          // where it was last seen
  std::string contact;   // ours toward it
  // The host name that the next request goes to, as call::Leg has it.
  route::NamedHost way_of{};
  std::vector<route::Place> way{};
  bool way_moved = false;
  std::uint8_t way_failures = 0;
};

struct Subscription {
  SubscriptionHandle handle;
  sip::MessagePtr request;  // A's first SUBSCRIBE, or REFER
  std::string source;       // A's address, for the limit
  std::string event;        // its package
  std::string told_event;   // Event of the NOTIFYs toward A
  std::string asked_event;  // of the SUBSCRIBEs toward B; "": as A writes it
  SubscriptionLeg a;
  SubscriptionLeg b;
  dialog::ClientStart start;  // of B's dialogs
  std::string first_tag;      // ours toward A in the 2xx
  std::vector<Pair> pairs;
  base::Instant opened;
  base::DeadlineId timer;  // not while it opens: the SUBSCRIBE ends by itself
  bool opening = true;
  std::shared_ptr<leak::Watch> watch;  // of all its requests
};

// Where a request with a tag of ours belongs, and what the resolver was asked for.
struct TagRef {
  SubscriptionHandle subscription;
  Side side = Side::A;
};

struct Deadline {
  enum class Kind : std::uint8_t { Patience, Expiry };
  Kind kind = Kind::Patience;
  FlightHandle flight;
  SubscriptionHandle subscription;
};

}  // namespace sbc::exchange
