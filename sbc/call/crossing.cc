#include "sbc/call/crossing.h"

#include <algorithm>
#include <array>
#include <span>

#include "media-relay/base/text.h"

#include "sbc/body/multipart.h"
#include "sbc/body/rewrite.h"
#include "sbc/call/limits.h"
#include "sbc/sip/params.h"
#include "sbc/sip/retry_after.h"
#include "sbc/sip/values.h"

namespace sbc::call {
namespace {

using sip::HeaderId;

// Each says what the request is about, or how its body is to be read. Not listed on purpose: Contact, Via, Route,
// Record-Route, Path (ours are written), Call-Info, Alert-Info, Reply-To, Error-Info (URIs), In-Reply-To, Replaces,
// Target-Dialog (Call-IDs), Organization, User-Agent, Server, Warning (names), Date (clock), Timestamp, identity and
// credentials (a matter of each leg). Event, Subscription-State, Content-Disposition and MIME-Version
// are written with what is known of them.
constexpr std::array kRequestHeaders = {
    HeaderId::Accept,          HeaderId::AcceptLanguage,  HeaderId::AllowEvents,
    HeaderId::ContentEncoding, HeaderId::ContentLanguage, HeaderId::Expires,
    HeaderId::InfoPackage,     HeaderId::Priority,        HeaderId::Subject,
};
// What a final response adds to its status: what would have been understood, and for how long it holds.
constexpr std::array kResponseHeaders = {
    HeaderId::Accept,      HeaderId::AcceptEncoding,  HeaderId::AcceptLanguage,
    HeaderId::AllowEvents, HeaderId::ContentEncoding, HeaderId::ContentLanguage,
    HeaderId::Expires,     HeaderId::MinExpires,      HeaderId::RecvInfo,
};

// Key presses and camera commands: nothing in them names anybody.
constexpr std::array kHarmless = {
    std::string_view("application/dtmf"),
    std::string_view("application/dtmf-relay"),
    std::string_view("application/hook-flash"),
    std::string_view("application/media_control+xml"),
    std::string_view("application/vnd.nortelnetworks.digits"),
};

// RFC 8840 4.3: candidates are of one leg. Nobody is told that the other side would take them.
constexpr std::string_view kTrickleIce = "trickle-ice";

// A value with the parameters that are named: others say what their sender likes.
std::string with_params(std::string_view value, std::span<const std::string_view> names) {
  const std::size_t end = value.find(';');
  std::string kept(base::trim(value.substr(0, end)));
  if (end == std::string_view::npos) return kept;
  sip::ParamReader reader(value.substr(end + 1));
  sip::Param param;
  while (reader.next(param)) {
    const auto same = [&param](std::string_view name) { return base::equals_ignoring_case(name, param.name); };
    if (std::ranges::any_of(names, same)) kept.append(";").append(param.text);
  }
  return kept;
}

// RFC 6665 8.2.3, RFC 2183 2.
constexpr std::array kSubscriptionStateParams = {std::string_view("reason"), std::string_view("expires"),
                                                 std::string_view("retry-after")};
constexpr std::array kDispositionParams = {std::string_view("handling")};

bool listed(auto&& ids, HeaderId id) {
  return std::ranges::find(ids, id) != std::ranges::end(ids);
}

}  // namespace

bool CrossingRules::allows(std::string_view method) const {
  return std::ranges::find(methods, method) != methods.end();
}

std::optional<CrossingBody> crossing_body(const sip::Message& message, body::Identifiers& identifiers, bool trusted) {
  if (message.body().empty()) return CrossingBody{};
  const std::string_view value = message.find(HeaderId::ContentType).value_or("");
  const std::string_view encoding = message.find(HeaderId::ContentEncoding).value_or("");
  if (encoding.empty() && std::ranges::find(kHarmless, body::bare_type(value)) != kHarmless.end())
    return CrossingBody{body::bare_type(value), std::string(message.body())};
  auto result = body::rewrite(value, message.body(), identifiers, {.pass_unknown = trusted}, encoding);
  if (!result.crosses()) return std::nullopt;
  return CrossingBody{std::move(result.type), std::move(result.text)};
}

std::string crossing_event(std::string_view value) {
  constexpr std::array kId = {std::string_view("id")};
  return with_params(value, kId);
}

std::string crossing_request_headers(const sip::Message& request) {
  std::string lines;
  for (const auto& field : request.headers()) {
    if (field.id == HeaderId::Event) {
      lines.append("Event: ").append(crossing_event(field.value)).append("\r\n");
    } else if (field.id == HeaderId::SubscriptionState) {
      lines.append("Subscription-State: ").append(with_params(field.value, kSubscriptionStateParams)).append("\r\n");
    } else if (field.id == HeaderId::ContentDisposition) {
      lines.append("Content-Disposition: ").append(with_params(field.value, kDispositionParams)).append("\r\n");
    } else if (field.id == HeaderId::SipIfMatch && request.method() == sip::Method::Publish) {
      lines.append("SIP-If-Match: ").append(field.value).append("\r\n");
    } else if (field.id == HeaderId::MimeVersion) {
      lines.append("MIME-Version: 1.0\r\n");
    } else if (listed(kRequestHeaders, field.id)) {
      lines.append(sip::canonical_name(field.id)).append(": ").append(field.value).append("\r\n");
    }
  }
  return lines;
}

std::vector<std::pair<std::string, std::string>> crossing_response_headers(const sip::Message& response) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& field : response.headers()) {
    if (listed(kResponseHeaders, field.id)) {
      headers.emplace_back(sip::canonical_name(field.id), field.value);
    } else if (field.id == HeaderId::SipETag && response.method() == sip::Method::Publish) {
      headers.emplace_back("SIP-ETag", field.value);  // RFC 3903 11.3: of a publication alone
    } else if (field.id == HeaderId::RetryAfter) {    // without its comment
      if (const auto seconds = sip::parse_retry_after(field.value))
        headers.emplace_back("Retry-After", std::to_string(*seconds));
    }
  }
  return headers;
}

int crossing_status(int status) {
  switch (status) {
    case 401:
    case 407:
      return 403;  // a challenge is meant for us, and nobody here can answer it
    case 408:
      return 0;
    case 414:
    case 416:
    case 420:
    case 482:
    case 483:
    case 494:
    case 502:
    case 503:
    case 505:
    case 513:
      return 500;  // they speak of the request that we wrote, or of hops that are not the asking side's
    default:
      return status < 300 || status >= 400 ? status : 500;  // where else to ask is not for the asking side to know
  }
}

bool ends_call(sip::Method method, int status) {
  return method == sip::Method::Info && status == 481;
}

std::optional<std::string> info_packages(const sip::Message& message) {
  if (message.count(HeaderId::RecvInfo) == 0) return std::nullopt;
  std::string list;
  std::size_t count = 0;
  sip::for_each_value(message, HeaderId::RecvInfo, [&](std::string_view value) {
    if (names_package(value, kTrickleIce)) return true;
    if (count++ == kMaxInfoPackages) return false;
    list.append(list.empty() ? "" : ", ").append(value);
    return true;
  });
  return list;
}

bool names_package(std::string_view list, std::string_view package) {
  const auto name_of = [](std::string_view value) { return base::trim(value.substr(0, value.find(';'))); };
  sip::ValueReader reader(list);
  while (const auto value = reader.next())
    if (name_of(*value) == name_of(package)) return true;
  return false;
}

}  // namespace sbc::call
