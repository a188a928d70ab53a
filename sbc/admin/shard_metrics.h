#pragma once
// What one shard counts for the operator. The shard's thread is the only writer: each increment is a load, an add and a
// store. The names and help texts that Prometheus sees are in expose.cc and names.cc.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "media-relay/base/counter.h"
#include "media-relay/observe/metrics.h"

#include "sbc/leak/place.h"
#include "sbc/leak/word.h"
#include "sbc/limit/reached.h"
#include "sbc/sip/method.h"

namespace sbc::admin {

// An enum as an array index.
template <typename Enum, std::size_t kSize>
class CounterArray {
 public:
  base::Counter& operator[](Enum at) { return counters_[static_cast<std::size_t>(at)]; }
  const base::Counter& operator[](Enum at) const { return counters_[static_cast<std::size_t>(at)]; }

 private:
  std::array<base::Counter, kSize> counters_;
};

// How a call ended, seen from the caller.
enum class CallResult : std::uint8_t {
  Answered,     // 2xx
  Busy,         // 486, 600
  NoAnswer,     // 408, 480, 487 by our own ring timeout
  Cancelled,    // caller hung up before the answer
  Rejected,     // other final answers of the far side
  Refused,      // by us: policy, limits, drain
  Unreachable,  // no candidate could be reached
  Failed,       // our own or the relay's failure
  kCount
};
const char* name_of(CallResult result);  // "answered"

// Why a request or call was turned away by us.
enum class RejectReason : std::uint8_t {
  Malformed,     // 400, 413, 414, 505, 513...
  Dropped,       // unparsable, stray: no answer
  Policy,        // decided by on_invite, on_register
  PolicyError,   // policy failed or exceeded its budget: fallback
  Auth,          // wrong credentials
  UnknownUser,   // 404
  NoRoute,       // no candidate
  Limit,         // a table or rate is full
  Help,          // 503: a call for help, when the room that is kept for them is full as well
  Draining,      // 503 while stopping
  Relay,         // no relay, or it refused
  Media,         // 488: no media line that we can anchor
  LoopDetected,  // 482, 483
  Routes,        // more Record-Routes than a dialog may have; answers as well
  Unsupported,   // 405, 420, 501...
  Screened,      // by on_screen: refused or dropped
  Internal,      // 500
  kCount
};
const char* name_of(RejectReason reason);  // "malformed"

enum class PolicyHandler : std::uint8_t {
  OnRegister,
  OnInvite,
  OnRequest,
  OnNat,
  OnFailure,
  OnMediaQuality,
  OnEnd,
  OnScreen,
  OnProvisional,
  OnAnswer,
  OnReinvite,
  OnRefer,
  OnInfo,
  OnDtmf,
  OnTimer,
  kCount
};
const char* name_of(PolicyHandler handler);  // "on_register"

enum class RegisterResult : std::uint8_t { Registered, Refreshed, Removed, Queried, Challenged, Rejected, kCount };
const char* name_of(RegisterResult result);  // "registered"

enum class ResponseClass : std::uint8_t { C1xx, C2xx, C3xx, C4xx, C5xx, C6xx, kCount };
const char* name_of(ResponseClass c);  // "1xx"
constexpr ResponseClass class_of(int status) {
  const int hundreds = status / 100;
  return static_cast<ResponseClass>(hundreds < 1 ? 0 : hundreds > 6 ? 5 : hundreds - 1);
}

// Numbers that pure rooms keep in plain structs; the shard copies them here (Counter::set) from time to time.
enum class TransactionCount : std::uint8_t {
  ServersStarted,
  ClientsStarted,
  RequestsRetransmitted,
  ResponsesRetransmitted,
  RequestsAbsorbed,
  ResponsesAbsorbed,
  OverTcp,       // requests too large for UDP (RFC 3261 18.1.1)
  TcpFallbacks,  // of them, sent over UDP after all
  LargeOnFlow,   // too large for UDP, and sent so: the phone has opened no other way
  RequestsReopened,
  ClientTimeouts,
  TransportErrors,
  AcksMissing,
  MergedRequests,
  StrayResponses,
  StrayAcks,
  StrayCancels,
  OverloadRejects,
  DialogReserve,      // BYE and PRACK that a full table took all the same
  EmergencyReserve,   // calls for help that it took
  ClientOverloads,    // requests of ours that found the table full
  LateResponses,      // responses of ours that came too late to be sent
  ServersUnanswered,  // requests that we forgot to answer: 500
  kCount
};
const char* name_of(TransactionCount c);  // "servers_started"

// What happened inside dialogs that is worth an operator's look.
enum class DialogCount : std::uint8_t {
  Bugs,                  // an event that a call's state cannot have: that call was ended
  OutsideDialogs,        // 481: requests that match no call
  OutOfOrder,            // 500: a CSeq lower than the last
  StrayAcks,             // dropped
  LateInvitesForgotten,  // of calls that are gone: a fork that answers now is not hung up
  LateForks,             // 2xx of another fork or of an abandoned attempt: ACK and BYE
  HiddenProgress,        // provisional responses that the policy kept from the caller
  HungUpAnswers,         // 2xx that the policy did not want: ACK and BYE
  RefusedExtension,      // 420
  RefusedContact,        // 400, or 2xx hung up: a Contact that no request can be sent to
  Loops,                 // 482, an INVITE that came back unchanged
  RefusedSips,           // 480, sips: that did not come over TLS, or a place without TLS passed over
  RefusedPrivacy,        // 500, critical privacy that cannot be provided
  RefusedMethod,         // 405, 501
  Passed,                // requests that crossed to the other leg
  RefusedPassing,        // 500: too many at once, or the other leg has no dialog yet
  RefusedPackage,        // 469
  RefusedBody,           // 415: a body that would tell one side about the other
  DigitsToInfo,          // DTMF of one leg that left the other as INFO
  DigitsToMedia,         // ... or in its media
  DigitsSuppressed,      // INFO with a digit from a leg that sends it by its media as well: 200, and not passed
  DigitsLost,            // could not be sent on
  PicturesToInfo,        // requests for a picture (PLI, FIR) that were heard in the media and left as INFO
  PicturesToMedia,       // ... or came as INFO and left in the media
  PicturesHeldBack,      // ... or came too soon behind another one, or for a peer that has refused one
  Announcements,         // begun: refusals that are told in words
  Ringbacks,             // callers that heard a ringback tone of ours
  SoundsUnheard,         // the relay had no such sound, or could not play it
  RefusedForks,          // early dialogs of one call, one too many: dropped
  StrayPracks,           // 481
  RefusedInterval,       // 422: a session interval that is too short
  Refreshes,             // sent by us for a session timer
  OffersAgain,           // sent once more after 491 and its like
  Failovers,             // requests inside dialogs that went to the next place of a name
  Transfers,             // REFERs that are carried out
  Takeovers,             // INVITEs with Replaces that begin to take somebody's place
  RefusedTransfer,       // REFERs that are not
  MediaMoves,            // calls whose relay lost their session: a move to another one began
  MediaMoved,            // and was done
  FollowedRedirects,
  PassedRedirects,
  RefusedRedirects,       // a 3xx that was a failure as others
  PolicyRefusedReinvite,  // re-INVITEs and UPDATEs that on_reinvite refused
  PolicyRefusedRefer,     // REFERs that on_refer refused
  PolicyRefusedInfo,      // INFOs that on_info refused
  PolicyHangUps,          // calls that a handler ended
  PolicyTimers,           // timers of policies that have run out
  PolicyTimersLeftOut,    // ... that were not set: the call had too many
  kCount
};
const char* name_of(DialogCount c);  // "bugs"

// Registrations that belong to a registrar upstream.
enum class UpstreamRegistration : std::uint8_t {
  Forwarded,     // REGISTERs sent upstream
  Absorbed,      // refreshes answered here
  Challenged,    // 401 and 407 passed to the phone
  Accepted,      // 200 upstream
  Refused,       // other final responses upstream
  Lost,          // no response, 5xx, or nowhere to send to
  RiddenOut,     // answered here although the registrar was lost
  OverRate,      // 503 with Retry-After: too many at once
  Hidden,        // GRUUs and service routes of the registrar that cannot be used or shown
  Dropped,       // answers of the registrar to phones whose connection was closed meanwhile
  Closed,        // registrations whose connection was closed
  Deregistered,  // a phone fell silent: its alias was taken back upstream
  kCount
};
const char* name_of(UpstreamRegistration event);  // "forwarded"

// What happened around registrations beside their answers.
enum class RegistrationEvent : std::uint8_t {
  Flows,         // 200 to a phone with a flow (RFC 5626)
  LackingFlows,  // 439: the proxy before us holds no flows
  FlowRefused,   // 430, 403: requests with a flow token of ours whose phone is gone, or that is forged
  Gruus,         // temporary GRUUs issued (RFC 5627)
  GruuRefused,   // 404, 480: requests to a GRUU without a phone
  kCount
};
const char* name_of(RegistrationEvent event);  // "flows"

// What became of keep-alives toward registered phones.
enum class KeepAliveEvent : std::uint8_t {
  Options,    // sent
  Crlf,       // sent
  Stun,       // sent
  Answered,   // OPTIONS
  Silent,     // OPTIONS without answer
  Marked,     // phones that stayed silent: called last
  Unbound,    // phones that stayed silent: removed
  Recovered,  // marked phones that answer again
  Refused,    // beyond the limit: not kept alive
  kCount
};
const char* name_of(KeepAliveEvent event);  // "options"

// Our own registrations at trunks.
enum class TrunkRegistrationEvent : std::uint8_t {
  Sent,
  Accepted,    // 2xx
  Challenged,  // answered with credentials
  TooBrief,    // 423: asked again for longer
  Refused,     // other final responses
  Lost,        // no response, 5xx, or nowhere to send to
  Expired,     // ran out before a refresh succeeded
  kCount
};
const char* name_of(TrunkRegistrationEvent event);  // "sent"

// Digest challenges of trunks to requests of ours.
enum class TrunkChallenge : std::uint8_t {
  Retried,       // sent again with credentials
  Refused,       // the trunk does not take our credentials
  Unanswerable,  // another realm, or no algorithm that we know
  TooMany,       // every nonce was called stale
  kCount
};
const char* name_of(TrunkChallenge result);  // "retried"
// Why a=crypto lines of peers could not be used.
enum class CryptoLine : std::uint8_t {
  Syntax,
  Suite,      // one that we do not have
  Key,        // not base64, or not as long as the suite wants
  Lifetime,   // out of range
  Mki,        // too long, of several lengths, or missing with several keys
  Parameter,  // a session parameter that is not supported
  TooMany,    // more lines or keys than are looked at
  kCount
};
const char* name_of(CryptoLine fault);  // "syntax"
// Why a relay would not have a session, which then went to another one if there was any.
enum class RelayRefusal : std::uint8_t { NoPorts, SessionLimit, Draining, NoAnswer, kCount };
const char* name_of(RelayRefusal reason);  // "no_ports"
// Why the media of a call moved to another relay session, or was to.
enum class MoveReason : std::uint8_t { Lost, Closed, Draining, kCount };
const char* name_of(MoveReason reason);  // "lost"
// Why m-lines of offers were refused with port 0.
enum class RefusedLine : std::uint8_t {
  DataChannel,
  Message,  // MSRP
  Profile,  // another transport that is not anchored
  Address,  // a name, or a multicast group
  Codecs,   // the rules for codecs leave none
  kCount
};
const char* name_of(RefusedLine reason);  // "data_channel"

// What became of questions to the DNS.
enum class DnsCount : std::uint8_t {
  Queries,    // sent
  Found,      // answered with records
  Nothing,    // no such name or record
  Failed,     // the servers could not say
  Silent,     // the servers said nothing
  Coalesced,  // joined an equal question under way
  Refused,    // beyond the limits
  Hits,       // locations that needed no question
  Stale,      // an old answer was used on because the servers fail
  Evicted,    // forgotten because the cache was full
  kCount
};
const char* name_of(DnsCount c);  // "queries"

// What became of responses whose connection was gone (RFC 3261 18.2.2, RFC 3263 5).
enum class ResponseDetour : std::uint8_t {
  Reopened,     // sent to the source address, over a new connection
  Sent,         // sent to the place that the topmost Via names
  Untrusted,    // dropped: neither trunk nor trusted realm
  Unusable,     // dropped: no name that could be asked for
  Full,         // dropped: too many wait
  NotFound,     // dropped: the name has no place
  Unreachable,  // dropped: none of its places could be reached
  kCount
};
const char* name_of(ResponseDetour result);  // "reopened"

// How a request outside of calls ended that crossed the border, or was to.
enum class ExchangeResult : std::uint8_t {
  Accepted,     // 2xx of the far side
  Rejected,     // its failure
  Refused,      // by on_request
  Silent,       // nobody answered
  Unreachable,  // no target
  Limit,        // 503
  Looped,       // 483
  Extension,    // 420
  Body,         // 400, 415
  BadEvent,     // 489
  Stray,        // 481, 500, 405 inside a subscription
  Reference,    // 400, 403, 416, 481 to a REFER
  kCount
};
const char* name_of(ExchangeResult result);  // "accepted"

enum class SubscriptionCount : std::uint8_t { Started, Expired, ForksRefused, BodiesDropped, kCount };
const char* name_of(SubscriptionCount c);  // "started"

// Times that a policy wanted to know something that takes time.
enum class PolicyWait : std::uint8_t {
  Began,       // it waits
  Answered,    // and got an answer
  Timeout,     // none came in time
  Failed,      // there is none
  Abandoned,   // its call is gone
  NotStarted,  // too many wait already, or the event is one in which nobody can wait
  kCount
};
const char* name_of(PolicyWait wait);  // "began"

// How look-ups of policies by HTTP ended.
enum class HttpLookup : std::uint8_t {
  Answered,  // by the service, whatever the status
  Cached,    // from memory
  Joined,    // one under way was the same
  Timeout,
  NotAllowed,  // no prefix of policy.http.allow
  Busy,        // too many at once
  Resting,     // the service has failed too often
  Connect,
  Tls,
  TooLarge,
  Failed,
  kCount
};
const char* name_of(HttpLookup result);  // "answered"

// How look-ups of policies in a store, Redis or a database, ended.
enum class StoreLookup : std::uint8_t {
  Answered,
  Cached,  // from memory
  Joined,  // one under way was the same
  Timeout,
  NotAllowed,  // a command that policies may not use, or nothing is configured
  Busy,        // too many at once
  Resting,     // the store has failed too often
  Connect,
  Refused,  // the store did not do it: a wrong type, an error in the SQL
  TooLarge,
  Failed,
  kCount
};
const char* name_of(StoreLookup result);  // "answered"

// How look-ups of policies by ENUM ended.
enum class EnumResult : std::uint8_t {
  Found,
  Nothing,     // the number is not there
  Timeout,     // no server said anything
  NotAllowed,  // policy.enum.suffixes does not have the name
  NoNumber,    // it is none of E.164
  Failed,      // the servers could not say
  Resting,     // they have failed too often, and are left in peace
  kCount
};
const char* name_of(EnumResult result);  // "found"

// How look-ups of policies in the DNS by name ended.
enum class DnsResult : std::uint8_t {
  Found,
  Nothing,     // there is no such name, or record
  Timeout,     // no server said anything
  NotAllowed,  // the name is in none of policy.dns.domains
  NoName,      // it is no host name
  Failed,      // the servers could not say
  Resting,     // they have failed too often, and are left in peace
  kCount
};
const char* name_of(DnsResult result);  // "found"

inline constexpr std::size_t kMethods = static_cast<std::size_t>(sip::Method::Other) + 1;
inline constexpr std::size_t kClasses = static_cast<std::size_t>(ResponseClass::kCount);

template <typename Enum>
using CountersBy = CounterArray<Enum, static_cast<std::size_t>(Enum::kCount)>;

// The stores of one kind.
struct StoreMetrics {
  CountersBy<StoreLookup> lookups;
  base::Counter rests;    // times that the circuit breaker of a store opened
  base::Gauge resting;    // stores that are left in peace now
  base::Gauge under_way;  // look-ups
};

// Of media lines, each direction for itself.
inline constexpr std::array<std::string_view, 3> kMediaKinds{"audio", "video", "text"};
struct StreamMetrics {
  StreamMetrics();
  observe::Histogram loss;  // 0..1
  observe::Histogram jitter_seconds;
  observe::Histogram round_trip_seconds;
  observe::Histogram reported_mos;  // by the peer
};

struct alignas(base::kCacheLine) ShardMetrics {
  ShardMetrics();

