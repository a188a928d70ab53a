#pragma once
// RFC 3263 4: from the host of a URI to the places to try, in order. A pure function of what is known: it names the
// questions that are missing, and is called again with their answers until none is.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "media-relay/base/random.h"

#include "sbc/route/dns.h"
#include "sbc/route/table.h"
#include "sbc/sip/transport.h"
#include "sbc/sip/uri.h"

namespace sbc::route {

struct Place {
  sip::Transport transport = sip::Transport::Udp;
  base::Endpoint remote;
  friend auto operator<=>(const Place&, const Place&) = default;
};

struct Located {
  std::vector<Question> missing;  // not empty: nothing is decided yet
  std::vector<Place> places;      // in the order to try; at most kMaxTargets
  std::string problem;            // why there is no place
  std::size_t left_out = 0;       // questions and places beyond the limits
};

// The maddr parameter goes before the host (RFC 3263 4). nullopt: the URI names no host, or a transport that is not
// known.
std::optional<NamedHost> named_host(const sip::Uri& uri);

// Numeric hosts need no question. Only transports and families that the realm has a listener for are considered; sips
// gets nothing but TLS (RFC 3263 4.1). A server that fails to answer for NAPTR or SRV counts as one without such
// records; silence ends the search, so that a dead DNS costs one timeout.
Located locate(const NamedHost& host, const Realm& realm, const Knowledge& known, base::Random& random);

}  // namespace sbc::route
