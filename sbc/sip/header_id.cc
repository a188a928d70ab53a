#include "sbc/sip/header_id.h"

#include <array>

#include "media-relay/base/text.h"

namespace sbc::sip {
namespace {

struct Name {
  HeaderId id;
  std::string_view text;
};

constexpr auto kNames = std::to_array<Name>({{HeaderId::Accept, "Accept"},
                                             {HeaderId::AcceptContact, "Accept-Contact"},
                                             {HeaderId::AcceptEncoding, "Accept-Encoding"},
                                             {HeaderId::AcceptLanguage, "Accept-Language"},
                                             {HeaderId::AlertInfo, "Alert-Info"},
                                             {HeaderId::Allow, "Allow"},
                                             {HeaderId::AllowEvents, "Allow-Events"},
                                             {HeaderId::AuthenticationInfo, "Authentication-Info"},
                                             {HeaderId::Authorization, "Authorization"},
                                             {HeaderId::CallId, "Call-ID"},
                                             {HeaderId::CallInfo, "Call-Info"},
                                             {HeaderId::Contact, "Contact"},
                                             {HeaderId::ContentDisposition, "Content-Disposition"},
                                             {HeaderId::ContentEncoding, "Content-Encoding"},
                                             {HeaderId::ContentLanguage, "Content-Language"},
                                             {HeaderId::ContentLength, "Content-Length"},
                                             {HeaderId::ContentType, "Content-Type"},
                                             {HeaderId::CSeq, "CSeq"},
                                             {HeaderId::Date, "Date"},
                                             {HeaderId::Diversion, "Diversion"},
                                             {HeaderId::ErrorInfo, "Error-Info"},
                                             {HeaderId::Event, "Event"},
                                             {HeaderId::Expires, "Expires"},
                                             {HeaderId::From, "From"},
                                             {HeaderId::Geolocation, "Geolocation"},
                                             {HeaderId::HistoryInfo, "History-Info"},
                                             {HeaderId::Identity, "Identity"},
                                             {HeaderId::IdentityInfo, "Identity-Info"},
                                             {HeaderId::InfoPackage, "Info-Package"},
                                             {HeaderId::InReplyTo, "In-Reply-To"},
                                             {HeaderId::Join, "Join"},
                                             {HeaderId::MaxForwards, "Max-Forwards"},
                                             {HeaderId::MimeVersion, "MIME-Version"},
                                             {HeaderId::MinExpires, "Min-Expires"},
                                             {HeaderId::MinSe, "Min-SE"},
                                             {HeaderId::Organization, "Organization"},
                                             {HeaderId::PAccessNetworkInfo, "P-Access-Network-Info"},
                                             {HeaderId::PAssertedIdentity, "P-Asserted-Identity"},
                                             {HeaderId::Path, "Path"},
                                             {HeaderId::PChargingVector, "P-Charging-Vector"},
                                             {HeaderId::PEarlyMedia, "P-Early-Media"},
                                             {HeaderId::PPreferredIdentity, "P-Preferred-Identity"},
                                             {HeaderId::Priority, "Priority"},
                                             {HeaderId::Privacy, "Privacy"},
                                             {HeaderId::ProxyAuthenticate, "Proxy-Authenticate"},
                                             {HeaderId::ProxyAuthorization, "Proxy-Authorization"},
                                             {HeaderId::ProxyRequire, "Proxy-Require"},
                                             {HeaderId::RAck, "RAck"},
                                             {HeaderId::Reason, "Reason"},
                                             {HeaderId::RecordRoute, "Record-Route"},
                                             {HeaderId::RecvInfo, "Recv-Info"},
                                             {HeaderId::ReferredBy, "Referred-By"},
                                             {HeaderId::ReferTo, "Refer-To"},
                                             {HeaderId::RejectContact, "Reject-Contact"},
                                             {HeaderId::RemotePartyId, "Remote-Party-ID"},
                                             {HeaderId::Replaces, "Replaces"},
                                             {HeaderId::ReplyTo, "Reply-To"},
                                             {HeaderId::RequestDisposition, "Request-Disposition"},
                                             {HeaderId::Require, "Require"},
                                             {HeaderId::RetryAfter, "Retry-After"},
                                             {HeaderId::Route, "Route"},
                                             {HeaderId::RSeq, "RSeq"},
                                             {HeaderId::Server, "Server"},
                                             {HeaderId::ServiceRoute, "Service-Route"},
                                             {HeaderId::SessionExpires, "Session-Expires"},
                                             {HeaderId::SessionId, "Session-ID"},
                                             {HeaderId::SipETag, "SIP-ETag"},
                                             {HeaderId::SipIfMatch, "SIP-If-Match"},
                                             {HeaderId::Subject, "Subject"},
                                             {HeaderId::SubscriptionState, "Subscription-State"},
                                             {HeaderId::Supported, "Supported"},
                                             {HeaderId::TargetDialog, "Target-Dialog"},
                                             {HeaderId::Timestamp, "Timestamp"},
                                             {HeaderId::To, "To"},
                                             {HeaderId::Unsupported, "Unsupported"},
                                             {HeaderId::UserAgent, "User-Agent"},
                                             {HeaderId::UserToUser, "User-to-User"},
                                             {HeaderId::Via, "Via"},
                                             {HeaderId::Warning, "Warning"},
                                             {HeaderId::WwwAuthenticate, "WWW-Authenticate"}});
static_assert(kNames.size() == kHeaderIds - 1);

// The names are in the order of the enumeration, so that an id indexes them.
constexpr bool in_order() {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (static_cast<std::size_t>(kNames[i].id) != i) return false;
  return true;
}
static_assert(in_order());

// A perfect hash over the full names: a few characters and the length, times a seed found at compile time such that no
// two names share a slot. `| 0x20` folds the case; that it also folds some other bytes only matters to unknown names,
// which the comparison afterwards sorts out.
constexpr std::size_t kSlots = 512;

constexpr std::uint32_t slot_of(std::string_view name, std::uint32_t seed) {
  const auto fold = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(name[i]) | 0x20);
  };
  const std::size_t n = name.size();
  const std::uint32_t key = fold(0) | fold(n / 2) << 8 | fold(n - 1) << 16 | fold(n / 3) << 24;
  return ((key ^ static_cast<std::uint32_t>(n) * 0x9e3779b1U) * seed) >> 23;
}
static_assert(slot_of("x", 0xffffffffU) < kSlots);

