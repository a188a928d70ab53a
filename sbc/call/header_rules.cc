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

template <typename List, typename NameOf>
void apply_one(const policy::HeaderOp& change, List& headers, NameOf name_of) {
  const auto same = [&](const auto& header) { return base::equals_ignoring_case(name_of(header), change.name); };
  switch (change.kind) {
    case policy::HeaderOp::Kind::Remove:
      std::erase_if(headers, same);
      break;
    case policy::HeaderOp::Kind::Set:
      std::erase_if(headers, same);
      headers.push_back({change.name, change.value});
      break;
    case policy::HeaderOp::Kind::Add:
      headers.push_back({change.name, change.value});
      break;
  }
}

}  // namespace

HeaderList passed_headers(const sip::Message& invite) {
  HeaderList passed;
  for (const auto& field : invite.headers())
    if (std::ranges::find(kCross, field.id) != kCross.end())
      passed.emplace_back(sip::canonical_name(field.id), field.value);
  return passed;
}

void apply(const std::vector<policy::HeaderOp>& changes, HeaderList& headers) {
  for (const auto& change : changes)
    apply_one(change, headers, [](const auto& header) { return std::string_view(header.first); });
}

void apply(std::span<const policy::HeaderOp> changes, std::vector<sip::ExtraHeader>& headers) {
  for (const auto& change : changes) apply_one(change, headers, [](const auto& header) { return header.name; });
}

}  // namespace sbc::call
