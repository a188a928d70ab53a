#include "sbc/call/facts.h"

#include "media-relay/base/text.h"

#include "sbc/call/media.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/params.h"

namespace sbc::call {
namespace {

bool names_another(std::string_view host, const base::IpAddress& seen) {
  const auto ip = base::IpAddress::parse(host);
  return ip && *ip != seen;
}

}  // namespace

policy::Address to_address(const sip::Uri& uri, std::string_view display) {
  policy::Address address;
  address.uri = std::string(uri.text);
  address.scheme = base::to_lower(uri.scheme_text);
  address.host = base::to_lower(uri.host);
  address.port = uri.port;
  address.display = std::string(display);
  if (uri.scheme == sip::Uri::Scheme::Tel) {
    address.user = std::string(uri.user);
  } else if (uri.is_sip()) {
    address.user = sip::unescape(uri.user);
    address.aor = "sip:" + sip::escape_user(address.user) + (address.user.empty() ? "" : "@") + address.host;
  }
  return address;
}

bool behind_nat(const sip::Message& message, const sip::Source& source) {
  const auto& seen = source.hop.remote.ip;
  if (names_another(message.top_via().host, seen)) return true;
  const auto contact = sip::first_contact(message);
  return contact && names_another(contact->uri.host, seen);
}

void fill_facts(policy::RequestFacts& facts, const sip::Message& message, const sip::Source& source,
                const Arrival& arrival) {
  facts.under = arrival.under;
  facts.realm = arrival.realm;
  facts.trunk = arrival.trunk;
  facts.method = std::string(message.method_text());
  facts.call_id = std::string(message.call_id());
  facts.ruri = std::string(message.request_uri_text());
  facts.source_ip = source.hop.remote.ip.text();
  facts.source_port = source.hop.remote.port;
  facts.transport = std::string(sip::name_of(source.hop.transport));
  if (source.tls_peer) facts.tls_peer = *source.tls_peer;
  facts.user_agent = std::string(message.find(sip::HeaderId::UserAgent).value_or(""));
  facts.from = to_address(message.from().uri, message.from().display_text());
  facts.to = to_address(message.request_uri(), message.to().display_text());
  facts.to_header = to_address(message.to().uri, message.to().display_text());
  facts.authenticated = arrival.authenticated;
  facts.auth_user = arrival.auth_user;
  facts.registered_aor = arrival.registered_aor;
  facts.registered_source = !arrival.registered_aor.empty();
  facts.behind_nat = behind_nat(message, source);
  facts.recent_failures = arrival.recent_failures;
  facts.now = arrival.wall;
  facts.utc_offset_seconds = arrival.utc_offset_seconds;
  facts.headers = header_views(message);
}

std::vector<policy::HeaderView> header_views(const sip::Message& message) {
  std::vector<policy::HeaderView> views;
  views.reserve(message.headers().size());
  for (const auto& field : message.headers()) {
    const auto name = field.id == sip::HeaderId::Other ? field.name : sip::canonical_name(field.id);
    views.push_back({name, field.value});
  }
  return views;
}

policy::InviteFacts invite_facts(const sip::Message& message, const sip::Source& source, const Arrival& arrival) {
  policy::InviteFacts facts;
  fill_facts(facts, message, source, arrival);
  if (const auto offer = sdp_of(message).value_or(std::nullopt)) {
    facts.has_sdp = true;
    facts.sdp.text = *offer;
  }
  facts.registration = arrival.registration;
  return facts;
}

}  // namespace sbc::call
