#include "sbc/lookup/desk.h"

#include <utility>

namespace sbc::lookup {

Desk::Desk(loop::EventLoop& loop, const Rules& rules, Counters& counters, std::function<void(Ticket)> forget)
    : loop_(loop), rules_(rules), counters_(counters), forget_(std::move(forget)), cache_(rules.cache_entries) {}

void Desk::refuse(Problem problem, const Done& done) {
  ++counters_.problems[static_cast<std::size_t>(problem)];
  done(std::unexpected(problem));
}

std::optional<Desk::Ticket> Desk::open(const Order& order, Done done) {
  std::string key = order.keep > base::Duration::zero() ? order.key : std::string();
  if (!key.empty()) {
    if (const auto* known = cache_.find(key, loop_.now())) {
      ++counters_.cached;
      const auto value = *known;  // the cache may change while it is told
      done(value);
      return std::nullopt;
    }
    if (const auto same = by_key_.find(key); same != by_key_.end()) {
      Open& other = open_.at(same->second);
      if (other.done.size() < kMaxJoined) {
        ++counters_.joined;
        other.done.push_back(std::move(done));
        return std::nullopt;
      }
      key.clear();
    }
  }
  if (open_.size() >= rules_.at_once * (order.urgent ? kRoomForHelp : 1)) {
    refuse(Problem::Busy, done);
    return std::nullopt;
  }
  if (!breaker_.admits({}, rules_.breaker, loop_.now())) {
    refuse(Problem::Resting, done);
    return std::nullopt;
  }
  const Ticket ticket = ++last_;
  auto timer = std::make_unique<loop::Timer>(loop_, [this, ticket] {
    forget_(ticket);
    close(ticket, std::unexpected(Problem::Timeout));
  });
  timer->arm(loop_.now() + order.timeout);
  if (!key.empty()) by_key_.emplace(key, ticket);
  Open& opened = open_[ticket];
  opened = {.key = std::move(key), .keep = order.keep, .timer = std::move(timer)};
  opened.done.push_back(std::move(done));
  return ticket;
}

void Desk::close(Ticket ticket, const Reply& reply) {
  auto found = open_.extract(ticket);
  if (found.empty()) return;
  const Open& open = found.mapped();
  if (!open.key.empty()) by_key_.erase(open.key);
  if (reply) {
    if (!open.key.empty()) cache_.store(open.key, *reply, bytes_of(**reply), loop_.now() + open.keep);
    counters_.answered += open.done.size();
  } else {
    counters_.problems[static_cast<std::size_t>(reply.error())] += open.done.size();
  }
  // A store that refuses is well.
  if (reply || !is_failure(reply.error())) {
    breaker_.succeeded({});
  } else if (breaker_.failed({}, rules_.breaker, loop_.now())) {
    ++counters_.rests;
  }
  for (const Done& done : open.done) done(reply);
}

}  // namespace sbc::lookup
