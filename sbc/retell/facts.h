#pragma once
// Facts as JSON: an object with every field under the name that a policy reads it by (policies/reference.md), nullopt
// as null, header fields as a list of [name, value], the time as {"unix": ..., "utc_offset": ...} (seconds). Values of
// Authorization and Proxy-Authorization are secrets of the caller's and are never in it: kMark stands for them.

#include <deque>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/json/value.h"
#include "sbc/policy/decision.h"
#include "sbc/policy/facts.h"

namespace sbc::retell {

inline constexpr std::string_view kMark = "(not recorded)";

json::Value to_json(const policy::InviteFacts& facts);
json::Value to_json(const policy::RegisterFacts& facts);
json::Value to_json(const policy::RequestFacts& facts);
json::Value to_json(const policy::LegFacts& facts);
json::Value to_json(const policy::AttemptFacts& facts);
json::Value to_json(const policy::QualityFacts& facts);
json::Value to_json(const policy::EndFacts& facts);
json::Value to_json(const policy::ResponseFacts& facts);
json::Value to_json(const policy::InsideFacts& facts);
json::Value to_json(const policy::TimerFacts& facts);
json::Value to_json(const std::vector<policy::Contact>& contacts);

// Facts with what their views point into; may be moved.
template <typename Facts>
struct Owned {
  Facts facts;
  std::deque<std::string> texts{};
};

// Back again, of the kinds above. A field that is missing keeps its default and one that is not known is passed over:
// the two may be of different versions. Error: a field of another type, `call.from.port: expected a number from 0 to
// 65535`.
template <typename Facts>
std::expected<Owned<Facts>, std::string> read(const json::Value& value);

// Without tokens.
std::expected<std::vector<policy::Contact>, std::string> read_contacts(const json::Value& value);

}  // namespace sbc::retell
