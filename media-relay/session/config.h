#pragma once
// What the session room is told about the machine it runs on.

#include <string>
#include <vector>

#include "media-relay/base/ip.h"
#include "media-relay/base/time.h"
#include "media-relay/flow/limits.h"
#include "media-relay/secure/context.h"
#include "media-relay/session/limits.h"

namespace session {

// One side of the border: where its sockets are bound, and what its peers are told.
struct Network {
  std::string name;
  base::IpAddress bind;
  base::IpAddress advertised;
  std::uint16_t first_port = kDefaultFirstPort;
  std::uint16_t last_port = kDefaultLastPort;
};

struct Config {
  // Networks with the same bind address and port range share one pool. Other overlaps are for the reader of the
  // configuration to refuse.
  std::vector<Network> networks;
  unsigned workers = 1;
  std::uint64_t instance = 0;  // Welcome::relay_instance
  base::Duration quarantine = kDefaultQuarantine;
  base::Duration media_timeout = kDefaultMediaTimeout;
  base::Duration latch_window = flow::kDefaultLatchWindow;
  secure::Engine srtp_engine = secure::Engine::OpenSsl;
  base::Duration lease = kDefaultLease;  // of controllers that ask for none
  base::Duration longest_lease = kLongestLease;
  std::uint8_t dscp = flow::kDefaultDscp;  // of halves for which the controller names none
  std::size_t max_sessions = kDefaultMaxSessions;
  std::size_t max_transcoded = kDefaultMaxTranscoded;  // flows of each worker
  std::size_t max_recordings = 0;                      // flows; 0: there is no place for recordings
};

}  // namespace session
