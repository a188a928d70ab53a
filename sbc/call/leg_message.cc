#include "sbc/call/leg_message.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/call/header_rules.h"
#include "sbc/identity/emergency.h"
#include "sbc/identity/reason.h"
#include "sbc/sip/breadth.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/params.h"
#include "sbc/sip/response.h"
#include "sbc/sip/values.h"
#include "sbc/sip/writer.h"

namespace sbc::call {
namespace {

const Face& face_of(const Core& core, std::uint16_t listener) {
  return core.settings->faces.at(listener);
}

constexpr std::string_view kAnonymous = "\"Anonymous\" <sip:anonymous@anonymous.invalid>";  // RFC 3323 4.1.1.3

void write_told(sip::Writer& writer, const Told& told, bool with_who) {
  if (!told.session_id.empty()) writer.header(sip::HeaderId::SessionId, told.session_id);
  if (!with_who) return;
  for (const auto& [name, value] : told.who) writer.header(name, value);
}

// `q850` keeps a value that is made here.
void add_told(std::vector<sip::ExtraHeader>& extra, const sip::Message& request, int status, const Told& told,
              std::string& q850) {
  if (status > 100 && !told.session_id.empty()) extra.push_back({"Session-ID", told.session_id});
  const bool invite = request.method() == sip::Method::Invite;
  if (status > 100 && status < 300 && (invite || request.method() == sip::Method::Update))
    for (const auto& [name, value] : told.who) extra.push_back({name, value});
  if (status < 300 || !invite) return;
  for (const auto& value : told.refusal) extra.push_back({"Reason", value});
  if (!told.refusal.empty() || !told.q850_from_status) return;
  if (const auto reason = identity::q850_from_status(status)) {
    q850 = identity::value_of(*reason);
    extra.push_back({"Reason", q850});
  }
}

// The caller as the callee sees it: same user and display name, our host. An anonymous caller (RFC 3323 4.1.1.3) stays
// so. A global tel: number stays a tel: URI, without parameters: a phone-context names a network. URI parameters do not
// cross.
std::string from_value(const sip::NameAddr& from, const policy::Candidate& changes, std::string_view host) {
  std::string display(from.display);
  if (changes.from_display) display = changes.from_display->empty() ? "" : sip::quote(*changes.from_display);
  std::string value = display.empty() ? "" : display + " ";
  if (!changes.from_user) {
    if (base::equals_ignoring_case(from.uri.host, "anonymous.invalid"))
      return value + "<sip:anonymous@anonymous.invalid>";
    if (from.uri.scheme == sip::Uri::Scheme::Tel && from.uri.user.starts_with('+'))
      return value + "<tel:" + std::string(from.uri.user) + ">";
  }
  value += "<sip:";
  const std::string user = changes.from_user                          ? sip::escape_user(*changes.from_user)
                           : from.uri.scheme == sip::Uri::Scheme::Tel ? sip::escape_user(from.uri.user)
                                                                      : std::string(from.uri.user);
  if (!user.empty()) value += user + "@";
  value += host;
  return value + ">";
}

}  // namespace

std::string via_value(const Core& core, const sip::Hop& hop, std::string_view branch) {
  std::string via;
  sip::append_via(via, hop.transport, face_of(core, hop.listener).sent_by, branch);
  return via;
}

std::string contact_value(const Settings& settings, sip::Transport transport, std::uint16_t listener,
                          std::string_view user, Scheme scheme) {
  std::string value = scheme == Scheme::Sips ? "<sips:" : "<sip:";
  value += user;
  value += '@';
  value += settings.faces.at(listener).sent_by;
  if (transport != sip::Transport::Udp) {
    value += ";transport=";
    // RFC 7118 5.2: "ws" is the only word, secure or not. RFC 5630 3.1.4: under sips: tcp means TLS.
    if (transport == sip::Transport::Wss) transport = sip::Transport::Ws;
    if (transport == sip::Transport::Tls && scheme == Scheme::Sips) transport = sip::Transport::Tcp;
    value += sip::uri_name_of(transport);
  }
  value += '>';
  return value;
}

Scheme scheme_for(const sip::Message& invite) {
  const auto is_sips = [](const sip::Uri& uri) { return uri.scheme == sip::Uri::Scheme::Sips; };
  if (is_sips(invite.request_uri())) return Scheme::Sips;
  std::optional<bool> routed;
  sip::for_each_value(invite, sip::HeaderId::RecordRoute, [&](std::string_view value) {
    const auto address = sip::parse_name_addr(value);
    routed = address && is_sips(address->uri);
    return false;
  });
  if (routed) return *routed ? Scheme::Sips : Scheme::Sip;
  const auto contact = sip::first_contact(invite);
  return contact && is_sips(contact->uri) ? Scheme::Sips : Scheme::Sip;
}

sip::Hop next_hop(const Core& core, const Leg& leg) {
  return next_hop(*core.settings, leg);
}

sip::Hop next_hop(const Settings& settings, const Leg& leg) {
  if (leg.symmetric || !leg.dialog) {
    sip::Hop flow = leg.hop;
    flow.flow = true;
    return flow;
  }
  // RFC 7118 5: nobody connects to a browser.
  if (leg.hop.transport == sip::Transport::Ws || leg.hop.transport == sip::Transport::Wss) return leg.hop;
  const std::string text = leg.dialog->next_hop_uri();
  const auto uri = sip::parse_uri(text);
  if (!uri || !uri->is_sip()) return leg.hop;
  const auto maddr = uri->param("maddr");
  const auto ip = base::IpAddress::parse(maddr && !maddr->empty() ? *maddr : uri->host);
  sip::Hop hop;
  if (ip) {
    hop.transport = sip::transport_of(*uri);
    hop.remote = {*ip, uri->has_port ? uri->port : sip::default_port(hop.transport)};
  } else {
    if (leg.way.empty() || route::named_host(*uri) != leg.way_of) return leg.hop;
    // A peer that is spoken to at one of its places stays there.
    const auto same = std::ranges::find_if(leg.way, [&leg](const route::Place& place) {
      return place.transport == leg.hop.transport && place.remote.ip == leg.hop.remote.ip;
    });
    const route::Place& place = same != leg.way.end() && !leg.way_moved ? *same : leg.way.front();
    hop.transport = place.transport;
    hop.remote = place.remote;
    hop.tls_name = leg.way_of.host;
  }
  // The same peer over the same transport: keep the connection.
  const bool elsewhere = !ip && leg.way_moved && hop.remote != leg.hop.remote;
  if (!elsewhere && hop.transport == leg.hop.transport &&
      (sip::is_reliable(hop.transport) || hop.remote == leg.hop.remote)) {
    if (hop.remote.ip == leg.hop.remote.ip)
      return leg.hop.connection ? leg.hop : sip::Hop{hop.transport, leg.hop.listener, hop.remote, {}, leg.hop.tls_name};
  }
  const auto* realm = settings.routes->realm(leg.realm);
  const auto* listener = realm != nullptr ? realm->listener_for(hop.transport, hop.remote.ip) : nullptr;
  if (listener == nullptr) return leg.hop;
  hop.listener = hop.transport == leg.hop.transport && hop.remote.ip.is_v4() == leg.hop.remote.ip.is_v4()
                     ? leg.hop.listener
                     : listener->index;
  return hop;
}

std::optional<route::NamedHost> name_of_next_hop(const dialog::Dialog& dialog) {
  const std::string text = dialog.next_hop_uri();
  const auto uri = sip::parse_uri(text);
  const auto host = uri ? route::named_host(*uri) : std::nullopt;
  return host && !base::IpAddress::parse(host->host) ? host : std::nullopt;
}

sdp::OriginIdentity origin_identity(Core& core, std::uint16_t listener) {
  sdp::OriginIdentity identity;
  identity.session_id = core.random.below(std::uint64_t{1} << 62);
  identity.first_version = 1 + core.random.below(std::uint64_t{1} << 31);
  identity.address = face_of(core, listener).address;
  return identity;
}

base::SharedBytes in_dialog_request(const Core& core, const Leg& leg, const sip::Hop& hop, sip::Method method,
                                    std::uint32_t cseq, std::string_view branch, std::string_view headers, Body body) {
  std::string bytes;
  sip::Writer writer(bytes, 700 + body.text.size());
  leg.dialog->write_request_head(writer, sip::name_of(method), cseq, via_value(core, hop, branch), 70);
  const bool refreshes = method == sip::Method::Invite || method == sip::Method::Update;  // RFC 3261 6, RFC 3311 5.1
  if (refreshes || method == sip::Method::Ack) writer.header(sip::HeaderId::Contact, leg.contact);
  if (refreshes) writer.header(sip::HeaderId::Allow, leg.allow);
  core.credentials->write_inside(core, leg, hop, method, body.text, writer);
  write_told(writer, leg.told, refreshes);
  if (!headers.empty()) writer.raw(headers);
  writer.finish(body.type, body.text);
  return base::share(std::move(bytes));
}

base::SharedBytes leg_response(const sip::Message& request, const sip::Source& source, const Leg& leg, int status,
                               std::string_view local_tag, std::span<const sip::ExtraHeader> headers, Body body,
                               std::string_view reason, std::span<const policy::HeaderOp> changes) {
  std::vector<sip::ExtraHeader> extra;
  extra.reserve(headers.size() + 2);
  // RFC 3261 12.1.1: a response that makes or refreshes a dialog names our target.
  if ((request.method() == sip::Method::Invite || request.method() == sip::Method::Update) && status < 300) {
    extra.push_back({"Contact", leg.contact});
    extra.push_back({"Allow", leg.allow});
  }
  std::string q850;
  add_told(extra, request, status, leg.told, q850);
  extra.insert(extra.end(), headers.begin(), headers.end());
  apply(changes, extra);
  return base::share(sip::build_response(request, status, local_tag, source, extra, body.type, body.text, reason));
}

base::SharedBytes opening_invite(const Core& core, const InvitePlan& plan, Attempt& attempt, std::string_view branch) {
  auto& start = attempt.start;
  const bool again = !start.call_id.empty();
  if (!again) {
    start.call_id = core.minter.call_id(core.random);
    start.local_tag = core.minter.tag(core.random);
  }
  // Who the policy presents is its own decision; otherwise the caller's wish counts.
  start.local = plan.words.anonymous && !plan.target.candidate.from_user
                    ? std::string(kAnonymous)
                    : from_value(plan.from != nullptr ? *plan.from : plan.caller->from(), plan.target.candidate,
                                 plan.from_domain);
  // RFC 5031: a service URN stays what it is on the way to whoever answers for it; the trunk says only how to get
  // there.
  const bool by_urn = plan.caller != nullptr && identity::is_emergency_urn(plan.caller->request_uri()) &&
                      plan.target.candidate.number.empty() &&
                      plan.target.candidate.kind != policy::Candidate::Kind::Contact;
  start.remote = by_urn ? "<" + base::to_lower(plan.caller->request_uri().text) + ">" : "<" + plan.target.to_uri + ">";
  start.target =
      by_urn ? base::to_lower(plan.caller->request_uri().text) : plan.target.request_uri + std::string(plan.gr);
  // Not 1: leg A's number must not be guessable from leg B's, nor equal to it by habit.
  if (!again || !plan.same_number)
    start.cseq = again ? start.cseq + 1 : 1 + static_cast<std::uint32_t>(core.random.below(1U << 20));
  attempt.hop = plan.target.hop;
  attempt.realm = plan.target.realm;
  attempt.trunk = plan.target.trunk;
  attempt.offered = !plan.sdp.empty();

  std::string bytes;
  sip::Writer writer(bytes, 900 + plan.body.text.size());
  writer.request_line(sip::Method::Invite, start.target);
  writer.begin(sip::HeaderId::Via);
  sip::append_via(writer.text(), plan.target.hop.transport, face_of(core, plan.target.hop.listener).sent_by, branch);
  writer.end();
  writer.header(sip::HeaderId::MaxForwards, plan.max_forwards);
  writer.header("Max-Breadth", std::to_string(std::max(1U, sip::max_breadth(plan.caller) / plan.branches)));
  for (const auto& route : plan.target.routes) writer.header(sip::HeaderId::Route, route);
  for (const auto& route : plan.home_routes) writer.header(sip::HeaderId::Route, route);
  writer.begin(sip::HeaderId::From).text().append(start.local).append(";tag=").append(start.local_tag);
  writer.end();
  writer.header(sip::HeaderId::To, start.remote);
  writer.header(sip::HeaderId::CallId, start.call_id);
  writer.begin(sip::HeaderId::CSeq);
  base::append_number(writer.text(), start.cseq);
  writer.text().append(" INVITE");
  writer.end();
  writer.header(sip::HeaderId::Contact, plan.contact);
  writer.header(sip::HeaderId::Allow, plan.allow);
  std::string able = plan.reliable ? "100rel, 199" : "199";
  if (transfers_from(*core.settings, plan.target.realm)) able += ", replaces";
  writer.header(sip::HeaderId::Supported, able);
  writer.raw(plan.session);
  if (!plan.referred_by.empty()) writer.header(sip::HeaderId::ReferredBy, plan.referred_by);
  HeaderList headers = plan.caller != nullptr ? passed_headers(*plan.caller) : HeaderList{};
  // RFC 3323 5.3: what the caller wrote by hand may name it.
  if (plan.words.anonymous) std::erase_if(headers, [](const auto& header) { return header.first == "Subject"; });
  headers.insert(headers.end(), plan.words.headers.begin(), plan.words.headers.end());
  apply(plan.target.candidate.headers, headers, plan.caller);
  for (const auto& [name, value] : headers) writer.header(name, value);
  core.credentials->write(*core.settings, plan.target.trunk,
                          {.method = "INVITE", .uri = start.target, .body = plan.body.text}, core.random, writer);
  writer.finish(plan.body.type, plan.body.text);
  return base::share(std::move(bytes));
}

}  // namespace sbc::call
