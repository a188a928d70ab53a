#pragma once
// What a realm demands of those who register or call through it.

#include <cstddef>
#include <cstdint>
#include <string>

#include "media-relay/base/time.h"

#include "sbc/auth/server.h"
#include "sbc/register/domains.h"
#include "sbc/register/limits.h"

namespace sbc::registrar {

struct ExpirySettings {
  std::uint32_t minimum = kDefaultMinExpires;  // shorter: 423, at most kMinExpiresCeiling
  std::uint32_t maximum = kDefaultMaxExpires;  // longer is shortened
  std::uint32_t standard = kDefaultExpires;    // when the request names none
};

// Whether REGISTERs upstream carry a Path of ours (RFC 3327 5.2).
enum class UpstreamPath : std::uint8_t {
  Off,
  Supported,  // of phones that list path
  Required,   // of all, and the registrar must understand it; phones that do not list path get 421
};

// A realm whose registrations belong to a registrar behind the border (upstream.h).
struct RelaySettings {
  std::string upstream;                      // trunk or group
  std::uint32_t phone_expires = 60;          // seconds, at most, toward phones: a NAT forgets after that
  std::uint32_t upstream_expires = 3600;     // seconds that the registrar is asked for
  base::Duration grace = base::minutes(5);   // how long beyond its end a registration lives while the registrar is lost
  base::Duration answer = base::seconds(8);  // that the registrar may take
  UpstreamPath path = UpstreamPath::Off;
  bool keep_closed = false;  // the registrar keeps a phone whose connection was closed, until the phone's own end
  std::uint32_t rate = 100;  // REGISTERs to the registrar each second, of this shard
};

// What becomes of a phone that does not answer OPTIONS (keep_alive.h).
struct SilencePolicy {
  enum class Action : std::uint8_t {
    Keep,    // nothing
    Mark,    // its contact is tried after all others of the user, until it answers or registers again
    Unbind,  // its contact is removed
  };
  Action action = Action::Mark;
  unsigned misses = 3;  // in a row
};

struct RealmSettings {
  Domains domains;
  auth::ServerSettings digest;
  ExpirySettings expiry;
  std::size_t max_contacts = kDefaultMaxContacts;
  SilencePolicy silence;
  std::uint32_t flow_timer = 0;  // seconds between keep-alives that phones with flows are told (RFC 5626); 0: no word
};

}  // namespace sbc::registrar
