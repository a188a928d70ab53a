#pragma once
// The messages that a leg sends, built so that they say nothing about the other leg (topology hiding by construction:
// nothing is copied from the other side but what header_rules.h lists).

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sbc/call/core.h"
#include "sbc/call/identity.h"
#include "sbc/sip/response.h"

namespace sbc::call {

// RFC 3261 13.2.1: what we accept inside every dialog.
inline constexpr std::string_view kAllow = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE";
// The same with what may cross from the realm.
std::string allow_value(const Settings& settings, const std::string& realm);
// Whether REFERs of the realm's peers are carried out.
bool transfers_from(const Settings& settings, const std::string& realm);
bool passes_transfers(const Settings& settings, const std::string& realm);

// Our Contact on a listener: <sip:user@host:port;transport=tcp>.
enum class Scheme : std::uint8_t { Sip, Sips };
// RFC 3261 12.1.1, 8.1.1.8: it is sips: where the request that it answers, or stands in, is.
std::string contact_value(const Settings& settings, sip::Transport transport, std::uint16_t listener,
                          std::string_view user, Scheme scheme = Scheme::Sip);
// Of the Contact in what answers the INVITE.
Scheme scheme_for(const sip::Message& invite);

// The Via of a request that leaves by a hop.
std::string via_value(const Core& core, const sip::Hop& hop, std::string_view branch);

// Where the next request inside the leg's dialog goes: the flow for peers behind a NAT, otherwise the first Route or
// the remote target (RFC 3261 12.2.1.1). A name whose places are not known (Leg::way) leads back to where the peer was
// last seen.
sip::Hop next_hop(const Core& core, const Leg& leg);
sip::Hop next_hop(const Settings& settings, const Leg& leg);

// The host name that the dialog's remote target or first Route leads to; nullopt: it is an address.
std::optional<route::NamedHost> name_of_next_hop(const dialog::Dialog& dialog);

// The o= line of a description that the border writes by itself, for whoever is reached from that listener.
sdp::OriginIdentity origin_identity(Core& core, std::uint16_t listener);

struct Body {
  std::string_view type;
  std::string_view text;
};
inline Body sdp_body(std::string_view text) {
  return {"application/sdp", text};
}

// A request inside the leg's dialog; `branch` goes into the Via. `headers`: whole lines, each with its CRLF.
base::SharedBytes in_dialog_request(const Core& core, const Leg& leg, const sip::Hop& hop, sip::Method method,
                                    std::uint32_t cseq, std::string_view branch, std::string_view headers, Body body);

// A response to a request that arrived on the leg, with our Contact where the RFC wants it. `headers` as above.
base::SharedBytes leg_response(const sip::Message& request, const sip::Source& source, const Leg& leg, int status,
                               std::string_view local_tag, std::span<const sip::ExtraHeader> headers = {},
                               Body body = {}, std::string_view reason = {},
                               std::span<const policy::HeaderOp> changes = {});

// The INVITE that opens leg B toward a target. Fills `attempt`; one that was filled before is sent again: same Call-ID
// and tag, next CSeq (RFC 4028 7.3, RFC 3261 8.1.3.5) or the same one (RFC 3263 4.3).
struct InvitePlan {
  const sip::Message* caller;  // leg A's INVITE; nullptr: the call is a transfer's
  const route::Target& target;
  const CallerWords& words;  // what the target is told of the caller
  std::string_view contact;
  std::string_view allow;
  std::string_view from_domain;
  std::uint32_t max_forwards;
  std::string_view session;                       // lines of the session timer
  std::string_view sdp;                           // "": no offer
  bool reliable = false;                          // the callee may send provisional responses reliably (RFC 3262)
  Body body = {};                                 // the SDP, alone or among other parts
  const sip::NameAddr* from = nullptr;            // who calls, when it is not the caller of the INVITE
  std::string_view referred_by = {};              // RFC 3892; "": nobody
  std::span<const std::string> home_routes = {};  // values of Route that the caller's registrar wants (RFC 3608)
  std::string_view gr = {};                       // what the Request-URI keeps of a GRUU, with its ';'; "": nothing
  bool same_number = false;                       // one that is sent again keeps its CSeq
  std::uint32_t branches = 1;                     // INVITEs that share the caller's Max-Breadth (RFC 5393 5.3.3)
};
base::SharedBytes opening_invite(const Core& core, const InvitePlan& plan, Attempt& attempt, std::string_view branch);

}  // namespace sbc::call
