#include "sbc/app/store_lookups.h"

#include <algorithm>
#include <utility>

namespace sbc::app {
namespace {

lookup::Done told(StoreLookups::Done done) {
  return [done = std::move(done)](const lookup::Reply& reply) {
    if (!reply) return done(std::unexpected(std::string(lookup::name_of(reply.error()))));
    done(*reply);
  };
}

void copy(const lookup::Counters& counters, admin::StoreMetrics& metrics) {
  using enum admin::StoreLookup;
  metrics.lookups[Answered].set(counters.answered);
  metrics.lookups[Cached].set(counters.cached);
  metrics.lookups[Joined].set(counters.joined);
  const std::pair<admin::StoreLookup, lookup::Problem> problems[] = {
      {Timeout, lookup::Problem::Timeout},   {NotAllowed, lookup::Problem::NotAllowed},
      {Busy, lookup::Problem::Busy},         {Resting, lookup::Problem::Resting},
      {Connect, lookup::Problem::Connect},   {Refused, lookup::Problem::Refused},
      {TooLarge, lookup::Problem::TooLarge}, {Failed, lookup::Problem::Failed}};
  static_assert(std::size(problems) == lookup::kProblems);
  for (const auto& [label, problem] : problems)
    metrics.lookups[label].set(counters.problems[static_cast<std::size_t>(problem)]);
  metrics.rests.set(counters.rests);
}

}  // namespace

StoreLookups::StoreLookups(loop::EventLoop& loop, observe::Log& log, const LookupSettings& settings)
    : loop_(loop), log_(log) {
  use(settings);
}
StoreLookups::~StoreLookups() = default;

void StoreLookups::tell(const std::string& store, lookup::Problem problem, const std::string& text) {
  log_.limited(troubles_, loop_.now(), observe::Level::Warn, "a look-up of the policy failed",
               {{"store", store}, {"reason", lookup::name_of(problem)}, {"said", text}});
}

std::shared_ptr<database::Database> StoreLookups::open(const database::Settings& settings) {
  return database::open(loop_, settings, database_counters_,
                        [this, name = settings.name](lookup::Problem problem, const std::string& text) {
                          tell("database." + name, problem, text);
                        });
}

void StoreLookups::use(const LookupSettings& settings) {
  if (redis_ == nullptr || redis_->settings() != settings.redis) {
    if (redis_ != nullptr) former_redis_.push_back(std::move(redis_));
    redis_ = std::make_shared<redis::Client>(
        loop_, settings.redis, redis_counters_,
        [this](lookup::Problem problem, const std::string& text) { tell("redis", problem, text); });
  }
  auto before = std::exchange(databases_, {});
  for (const database::Settings& wanted : settings.databases) {
    const auto same =
        std::ranges::find_if(before, [&](const auto& one) { return one != nullptr && one->settings() == wanted; });
    databases_.push_back(same != before.end() ? std::move(*same) : open(wanted));
  }
  for (auto& one : before)
    if (one != nullptr) former_databases_.push_back(std::move(one));
}

void StoreLookups::ask(const policy::RedisQuestion& asked, Terms terms, Done done) {
  const auto store = redis_;
  store->ask({.words = asked.words, .keep = asked.keep, .timeout = terms.timeout, .urgent = terms.urgent},
             told(std::move(done)));
}

void StoreLookups::ask(const policy::SqlQuestion& asked, Terms terms, Done done) {
  for (const auto& store : databases_) {
    const auto& queries = store->settings().queries;
    const auto found = std::ranges::find(queries, asked.query, &database::Query::name);
    if (found == queries.end()) continue;
    const auto held = store;
    return held->ask({.query = static_cast<std::size_t>(found - queries.begin()),
                      .parameters = asked.parameters,
                      .timeout = terms.timeout,
                      .urgent = terms.urgent},
                     told(std::move(done)));
  }
  // A policy from before a reload, which knew more of them.
  ++database_counters_.problems[static_cast<std::size_t>(lookup::Problem::NotAllowed)];
  done(std::unexpected(std::string(lookup::name_of(lookup::Problem::NotAllowed))));
}

void StoreLookups::copy_counters(admin::ShardMetrics& metrics) {
  std::erase_if(former_redis_, [](const auto& one) { return one->under_way() == 0; });
  std::erase_if(former_databases_, [](const auto& one) { return one->under_way() == 0; });
  copy(redis_counters_, metrics.redis);
  copy(database_counters_, metrics.databases);
  std::size_t resting = 0;
  std::size_t under_way = 0;
  for (const auto& one : databases_) {
    resting += one->resting() ? 1 : 0;
    under_way += one->under_way();
  }
  metrics.databases.resting.set(static_cast<std::int64_t>(resting));
  metrics.databases.under_way.set(static_cast<std::int64_t>(under_way));
  metrics.redis.resting.set(redis_->resting() ? 1 : 0);
  metrics.redis.under_way.set(static_cast<std::int64_t>(redis_->under_way()));
}

}  // namespace sbc::app
