#pragma once
// One connection to PostgreSQL: libpq's half on the loop. One query at a time. Internal to the room.

#include <libpq-fe.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "media-relay/loop/event_loop.h"

#include "sbc/database/database.h"
#include "sbc/database/wrong.h"

namespace sbc::database {

class PostgresLink : public std::enable_shared_from_this<PostgresLink> {
 public:
  using Ticket = lookup::Desk::Ticket;
  struct Job {
    Ticket ticket = 0;
    std::size_t query = 0;
    std::vector<Parameter> parameters{};
  };
  using Rows = std::expected<json::Value, Wrong>;

  class Owner {
   public:
    virtual void on_idle(PostgresLink& link) = 0;  // it may be given a job
    virtual void on_rows(PostgresLink& link, Ticket ticket, Rows rows) = 0;
    virtual void on_gone(PostgresLink& link, const Wrong& why) = 0;  // its job, if it has one, is lost

   protected:
    ~Owner() = default;
  };

  PostgresLink(loop::EventLoop& loop, const Settings& settings, Owner& owner);
  ~PostgresLink() = default;
  PostgresLink(const PostgresLink&) = delete;
  PostgresLink& operator=(const PostgresLink&) = delete;

  void connect();  // once
  void run(Job job);
  void drop();  // ends it, without a word to the owner

  bool idle() const { return state_ == State::Idle; }
  bool connecting() const { return state_ == State::Connecting || state_ == State::SettingUp; }
  bool has(Ticket ticket) const { return job_ && job_->ticket == ticket; }
  std::optional<Ticket> ticket() const { return job_ ? std::optional(job_->ticket) : std::nullopt; }

 private:
  enum class State : std::uint8_t { Connecting, SettingUp, Idle, Preparing, Running, Gone };
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  void on_ready(loop::Ready ready);
  void go_on_connecting();
  void set_up();
  void prepare_or_execute();
  void execute();
  void sent(int ok);  // what PQsend... gave
  bool flush();
  void read();
  void take(const PGresult& result);
  void take_row(const PGresult& result);
  void finished();
  void fail(lookup::Problem problem, std::string text);
  std::string error() const;
  void watch(loop::Ready interest);

  loop::EventLoop& loop_;
  const Settings& settings_;
  Owner& owner_;
  State state_ = State::Connecting;
  std::unique_ptr<PGconn, Finish> connection_;
  std::unique_ptr<loop::FdWatch> watch_;  // of the connection's socket: gone before it
  loop::Timer patience_;                  // until it is connected
  std::unordered_set<std::size_t> prepared_;
  std::optional<Job> job_;
  std::optional<Wrong> wrong_;  // about the job, or what the connection is set up with
  json::List rows_;
  std::size_t bytes_ = 0;
  std::size_t unfinished_ = 0;  // bytes since the job began
};

}  // namespace sbc::database
