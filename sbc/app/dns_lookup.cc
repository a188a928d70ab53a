#include "sbc/app/dns_lookup.h"

#include <algorithm>
#include <optional>

#include "sbc/json/value.h"
#include "sbc/route/dns.h"

namespace sbc::app {
namespace {

using route::DnsAnswer;
using route::Question;

std::optional<Question::Type> type_of(std::string_view word) {
  for (const auto type : {Question::Type::A, Question::Type::Aaaa, Question::Type::Srv, Question::Type::Txt})
    if (route::name_of(type) == word) return type;
  return std::nullopt;
}

// Services best first, by priority (RFC 2782); how to draw among equals by weight is the policy's business.
json::Value list_of(DnsAnswer answer) {
  json::List list;
  for (const auto& address : answer.addresses) list.push_back({address.text()});
  for (auto& text : answer.texts)
    if (json::is_utf8(text)) list.push_back({std::move(text)});
  std::ranges::stable_sort(answer.srv, {}, &route::SrvRecord::priority);
  for (auto& srv : answer.srv)
    list.push_back({json::Members{{"target", {std::move(srv.target)}},
                                  {"port", {std::int64_t{srv.port}}},
                                  {"priority", {std::int64_t{srv.priority}}},
                                  {"weight", {std::int64_t{srv.weight}}}}});
  return {std::move(list)};
}

}  // namespace

// nullptr: it may not be asked for.
const std::string* DnsLookup::domain_of(const std::string& name) const {
  const auto found = std::ranges::find_if(domains_, [&name](const std::string& domain) {
    return name == domain ||
           (name.size() > domain.size() && name.ends_with(domain) && name[name.size() - domain.size() - 1] == '.');
  });
  return found == domains_.end() ? nullptr : &*found;
}

void DnsLookup::ask(const policy::DnsQuestion& asked, std::function<void(policy::Found)> done) {
  using enum admin::DnsResult;
  const auto fail = [&](admin::DnsResult result, const char* word) {
    ++count(result);
    done(std::unexpected(word));
  };
  const auto type = type_of(asked.type);
  const std::string name = route::host_name(asked.name);
  if (!type || name.empty()) return fail(NoName, "no_name");
  const std::string* const domain = domain_of(name);
  if (domain == nullptr) return fail(NotAllowed, "not_allowed");
  const bool asks = circuit_.ask(*domain, {*type, name}, [this, done](const DnsAnswer& answer) {
    switch (answer.outcome) {
      case DnsAnswer::Outcome::Found:
      case DnsAnswer::Outcome::Nothing:
        ++count(answer.outcome == DnsAnswer::Outcome::Found ? Found : Nothing);
        return done(std::make_shared<const json::Value>(list_of(answer)));
      case DnsAnswer::Outcome::Failed:
        ++count(Failed);
        return done(std::unexpected("failed"));
      case DnsAnswer::Outcome::Silent:
        ++count(Timeout);
        return done(std::unexpected("timeout"));
    }
  });
  if (!asks) fail(Resting, "resting");
}

void DnsLookup::copy_counters(admin::ShardMetrics& metrics) const {
  for (std::size_t i = 0; i < counts_.size(); ++i)
    metrics.dns_lookups[static_cast<admin::DnsResult>(i)].set(counts_[i]);
}

}  // namespace sbc::app
