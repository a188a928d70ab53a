#include "sbc/exchange/crossing.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

#include "sbc/sip/contact.h"
#include "sbc/sip/params.h"

namespace sbc::exchange {
namespace {

// Each of these speaks of the request, none of a network. Accept-Contact and the like carry instance ids; Supported and
// Require are each leg's own.
constexpr std::array kRequest = {
    sip::HeaderId::Accept,      sip::HeaderId::AcceptEncoding,     sip::HeaderId::AllowEvents,
    sip::HeaderId::Expires,     sip::HeaderId::SipIfMatch,         sip::HeaderId::ContentLanguage,
    sip::HeaderId::InfoPackage, sip::HeaderId::ContentDisposition,
};
constexpr std::array kResponse = {
    sip::HeaderId::Accept,     sip::HeaderId::AllowEvents, sip::HeaderId::Expires,
    sip::HeaderId::MinExpires, sip::HeaderId::SipETag,     sip::HeaderId::AcceptLanguage,
};

bool listed(std::span<const sip::HeaderId> ids, sip::HeaderId id) {
  return std::ranges::find(ids, id) != ids.end();
}

}  // namespace

std::optional<body::DialogIds> Crossing::other_side(std::string_view call_id, std::string_view local_tag,
                                                    std::string_view remote_tag) {
  return dialogs_.other_side(
      {.call_id = std::string(call_id), .local_tag = std::string(local_tag), .remote_tag = std::string(remote_tag)},
      toward_.realm);
}

std::string Crossing::public_uri(const sip::Uri& uri) {
  if (uri.scheme == sip::Uri::Scheme::Tel) {
    // Without parameters: a phone-context names a network.
    return uri.user.starts_with('+') ? "tel:" + std::string(uri.user) : "";
  }
  if (uri.is_sip()) {
    std::string out = "sip:";
    if (!uri.user.empty()) out.append(uri.user).append("@");
    return out.append(toward_.domain);
  }
  const std::string scheme = base::to_lower(uri.scheme_text);
  if (scheme != "pres" && scheme != "im") return "";
  const auto rest = uri.text.substr(uri.scheme_text.size() + 1);
  const auto at = rest.find('@');
  const auto user = at == std::string_view::npos ? std::string_view() : rest.substr(0, at);
  if (user.empty() || user.find_first_of(";?<> ") != std::string_view::npos) return "";
  return scheme + ":" + std::string(user) + "@" + std::string(toward_.domain);
}

std::string Crossing::opaque(std::string_view id) {
  std::string out = "i";  // an XML name may not begin with a digit
  const std::uint64_t hash = base::siphash(key_, id);
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[(hash >> shift) & 15];
  return out;
}

body::Result Crossing::body_of(const sip::Message& message) {
  if (message.body().empty()) return {};
  return body::rewrite(message.find(sip::HeaderId::ContentType).value_or("application/octet-stream"), message.body(),
                       *this, {.pass_unknown = toward_.trusted},
                       message.find(sip::HeaderId::ContentEncoding).value_or(""));
}

// RFC 4235 3.2: a subscription to one dialog names it; the package's other parameters, id above all, are the
// subscriber's own.
std::string Crossing::event(std::string_view value) {
  const auto semicolon = value.find(';');
  std::string out(base::trim(value.substr(0, semicolon)));
  if (semicolon == std::string_view::npos) return out;
  const auto params = value.substr(semicolon);
  const auto call_id = sip::find_param(params, "call-id");
  if (call_id) {
    // The subscriber names its own side; "from-tag" is the local tag of the user agent that is watched.
    const auto ids = other_side(sip::unquote(*call_id), sip::unquote(sip::find_param(params, "to-tag").value_or("")),
                                sip::unquote(sip::find_param(params, "from-tag").value_or("")));
    if (ids) {
      out.append(";call-id=").append(sip::quote(ids->call_id));
      if (!ids->local_tag.empty()) out.append(";to-tag=").append(ids->local_tag);
      if (!ids->remote_tag.empty()) out.append(";from-tag=").append(ids->remote_tag);
    }
  }
  sip::ParamReader reader(params);
  sip::Param param;
  while (reader.next(param))
    if (base::equals_ignoring_case(param.name, "id") ||
        base::equals_ignoring_case(param.name, "include-session-description"))
      out.append(";").append(param.text);
  return out;
}

void Crossing::request_headers(const sip::Message& request, call::HeaderList& headers) {
  for (const auto& field : request.headers()) {
    if (listed(kRequest, field.id)) headers.emplace_back(sip::canonical_name(field.id), field.value);
    if (field.id == sip::HeaderId::Event) headers.emplace_back("Event", event(field.value));
  }
  if (auto state = subscription_state(request); !state.text.empty())
    headers.emplace_back("Subscription-State", std::move(state.text));
}

call::HeaderList Crossing::response_headers(const sip::Message& response) {
  call::HeaderList headers;
  for (const auto& field : response.headers())
    if (listed(kResponse, field.id)) headers.emplace_back(sip::canonical_name(field.id), field.value);
  return headers;
}

std::string event_package(const sip::Message& message) {
  const auto value = message.find(sip::HeaderId::Event).value_or("");
  return base::to_lower(base::trim(value.substr(0, value.find(';'))));
}

SubscriptionState subscription_state(const sip::Message& notify) {
  SubscriptionState state;
  const auto value = notify.find(sip::HeaderId::SubscriptionState);
  if (!value) return state;
  const auto semicolon = value->find(';');
  state.text = std::string(base::trim(value->substr(0, semicolon)));
  state.terminated = base::equals_ignoring_case(state.text, "terminated");
  if (semicolon == std::string_view::npos) return state;
  sip::ParamReader reader(value->substr(semicolon));
  sip::Param param;
  while (reader.next(param)) {
    const auto is = [&param](std::string_view name) { return base::equals_ignoring_case(param.name, name); };
    if (is("expires")) state.expires = sip::parse_delta_seconds(param.value);
    if (is("expires") || is("reason") || is("retry-after")) state.text.append(";").append(param.text);
  }
  return state;
}

}  // namespace sbc::exchange
