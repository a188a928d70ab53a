#include "sbc/call/header_rules.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

#include "sbc/call/crossing.h"
#include "sbc/policy/header_rules.h"

namespace sbc::call {
namespace {

// Each of these speaks to the callee about the call, not about the caller's network. Not listed on purpose: Alert-Info,
// Call-Info, Error-Info (URIs inside), In-Reply-To, Replaces, Target-Dialog (Call-IDs), Organization, User-Agent,
// Server, Warning (names), Date (clock), identity headers and Privacy (a matter of trust, not of transport:
// identity.cc).
constexpr std::array kCross = {
    sip::HeaderId::Subject,
    sip::HeaderId::Priority,
    sip::HeaderId::AcceptLanguage,
    sip::HeaderId::UserToUser,
};

bool passes(const policy::HeaderOp& change, const sip::HeaderField& field) {
  const bool known = field.id != sip::HeaderId::Other;
  if (policy::is_header_pattern(change.name) && known) return false;
  const auto name = known ? sip::canonical_name(field.id) : field.name;
  return policy::names_header(change.name, name) && !policy::border_owns_header(name);
}

// HeaderList owns its texts, ExtraHeader looks at them.
template <typename List>
auto text_for(std::string_view text) {
  if constexpr (std::is_same_v<List, HeaderList>) {
    return std::string(text);
  } else {
    return text;
  }
}

std::string_view name_of_field(const sip::HeaderField& field) {
  return field.id != sip::HeaderId::Other ? sip::canonical_name(field.id) : field.name;
}

// `List` holds names and values; `NameOf` gives the name of one.
template <typename List, typename NameOf>
void pass(const policy::HeaderOp& change, List& headers, NameOf name_of, const sip::Message* from) {
  if (from == nullptr) return;
  List passed;
  for (const auto& field : from->headers())
    if (passes(change, field)) passed.push_back({text_for<List>(name_of_field(field)), text_for<List>(field.value)});
  for (const auto& one : passed)
    std::erase_if(headers,
                  [&](const auto& header) { return base::equals_ignoring_case(name_of(header), name_of(one)); });
  headers.insert(headers.end(), passed.begin(), passed.end());
}

template <typename List, typename NameOf>
void apply_one(const policy::HeaderOp& change, List& headers, NameOf name_of, const sip::Message* from) {
  const auto same = [&](const auto& header) { return policy::names_header(change.name, name_of(header)); };
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
    case policy::HeaderOp::Kind::Pass:
      pass(change, headers, name_of, from);
      break;
  }
}

}  // namespace

HeaderList passed_headers(const sip::Message& invite) {
  HeaderList passed;
  for (const auto& field : invite.headers())
    if (std::ranges::find(kCross, field.id) != kCross.end())
      passed.emplace_back(sip::canonical_name(field.id), field.value);
  if (auto packages = info_packages(invite)) passed.emplace_back("Recv-Info", *std::move(packages));
  return passed;
}

void apply(const std::vector<policy::HeaderOp>& changes, HeaderList& headers, const sip::Message* from) {
  for (const auto& change : changes)
    apply_one(change, headers, [](const auto& header) { return std::string_view(header.first); }, from);
}

void apply(std::span<const policy::HeaderOp> changes, std::vector<sip::ExtraHeader>& headers,
           const sip::Message* from) {
  for (const auto& change : changes) apply_one(change, headers, [](const auto& header) { return header.name; }, from);
}

}  // namespace sbc::call
