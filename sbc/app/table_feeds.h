#pragma once
// Tables of policies that a database fills ([policy.table.<name>] with `query`): asked again and again by a thread of
// its own, so that no handler waits and no call depends on the database. A database that does not answer leaves the
// table as it is.

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "media-relay/base/counter.h"
#include "media-relay/loop/event_loop.h"
#include "media-relay/observe/log.h"
#include "media-relay/observe/metrics.h"

#include "sbc/app/table_slot.h"
#include "sbc/database/database.h"

namespace sbc::app {

// One of them, as the configuration has it.
struct TableFeed {
  std::string name;
  database::Settings database;  // with the query as its only one
  std::string key;              // column; "": the first one of the answer
  base::Duration refresh{};
  std::shared_ptr<TableSlot> slot;

  bool same_source(const TableFeed& other) const {
    return name == other.name && database == other.database && key == other.key;
  }
};

class TableFeeds {
 public:
  explicit TableFeeds(observe::Log& log) : log_(log) {}
  ~TableFeeds();
  TableFeeds(const TableFeeds&) = delete;
  TableFeeds& operator=(const TableFeeds&) = delete;

  // From one thread; does not wait. Instead of those of before: a table whose source is the same begins with what its
  // predecessor holds.
  void use(const std::vector<TableFeed>& feeds);

  // Waits until each of them was answered once, well or not, but no longer than `most`: a border that starts has its
  // tables before its first call.
  void settle(base::Duration most);

  // Reads `parapet_policy_table_...` of the feeds that there are. The object must outlive `metrics`' last reading.
  void expose(observe::Metrics& metrics);

 private:
  struct Fed;
  void begin(std::vector<TableFeed> feeds);
  void ask(const std::shared_ptr<Fed>& fed);
  void on_reply(const std::shared_ptr<Fed>& fed, const lookup::Reply& reply);
  void take(const std::shared_ptr<Fed>& fed, const lookup::Reply& reply);
  void fail(Fed& fed, const std::string& why);

  observe::Log& log_;
  observe::RateLimit troubles_{base::seconds(10), 5};
  base::Counter refreshed_, failed_;
  base::Gauge stale_;           // tables whose last refresh failed
  std::vector<TableFeed> now_;  // of whoever orders

  // The thread's own.
  std::vector<std::shared_ptr<Fed>> fed_;

  std::mutex mutex_;
  std::condition_variable answered_;
  std::size_t unanswered_ = 0;  // feeds that no answer came to yet

  std::unique_ptr<loop::EventLoop> loop_;  // from the first feed on
  std::thread thread_;
};

}  // namespace sbc::app
