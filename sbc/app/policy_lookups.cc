#include "sbc/app/policy_lookups.h"

#include <utility>

namespace sbc::app {

void PolicyLookups::ask(const policy::Question& question, bool urgent, Done done) {
  if (const auto* asked = std::get_if<policy::HttpQuestion>(&question.what))
    return ask_http(*asked, question.timeout, urgent, std::move(done));
  if (const auto* asked = std::get_if<policy::EnumQuestion>(&question.what)) return enum_.ask(*asked, std::move(done));
  if (const auto* asked = std::get_if<policy::DnsQuestion>(&question.what)) return dns_.ask(*asked, std::move(done));
  const StoreLookups::Terms terms{.timeout = question.timeout, .urgent = urgent};
  if (const auto* asked = std::get_if<policy::RedisQuestion>(&question.what))
    return stores_.ask(*asked, terms, std::move(done));
  stores_.ask(std::get<policy::SqlQuestion>(question.what), terms, std::move(done));
}

void PolicyLookups::ask_http(const policy::HttpQuestion& asked, base::Duration timeout, bool urgent, Done done) {
  const http::Request request{.url = asked.url,
                              .headers = asked.headers,
                              .json = asked.json,
                              .keep = asked.keep,
                              .timeout = timeout,
                              .urgent = urgent};
  http_.ask(request, [done = std::move(done)](const http::Reply& reply) {
    if (!reply) return done(std::unexpected(std::string(http::name_of(reply.error()))));
    done(policy::HttpAnswer{.status = reply->status, .content_type = reply->content_type, .body = reply->body});
  });
}

void PolicyLookups::copy_counters(admin::ShardMetrics& metrics) {
  const http::Counters& counters = http_.counters();
  using admin::HttpLookup;
  metrics.http_lookups[HttpLookup::Answered].set(counters.answered);
  metrics.http_lookups[HttpLookup::Cached].set(counters.cached);
  metrics.http_lookups[HttpLookup::Joined].set(counters.joined);
  const std::pair<HttpLookup, http::Problem> problems[] = {
      {HttpLookup::Timeout, http::Problem::Timeout},   {HttpLookup::NotAllowed, http::Problem::NotAllowed},
      {HttpLookup::Busy, http::Problem::Busy},         {HttpLookup::Resting, http::Problem::Resting},
      {HttpLookup::Connect, http::Problem::Connect},   {HttpLookup::Tls, http::Problem::Tls},
      {HttpLookup::TooLarge, http::Problem::TooLarge}, {HttpLookup::Failed, http::Problem::Failed}};
  static_assert(std::size(problems) == http::kProblems);
  for (const auto& [label, problem] : problems)
    metrics.http_lookups[label].set(counters.problems[static_cast<std::size_t>(problem)]);
  metrics.http_rests.set(counters.rests);
  metrics.http_resting.set(static_cast<std::int64_t>(http_.resting()));
  metrics.http_under_way.set(static_cast<std::int64_t>(http_.under_way()));
  dns_.copy_counters(metrics);
  enum_.copy_counters(metrics);
  stores_.copy_counters(metrics);
}

}  // namespace sbc::app
