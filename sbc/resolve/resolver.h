#pragma once
// The DNS, asked through c-ares on a shard's loop: the only room that knows c-ares. Questions of several calls for the
// same thing become one; answers are kept in the cache; nothing blocks, but for a look into /etc/hosts, which goes
// before the DNS as everywhere.

#include <cstdint>
#include <functional>
#include <memory>

#include "media-relay/base/random.h"
#include "media-relay/loop/event_loop.h"

#include "sbc/limit/reached.h"
#include "sbc/resolve/settings.h"
#include "sbc/route/locate.h"

namespace sbc::resolve {

struct Counters {
  std::uint64_t queries = 0;    // sent
  std::uint64_t found = 0;      // answers with records
  std::uint64_t nothing = 0;    // no such name or record
  std::uint64_t failed = 0;     // the servers could not say
  std::uint64_t silent = 0;     // the servers said nothing
  std::uint64_t coalesced = 0;  // questions that joined one under way
  std::uint64_t refused = 0;    // questions beyond the limits
  std::uint64_t hits = 0;       // locations that needed no question
  std::uint64_t stale = 0;      // answers used beyond their time because the servers fail
  std::uint64_t evicted = 0;    // answers forgotten because the cache was full
  limit::Counts limits{};       // of what has no counter of another name
};

class Resolver {
 public:
  using Done = std::function<void(const route::Located&)>;
  enum class Want : std::uint8_t {
    Now,      // what is known is good enough
    Refresh,  // ask again for what will end soon
  };

  // Throws std::runtime_error when c-ares cannot start: start-up only.
  Resolver(loop::EventLoop& loop, const Settings& settings, base::Random& random);
  ~Resolver();  // what is under way is forgotten, without a callback

  // RFC 3263 4. `done` is called once, with nothing missing: before this returns when everything is known, else later
  // from the loop. It is answered in bounded time: at the latest after one silence of all servers.
  void locate(const route::NamedHost& host, const route::Realm& realm, Want want, Done done);

  // The records themselves, of the DNS alone. As `locate`; an answer that was not found says why.
  using RecordsDone = std::function<void(const route::DnsAnswer&)>;
  void ask(const route::Question& question, RecordsDone done);
  bool knows(const route::Question& question) const;  // it is answered at once

  Counters counters() const;
  std::size_t cached() const;
  std::size_t under_way() const;  // questions

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace sbc::resolve