struct Table {
  bool found = false;
  std::uint32_t seed = 0;
  std::array<std::uint8_t, kSlots> slots{};
};

constexpr Table make_table() {
  Table table;
  for (std::uint32_t attempt = 1; attempt < 20000; ++attempt) {
    table.seed = attempt * 0x9e3779b1U | 1U;
    table.slots.fill(static_cast<std::uint8_t>(HeaderId::Other));
    bool clash = false;
    for (const Name& name : kNames) {
      auto& slot = table.slots[slot_of(name.text, table.seed)];
      clash = slot != static_cast<std::uint8_t>(HeaderId::Other);
      if (clash) break;
      slot = static_cast<std::uint8_t>(name.id);
    }
    if (!clash) {
      table.found = true;
      break;
    }
  }
  return table;
}

constexpr Table kTable = make_table();
static_assert(kTable.found);

// RFC 3261 7.3.3, RFC 3265, 3515, 3841, 3892, 4028, 4474 (the registry of compact forms at IANA).
constexpr HeaderId compact(char c) {
  switch (base::ascii_lower(c)) {
    case 'a':
      return HeaderId::AcceptContact;
    case 'b':
      return HeaderId::ReferredBy;
    case 'c':
      return HeaderId::ContentType;
    case 'd':
      return HeaderId::RequestDisposition;
    case 'e':
      return HeaderId::ContentEncoding;
    case 'f':
      return HeaderId::From;
    case 'i':
      return HeaderId::CallId;
    case 'j':
      return HeaderId::RejectContact;
    case 'k':
      return HeaderId::Supported;
    case 'l':
      return HeaderId::ContentLength;
    case 'm':
      return HeaderId::Contact;
    case 'n':
      return HeaderId::IdentityInfo;
    case 'o':
      return HeaderId::Event;
    case 'r':
      return HeaderId::ReferTo;
    case 's':
      return HeaderId::Subject;
    case 't':
      return HeaderId::To;
    case 'u':
      return HeaderId::AllowEvents;
    case 'v':
      return HeaderId::Via;
    case 'x':
      return HeaderId::SessionExpires;
    case 'y':
      return HeaderId::Identity;
    default:
      return HeaderId::Other;
  }
}

}  // namespace