  CountersBy<CallResult> calls;
  base::Counter calls_started;
  base::Gauge calls_active;          // from the first INVITE to the end of both legs
  base::Gauge calls_connected;       // answered and not yet over
  observe::Histogram setup_seconds;  // INVITE in to 2xx out
  observe::Histogram call_seconds;   // 2xx to the end
  CountersBy<RejectReason> rejects;

  std::array<CountersBy<ExchangeResult>, kMethods> exchanges;
  CountersBy<SubscriptionCount> subscription_events;
  base::Gauge subscriptions;

  CounterArray<sip::Method, kMethods> requests_in;
  CounterArray<sip::Method, kMethods> requests_out;
  // By the method of the request that they answer.
  std::array<CountersBy<ResponseClass>, kMethods> responses_in;
  std::array<CountersBy<ResponseClass>, kMethods> responses_out;
  void count_response_in(sip::Method method, int status) {
    responses_in[static_cast<std::size_t>(method)][class_of(status)].add();
  }
  void count_response_out(sip::Method method, int status) {
    responses_out[static_cast<std::size_t>(method)][class_of(status)].add();
  }

  CountersBy<TransactionCount> transactions;
  CountersBy<DialogCount> dialogs;
  CountersBy<TrunkChallenge> trunk_challenges;
  CountersBy<CryptoLine> crypto_lines_skipped;
  CountersBy<RefusedLine> refused_lines;
  CountersBy<RelayRefusal> relay_refusals;
  CountersBy<MoveReason> moves_begun;
  CountersBy<MoveReason> moves_done;
  base::Counter moves_put_off;
  base::Counter moves_failed;
  // Found by the leak guard; the last two only when it scrubs.
  CountersBy<leak::Kind> leaks;
  CountersBy<leak::Place::Where> leaks_by_place;
  base::Counter leaks_removed;
  base::Counter leaks_kept;
  CountersBy<limit::Reached> limits;
  CountersBy<DnsCount> dns;
  base::Gauge dns_cached;
  CountersBy<ResponseDetour> response_detours;
  CountersBy<UpstreamRegistration> upstream_registrations;
  base::Gauge registrations_relayed;
  base::Gauge server_transactions;
  base::Gauge client_transactions;

