#pragma once
// One connection to Redis: hiredis' half on the loop, and who waits for which answer. Internal to the room.

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "media-relay/loop/event_loop.h"

#include "sbc/lookup/desk.h"
#include "sbc/redis/settings.h"

struct redisAsyncContext;
struct redisReply;

namespace sbc::redis {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Ticket = lookup::Desk::Ticket;

  class Owner {
   public:
    // An answer; null: there will be none, since the connection is going down.
    virtual void on_reply(Connection& connection, Ticket ticket, const redisReply* reply) = 0;
    // It is of no use any more, and about to go.
    virtual void on_gone(Connection& connection) = 0;

   protected:
    ~Owner() = default;
  };

  // Begins to connect; null: that is impossible, and `why` says so. Commands may be sent at once.
  static std::shared_ptr<Connection> open(loop::EventLoop& loop, const Settings& settings, std::size_t server,
                                          Owner& owner, std::string& why);
  Connection(loop::EventLoop& loop, const Settings& settings, Owner& owner);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool send(Ticket ticket, const std::vector<std::string>& words);
  // Ends it: everybody who waits gets null, perhaps before this returns.
  void close();

  bool up() const { return up_; }            // let in, as far as we know
  bool overrun() const { return overrun_; }  // its answer was longer than any may be
  std::string problem() const;

  bool retired = false;    // gets no more commands
  std::size_t live = 0;    // commands that somebody waits for
  std::size_t server = 0;  // which one it goes to

 private:
  struct Calls;  // hiredis' callbacks

  void watch();
  void want(bool read, bool write);
  void on_ready(loop::Ready ready);
  void sign_in();

  loop::EventLoop& loop_;
  const Settings& settings_;
  Owner& owner_;
  redisAsyncContext* context_ = nullptr;  // null: gone
  std::unique_ptr<loop::FdWatch> watch_;
  loop::Ready wanted_{};
  std::deque<Ticket> order_;    // in which they are answered
  std::size_t unfinished_ = 0;  // bytes since the last answer
  bool up_ = false;
  bool overrun_ = false;
  std::string denied_;  // why it does not let us in
};

}  // namespace sbc::redis
