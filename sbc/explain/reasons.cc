#include "sbc/explain/reasons.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

#include "sbc/policy/header_rules.h"
#include "sbc/sip/header_id.h"

namespace sbc::explain {
namespace {

using sip::HeaderId;

struct HeaderReason {
  HeaderId id;
  std::string_view own;  // of a line that the border writes
};

// What the border says of itself on a leg of its own.
constexpr std::array kOwn = {
    HeaderReason{HeaderId::Via, "border: its own hop"},
    HeaderReason{HeaderId::MaxForwards, "border: one hop less"},
    HeaderReason{HeaderId::CallId, "border: the callee's leg is a dialog of its own"},
    HeaderReason{HeaderId::CSeq, "border: the callee's leg counts for itself"},
    HeaderReason{HeaderId::Contact, "border: requests of the callee come to it"},
    HeaderReason{HeaderId::Route, "target: the way to it"},
    HeaderReason{HeaderId::From, "border: its own tag, and the domain of the callee's realm"},
    HeaderReason{HeaderId::To, "target: who is called, without the caller's tag"},
    HeaderReason{HeaderId::Allow, "border: what it takes on this side"},
    HeaderReason{HeaderId::Supported, "border: what it can on this side"},
    HeaderReason{HeaderId::Require, "border: what it needs on this side"},
    HeaderReason{HeaderId::SessionExpires, "session: the border's timer on this leg"},
    HeaderReason{HeaderId::MinSe, "session: the border's timer on this leg"},
    HeaderReason{HeaderId::ContentType, "media: of the body that goes there"},
    HeaderReason{HeaderId::ContentLength, "media: of the body that goes there"},
    HeaderReason{HeaderId::Authorization, "digest: the account at the trunk"},
    HeaderReason{HeaderId::ProxyAuthorization, "digest: the account at the trunk"},
    HeaderReason{HeaderId::PAssertedIdentity, "identity: who the caller is known to be"},
    HeaderReason{HeaderId::Privacy, "identity: the caller's wish"},
    HeaderReason{HeaderId::Identity, "identity: as trust between both sides allows"},
    HeaderReason{HeaderId::Diversion, "identity: who forwarded the call"},
    HeaderReason{HeaderId::HistoryInfo, "identity: who forwarded the call"},
    HeaderReason{HeaderId::ReferredBy, "transfer: who asked for the call"},
    HeaderReason{HeaderId::SessionId, "session: its name from end to end (RFC 7989)"},
    HeaderReason{HeaderId::Join, "dialogs: as the callee's side names them"},
    HeaderReason{HeaderId::TargetDialog, "dialogs: as the callee's side names them"},
};

// Of what does not cross.
constexpr std::array kLeft = {
    HeaderReason{HeaderId::Via, "topology: the caller's hops"},
    HeaderReason{HeaderId::RecordRoute, "topology: the caller's proxies"},
    HeaderReason{HeaderId::Route, "topology: the way to the border"},
    HeaderReason{HeaderId::Path, "topology: the caller's proxies"},
    HeaderReason{HeaderId::UserAgent, "topology: the caller's product"},
    HeaderReason{HeaderId::Organization, "topology: the caller's network"},
    HeaderReason{HeaderId::Warning, "topology: hosts of the caller's network"},
    HeaderReason{HeaderId::Date, "topology: the caller's clock"},
    HeaderReason{HeaderId::Authorization, "digest: credentials stay on their side"},
    HeaderReason{HeaderId::ProxyAuthorization, "digest: credentials stay on their side"},
    HeaderReason{HeaderId::PAssertedIdentity, "identity: not from or to where it is trusted"},
    HeaderReason{HeaderId::PPreferredIdentity, "identity: a wish to the border alone"},
    HeaderReason{HeaderId::RemotePartyId, "identity: not trusted across the border"},
    HeaderReason{HeaderId::Identity, "identity: signs what the border has changed"},
    HeaderReason{HeaderId::Privacy, "identity: carried out, or not for this side"},
    HeaderReason{HeaderId::Diversion, "identity: in the form of the callee's realm, or not at all"},
    HeaderReason{HeaderId::HistoryInfo, "identity: in the form of the callee's realm, or not at all"},
    HeaderReason{HeaderId::ContentType, "media: no body goes there"},
};

template <std::size_t size>
std::string_view reason_of(const std::array<HeaderReason, size>& reasons, HeaderId id) {
  const auto found = std::ranges::find(reasons, id, &HeaderReason::id);
  return found != reasons.end() ? found->own : std::string_view();
}

// The last change of that name decides.
const policy::HeaderOp* op_of(std::string_view name, const Reasons& reasons) {
  const policy::HeaderOp* found = nullptr;
  for (const auto& op : reasons.headers)
    if (policy::names_header(op.name, name)) found = &op;
  return found;
}

std::string by_policy(std::string_view what, const Reasons& reasons) {
  std::string why = "policy";
  if (!reasons.where.empty()) why.append(" ").append(reasons.where);
  return why.append(": ").append(what);
}

struct LineReason {
  std::string_view front;
  std::string_view why;
};

constexpr std::array kSdp = {
    LineReason{"o=", "border: a session of its own"},
    LineReason{"s=", "border: a session of its own"},
    LineReason{"c=", "media: the relay's address"},
    LineReason{"m=", "media: the relay's port, and what the callee is offered"},
    LineReason{"a=rtcp:", "media: the relay's port"},
    LineReason{"a=candidate:", "media: addresses of the caller or the relay (ICE)"},
    LineReason{"a=ice-", "media: ICE ends at the border"},
    LineReason{"a=end-of-candidates", "media: ICE ends at the border"},
    LineReason{"a=crypto:", "security: the keys of this leg"},
    LineReason{"a=fingerprint:", "security: the keys of this leg"},
    LineReason{"a=setup:", "security: the keys of this leg"},
    LineReason{"a=tls-id:", "security: the keys of this leg"},
    LineReason{"a=rtpmap:", "codecs: of the callee's side"},
    LineReason{"a=fmtp:", "codecs: of the callee's side"},
    LineReason{"a=ptime:", "codecs: of the callee's side"},
    LineReason{"a=maxptime:", "codecs: of the callee's side"},
    LineReason{"a=curr:", "preconditions: answered by the border"},
    LineReason{"a=des:", "preconditions: answered by the border"},
    LineReason{"a=conf:", "preconditions: answered by the border"},
    LineReason{"a=group:", "media: lines that share a transport"},
    LineReason{"a=mid:", "media: lines that share a transport"},
    LineReason{"a=rtcp-mux", "media: RTP and RTCP on one port, or not"},
    LineReason{"a=rtcp-fb:", "media: feedback of this leg"},
    LineReason{"a=ssrc", "media: streams are named anew"},
    LineReason{"a=msid", "media: streams are named anew"},
    LineReason{"a=sendrecv", "media: direction"},
    LineReason{"a=sendonly", "media: direction"},
    LineReason{"a=recvonly", "media: direction"},
    LineReason{"a=inactive", "media: direction"},
};

}  // namespace

std::string_view header_name(std::string_view line) {
  const auto colon = line.find(':');
  return colon == std::string_view::npos ? std::string_view() : base::trim(line.substr(0, colon));
}

std::string header_key(std::string_view line) {
  const auto name = header_name(line);
  const auto id = sip::header_id_from(name);
  return base::to_lower(id == HeaderId::Other ? name : sip::canonical_name(id));
}

std::string sdp_key(std::string_view line) {
  // Of payload types and crypto lines: the same number.
  const bool numbered = line.starts_with("a=rtpmap:") || line.starts_with("a=fmtp:") || line.starts_with("a=crypto:");
  if (numbered) return std::string(line.substr(0, line.find(' ')));
  if (line.starts_with("a=")) return std::string(line.substr(0, line.find(':')));
  return std::string(line.substr(0, 2));
}

std::string why_start_line(const Reasons& reasons) {
  if (reasons.number) return by_policy("the number for " + std::string(reasons.target), reasons);
  return "target: " + std::string(reasons.target);
}

std::string why_header(std::string_view line, Edit::Kind kind, const Reasons& reasons) {
  const auto name = header_name(line);
  const auto id = sip::header_id_from(name);
  if (const auto* op = op_of(name, reasons)) {
    using OpKind = policy::HeaderOp::Kind;
    if (op->kind == OpKind::Remove && kind == Edit::Kind::Drop) return by_policy("header removed", reasons);
    const bool writes = op->kind == OpKind::Set || op->kind == OpKind::Add;
    const bool written = kind != Edit::Kind::Drop && line.ends_with(op->value);
    if (op->kind == OpKind::Pass && kind != Edit::Kind::Drop) return by_policy("header passed", reasons);
    if (writes && written) return by_policy(op->kind == OpKind::Set ? "header set" : "header added", reasons);
    if (op->kind == OpKind::Set && kind == Edit::Kind::Drop) return by_policy("header set to another value", reasons);
  }
  if (id == HeaderId::From && reasons.from) return by_policy("whom the callee sees", reasons);
  const auto known = kind == Edit::Kind::Drop ? reason_of(kLeft, id) : reason_of(kOwn, id);
  if (!known.empty()) return std::string(known);
  return kind == Edit::Kind::Drop ? "topology: nothing crosses unless a rule says so" : "border";
}

std::string why_sdp(std::string_view line) {
  for (const auto& [front, why] : kSdp)
    if (line.starts_with(front)) return std::string(why);
  return "media: as the callee's side is described";
}

}  // namespace sbc::explain