  CountersBy<RegisterResult> registrations;
  CountersBy<RegistrationEvent> registration_events;
  CountersBy<KeepAliveEvent> keep_alives;
  base::Gauge phones_kept_alive;
  CountersBy<TrunkRegistrationEvent> trunk_registrations;
  base::Gauge trunks_wanted;      // registrations of the configuration
  base::Gauge trunks_registered;  // and those that stand

  std::array<observe::Histogram, static_cast<std::size_t>(PolicyHandler::kCount)> policy_seconds;
  CountersBy<PolicyHandler> policy_errors;  // failed or out of budget: the fallback decided
  CountersBy<PolicyWait> policy_waits;
  base::Gauge policy_waiting;
  base::Gauge policies_held;
  base::Counter policies_cut;
  base::Counter policy_counted;             // uses of the policies' own counters
  base::Counter policy_counters_forgotten;  // names that went because there are too many
  CountersBy<EnumResult> enum_lookups;
  CountersBy<DnsResult> dns_lookups;
  CountersBy<HttpLookup> http_lookups;
  base::Counter http_rests;    // times that the circuit breaker of a service opened
  base::Gauge http_resting;    // services that are left in peace now
  base::Gauge http_under_way;  // requests
  StoreMetrics redis;
  StoreMetrics databases;
  observe::Histogram& policy_time(PolicyHandler handler) { return policy_seconds[static_cast<std::size_t>(handler)]; }

