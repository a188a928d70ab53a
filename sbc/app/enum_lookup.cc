#include "sbc/app/enum_lookup.h"

#include <algorithm>

#include "media-relay/base/text.h"

#include "sbc/json/value.h"
#include "sbc/route/number_mapping.h"

namespace sbc::app {
namespace {

// RFC 6116 3.4.3: "E2U" and the services, "E2U+sip", "E2U+voice:tel+sms:tel"; the first is the best (3.4.3.2). Services
// of private networks (3.4.3.1: "P-") mean nothing in the public tree.
std::vector<std::string> services_of(const route::UriRule& rule, bool is_public) {
  std::vector<std::string> services;
  const std::string all = base::to_lower(rule.service);  // 3.6
  if (!all.starts_with("e2u+")) return services;
  std::string_view rest = std::string_view(all).substr(4);
  while (!rest.empty()) {
    const auto service = rest.substr(0, rest.find('+'));
    rest.remove_prefix(std::min(service.size() + 1, rest.size()));
    if (!service.empty() && !(is_public && service.starts_with("p-"))) services.emplace_back(service);
  }
  return services;
}

// Best first: by order, then by preference (RFC 3403 4.1).
json::Value list_of(std::vector<route::UriRule> rules, const std::string& number, bool is_public) {
  std::ranges::stable_sort(rules, [](const auto& a, const auto& b) {
    return std::pair(a.order, a.preference) < std::pair(b.order, b.preference);
  });
  json::List list;
  for (const auto& rule : rules) {
    const auto uri = route::uri_of(rule, number);
    if (!uri) continue;
    for (auto& service : services_of(rule, is_public))
      list.push_back({json::Members{{"uri", {*uri}},
                                    {"service", {std::move(service)}},
                                    {"order", {std::int64_t{rule.order}}},
                                    {"preference", {std::int64_t{rule.preference}}}}});
  }
  return {std::move(list)};
}

}  // namespace

void EnumLookup::ask(const policy::EnumQuestion& asked, std::function<void(policy::Found)> done) {
  using enum admin::EnumResult;
  const auto fail = [&](admin::EnumResult result, const char* word) {
    ++count(result);
    done(std::unexpected(word));
  };
  const std::string suffix = asked.suffix.empty() && !suffixes_.empty() ? suffixes_.front() : asked.suffix;
  if (std::ranges::find(suffixes_, suffix) == suffixes_.end()) return fail(NotAllowed, "not_allowed");
  const auto name = route::enum_name(asked.number, suffix);
  if (name.empty()) return fail(NoNumber, "no_number");
  const bool is_public = suffix == "e164.arpa";
  const bool asks =
      circuit_.ask(suffix, {route::Question::Type::Enum, name},
                   [this, number = asked.number, is_public, done](const route::DnsAnswer& answer) {
                     switch (answer.outcome) {
                       case route::DnsAnswer::Outcome::Found:
                       case route::DnsAnswer::Outcome::Nothing:
                         ++count(answer.rules.empty() ? Nothing : Found);
                         return done(std::make_shared<const json::Value>(list_of(answer.rules, number, is_public)));
                       case route::DnsAnswer::Outcome::Failed:
                         ++count(Failed);
                         return done(std::unexpected("failed"));
                       case route::DnsAnswer::Outcome::Silent:
                         ++count(Timeout);
                         return done(std::unexpected("timeout"));
                     }
                   });
  if (!asks) fail(Resting, "resting");
}

void EnumLookup::copy_counters(admin::ShardMetrics& metrics) const {
  for (std::size_t i = 0; i < counts_.size(); ++i)
    metrics.enum_lookups[static_cast<admin::EnumResult>(i)].set(counts_[i]);
}

}  // namespace sbc::app
