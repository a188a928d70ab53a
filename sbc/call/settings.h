#pragma once
// What the configuration tells the calls of one shard: an immutable value, replaced as a whole on reload.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "media-relay/base/time.h"

#include "sbc/auth/client_session.h"
#include "sbc/call/crossing.h"
#include "sbc/dialog/session_timer.h"
#include "sbc/leak/watch.h"
#include "sbc/route/table.h"
#include "sbc/sdp/crypto.h"
#include "sbc/sip/transport.h"

namespace sbc::call {

// How a listener shows itself to the peers of its realm.
struct Face {
  std::string host;     // advertised address or name, IPv6 in brackets
  std::string sent_by;  // host, and ":port" unless it is the transport's default: for Via and Contact
  base::IpAddress address;
};

// When a caller that supports reliable provisional responses (RFC 3262) gets them.
enum class Reliable : std::uint8_t {
  Required,  // only when it requires them
  WithSdp,   // when they carry SDP, too
  Always,
  Never,  // not even then: an INVITE that requires them gets 420
};

struct Settings {
  std::shared_ptr<const route::Table> routes;
  std::vector<Face> faces;                     // by listener index
  std::map<std::string, std::string> domains;  // by realm: host of our From and To toward it; missing: the face's host
  std::map<std::string, CrossingRules> crossing;  // by realm: what its peers may send across a call; missing: the usual

  std::map<std::string, auth::Account, std::less<>> accounts;  // by trunk: who we are to it

  std::map<std::string, Reliable, std::less<>> reliable;  // by realm of the caller; missing: WithSdp

  leak::Mode leak_guard = leak::Mode::Count;
  std::vector<std::string> own_hosts;  // more names of ours, which the leak guard leaves alone

  base::Duration t1 = base::milliseconds(500);
  base::Duration t2 = base::seconds(4);
  base::Duration first_response =
      base::seconds(8);                      // candidate without a timeout of its own: to the first 1xx beyond 100
  base::Duration ring = base::seconds(180);  // and to the final response; below timer C (RFC 3261 16.6)
  base::Duration longest_call = base::hours(12);
  dialog::SessionWish session{.interval = 1800, .min = 90, .refresh = false};  // session timers (RFC 4028)
  std::uint32_t media_timeout_ms = 60'000;
  std::uint32_t one_sided_ms = 10'000;  // silence of one side, while the other is heard, that is told; 0: never
  std::uint32_t quality_ms = 10'000;    // how often the relay says how a call sounds; 0: never
  double low_mos = 3.1;                 // a mean opinion below is told
  std::vector<std::string> offer_codecs{"PCMA", "PCMU", "telephone-event"};  // of an offer that the border makes
  // Suites of SRTP that are offered and accepted, best first. Tags of 32 bits must be asked for.
  std::vector<sdp::Suite> srtp_suites{sdp::Suite::AeadAes256Gcm, sdp::Suite::AeadAes128Gcm,
                                      sdp::Suite::AesCm256HmacSha1_80, sdp::Suite::AesCm128HmacSha1_80};
  std::size_t max_calls = 100'000;  // of this shard
  // Calls at once that are admitted in each class, over all shards.
  std::map<std::string, std::size_t, std::less<>> classes;
  std::vector<std::string> emergency_numbers;  // dialled, besides urn:service:sos
  std::uint32_t busy_retry_after = 10;         // seconds, with the 503 of a limit or a drain

  Reliable reliable_toward(std::string_view realm) const {
    const auto found = reliable.find(realm);
    return found != reliable.end() ? found->second : Reliable::WithSdp;
  }
};

}  // namespace sbc::call
