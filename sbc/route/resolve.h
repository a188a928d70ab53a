#pragma once
// From a policy's candidates to concrete targets: which address, from which listener, with which Request-URI.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/random.h"
#include "media-relay/base/time.h"

#include "sbc/policy/decision.h"
#include "sbc/route/health.h"
#include "sbc/route/locate.h"
#include "sbc/route/table.h"
#include "sbc/sip/transport.h"
#include "sbc/sip/uri.h"

namespace sbc::route {

// The way to a registered contact, from whoever answered the policy's look-up.
struct ContactWay {
  sip::Hop hop;  // the flow the registration came over
  std::string realm;
  std::string request_uri;  // the Contact URI as registered
  // Values of Route: the Path that was registered (RFC 3327).
  std::vector<std::string> routes = {};
  // The proxy that the first of them names by a host name; `hop` means nothing then.
  std::optional<NamedHost> name = {};
  // Address of record and instance: two ways with the same one lead to the same phone (RFC 5626 7). "": not known.
  std::string instance = {};
  std::string aor = {};  // address of record: whom the contact belongs to
};

class Contacts {
 public:
  virtual ~Contacts() = default;
  virtual std::optional<ContactWay> way_to(std::uint64_t token) = 0;  // nullopt: gone meanwhile
};

// One place to send an INVITE to.
struct Target {
  sip::Hop hop;
  std::string realm;
  std::string trunk;            // "" for contacts and URIs
  std::string group;            // "" unless it came from a group
  std::string request_uri;      // of the INVITE
  std::string to_uri;           // of its To header: as request_uri, without parameters but user=phone
  policy::Candidate candidate;  // timeouts, header changes, caller's number: as the policy said
  // A host name whose places are not known yet: `hop` is empty, and unfold() makes targets of it. Stays in each of
  // them, since RFC 3263 4.3 makes a difference between the places of one name and another target.
  std::optional<NamedHost> name{};
  bool unfolded = false;
  std::vector<std::string> routes{};  // values of Route on the INVITE
  std::string instance{};             // as in ContactWay
  std::string aor{};                  // the same; "" unless it is a registered contact
  bool of_redirect = false;           // a contact of a redirection: after it the others are tried (RFC 3261 8.1.3.4)
  bool for_help = false;              // as in Asked: of its name's places none is left out
  bool by_sips = false;               // of a transfer: Refer-To names it by sips:
  std::uint32_t at_once = 0;          // called together with the neighbours of the same number; 0: by itself
  bool awaits_name() const { return name && !unfolded; }
  std::string text() const;  // "UDP 192.0.2.7:5060", or the name
};

struct Skipped {
  std::string what;  // "trunk carrier UDP 192.0.2.7:5060"
  std::string why;   // "asked for no calls for another 12 s"
};

struct Plan {
  std::vector<Target> targets;  // in the order to try; may be empty
  std::vector<Skipped> skipped;
  std::vector<Skipped> apart;  // targets that are called, but not together with those that they stand beside
  std::size_t beyond = 0;      // of these, because there are too many
  // When targets is empty because every target is Busy: until the first is free, for Retry-After.
  std::optional<base::Duration> retry_after;
};

struct Asked {
  std::string_view dialled;  // user part that the caller dialled, unescaped: the number where the policy gave none
  base::Instant now;
  // A call for help (RFC 5031): who asked for peace, or is down, comes behind the others and is not left out.
  bool for_help = false;
  // The caller dialled a telephone number and said so (tel:, or user=phone).
  bool as_phone = false;
  // How many places may be called at once; below 2: none are.
  std::size_t together = 0;
};

// Whether a URI is a telephone number, as whoever wrote it says (RFC 3966; RFC 3261 19.1.1).
bool is_phone(const sip::Uri& uri);

// The targets that a name stands for: Dead places behind the others, Busy ones (RFC 3261 21.5.4) left out, and those
// that are down, too, unless they are all there is and `down` says to try them. Last: both come behind the others.
enum class Down : std::uint8_t { LeftOut, Tried, Last };
struct Standing {
  const Realm& realm;
  const TrunkHealth& health;
  base::Instant now;
};
std::vector<Target> unfold(const Target& named, const std::vector<Place>& places, const Standing& standing, Down down);

// Candidates with a weight are put into an order that is drawn (lots.h). Groups and trunks unfold by priority, equals
// by weighted chance; Dead targets move behind all others, Busy and Down ones are skipped, unless somebody calls for
// help: then they are tried last. When all that is left is Down, those are tried after all: a probe is not a call, and
// to refuse a call for what others have met would be worse than to try in vain. Unknown names, unreachable families and
// contacts that are gone are skipped with their reason. Host names become one target each; the call asks for their
// places when it is their turn.
//
// Candidates that are to be called at once (at_once.h) stay together: targets with a number in common, none of which is
// a name or in another media network, or leads to a phone that another one leads to. What cannot be called with them
// follows them; so do the further targets of a trunk or a group.
Plan resolve(const Table& table, const std::vector<policy::Candidate>& candidates, const Asked& asked,
             Contacts& contacts, const TrunkHealth& health, base::Random& random);

}  // namespace sbc::route
