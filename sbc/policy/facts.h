#pragma once
// What a policy handler is told. Plain values without SIP types: whoever calls the policy (call, register, app) fills
// them from the message. The facts must stay alive and unchanged until the Host's call returns; a handler that keeps a
// fact beyond its own invocation gets an error, never a dangling read.
//
// Every field here is readable from Lua under the same name (fields that differ say so); policies/reference.md is the
// author's side of this file and changes with it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/base/time.h"

#include "sbc/policy/decision.h"

namespace sbc::policy {

// One SIP or tel URI with the display name that came with it.
struct Address {
  std::string uri;         // as received: "sip:bob@example.net;transport=tcp"
  std::string scheme;      // "sip", "sips", "tel", lower case
  std::string user;        // unescaped user part, "" when none; for tel: the number
  std::string host;        // lower case, without port
  std::uint16_t port = 0;  // 0: none given
  std::string display;     // unquoted display name, "" when none
  std::string aor;         // "sip:user@host": canonical, no port, no parameters; what location.lookup takes
};

// One header field of the message, in the message's order. Views: the message must outlive the invocation.
struct HeaderView {
  std::string_view name;  // canonical name: "Subject" also when the compact form was used
  std::string_view value;
};

// What is known of any request that arrives outside a dialog.
// The policy that a call began under, for as long as the call lives (host.h).
struct Tenure;

struct RequestFacts {
  std::shared_ptr<const Tenure> under = {};  // no fact: whose policy decides; null: the one that runs
  std::string realm;                         // name of the realm whose listener received it
  std::string trunk;                         // name of the trunk whose source prefixes cover the sender, "" when none
  std::string method;                        // "INVITE", "REGISTER", ...
  std::string call_id;
  std::string ruri;       // the Request-URI as received
  std::string source_ip;  // without brackets
  std::uint16_t source_port = 0;
  std::string transport;              // "UDP", "TCP", "TLS", "WS", "WSS"
  std::vector<std::string> tls_peer;  // names in the verified certificate of the connection (RFC 5922 7.1); mostly none
  std::string user_agent;             // "" when the header is missing
  Address from;
  Address to;                  // from the Request-URI: who is wanted
  Address to_header;           // from the To header: who was written there (REGISTER: the address of record)
  bool authenticated = false;  // digest credentials in this request were verified
  std::string auth_user;       // whose they are, "" unless authenticated
  // INVITE and requests of on_request (Lua: not for registrations).
  bool registered_source = false;  // arrived over the flow (address, connection) of a live registration
  std::string registered_aor;      // that registration's address of record, "" when none
  // on_request: address of record of the party whose call the Target-Dialog names (RFC 4538), "" when it names none.
  std::string target_party;
  bool behind_nat = false;  // Via sent-by or Contact address differs from the packet's source
  // Requests of this source address that were refused in the last minutes, as far as the caller counts them.
  std::uint32_t recent_failures = 0;
  base::WallTime now;                   // Lua: call.time (a table, see the manual)
  std::int32_t utc_offset_seconds = 0;  // of the operator's time zone at `now`
  std::vector<HeaderView> headers;      // Lua: call.headers["Subject"] (first), call.header_values("Diversion")
};

// One media line of an offer.
struct SdpLineFacts {
  std::string kind;                 // "audio", "video", "text", "image", ...
  std::string transport;            // "RTP/AVP"
  std::uint16_t port = 0;           // 0: refused
  std::vector<std::string> codecs;  // names in the offer's order, each once
  std::string direction;            // "sendrecv", "sendonly", "recvonly", "inactive"
  std::string security;             // "none", "sdes", "dtls"
  std::string host;                 // where its media is wanted, as written
};

// What the caller offers. Of the call as a whole that is what its first line that is not refused says.
struct SdpFacts {
  std::vector<std::string> kinds;   // of the lines that are not refused, each once
  std::vector<std::string> codecs;  // of all of these, each once
  std::string direction;
  std::string security;  // the best of its lines: "dtls", "sdes", "none"
  bool ice = false;
  std::string host;
  std::vector<SdpLineFacts> lines;
};

// The offer of a call: looked into only when somebody asks (offer.h).
struct OfferFacts {
  std::string_view text = {};                 // a view into the message; "": there is none, or `said` has it
  std::shared_ptr<const SdpFacts> said = {};  // what a recording says of it
};

// The live registration whose address, or connection, a call came over.
struct RegistrationFacts {
  std::string aor = {};
  std::string uri = {};  // its Contact
  std::string user_agent = {};
  std::string source_ip = {};
  std::string transport = {};
  float q = 1.0F;
  std::uint32_t expires_in = 0;  // seconds
};

struct AttemptFacts;

struct InviteFacts : RequestFacts {
  bool emergency = false;   // a call for help: urn:service:sos or one of the configured numbers
  bool has_sdp = false;     // carries an offer
  std::string referred_by;  // who asked for the call by a REFER, "" when nobody did
  std::string replaces;     // address of record of the party whose place the caller wants (RFC 3891), "" when nobody's
  OfferFacts sdp = {};      // Lua: nil without an offer
  std::optional<RegistrationFacts> registration = {};  // nullopt (Lua: nil) when it came over none
  std::vector<AttemptFacts> attempts;                  // targets that did not take the call before, oldest first
};

struct RegisterFacts : RequestFacts {
  std::vector<std::string> contacts;  // Contact URIs as sent; empty: a query
  bool removes_all = false;           // Contact: *
  std::uint32_t expires = 0;          // longest that was asked for, seconds
};

// One leg of a call about to get media: the caller's when the INVITE came, the callee's when it answers with SDP. Or a
// phone that has just registered.
struct LegFacts {
  std::shared_ptr<const Tenure> under = {};  // as of RequestFacts
  std::string_view call_id = {};             // no fact: of the caller's INVITE, "" of a registration
  std::string side;                          // "caller", "callee" or "registration"
  std::string realm;
  std::string trunk;      // "" unless the peer is a trunk
  std::string source_ip;  // where its signalling comes from
  std::string transport;
  std::string contact_host;  // host of its Contact
  std::string media_host;    // address in its SDP, "" when it has sent none yet
  std::string user_agent;
  bool behind_nat = false;  // signalling or media address is not where its packets come from
};

// One attempt at one target that failed.
struct AttemptFacts {
  std::uint32_t number = 1;  // 1 for the first target tried
  std::string target;        // "UDP 192.0.2.7:5060"
  std::string realm;
  std::string trunk;              // "" for contacts and URIs
  std::string group;              // "" unless it came from a group
  std::string cause;              // "response", "timeout" (no answer, or rang too long), "transport"
  std::uint16_t status = 0;       // final status; 408 for timeout, 503 for transport (RFC 3261 8.1.3.1)
  std::string reason;             // reason phrase
  std::uint32_t retry_after = 0;  // seconds, 0 when not given
  bool rang = false;              // sent a 180 or 183
  bool early_media = false;       // an SDP answer was already passed to the caller
  std::uint32_t remaining = 0;    // targets left
  std::uint32_t elapsed_ms = 0;
  std::vector<Address> contacts;  // of a redirection (300, 301, 302), best q first; otherwise empty
  std::string usual;              // what the border does by itself: "next", "stop"; with contacts also "follow", "pass"
  std::string next;               // trunk of the target that would be next, or the target's text; "" when none is left
  std::optional<std::uint32_t> pdd_ms = {};   // INVITE to the first 18x (post-dial delay); nullopt: it did not ring
  std::optional<std::uint32_t> rung_ms = {};  // from then to its failure
};

// A response of a target, before it goes on to the caller: a provisional one, or the 2xx of the call.
struct ResponseFacts {
  std::uint32_t number = 1;  // of the target, 1 for the first one tried
  std::string target{};      // "UDP 192.0.2.7:5060"
  std::string realm{};
  std::string trunk{};  // "" for contacts and URIs
  std::string group{};  // "" unless it came from a group
  std::uint16_t status = 0;
  std::string reason{};               // reason phrase
  bool has_sdp = false;               // says something of media: early media, mostly
  bool reliable = false;              // a provisional one that is acknowledged (RFC 3262)
  std::uint32_t elapsed_ms = 0;       // since the target got the call
  std::string user_agent{};           // its Server header, "" when it is missing
  std::vector<HeaderView> headers{};  // Lua: response.headers["P-Asserted-Identity"], response.header_values(...)
};

// What a party wants inside a call: a re-INVITE, a REFER, an INFO, or a key that was pressed.
struct InsideFacts {
  std::string event{};         // "reinvite", "refer", "info", "dtmf"
  std::string party{};         // whose: "caller", "callee"
  std::string method{};        // of the request, "" of a digit that came in media
  std::string content_type{};  // of its body, "" when it has none
  std::string body{};
  std::string digit{};            // dtmf: "0".."9", "*", "#", "A".."D"; otherwise ""
  std::uint32_t duration_ms = 0;  // dtmf: how long it was pressed, 0 when not known
  bool has_sdp = false;
  bool unchanged = false;             // reinvite: its description is the one that holds: a session refresh (RFC 4028)
  std::string hold{};                 // reinvite: "hold", "resume" or "": neither
  Address refer_to{};                 // refer: whom the other side is to call
  std::uint32_t elapsed_ms = 0;       // since the answer
  std::vector<HeaderView> headers{};  // none of a digit that came in media
};

// A timer of the policy's own has run out.
struct TimerFacts {
  std::string name{};
  std::uint32_t number = 1;      // how often timers of this name have run out in this call
  std::uint32_t elapsed_ms = 0;  // since the call began
};

// How an answered call sounds has changed.
struct QualityFacts {
  std::string event;  // "low", "recovered", "silent" (nothing comes from `party` while the other is heard)
  std::string party;  // whose audio it is: "caller", "callee"
  std::string trunk;  // the one that `party` is at, "" unless it is a trunk
  std::string codec;  // "" when it has no name, or nothing came
  // Of the last stretch, on its way to the border; nullopt (Lua: nil) when not known.
  std::optional<double> mos;  // 1..4.5
  std::optional<double> loss;
  std::optional<double> jitter_ms;
  std::optional<double> round_trip_ms;
  std::optional<double> reported_mos;   // what the party says of what it hears (RFC 3611 4.7.5)
  std::optional<double> reported_loss;  // RFC 3550 6.4.1, 0..1
  std::optional<double> worst_mos;      // of all stretches so far
  std::uint32_t falls = 0;              // how often it has become low
  std::uint32_t elapsed_ms = 0;         // since the answer
};

// What came from one party on one media line; nullopt (Lua: nil) is what is not known.
struct StreamFacts {
  std::uint32_t line = 0;  // of the description, from 1
  std::string kind;        // "audio", "video", "text"
  std::string party;       // who sent it: "caller", "callee"
  std::string codec;       // "" when it has no name
  std::uint32_t packets = 0;
  std::optional<double> mos;
  std::optional<double> loss;
  std::optional<double> jitter_ms;
  std::optional<double> round_trip_ms;
  std::optional<double> reported_mos;  // what the party says of what it hears on the line
  std::optional<double> reported_loss;
  std::optional<double> inside_ms;  // mean residence inside the relay
  std::optional<double> longest_inside_ms;
};

struct EndFacts {
  bool answered = false;
  std::uint16_t status = 0;    // final status the caller got (200 when answered)
  std::string reason;          // text
  std::string cause;           // "bye", "cancel", "rejected", "media_timeout", "timeout", "max_duration", "error", ...
  std::string ended_by;        // "caller", "callee", "border"
  std::string trunk;           // of the leg that was reached or tried last
  std::uint32_t setup_ms = 0;  // INVITE to final response
  std::uint32_t duration_ms = 0;  // answer to end, 0 when never answered
  // How it sounded; nullopt (Lua: nil) when no media or no codec that can be rated was relayed.
  std::optional<double> caller_mos;   // of what the caller said, 1..4.5
  std::optional<double> callee_mos;   // of what the callee said
  std::optional<double> caller_loss;  // 0..1, of the caller's packets on their way to the border
  std::optional<double> callee_loss;
  std::optional<double> caller_worst_mos;  // of the worst stretch while the call lasted
  std::optional<double> callee_worst_mos;
  std::vector<StreamFacts> streams;
  std::string silent;                         // whose media did not come while the other's did: "caller", "callee", ""
  std::optional<std::uint32_t> pdd_ms = {};   // INVITE to the first 18x of a callee (post-dial delay)
  std::optional<std::uint32_t> rung_ms = {};  // from then to the final response
  std::string call_class = {};                // as which the call was admitted, "" when as none; Lua: class
  std::vector<CdrField> cdr = {};             // Lua: a table by name
};

}  // namespace sbc::policy
