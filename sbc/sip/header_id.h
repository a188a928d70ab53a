#pragma once
// Header field names as numbers, so that no room compares names on the way of a message.

#include <cstdint>
#include <string_view>

namespace sbc::sip {

enum class HeaderId : std::uint8_t {
  Accept,
  AcceptContact,
  AcceptEncoding,
  AcceptLanguage,
  AlertInfo,
  Allow,
  AllowEvents,
  AuthenticationInfo,
  Authorization,
  CallId,
  CallInfo,
  Contact,
  ContentDisposition,
  ContentEncoding,
  ContentLanguage,
  ContentLength,
  ContentType,
  CSeq,
  Date,
  Diversion,
  ErrorInfo,
  Event,
  Expires,
  From,
  Geolocation,
  HistoryInfo,
  Identity,
  IdentityInfo,
  InfoPackage,
  InReplyTo,
  Join,
  MaxForwards,
  MimeVersion,
  MinExpires,
  MinSe,
  Organization,
  PAccessNetworkInfo,
  PAssertedIdentity,
  Path,
  PChargingVector,
  PEarlyMedia,
  PPreferredIdentity,
  Priority,
  Privacy,
  ProxyAuthenticate,
  ProxyAuthorization,
  ProxyRequire,
  RAck,
  Reason,
  RecordRoute,
  RecvInfo,
  ReferredBy,
  ReferTo,
  RejectContact,
  RemotePartyId,
  Replaces,
  ReplyTo,
  RequestDisposition,
  Require,
  RetryAfter,
  Route,
  RSeq,
  Server,
  ServiceRoute,
  SessionExpires,
  SessionId,
  SipETag,
  SipIfMatch,
  Subject,
  SubscriptionState,
  Supported,
  TargetDialog,
  Timestamp,
  To,
  Unsupported,
  UserAgent,
  UserToUser,
  Via,
  Warning,
  WwwAuthenticate,
  Other,  // any other name; kept as text
};

inline constexpr std::size_t kHeaderIds = static_cast<std::size_t>(HeaderId::Other) + 1;

// Accepts full names and the compact forms (RFC 3261 7.3.3 and later registrations), in any case.
HeaderId header_id_from(std::string_view name_or_compact);
std::string_view canonical_name(HeaderId id);  // "Call-ID"...; "" for Other

// A second field of this name would change what the message means, so the parser refuses it (RFC 3261 7.3.1, RFC 4475
// 3.3.8). Purely informational ones (Subject, Date, User-Agent...) are not among them.
bool is_single(HeaderId id);
// Defined as a comma-separated list, so that a comma outside quotes and <> separates values. Unknown headers are not.
bool is_list(HeaderId id);

}  // namespace sbc::sip
