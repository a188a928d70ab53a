#include "sbc/exchange/crossing.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

#include "sbc/body/multipart.h"
#include "sbc/call/extensions.h"
#include "sbc/exchange/limits.h"
#include "sbc/identity/emergency.h"
#include "sbc/identity/session_id.h"
#include "sbc/sip/contact.h"
#include "sbc/sip/grammar.h"
#include "sbc/sip/params.h"
#include "sbc/sip/values.h"

namespace sbc::exchange {
namespace {

// Each of these speaks of the request, none of a network. Accept-Contact and the like carry instance ids; Supported and
// Require are each leg's own. Not Accept-Encoding: what is packed nobody here can read.
constexpr std::array kRequest = {sip::HeaderId::ContentLanguage, sip::HeaderId::InfoPackage};
constexpr std::array kResponse = {sip::HeaderId::MinExpires, sip::HeaderId::AcceptLanguage};

constexpr std::array<std::string_view, 3> kStates = {"active", "pending", "terminated"};
constexpr std::array<std::string_view, 7> kReasons = {"deactivated", "probation",  "rejected", "timeout",
                                                      "giveup",      "noresource", "invariant"};

template <typename List>
bool listed(const List& list, const typename List::value_type& wanted) {
  return std::ranges::find(list, wanted) != list.end();
}

std::uint32_t capped(std::uint32_t seconds) {
  return std::min(seconds, static_cast<std::uint32_t>(base::to_seconds(kLongestExpiry)));
}

void add_value(std::string& list, std::string_view value) {
  list.append(list.empty() ? "" : ", ").append(value);
}

// RFC 3261 20.11: other parameters say what their sender likes.
std::string disposition(std::string_view value) {
  std::string out = body::bare_type(value);
  const auto semicolon = value.find(';');
  if (semicolon == std::string_view::npos) return out;
  const auto handling = sip::find_param(value.substr(semicolon), "handling").value_or("");
  for (const std::string_view known : {"optional", "required"})
    if (base::equals_ignoring_case(handling, known)) out.append(";handling=").append(known);
  return out;
}

// Methods are words of RFCs here; what else somebody calls his own stays with him.
std::string known_methods(const sip::Message& message) {
  std::string list;
  sip::for_each_value(message, sip::HeaderId::Allow, [&list](std::string_view method) {
    if (sip::method_from(method) != sip::Method::Other) add_value(list, method);
  });
  return list;
}

std::string our_extensions(const sip::Message& message) {
  std::string list;
  sip::for_each_value(message, sip::HeaderId::Supported, [&list](std::string_view tag) {
    if (std::ranges::find(call::kExtensions, tag) != std::end(call::kExtensions)) add_value(list, tag);
  });
  return list;
}

// RFC 7989: made so that it reveals nothing.
void add_session(const sip::Message& message, call::HeaderList& headers) {
  const auto field = message.find(sip::HeaderId::SessionId);
  const auto id = field ? identity::parse_session_id(*field) : std::nullopt;
  if (id) headers.emplace_back("Session-ID", identity::session_id_value(id->local, id->remote));
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

bool Crossing::accepts_nothing(const sip::Message& message) const {
  return !toward_.trusted && sip::count_values(message, sip::HeaderId::Accept) > 0 && accepted(message, false).empty();
}

// Whoever is told that something is accepted may send it, and then it must be able to cross.
std::string Crossing::accepted(const sip::Message& message, bool sdp) const {
  std::string list;
  bool anything = false;
  sip::for_each_value(message, sip::HeaderId::Accept, [&](std::string_view value) {
    const std::string type = body::bare_type(value);
    anything = anything || type == "*/*" || type == "application/*";
    if (toward_.trusted || type == "text/*" || body::readable(type) || (sdp && type == "application/sdp"))
      add_value(list, toward_.trusted ? value : std::string_view(type));
  });
  if (!anything || toward_.trusted) return list;
  list.clear();
  for (const auto type : body::kReadable) add_value(list, type);
  return list;
}

std::string Crossing::known_events(const sip::Message& message) const {
  std::string list;
  sip::for_each_value(message, sip::HeaderId::AllowEvents, [&](std::string_view value) {
    if (std::ranges::find(settings_.events, base::to_lower(value)) != settings_.events.end()) add_value(list, value);
  });
  return list;
}

// RFC 4235 3.2: a subscription to one dialog names it. The other parameters, id above all, are the sender's own: each
// subscription is alone in its dialog on the far side.
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
  if (sip::find_param(params, "include-session-description")) out.append(";include-session-description");
  return out;
}

void Crossing::request_headers(const sip::Message& request, call::HeaderList& headers, std::string_view event) {
  for (const auto& field : request.headers()) {
    if (listed(kRequest, field.id)) headers.emplace_back(sip::canonical_name(field.id), field.value);
    if (field.id == sip::HeaderId::ContentDisposition)
      headers.emplace_back("Content-Disposition", disposition(field.value));
    if (field.id == sip::HeaderId::MimeVersion) headers.emplace_back("MIME-Version", "1.0");
    if (field.id == sip::HeaderId::SipIfMatch && request.method() == sip::Method::Publish)
      headers.emplace_back("SIP-If-Match", field.value);
    if (field.id == sip::HeaderId::Event)
      headers.emplace_back("Event", event.empty() ? this->event(field.value) : std::string(event));
    if (field.id == sip::HeaderId::Expires)
      if (const auto seconds = sip::parse_delta_seconds(field.value))
        headers.emplace_back("Expires", std::to_string(capped(*seconds)));
  }
  if (auto types = accepted(request, request.method() == sip::Method::Options); !types.empty())
    headers.emplace_back("Accept", std::move(types));
  if (auto events = known_events(request); !events.empty()) headers.emplace_back("Allow-Events", std::move(events));
  if (auto state = subscription_state(request); !state.text.empty())
    headers.emplace_back("Subscription-State", std::move(state.text));
  // RFC 4538 7: a REFER or SUBSCRIBE is about a call, too.
  if (request.method() == sip::Method::Refer || request.method() == sip::Method::Subscribe)
    if (const auto value = request.find(sip::HeaderId::TargetDialog))
      if (auto told = target_dialog(*value); !told.empty()) headers.emplace_back("Target-Dialog", std::move(told));
  if (toward_.trusted)
    for (auto& value : identity::resource_priorities(request))
      headers.emplace_back("Resource-Priority", std::move(value));
  add_session(request, headers);
}

call::HeaderList Crossing::response_headers(const sip::Message& response) const {
  call::HeaderList headers;
  for (const auto& field : response.headers()) {
    if (listed(kResponse, field.id)) headers.emplace_back(sip::canonical_name(field.id), field.value);
    // RFC 3903 11.3: of a publication, and of nothing else.
    if (field.id == sip::HeaderId::SipETag && response.method() == sip::Method::Publish)
      headers.emplace_back("SIP-ETag", field.value);
    if (field.id == sip::HeaderId::Expires)
      if (const auto seconds = sip::parse_delta_seconds(field.value))
        headers.emplace_back("Expires", std::to_string(capped(*seconds)));
  }
  if (auto events = known_events(response); !events.empty()) headers.emplace_back("Allow-Events", std::move(events));
  if (response.method() == sip::Method::Options) {  // RFC 3261 11.2: of the far side what is possible across the border
    headers.emplace_back("Allow", known_methods(response));
    headers.emplace_back("Supported", our_extensions(response));
    if (auto types = accepted(response, true); !types.empty()) headers.emplace_back("Accept", std::move(types));
  }
  add_session(response, headers);
  return headers;
}

call::HeaderList Crossing::failure_headers(const sip::Message& response) const {
  call::HeaderList headers;
  const auto add = [&headers](std::string_view name, std::string value) {
    if (!value.empty()) headers.emplace_back(name, std::move(value));
  };
  switch (response.status()) {
    case 405:
    case 501:
      add("Allow", known_methods(response));
      break;
    case 415:
      add("Accept", accepted(response, false));
      break;
    case 423:
      if (const auto least = sip::parse_delta_seconds(response.find(sip::HeaderId::MinExpires).value_or("")))
        add("Min-Expires", std::to_string(*least));
      break;
    case 489:
      add("Allow-Events", known_events(response));
      break;
    default:
      break;
  }
  add_session(response, headers);
  return headers;
}

std::string event_package(const sip::Message& message) {
  const auto value = message.find(sip::HeaderId::Event).value_or("");
  return base::to_lower(base::trim(value.substr(0, value.find(';'))));
}

std::string event_of_subscriber(const sip::Message& subscribe) {
  const auto value = subscribe.find(sip::HeaderId::Event).value_or("");
  const auto semicolon = value.find(';');
  std::string out(base::trim(value.substr(0, semicolon)));
  if (semicolon != std::string_view::npos)
    if (const auto id = sip::find_param(value.substr(semicolon), "id")) out.append(";id=").append(*id);
  return out;
}

SubscriptionState subscription_state(const sip::Message& notify) {
  SubscriptionState state;
  const auto value = notify.find(sip::HeaderId::SubscriptionState);
  if (!value) return state;
  const auto semicolon = value->find(';');
  state.text = base::to_lower(base::trim(value->substr(0, semicolon)));
  // RFC 6665 8.4 allows others, which no RFC has defined: the subscription lives, that is all that is known.
  if (!listed(kStates, state.text))
    state.text = sip::grammar::all(sip::grammar::kToken, state.text) && !state.text.empty() ? "active" : "";
  state.terminated = state.text == "terminated";
  if (semicolon == std::string_view::npos || state.text.empty()) return state;
  sip::ParamReader reader(value->substr(semicolon));
  sip::Param param;
  while (reader.next(param)) {
    const std::string name = base::to_lower(param.name);
    const auto seconds = sip::parse_delta_seconds(param.value);
    if (name == "reason" && listed(kReasons, base::to_lower(param.value)))
      state.text.append(";reason=").append(base::to_lower(param.value));
    if (name == "expires" && seconds) state.expires = capped(*seconds);
    if ((name == "expires" || name == "retry-after") && seconds)
      state.text.append(";").append(name).append("=").append(std::to_string(capped(*seconds)));
  }
  return state;
}

}  // namespace sbc::exchange
