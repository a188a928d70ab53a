#include "sbc/identity/emergency.h"

#include <algorithm>

#include "media-relay/base/ip.h"
#include "media-relay/base/text.h"

#include "sbc/identity/limits.h"
#include "sbc/sip/name_addr.h"
#include "sbc/sip/values.h"

namespace sbc::identity {
namespace {

// RFC 4412 3.1: token-nodot of both halves.
bool is_priority(std::string_view text) {
  const auto dot = text.find('.');
  if (text.size() > kMaxPriorityBytes || dot == 0 || dot == std::string_view::npos || dot + 1 == text.size())
    return false;
  const auto nodot = [](char c) { return base::is_alnum(c) || std::string_view("-!%*_+`'~").contains(c); };
  return std::ranges::all_of(text.substr(0, dot), nodot) && std::ranges::all_of(text.substr(dot + 1), nodot);
}

bool leads_into_body(std::string_view uri) {
  return base::equals_ignoring_case(uri.substr(0, uri.find(':')), "cid");
}

}  // namespace

std::vector<std::string> resource_priorities(const sip::Message& message, limit::Counts* limits) {
  std::vector<std::string> values;
  for (const auto& field : message.headers()) {
    if (!base::equals_ignoring_case(field.name, "Resource-Priority")) continue;
    sip::ValueReader reader(field.value);
    while (const auto value = reader.next()) {
      if (!is_priority(*value)) continue;
      if (values.size() < kMaxPriorities) {
        values.emplace_back(*value);
      } else {
        limit::note(limits, limit::Reached::Priorities);
      }
    }
  }
  return values;
}

std::vector<std::string> locations(const sip::Message& message, bool trusted, bool with_parts) {
  std::vector<std::string> values;
  sip::for_each_value(message, sip::HeaderId::Geolocation, [&](std::string_view value) {
    const auto location = sip::parse_name_addr(value);
    if (!location || (leads_into_body(location->uri_text) && !with_parts)) return true;
    std::string& out = values.emplace_back(location->address_text());
    sip::ParamReader reader(location->params);
    for (sip::Param param; reader.next(param);) {
      const bool source = base::equals_ignoring_case(param.name, "loc-src");
      if (!source || (trusted && !base::IpAddress::parse(param.value))) out.append(";").append(param.text);
    }
    return values.size() < kMaxLocations;
  });
  return values;
}

}  // namespace sbc::identity
