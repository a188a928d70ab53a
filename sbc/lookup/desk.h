#pragma once
// What look-ups in all stores have in common, so that a back end only has to speak its protocol: each has a deadline,
// answers are kept for as long as whoever asked has said, the same question is asked once at a time, there is room for
// so many, and a store that fails again and again rests (breaker.h). One for each store; belongs to the loop's thread.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "media-relay/loop/event_loop.h"

#include "sbc/lookup/breaker.h"
#include "sbc/lookup/cache.h"
#include "sbc/lookup/reply.h"
#include "sbc/lookup/rules.h"

namespace sbc::lookup {

struct Counters {
  std::uint64_t answered = 0;
  std::uint64_t cached = 0;  // answers from memory
  std::uint64_t joined = 0;  // questions that joined the same one under way
  std::array<std::uint64_t, kProblems> problems{};
  std::uint64_t rests = 0;  // times that a circuit breaker opened
};

struct Order {
  std::string key{};         // the same for the same question
  base::Duration keep{};     // an answer may be used again for so long; zero: it is not kept, and nobody joins
  base::Duration timeout{};  // for everything
  bool urgent = false;       // in the name of a call for help
};

using Done = std::function<void(const Reply&)>;

class Desk {
 public:
  using Ticket = std::uint64_t;

  // `counters` outlives this. `forget` is called when the time of a question is over: its answer, if there ever is
  // one, is of no interest.
  Desk(loop::EventLoop& loop, const Rules& rules, Counters& counters, std::function<void(Ticket)> forget);
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  // What the store is to be asked now, and closed with its answer. Nothing: `done` was called, or will be with the
  // answer that others wait for.
  std::optional<Ticket> open(const Order& order, Done done);
  // The answer. Nothing happens if the time was over before.
  void close(Ticket ticket, const Reply& reply);
  bool is_open(Ticket ticket) const { return open_.contains(ticket); }
  // For what does not get as far as a question.
  void refuse(Problem problem, const Done& done);

  std::size_t under_way() const { return open_.size(); }
  std::size_t cached() const { return cache_.size(); }
  bool resting() const { return breaker_.resting(loop_.now()) > 0; }

 private:
  struct Open {
    std::string key;  // "": the answer is not kept
    base::Duration keep{};
    std::vector<Done> done{};
    std::unique_ptr<loop::Timer> timer{};
  };

  loop::EventLoop& loop_;
  Rules rules_;
  Counters& counters_;
  std::function<void(Ticket)> forget_;
  Cache<std::shared_ptr<const json::Value>> cache_;
  Breaker breaker_;
  Ticket last_ = 0;
  std::unordered_map<Ticket, Open> open_;
  std::unordered_map<std::string, Ticket> by_key_;  // those whose answer will be kept
};

}  // namespace sbc::lookup
