#pragma once
// One connection to Redis: bytes on the loop, in clear or by TLS, hiredis for what they say, and who waits for which
// answer. Internal to the room.

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "media-relay/loop/event_loop.h"
#include "media-relay/loop/stream.h"

#include "sbc/lookup/desk.h"
#include "sbc/redis/settings.h"
#include "sbc/tls/session.h"

struct redisReader;
struct redisReply;

namespace sbc::redis {

class Connection : public std::enable_shared_from_this<Connection>, private loop::Stream::Delegate {
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
  Connection(const Settings& settings, Owner& owner);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool send(Ticket ticket, const std::vector<std::string>& words);
  // Ends it: everybody who waits gets null before this returns.
  void close();

  bool up() const { return up_; }            // let in, as far as we know
  bool overrun() const { return overrun_; }  // its answer was longer than any may be
  const std::string& problem() const { return problem_; }

  bool retired = false;    // gets no more commands
  std::size_t live = 0;    // commands that somebody waits for
  std::size_t server = 0;  // which one it goes to

 private:
  struct FreeReader {
    void operator()(redisReader* reader) const;
  };
  // An answer that is to come: to a command, or to what we said to be let in.
  struct Owed {
    Ticket ticket{};
    bool sign_in = false;
  };

  void on_connected(loop::Stream& stream) override;
  void on_bytes(loop::Stream& stream, std::string_view bytes) override;
  void on_closed(loop::Stream& stream, loop::Stream::CloseReason reason) override;

  void keep_alive();
  void sign_in();
  bool say(const std::vector<std::string>& words);
  bool pass_on();  // what TLS has for the server
  void take_answers();
  void take(const redisReply& reply);
  void fail(std::string why);

  const Settings& settings_;
  Owner& owner_;
  std::unique_ptr<loop::Stream> stream_;
  std::unique_ptr<tls::Session> secure_;  // null: in clear
  std::string unsaid_;                    // waits for the handshake
  std::unique_ptr<redisReader, FreeReader> reader_;
  std::deque<Owed> order_;      // in which they are answered
  std::size_t unfinished_ = 0;  // bytes since the last answer
  bool up_ = false;
  bool answered_ = false;
  bool overrun_ = false;
  bool over_ = false;
  std::string problem_ = "the connection was closed";
};

}  // namespace sbc::redis
