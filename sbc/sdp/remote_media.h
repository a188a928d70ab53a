#pragma once
// What one side said about one m-line, as the relay needs it; and which way media may flow between two sides.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "media-relay/base/ip.h"

#include "sbc/sdp/direction.h"
#include "sbc/sdp/session.h"

namespace sbc::sdp {

// Why an m-line is not anchored and so refused with port 0.
enum class Refusal : std::uint8_t {
  None,         // it can be anchored
  Disabled,     // port 0: refused or removed by its owner
  DataChannel,  // SCTP over DTLS (RFC 8841)
  Message,      // MSRP (RFC 4975)
  Profile,      // another transport that the relay does not anchor: anything but RTP in its profiles, and UDPTL
  Address,      // a name, or a multicast group
  Codecs,       // the rules of one side or the other leave none of its formats
};
inline constexpr std::size_t kRefusals = static_cast<std::size_t>(Refusal::Codecs) + 1;
const char* name_of(Refusal refusal);
// How many m-lines of offers were refused, by reason.
using RefusedLines = std::array<std::uint64_t, kRefusals>;
void count_refused(const Session& offer, RefusedLines& counts);

struct RemoteMedia {
  std::string_view kind{};                    // view into the session
  Refusal refusal = Refusal::None;            // anything but None: the rest is of no use
  std::optional<base::Endpoint> rtp{};        // where it receives; nullopt while held by c=0.0.0.0 (never send there)
  std::optional<base::Endpoint> rtcp{};       // a=rtcp (RFC 3605), else the next port; the RTP port is implied by mux
  bool fax = false;                           // UDPTL (T.38): no RTCP
  bool rtcp_mux = false;                      // a=rtcp-mux is present (RFC 5761): offered, or accepted
  Direction direction = Direction::SendRecv;  // effective: c=0.0.0.0 takes "receives" away (RFC 3264 8.4)
  bool bundle_only = false;                   // it has no place of its own but that of its bundle (RFC 9143 6)
  bool held = false;                          // it does not want to receive: sendonly, inactive or c=0.0.0.0

  bool usable() const { return refusal == Refusal::None; }
};

// RTP/AVP, RTP/SAVP and those with feedback, over UDP or over DTLS.
bool is_rtp(const Media& media);
// m=image over UDPTL (RFC 3362, T.38 Annex D); the name of the transport is written in either case.
bool is_fax(const Media& media);

RemoteMedia remote_media(const Media& media, const Session& session);
// As above for m-line `index`; one that is not there is Disabled.
RemoteMedia remote_media(const Session& session, std::size_t index);

// Whether any m-line of the session can be anchored; an offer without one deserves 488.
bool any_usable(const Session& session);

// Whether each of its m-lines has been taken out of use by its owner (port 0, and in no bundle).
bool none_wanted(const Session& session);

// Which way the relay forwards between two sides of one m-line: what a says it sends and b says it receives, and back.
struct Passage {
  bool a_to_b = false;
  bool b_to_a = false;
  bool refused = false;  // either side refused the m-line: no flow at all, release its ports

  bool both_ways() const { return a_to_b && b_to_a; }
  bool none() const { return !a_to_b && !b_to_a; }  // held by both: RTCP goes on, media timeouts pause
};
Passage passage_between(const RemoteMedia& a, const RemoteMedia& b);
// For each m-line of the longer session, what A's side and B's side said last.
std::vector<Passage> passages_between(const Session& a, const Session& b);
// True when some m-line is in use but does not flow both ways: silence on it is no fault.
bool on_hold(const std::vector<Passage>& passages);

}  // namespace sbc::sdp
