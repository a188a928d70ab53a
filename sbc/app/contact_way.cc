#include "sbc/app/contact_way.h"

#include "media-relay/base/text.h"

#include "sbc/register/outbound.h"
#include "sbc/route/locate.h"
#include "sbc/sip/name_addr.h"
#include "sbc/sip/uri.h"

namespace sbc::app {
namespace {

void follow_path(const registrar::Binding& binding, const route::Realm& realm, route::ContactWay& way) {
  const auto first = sip::parse_name_addr(way.routes.front());
  const auto named = first ? route::named_host(first->uri) : std::nullopt;
  if (!named) return;
  const auto ip = base::IpAddress::parse(named->host);
  if (!ip) {
    if (binding.path_vouched) way.name = named;
    return;
  }
  if (*ip != binding.flow.remote.ip && !binding.path_vouched) return;
  sip::Hop hop;
  hop.transport = named->transport.value_or(named->secure ? sip::Transport::Tls : sip::Transport::Udp);  // RFC 3263 4.1
  hop.remote = {*ip, named->port != 0 ? named->port : sip::default_port(hop.transport)};
  if (hop.transport == binding.flow.transport && *ip == binding.flow.remote.ip) {
    hop.listener = binding.flow.listener;
    hop.connection = binding.flow.connection;
    hop.tls_name = binding.flow.tls_name;
  } else {
    const auto* listener = realm.listener_for(hop.transport, *ip);
    if (listener == nullptr) return;
    hop.listener = listener->index;
  }
  way.hop = hop;
}

// RFC 3261 18.1.1: whether a request that is too large for UDP may be tried over TCP. A phone behind a NAT is reached
// by its flow alone (RFC 5626 7), and one that asks for its flow by that (RFC 5626 5.3); neither names the address that
// we see. One that names it stands there itself, as far as anybody can tell.
bool may_listen(const registrar::Binding& binding) {
  if (binding.flow.transport != sip::Transport::Udp || !binding.reg_id.empty()) return false;
  const auto uri = sip::parse_uri(binding.contact_uri);
  if (!uri || uri->scheme != sip::Uri::Scheme::Sip || uri->param("ob") || uri->param("maddr")) return false;
  if (const auto transport = uri->param("transport"); transport && !base::equals_ignoring_case(*transport, "tcp"))
    return false;
  const auto ip = base::IpAddress::parse(uri->host);
  const std::uint16_t port = uri->has_port ? uri->port : sip::default_port(sip::Transport::Tcp);
  return ip && base::Endpoint{*ip, port} == binding.flow.remote;
}

}  // namespace

std::optional<route::ContactWay> contact_way(const registrar::Binding& binding, const route::Table& table) {
  const route::Realm* realm = table.realm_of(binding.flow.listener);
  if (realm == nullptr) return std::nullopt;
  route::ContactWay way{
      .hop = binding.flow, .realm = realm->name, .request_uri = binding.contact_uri, .aor = binding.aor};
  way.routes = registrar::routes_of(binding.path);
  way.hop.unsure = way.routes.empty() && may_listen(binding);
  way.hop.flow = way.routes.empty() && !way.hop.unsure;
  // Neither has a line end.
  if (!binding.instance.empty()) way.instance = binding.aor + "\n" + binding.instance;
  if (!way.routes.empty()) follow_path(binding, *realm, way);
  return way;
}

}  // namespace sbc::app
