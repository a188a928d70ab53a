#pragma once
// What a policy handler answers. Every decision says where it was made ("default.lua:42"); a decision that the border
// made because there is no handler, or because the handler failed, says so there too.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "media-relay/base/ip.h"

#include "sbc/sdp/codec_rules.h"

namespace sbc::policy {

struct Header {
  std::string name;
  std::string value;
};

// A change to the headers of a message that the border sends. Headers the border owns (Via, Contact, ...; see
// header_rules.h) never appear here: the Host refuses them.
struct HeaderOp {
  enum class Kind : std::uint8_t {
    Set,     // replaces every field of that name
    Add,     // one more field of that name
    Remove,  // removes every field of that name
    Pass,    // the caller's own fields of that name cross as they came, in place of others
  };
  Kind kind = Kind::Set;
  std::string name;   // of Remove and Pass also a pattern, "X-Tenant-*" (header_rules.h)
  std::string value;  // "" for Remove and Pass
};

// What the record of the call (its log line) says besides.
struct CdrField {
  using Value = std::variant<std::string, std::int64_t, double>;
  std::string name;
  Value value;
  friend bool operator==(const CdrField&, const CdrField&) = default;
};

// Where a candidate stands in one of the lists around it. Neighbours in a list that have a weight come in an order that
// is drawn (sbc/route/lots.h).
struct Lot {
  std::uint32_t element = 0;  // of the list, from 1
  std::optional<std::uint16_t> weight = {};
  std::string drawn_by = {};  // of the list: equal texts draw equal orders; "": each call draws anew
};

// A live binding of a registered user, as the location service gave it.
struct Contact {
  std::uint64_t token = 0;  // names the binding to whoever answered the look-up; opaque here
  std::string uri;
  std::string aor;
  std::string user_agent;
  std::string source_ip;
  std::string transport;
  float q = 1.0F;
  std::uint32_t expires_in = 0;  // seconds
};

// What becomes of a redirection (300, 301, 302) that a target answers.
enum class OnRedirect : std::uint8_t {
  Refuse,  // a failure as others: the caller never hears of the contacts
  Follow,  // the border calls the contacts, as far as it may
  Pass,    // the caller gets them, as users of the border
};

// What a place gets when the caller's INVITE carries no offer.
enum class LateOffer : std::uint8_t {
  Pass,    // an INVITE without one, too
  Offer,   // an offer that the border makes
  Refuse,  // nothing: the caller gets 488
};

// How a place's media is protected.
enum class MediaSecurity : std::uint8_t {
  None,        // plain RTP; SRTP is refused
  Sdes,        // SRTP with keys in SDP (RFC 4568); plain RTP is refused
  BestEffort,  // SRTP where the peer has it, else plain RTP (RFC 8643)
  Dtls,        // SRTP with keys from a DTLS handshake (RFC 5763); all else is refused
  Webrtc,      // the same, with ICE (RFC 8827)
};

// How a place sends and hears digits (DTMF).
enum class Dtmf : std::uint8_t {
  Pass,     // in its own way: digits cross as they are, unless the other place has one of these
  Rfc4733,  // telephone-event
  Info,     // INFO (application/dtmf-relay)
  Inband,   // tones in the audio, which is G.711
};

// Whether a place's calls are recorded: by the relay, and into which files, and by a recording server (SIPREC, RFC
// 7866).
struct Recording {
  bool wav = false;
  bool pcap = false;
  std::string siprec = {};        // trunk or group of the servers; "": none
  bool required = false;          // a call that is not recorded ends
  bool control = false;           // the peer there may pause it, and go on: INFO with Record: off, or on
  bool early = false;             // files from early media on, else from the answer on
  std::string announcement = {};  // a sound that both parties hear once the call is answered; "": none
  bool to_files() const { return wav || pcap; }
  bool wanted() const { return to_files() || !siprec.empty(); }
  friend bool operator==(const Recording&, const Recording&) = default;
};

// What becomes of preconditions (RFC 3312) in an offer toward a place; nobody there knows them.
enum class Preconditions : std::uint8_t {
  Strip,   // the border answers them for its own side
  Refuse,  // mandatory ones get 580
};

// One place to try. Candidates are tried in order; a group or a trunk stands for several targets (see route).
struct Candidate {
  enum class Kind : std::uint8_t { Contact, Trunk, Group, Uri };
  Kind kind = Kind::Contact;
  std::string name;             // Trunk, Group: its name; Contact, Uri: the URI
  std::uint64_t contact = 0;    // Contact: its token
  std::string realm;            // Uri: the realm to leave by
  std::string number;           // user part of the Request-URI and To; "": as dialled (a Contact keeps its own URI)
  std::uint32_t timeout_s = 0;  // to the first response beyond 100; 0: the configured default
  std::uint32_t ring_timeout_s = 0;      // to a final response; 0: the configured default
  std::optional<std::string> from_user;  // what the callee sees instead of the caller's
  std::optional<std::string> from_display;
  std::vector<HeaderOp> headers;  // on the INVITE to this candidate
  // Unset: as its trunk or realm has it.
  std::optional<OnRedirect> redirects = {};
  std::optional<LateOffer> late_offer = {};
  std::optional<MediaSecurity> media_security = {};
  std::optional<Preconditions> preconditions = {};
  std::optional<sdp::CodecRules> codecs = {};
  std::optional<Dtmf> dtmf = {};
  std::optional<Recording> record = {};
  std::optional<std::string> music_on_hold = {};  // "": none
  std::optional<std::string> ringback = {};       // likewise; that the caller hears
  std::string welcome = {};                       // a sound that the caller hears once it has answered; "": none
  std::uint32_t max_duration_s = 0;               // of the call, from its answer; 0: as its trunk or realm has it
  std::vector<Lot> lots = {};      // by the lists around it, the outermost first; empty where nothing is drawn
  std::vector<CdrField> cdr = {};  // of the call's record once this one is tried
  std::uint32_t at_once = 0;       // called together with the neighbours of the same number; 0: by itself
};

struct InviteDecision {
  enum class Kind : std::uint8_t { Route, Reject, Challenge, Drop };
  Kind kind = Kind::Reject;
  std::vector<Candidate> candidates;  // Route: at least one
  std::uint16_t status = 500;         // Reject: 400..699
  std::string reason;                 // Reject: "" means the standard phrase
  std::vector<Header> headers;        // Reject: added to the response
  std::string announcement;           // Reject: a sound that the caller hears before; "": none
  std::string where;
  std::vector<CdrField> cdr = {};  // Route, Reject
  std::string call_class = {};     // Route: as which the call is admitted; "": none
};

struct RegisterDecision {
  enum class Kind : std::uint8_t { Accept, Deny, Challenge, Drop };
  Kind kind = Kind::Deny;
  // Accept: each, when set, replaces the realm's configured value for this registration.
  std::optional<std::uint32_t> min_expires, max_expires, default_expires, max_contacts;
  std::uint16_t status = 403;  // Deny
  std::string reason;
  std::vector<Header> headers;  // Deny: added to the response
  std::string where;
};

// For requests outside a dialog that are neither INVITE nor REGISTER (OPTIONS, MESSAGE, ...).
struct RequestDecision {
  enum class Kind : std::uint8_t { Accept /* the border answers by itself */, Route, Reject, Challenge, Drop };
  Kind kind = Kind::Accept;
  std::vector<Candidate> candidates;  // Route: at least one
  std::uint16_t status = 403;
  std::string reason;
  std::vector<Header> headers;
  std::string where;
};

enum class Latch : std::uint8_t {
  Strict,  // media only from and to the address in SDP
  Learn,   // media address learned from the first packets that come in time and from where they may
  Hear,    // likewise for what is heard; media goes to the address in SDP
};

// What keeps the NAT before a registered phone open.
enum class KeepAlive : std::uint8_t { None, Options, Crlf, Stun };

struct NatDecision {
  bool symmetric_signalling = false;  // requests inside the dialog go where the peer's last one came from
  Latch latch = Latch::Strict;
  // Sources that may be learned; empty: none was named, and only where the signalling comes from may be.
  std::vector<base::Prefix> latch_from;
  // Of a registration; the legs of a call have no use for them.
  KeepAlive keep_alive = KeepAlive::None;
  std::uint32_t keep_alive_s = 30;
  std::string where;
};

struct FailureDecision {
  enum class Kind : std::uint8_t {
    Usual,   // what the border does by itself (route::Hunt)
    Next,    // the next target, whatever the status was
    GiveUp,  // stop here
    Route,   // forget the targets that are left and try these
    Follow,  // a redirection: as OnRedirect
    Pass,
  };
  Kind kind = Kind::Usual;
  std::uint16_t status = 0;  // GiveUp: what the caller gets; 0: the best answer so far
  std::string reason;
  std::vector<Header> headers;        // GiveUp: added to the response
  std::string announcement;           // GiveUp: a sound that the caller hears before; "": none
  std::vector<Candidate> candidates;  // Route
  std::string where;
  std::vector<CdrField> cdr = {};  // Route, GiveUp
};

// Of a request outside of dialogs, before anything else is known of it.
struct ScreenDecision {
  enum class Kind : std::uint8_t { Accept /* it goes its way */, Reject, Drop };
  Kind kind = Kind::Accept;
  std::uint16_t status = 403;  // Reject: 400..699
  std::string reason;
  std::vector<Header> headers;  // Reject: added to the response
  std::string where;
};

// Of a target's response that is about to go on to the caller.
struct ResponseDecision {
  enum class Kind : std::uint8_t {
    Usual,   // as it came
    Change,  // otherwise
    Hide,    // a provisional response: the caller does not hear of it
    HangUp,  // the 2xx: the target is acknowledged and hung up, the caller refused
  };
  Kind kind = Kind::Usual;
  std::uint16_t status = 0;       // Change of a provisional response: 180..183; HangUp: what the caller gets; 0: usual
  std::string reason;             // "": the standard phrase
  bool early_media = true;        // Change of a provisional response; false: the caller hears none of it
  std::vector<HeaderOp> headers;  // Change: on what the caller gets
  std::uint32_t max_duration_s = 0;  // Change of the 2xx: how long the call may last; 0: as it was
  std::string where;
};

// Of what a party wants inside a call.
struct InsideDecision {
  enum class Kind : std::uint8_t { Usual, Reject /* not of a digit */, HangUp };
  Kind kind = Kind::Usual;
  std::uint16_t status = 403;   // Reject: 400..699; HangUp: cause of the Reason of both BYEs (RFC 3326), 0: none
  std::string reason;           // likewise
  std::vector<Header> headers;  // Reject: added to the response
  std::string where;
};

struct TimerDecision {
  enum class Kind : std::uint8_t { Usual, HangUp };
  Kind kind = Kind::Usual;
  std::uint16_t status = 0;  // HangUp: as of InsideDecision
  std::string reason;
  std::string where;
};

// What a handler did with the timers of its call, in its order.
struct TimerOp {
  std::string name;
  std::uint32_t seconds = 0;  // from now; 0: it is cancelled
  friend bool operator==(const TimerOp&, const TimerOp&) = default;
};

}  // namespace sbc::policy
