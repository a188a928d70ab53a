#include "sbc/call/refer.h"

#include <utility>

#include "media-relay/base/text.h"

#include "sbc/sip/name_addr.h"
#include "sbc/sip/params.h"
#include "sbc/sip/writer.h"

namespace sbc::call {
namespace {

// RFC 3261 19.1.1: the value of a header in a URI's ?name=value&name=value, unescaped.
std::optional<std::string> uri_header(std::string_view headers, std::string_view wanted) {
  while (!headers.empty()) {
    const std::size_t end = headers.find('&');
    const std::string_view one = headers.substr(0, end);
    const std::size_t equals = one.find('=');
    if (base::equals_ignoring_case(sip::unescape(one.substr(0, equals)), wanted))
      return equals == std::string_view::npos ? std::string() : sip::unescape(one.substr(equals + 1));
    headers = end == std::string_view::npos ? std::string_view() : headers.substr(end + 1);
  }
  return std::nullopt;
}

}  // namespace

std::optional<NamedDialog> named_dialog(std::string_view value, std::string_view to_tag, std::string_view from_tag) {
  const std::size_t end = value.find(';');
  if (end == std::string_view::npos) return std::nullopt;
  NamedDialog named;
  named.call_id = std::string(base::trim(value.substr(0, end)));
  const std::string_view params = value.substr(end + 1);
  const auto to = sip::find_param(params, to_tag);
  const auto from = sip::find_param(params, from_tag);
  if (named.call_id.empty() || !to || !from || to->empty() || from->empty()) return std::nullopt;
  named.to_tag = std::string(*to);
  named.from_tag = std::string(*from);
  named.early_only = sip::find_param(params, "early-only").has_value();
  return named;
}

std::expected<ReferTarget, int> read_refer_to(const sip::Message& refer) {
  if (refer.count(sip::HeaderId::ReferTo) != 1) return std::unexpected(400);
  // Without brackets a '?' is an error (RFC 3261 20); phones write it so all the same, and mean the URI's.
  const std::string_view value = *refer.find(sip::HeaderId::ReferTo);
  const std::string bracketed = "<" + std::string(value) + ">";
  auto address = sip::parse_name_addr(value);
  if (!address) address = sip::parse_name_addr(bracketed);
  if (!address) return std::unexpected(400);
  const sip::Uri& uri = address->uri;
  if (!uri.is_sip() && uri.scheme != sip::Uri::Scheme::Tel) return std::unexpected(416);
  ReferTarget target;
  if (const auto method = uri.param("method")) target.method = std::string(*method);
  target.uri = std::string(uri.text.substr(0, uri.is_sip() ? uri.text.find('?') : uri.text.size()));
  if (const auto at = base::to_lower(target.uri).find(";method="); at != std::string::npos)
    target.uri.erase(at, target.uri.find(';', at + 1) - at);
  for (const auto& [name, named] : {std::pair("Replaces", &target.replaces), std::pair("Join", &target.join)}) {
    const auto text = uri_header(uri.headers, name);
    if (text && !(*named = named_dialog(*text))) return std::unexpected(400);
  }
  return target;
}

std::expected<ReferTarget, int> refer_target(const sip::Message& refer) {
  auto target = read_refer_to(refer);
  if (target && target->method != "INVITE") return std::unexpected(403);
  return target;
}

std::optional<sip::NameAddr> referred_by(const sip::Message& refer) {
  const auto value = refer.find(sip::HeaderId::ReferredBy);
  if (!value) return std::nullopt;
  auto address = sip::parse_name_addr(*value);
  return address ? std::optional(*std::move(address)) : std::nullopt;
}

bool wants_reports(const sip::Message& refer) {
  const auto wish = refer.find("Refer-Sub");
  return !wish || !base::equals_ignoring_case(base::trim(wish->substr(0, wish->find(';'))), "false");
}

std::string report_of(int status) {
  return "SIP/2.0 " + std::to_string(status) + " " + std::string(sip::reason_phrase_for(status)) + "\r\n";
}

}  // namespace sbc::call
