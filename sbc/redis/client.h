#pragma once
// Commands to one Redis on a shard's loop; hiredis, which only this room knows, writes and reads them. Commands share
// few connections and are answered in order; one that is not answered in time takes its connection out of use, so that
// nothing waits behind it.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "media-relay/loop/event_loop.h"

#include "sbc/lookup/desk.h"
#include "sbc/redis/settings.h"

namespace sbc::redis {

struct Command {
  std::vector<std::string> words{};  // "HGET", "routes", "43"; at least one
  base::Duration keep{};             // the answer to one that reads may be used again for so long
  base::Duration timeout{};          // no longer than that of the settings
  bool urgent = false;               // in the name of a call for help
};

class Client {
 public:
  // What people should know of a store that does not do what it is asked: what it said. May come often.
  using Trouble = std::function<void(lookup::Problem problem, const std::string& text)>;

  // `counters` outlives this.
  Client(loop::EventLoop& loop, Settings settings, lookup::Counters& counters, Trouble trouble);
  ~Client();  // what is under way is forgotten, without a callback

  // `done` is called once: before this returns when nothing has to be asked, else later from the loop, at the latest
  // when the timeout is over.
  void ask(const Command& command, lookup::Done done);

  const Settings& settings() const;
  std::size_t under_way() const;
  std::size_t connections() const;
  bool resting() const;

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace sbc::redis