HeaderId header_id_from(std::string_view name) {
  if (name.size() < 2) return name.empty() ? HeaderId::Other : compact(name[0]);
  const auto index = kTable.slots[slot_of(name, kTable.seed)];
  if (index == static_cast<std::uint8_t>(HeaderId::Other)) return HeaderId::Other;
  const Name& candidate = kNames[index];
  // Nearly everyone writes the canonical spelling.
  if (name == candidate.text || base::equals_ignoring_case(name, candidate.text)) return candidate.id;
  return HeaderId::Other;
}

std::string_view canonical_name(HeaderId id) {
  return id == HeaderId::Other ? std::string_view{} : kNames[static_cast<std::size_t>(id)].text;
}

bool is_single(HeaderId id) {
  switch (id) {
    case HeaderId::CallId:
    case HeaderId::ContentDisposition:
    case HeaderId::ContentLength:
    case HeaderId::ContentType:
    case HeaderId::CSeq:
    case HeaderId::Event:
    case HeaderId::Expires:
    case HeaderId::From:
    case HeaderId::InfoPackage:
    case HeaderId::Join:
    case HeaderId::MaxForwards:
    case HeaderId::MimeVersion:
    case HeaderId::MinExpires:
    case HeaderId::MinSe:
    case HeaderId::RAck:
    case HeaderId::ReferredBy:
    case HeaderId::ReferTo:
    case HeaderId::Replaces:
    case HeaderId::ReplyTo:
    case HeaderId::RetryAfter:
    case HeaderId::RSeq:
    case HeaderId::SessionExpires:
    case HeaderId::SessionId:
    case HeaderId::SipETag:
    case HeaderId::SipIfMatch:
    case HeaderId::SubscriptionState:
    case HeaderId::TargetDialog:
    case HeaderId::Timestamp:
    case HeaderId::To:
      return true;
    default:
      return false;
  }
}

bool is_list(HeaderId id) {
  switch (id) {
    case HeaderId::Accept:
    case HeaderId::AcceptContact:
    case HeaderId::AcceptEncoding:
    case HeaderId::AcceptLanguage:
    case HeaderId::AlertInfo:
    case HeaderId::Allow:
    case HeaderId::AllowEvents:
    case HeaderId::CallInfo:
    case HeaderId::Contact:
    case HeaderId::ContentEncoding:
    case HeaderId::ContentLanguage:
    case HeaderId::Diversion:
    case HeaderId::ErrorInfo:
    case HeaderId::Geolocation:
    case HeaderId::HistoryInfo:
    case HeaderId::Identity:
    case HeaderId::InReplyTo:
    case HeaderId::PAccessNetworkInfo:
    case HeaderId::PAssertedIdentity:
    case HeaderId::Path:
    case HeaderId::PEarlyMedia:
    case HeaderId::PPreferredIdentity:
    case HeaderId::ProxyRequire:
    case HeaderId::Reason:
    case HeaderId::RecordRoute:
    case HeaderId::RecvInfo:
    case HeaderId::RejectContact:
    case HeaderId::RemotePartyId:
    case HeaderId::RequestDisposition:
    case HeaderId::Require:
    case HeaderId::Route:
    case HeaderId::ServiceRoute:
    case HeaderId::Supported:
    case HeaderId::Unsupported:
    case HeaderId::UserToUser:
    case HeaderId::Via:
    case HeaderId::Warning:
      return true;
    default:
      return false;
  }
}

}  // namespace sbc::sip
