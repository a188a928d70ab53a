#pragma once
// HTTP and HTTPS requests on a shard's loop, by libcurl: the only room that knows it. Nothing blocks, nothing is
// followed (redirections are answers), no proxy of the environment is used. Names are looked up by threads of
// libcurl's.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

#include "media-relay/loop/event_loop.h"

#include "sbc/http/message.h"
#include "sbc/http/origin.h"
#include "sbc/lookup/breaker.h"

namespace sbc::http {

struct Settings {
  AllowList allow;                     // empty: every request is refused
  std::size_t body_bytes = 64U << 10;  // of an answer
  std::size_t at_once = 100;           // requests under way; those of calls for help have as many again
  std::size_t cache_entries = 1000;    // answers that are kept
  lookup::BreakerRule breaker{};
  std::string ca_file;  // whom to trust instead of the system's authorities; "": those
};

struct Counters {
  std::uint64_t answered = 0;
  std::uint64_t cached = 0;  // answers from memory
  std::uint64_t joined = 0;  // requests that joined the same one under way
  std::array<std::uint64_t, kProblems> problems{};
  std::uint64_t rests = 0;  // times that a circuit breaker opened
};

class Client {
 public:
  using Done = std::function<void(const Reply&)>;

  // Throws std::runtime_error when libcurl cannot start: start-up only.
  Client(loop::EventLoop& loop, Settings settings);
  ~Client();  // what is under way is forgotten, without a callback

  // For what is asked from now on.
  void use(Settings settings);
  // `done` is called once: before this returns when nothing has to be asked, else later from the loop, at the latest
  // when the timeout is over.
  void ask(const Request& request, Done done);

  const Counters& counters() const;
  std::size_t under_way() const;
  std::size_t cached() const;
  std::size_t resting() const;  // origins that are left in peace

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace sbc::http
