#pragma once
// What policies ask Redis and databases. One per shard.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "media-relay/loop/event_loop.h"
#include "media-relay/observe/log.h"

#include "sbc/admin/shard_metrics.h"
#include "sbc/app/lookup_settings.h"
#include "sbc/database/database.h"
#include "sbc/policy/question.h"
#include "sbc/redis/client.h"

namespace sbc::app {

class StoreLookups {
 public:
  using Done = std::function<void(policy::Found)>;
  struct Terms {
    base::Duration timeout{};
    bool urgent = false;  // in the name of a call for help
  };

  StoreLookups(loop::EventLoop& loop, observe::Log& log, const LookupSettings& settings);
  ~StoreLookups();

  // For what is asked from now on. A store whose settings have changed is left when its last answer has come.
  void use(const LookupSettings& settings);
  // `done` is called once, in bounded time; perhaps before this returns.
  void ask(const policy::RedisQuestion& asked, Terms terms, Done done);
  void ask(const policy::SqlQuestion& asked, Terms terms, Done done);
  // Once in a while, from the loop itself.
  void copy_counters(admin::ShardMetrics& metrics);

 private:
  std::shared_ptr<database::Database> open(const database::Settings& settings);
  void tell(const std::string& store, lookup::Problem problem, const std::string& text);

  loop::EventLoop& loop_;
  observe::Log& log_;
  observe::RateLimit troubles_{base::seconds(5), 5};
  lookup::Counters redis_counters_;
  lookup::Counters database_counters_;
  std::shared_ptr<redis::Client> redis_;
  std::vector<std::shared_ptr<database::Database>> databases_;
  // Those that were replaced, until nothing is under way: an answer of theirs may be what asks.
  std::vector<std::shared_ptr<redis::Client>> former_redis_;
  std::vector<std::shared_ptr<database::Database>> former_databases_;
};

}  // namespace sbc::app
