#include "sbc/app/table_feeds.h"

#include <algorithm>
#include <utility>

#include "sbc/lookup/reply.h"

namespace sbc::app {
namespace {

// After a failure: soon, for a database that was only restarted, and no more often than the operator wants it asked.
constexpr base::Duration kRetry = base::seconds(10);

// Of rows, which are objects: the first member's name.
std::string first_column(const json::Value& rows) {
  const auto* list = std::get_if<json::List>(&rows.what);
  if (list == nullptr || list->empty()) return {};
  const auto* row = std::get_if<json::Members>(&list->front().what);
  return row == nullptr || row->empty() ? std::string() : row->front().name;
}

}  // namespace

struct TableFeeds::Fed {
  TableFeed feed;
  lookup::Counters counters{};
  std::unique_ptr<database::Database> database{};
  std::unique_ptr<loop::Timer> timer{};
  bool stale = false;
  bool answered = false;
};

TableFeeds::~TableFeeds() {
  if (!thread_.joinable()) return;
  loop_->stop();
  thread_.join();
  fed_.clear();  // before the loop that they are on
}

void TableFeeds::use(const std::vector<TableFeed>& feeds) {
  for (const auto& feed : feeds) {
    const auto before = std::ranges::find_if(now_, [&feed](const auto& old) { return feed.same_source(old); });
    if (before != now_.end()) feed.slot->replace(before->slot->now());
  }
  now_ = feeds;
  {
    const std::scoped_lock lock(mutex_);
    unanswered_ = feeds.size();
  }
  if (feeds.empty() && !thread_.joinable()) return;
  if (!loop_) loop_ = std::make_unique<loop::EventLoop>();
  loop_->post([this, feeds]() mutable { begin(std::move(feeds)); });
  if (!thread_.joinable()) thread_ = std::thread([this] { loop_->run(); });
}

void TableFeeds::begin(std::vector<TableFeed> feeds) {
  fed_.clear();
  stale_.set(0);
  for (auto& feed : feeds) {
    const auto fed = std::make_shared<Fed>(Fed{.feed = std::move(feed)});
    fed->database = database::open(
        *loop_, fed->feed.database, fed->counters, [this, name = fed->feed.name](auto, const std::string& text) {
          log_.limited(troubles_, loop_->now(), observe::Level::Warn, "the database of a table is in trouble",
                       {{"table", name}, {"error", text}});
        });
    const std::weak_ptr<Fed> weak = fed;
    fed->timer = std::make_unique<loop::Timer>(*loop_, [this, weak] {
      if (const auto due = weak.lock()) ask(due);
    });
    fed_.push_back(fed);
    ask(fed);
  }
}

void TableFeeds::ask(const std::shared_ptr<Fed>& fed) {
  const std::weak_ptr<Fed> weak = fed;
  fed->database->ask({.query = 0, .parameters = {}, .timeout = fed->feed.database.queries.front().timeout},
                     [this, weak](const lookup::Reply& reply) {
                       if (const auto asked = weak.lock()) on_reply(asked, reply);
                     });
}

void TableFeeds::on_reply(const std::shared_ptr<Fed>& fed, const lookup::Reply& reply) {
  take(fed, reply);
  if (std::exchange(fed->answered, true)) return;
  {
    const std::scoped_lock lock(mutex_);
    if (unanswered_ > 0) --unanswered_;
  }
  answered_.notify_all();
}

void TableFeeds::settle(base::Duration most) {
  std::unique_lock lock(mutex_);
  answered_.wait_for(lock, most, [this] { return unanswered_ == 0; });
}

void TableFeeds::take(const std::shared_ptr<Fed>& fed, const lookup::Reply& reply) {
  if (!reply) {
    fail(*fed, std::string(lookup::name_of(reply.error())));
    return;
  }
  auto table = table::read_rows(**reply, fed->feed.key.empty() ? first_column(**reply) : fed->feed.key);
  if (!table) {
    fail(*fed, table.error());
    return;
  }
  fed->feed.slot->replace(std::make_shared<const table::Table>(*std::move(table)));
  refreshed_.add();
  if (std::exchange(fed->stale, false)) stale_.add(-1);
  fed->timer->arm(loop_->now() + fed->feed.refresh);
}

void TableFeeds::fail(Fed& fed, const std::string& why) {
  failed_.add();
  if (!std::exchange(fed.stale, true)) stale_.add(1);
  log_.limited(troubles_, loop_->now(), observe::Level::Error, "a table cannot be read anew, and stays as it is",
               {{"table", fed.feed.name}, {"error", why}});
  fed.timer->arm(loop_->now() + std::min(kRetry, fed.feed.refresh));
}

void TableFeeds::expose(observe::Metrics& metrics) {
  constexpr const char* kHelp = "Times that tables of policies were read from their databases, by result.";
  metrics.counter("parapet_policy_table_refreshes_total", kHelp, {{"result", "done"}}, refreshed_);
  metrics.counter("parapet_policy_table_refreshes_total", kHelp, {{"result", "failed"}}, failed_);
  metrics.gauge("parapet_policy_tables_stale",
                "Tables of policies whose database did not answer when it was asked last.", {}, stale_);
}

}  // namespace sbc::app
