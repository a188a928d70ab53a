#pragma once
// Queries of policies to one database, on a shard's loop. Rows come as a list of objects by column. Nothing is changed:
// both kinds are opened for reading only.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "media-relay/loop/event_loop.h"

#include "sbc/database/settings.h"
#include "sbc/lookup/desk.h"

namespace sbc::database {

struct Ask {
  std::size_t query = 0;  // of Settings::queries
  std::vector<Parameter> parameters{};
  base::Duration timeout{};  // no longer than that of the query
  bool urgent = false;       // in the name of a call for help
};

class Database {
 public:
  // What people should know of a database that does not do what it is asked: what it said. May come often.
  using Trouble = std::function<void(lookup::Problem problem, const std::string& text)>;

  virtual ~Database() = default;  // what is under way is forgotten, without a callback
  // `done` is called once: before this returns when nothing has to be asked, else later from the loop, at the latest
  // when the timeout is over.
  virtual void ask(Ask ask, lookup::Done done) = 0;
  virtual const Settings& settings() const = 0;
  virtual std::size_t under_way() const = 0;
  virtual bool resting() const = 0;
};

// `counters` outlives it.
std::unique_ptr<Database> open(loop::EventLoop& loop, Settings settings, lookup::Counters& counters,
                               Database::Trouble trouble);

}  // namespace sbc::database
