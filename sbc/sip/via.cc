#include "sbc/sip/via.h"

#include "media-relay/base/text.h"

#include "sbc/sip/grammar.h"
#include "sbc/sip/params.h"
#include "sbc/sip/values.h"

namespace sbc::sip {
namespace {

// token, then blanks; `at` moves past both. "" when there is no token.
std::string_view take_token(std::string_view text, std::size_t& at) {
  const std::size_t start = at;
  at = grammar::skip(grammar::kToken, text, at);
  const auto token = text.substr(start, at - start);
  at = grammar::skip_blanks(text, at);
  return token;
}

bool take_slash(std::string_view text, std::size_t& at) {
  if (at == text.size() || text[at] != '/') return false;
  at = grammar::skip_blanks(text, at + 1);
  return true;
}

// sent-protocol: protocol-name SLASH protocol-version SLASH transport. Any version is read: a request of another
// version still needs its 505 (RFC 4475 3.1.2.16).
std::expected<void, Error> take_protocol(Via& via, std::size_t& at) {
  const std::string_view text = via.text;
  if (!base::equals_ignoring_case(take_token(text, at), "SIP")) return unexpected("\"SIP\"", text, 0);
  if (!take_slash(text, at)) return unexpected("'/'", text, at);
  if (take_token(text, at).empty()) return unexpected("version", text, at);
  if (!take_slash(text, at)) return unexpected("'/'", text, at);
  const std::size_t start = at;
  via.transport_text = take_token(text, at);
  if (via.transport_text.empty()) return unexpected("transport", text, at);
  if (at == start + via.transport_text.size()) return unexpected("blank after transport", text, at);
  via.transport = transport_from(via.transport_text);
  return {};
}

void take_param(Via& via, const Param& param) {
  switch (param.name.size()) {
    case 3:
      if (base::equals_ignoring_case(param.name, "ttl")) via.ttl = base::parse_unsigned<std::uint8_t>(param.value);
      return;
    case 5:
      if (base::equals_ignoring_case(param.name, "rport"))
        via.rport = base::parse_unsigned<std::uint16_t>(param.value).value_or(0);
      else if (base::equals_ignoring_case(param.name, "maddr"))
        via.maddr = param.value;
      return;
    case 6:
      if (base::equals_ignoring_case(param.name, "branch") && via.branch.empty()) via.branch = param.value;
      return;
    case 8:
      if (base::equals_ignoring_case(param.name, "received")) via.received = param.value;
      return;
    default:
      return;
  }
}

}  // namespace

std::uint16_t Via::port_or_default() const {
  return has_port ? port : default_port(transport.value_or(Transport::Udp));
}

std::optional<Error> read_via(std::string_view text, Via& via) {
  const std::string_view first = ValueReader(text).next().value_or(std::string_view{});
  if (first.empty()) return unexpected("\"SIP\"", text, 0).error();
  via.text = first;
  // Offsets of errors count from the start of what was given.
  const auto start = static_cast<std::size_t>(first.data() - text.data());
  std::size_t at = 0;
  if (auto protocol = take_protocol(via, at); !protocol) {
    protocol.error().at += start;
    return std::move(protocol.error());
  }
  const auto host_port = grammar::read_host_port(first, at, true);
  if (host_port.expected != nullptr) return unexpected(host_port.expected, text, start + host_port.end).error();
  via.host = host_port.host;
  via.has_port = host_port.has_port;
  via.port = host_port.port;

  at = grammar::skip_blanks(first, host_port.end);
  if (at == first.size()) return std::nullopt;
  if (first[at] != ';') return unexpected("';', ',' or the end", text, start + at).error();
  via.params = grammar::trim_blanks(first.substr(at + 1));
  ParamReader reader(first.substr(at));
  Param param;
  while (reader.next(param)) take_param(via, param);
  if (reader.error()) return unexpected(reader.error()->expected, text, start + at + reader.error()->at).error();
  return std::nullopt;
}

std::expected<Via, Error> parse_via(std::string_view text) {
  std::expected<Via, Error> result;
  if (auto error = read_via(text, *result)) return std::unexpected(std::move(*error));
  return result;
}

void append_via(std::string& out, Transport transport, std::string_view sent_by, std::string_view branch,
                bool ask_rport) {
  out += "SIP/2.0/";
  out += name_of(transport);
  out += ' ';
  out += sent_by;
  out += ";branch=";
  out += branch;
  if (ask_rport) out += ";rport";
  // RFC 5923 8.1: the connection may carry requests of the other side, too.
  if (transport == Transport::Tls) out += ";alias";
}

}  // namespace sbc::sip
