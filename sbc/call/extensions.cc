#include "sbc/call/extensions.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/sip/values.h"

namespace sbc::call {

std::string supported_extensions() {
  std::string value;
  for (const auto tag : kExtensions) value.append(value.empty() ? "" : ", ").append(tag);
  return value;
}

std::string unsupported_extensions(const sip::Message& request) {
  std::string tags;
  sip::for_each_value(request, sip::HeaderId::Require, [&](std::string_view tag) {
    // RFC 3911: whom it joins is the far side's to say, and is required of that side (entering.cc).
    if (base::equals_ignoring_case(tag, "join") && request.method() == sip::Method::Invite &&
        request.find(sip::HeaderId::Join))
      return;
    if (std::ranges::any_of(kExtensions, [tag](auto known) { return base::equals_ignoring_case(known, tag); })) return;
    if (!tags.empty()) tags += ", ";
    tags += tag;
  });
  return tags;
}

}  // namespace sbc::call
