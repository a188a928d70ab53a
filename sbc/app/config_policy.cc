// The limits of [policy] and its look-ups.

#include "media-relay/base/text.h"

#include "sbc/app/config_parts.h"
#include "sbc/retell/limits.h"
#include "sbc/route/dns.h"

namespace sbc::app {
namespace {

// Room for the longest line, so that no file is without any; and what a disk may lose without a word.
constexpr std::uint64_t kMinRecord = 2U << 20;
constexpr std::uint64_t kMaxRecord = std::uint64_t{1} << 40;
static_assert(kMinRecord > retell::kMaxLine);

}  // namespace

policy::Limits read_policy_limits(settings::Table& policy) {
  policy::Limits limits;
  limits.instructions = static_cast<std::uint32_t>(
      policy.integer("instructions", {policy::kMinInstructions, 1'000'000'000}, limits.instructions));
  limits.shard_instructions =
      static_cast<std::uint64_t>(policy.integer("shard_instructions", {0, 1'000'000'000'000}, 50'000'000));
  if (limits.shard_instructions != 0 && limits.shard_instructions < limits.instructions)
    policy.fail("shard_instructions", "expected 0, or at least policy.instructions");
  limits.memory_bytes = policy.size("memory", policy::kMinMemoryBytes, std::uint64_t{1} << 32, limits.memory_bytes);
  // Timer B of callers is 32 s, and the call still has to be made after that.
  limits.wait = policy.duration("wait", {base::milliseconds(10), base::seconds(30)}, limits.wait);
  limits.waiting = static_cast<std::size_t>(policy.integer("waiting", {1, 100'000}, 1000));
  return limits;
}

RecordSettings read_record(settings::Table& policy) {
  RecordSettings record;
  record.file = policy.text("record", "");
  if (!record.file.empty() && !record.file.starts_with('/'))
    policy.fail("record", "expected an absolute path, got \"" + base::printable(record.file) + "\"");
  record.limit = policy.size("record_limit", kMinRecord, kMaxRecord, record.limit);
  return record;
}

lookup::BreakerRule read_breaker(settings::Table& table) {
  lookup::BreakerRule rule;
  rule.failures = static_cast<std::uint32_t>(table.integer("failures", {1, 1'000'000}, rule.failures));
  rule.pause = table.duration("pause", {base::milliseconds(100), base::hours(1)}, rule.pause);
  return rule;
}

http::Settings read_http(settings::Table& policy) {
  auto table = policy.table("http");
  http::Settings http;
  if (auto allow = http::AllowList::of(table.texts("allow"))) {
    http.allow = *std::move(allow);
  } else {
    table.fail("allow", "expected the beginnings of URLs, got " + allow.error());
  }
  // Below the longest text that a policy may have (policy::kMaxRuntimeBlock).
  http.body_bytes = table.size("max_body", 1, 100U << 10, http.body_bytes);
  http.at_once = static_cast<std::size_t>(table.integer("at_once", {1, 10'000}, 100));
  http.cache_entries = static_cast<std::size_t>(table.integer("cache", {0, 100'000}, 1000));
  http.breaker = read_breaker(table);
  http.ca_file = table.text("ca_file", "");
  return http;
}

namespace {

std::vector<std::string> read_dns_names(settings::Table& table, const char* key, const char* example) {
  std::vector<std::string> names;
  for (const auto& text : table.texts(key)) {
    auto name = route::host_name(text);
    if (name.empty())
      table.fail(key, std::string("expected names of the DNS such as \"") + example + "\", got \"" +
                          base::printable(text) + "\"");
    else
      names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

void read_dns_lookups(settings::Table& policy, LookupSettings& into) {
  auto numbers = policy.table("enum");
  into.enum_suffixes = read_dns_names(numbers, "suffixes", "e164.arpa");
  into.enum_breaker = read_breaker(numbers);
  auto names = policy.table("dns");
  into.dns_domains = read_dns_names(names, "domains", "example.net");
  into.dns_breaker = read_breaker(names);
}

}  // namespace sbc::app
