// PostgreSQL: a few connections, and a queue for them.

#include <algorithm>
#include <deque>
#include <utility>

#include "sbc/database/order.h"
#include "sbc/database/postgres_link.h"

namespace sbc::database {
namespace {

using lookup::Problem;
using Ticket = lookup::Desk::Ticket;

class Postgres final : public Database, private PostgresLink::Owner {
 public:
  Postgres(loop::EventLoop& loop, Settings settings, lookup::Counters& counters, Trouble trouble)
      : loop_(loop),
        settings_(std::move(settings)),
        trouble_(std::move(trouble)),
        desk_(loop, settings_.rules, counters, [this](Ticket ticket) { forget(ticket); }) {}
  ~Postgres() override {
    for (const auto& link : links_) link->drop();
  }

  void ask(Ask asked, lookup::Done done) override {
    const auto ticket = desk_.open(order_of(asked, settings_.queries.at(asked.query)), std::move(done));
    if (!ticket) return;
    queue_.push_back({.ticket = *ticket, .query = asked.query, .parameters = std::move(asked.parameters)});
    dispatch();
  }

  const Settings& settings() const override { return settings_; }
  std::size_t under_way() const override { return desk_.under_way(); }
  bool resting() const override { return desk_.resting(); }

 private:
  void dispatch() {
    while (!queue_.empty()) {
      const auto idle = std::ranges::find_if(links_, [](const auto& link) { return link->idle(); });
      if (idle != links_.end()) {
        const auto link = *idle;
        PostgresLink::Job job = std::move(queue_.front());
        queue_.pop_front();
        link->run(std::move(job));
        continue;
      }
      const auto coming =
          static_cast<std::size_t>(std::ranges::count_if(links_, [](const auto& link) { return link->connecting(); }));
      if (links_.size() >= settings_.connections || coming >= queue_.size()) return;
      const auto link = std::make_shared<PostgresLink>(loop_, settings_, static_cast<PostgresLink::Owner&>(*this));
      links_.push_back(link);
      link->connect();
      if (!link->connecting()) return;  // failed at once, so would the next one; on_gone has said so
    }
  }

  // Its time is over. libpq has no way to take a query back without waiting; the connection goes instead, and the
  // server's own statement_timeout ends the query there.
  void forget(Ticket ticket) {
    std::erase_if(queue_, [ticket](const auto& job) { return job.ticket == ticket; });
    const auto found = std::ranges::find_if(links_, [ticket](const auto& link) { return link->has(ticket); });
    if (found == links_.end()) return;
    const auto link = *found;
    links_.erase(found);
    link->drop();
    dispatch();
  }

  void on_idle(PostgresLink& /*link*/) override { dispatch(); }

  void on_rows(PostgresLink& /*link*/, Ticket ticket, PostgresLink::Rows rows) override {
    if (rows) return desk_.close(ticket, std::make_shared<const json::Value>(*std::move(rows)));
    trouble_(rows.error().problem, rows.error().text);
    desk_.close(ticket, std::unexpected(rows.error().problem));
  }

  void on_gone(PostgresLink& link, const Wrong& why) override {
    const auto found = std::ranges::find_if(links_, [&](const auto& one) { return one.get() == &link; });
    if (found == links_.end()) return;
    const auto keep = *found;
    links_.erase(found);
    std::vector<Ticket> lost;
    if (const auto ticket = link.ticket()) lost.push_back(*ticket);
    // Nobody else can take what waits.
    if (why.problem == Problem::Connect && links_.empty())
      for (auto& job : std::exchange(queue_, {})) lost.push_back(job.ticket);
    if (!lost.empty() || why.problem == Problem::Connect) trouble_(why.problem, why.text);
    for (const Ticket ticket : lost) desk_.close(ticket, std::unexpected(why.problem));
    if (why.problem != Problem::Connect) dispatch();
  }

  loop::EventLoop& loop_;
  const Settings settings_;
  Trouble trouble_;
  lookup::Desk desk_;
  std::deque<PostgresLink::Job> queue_;
  std::vector<std::shared_ptr<PostgresLink>> links_;
};

}  // namespace

std::unique_ptr<Database> open_postgres(loop::EventLoop& loop, Settings settings, lookup::Counters& counters,
                                        Database::Trouble trouble) {
  return std::make_unique<Postgres>(loop, std::move(settings), counters, std::move(trouble));
}

}  // namespace sbc::database
