#include "sbc/call/header_rules.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

namespace sbc::call {
namespace {

// Each of these speaks to the callee about the call, not about the caller's network. Not listed on purpose: Alert-Info,
// Call-Info, Error-Info (URIs inside), In-Reply-To, Replaces, Target-Dialog (Call-IDs), Organization, User-Agent,
// Server, Warning (names), Date (clock), identity headers and Privacy (a matter of trust, not of transport:
// identity.cc).
constexpr std::array kCross = {
    sip::HeaderId::Subject,    sip::HeaderId::Priority, sip::HeaderId::AcceptLanguage,
    sip::HeaderId::UserToUser, sip::HeaderId::RecvInfo,
};

}  // namespace

HeaderList passed_headers(const sip::Message& invite) {
  HeaderList passed;
  for (const auto& field : invite.headers())
    if (std::ranges::find(kCross, field.id) != kCross.end())
      passed.emplace_back(sip::canonical_name(field.id), field.value);
  return passed;
}

void apply(const std::vector<policy::HeaderOp>& changes, HeaderList& headers) {
  for (const auto& change : changes) {
    const auto same = [&change](const auto& header) { return base::equals_ignoring_case(header.first, change.name); };
    switch (change.kind) {
      case policy::HeaderOp::Kind::Remove:
        std::erase_if(headers, same);
        break;
      case policy::HeaderOp::Kind::Set:
        std::erase_if(headers, same);
        headers.emplace_back(change.name, change.value);
        break;
      case policy::HeaderOp::Kind::Add:
        headers.emplace_back(change.name, change.value);
        break;
    }
  }
}

}  // namespace sbc::call
