// A file of SQLite: a thread of its own reads it, since SQLite waits for disks and locks. The thread takes one question
// after the other; those whose time is over it passes by.

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "media-relay/base/clock.h"

#include "sbc/database/order.h"
#include "sbc/database/sqlite_reader.h"

namespace sbc::database {
namespace {

using Ticket = lookup::Desk::Ticket;

class Sqlite final : public Database {
 public:
  Sqlite(loop::EventLoop& loop, Settings settings, lookup::Counters& counters, Trouble trouble)
      : loop_(loop),
        settings_(std::move(settings)),
        trouble_(std::move(trouble)),
        desk_(loop, settings_.rules, counters, [](Ticket) {}),
        thread_([this] { work(); }) {}

  ~Sqlite() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    thread_.join();  // on_steps and on_locked see `stop_` within milliseconds
  }

  void ask(Ask asked, lookup::Done done) override {
    const Query& query = settings_.queries.at(asked.query);
    const auto order = order_of(asked, query);
    const auto ticket = desk_.open(order, std::move(done));
    if (!ticket) return;
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back({.ticket = *ticket,
                       .query = &query,
                       .parameters = std::move(asked.parameters),
                       .until = base::monotonic_now() + order.timeout});
    }
    wake_.notify_one();
  }

  const Settings& settings() const override { return settings_; }
  // One whose time is over may still be under way on the thread.
  std::size_t under_way() const override { return std::max<std::size_t>(desk_.under_way(), working_ ? 1 : 0); }
  bool resting() const override { return desk_.resting(); }

 private:
  struct Job {
    Ticket ticket = 0;
    const Query* query = nullptr;
    std::vector<Parameter> parameters{};
    base::Instant until{};
  };
  using Outcome = std::expected<json::Value, Wrong>;

  // On the thread.
  void work() {
    SqliteReader reader(settings_, stop_);
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
      if (stop_) return;
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      working_ = true;
      lock.unlock();
      if (base::monotonic_now() < job.until) tell(job.ticket, reader.query(*job.query, job.parameters, job.until));
      lock.lock();
      working_ = false;
    }
  }

  // The loop may run the task when this is gone: only `alive_` knows, which the loop's thread alone ends.
  void tell(Ticket ticket, Outcome outcome) {
    loop_.post([this, alive = std::weak_ptr(alive_), ticket, outcome = std::move(outcome)]() mutable {
      if (alive.expired()) return;
      if (outcome) return desk_.close(ticket, std::make_shared<const json::Value>(*std::move(outcome)));
      if (desk_.is_open(ticket)) trouble_(outcome.error().problem, outcome.error().text);
      desk_.close(ticket, std::unexpected(outcome.error().problem));
    });
  }

  loop::EventLoop& loop_;
  const Settings settings_;
  Trouble trouble_;
  lookup::Desk desk_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
  std::mutex mutex_;  // jobs_
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> working_ = false;
  std::thread thread_;  // the last one: it uses all of them
};

}  // namespace

std::unique_ptr<Database> open_sqlite(loop::EventLoop& loop, Settings settings, lookup::Counters& counters,
                                      Database::Trouble trouble) {
  return std::make_unique<Sqlite>(loop, std::move(settings), counters, std::move(trouble));
}

}  // namespace sbc::database