  observe::Histogram relay_seconds;  // command to reply
  base::Counter relay_errors;        // replies that refused, and commands that were never answered
  base::Counter relay_reconnects;
  base::Gauge relay_connected;      // links that are up
  base::Gauge relay_links;          // links that are configured
  base::Counter media_timeouts;     // calls ended because no media came
  base::Counter max_durations;      // calls ended because they have lasted for as long as they may
  base::Counter media_not_secured;  // calls ended because media could not be secured

  // By who speaks: caller, callee.
  base::Counter recordings_stopped;  // media lines that were to be recorded
  base::Counter recording_sessions;  // with recording servers
  base::Counter recording_sessions_lost;
  std::array<base::Counter, 2> silent;  // one-sided audio
  base::Counter quality_reports;
  std::array<base::Counter, 2> low_quality;
  std::array<observe::Histogram, 2> mos;                                     // by the E-model
  std::array<std::array<StreamMetrics, kMediaKinds.size() + 1>, 2> streams;  // by kMediaKinds, and others

  base::Counter mailbox_in;       // messages and sends handed over by other shards
  base::Counter mailbox_dropped;  // mailbox full
  base::Counter names_late;       // messages whose dialogs no other shard named in time: those names are removed
  base::Counter names_unasked;    // likewise, since too many messages wait
};

}  // namespace sbc::admin
