#include "sbc/route/health.h"

#include <algorithm>

#include "sbc/route/limits.h"

namespace sbc::route {

void TrunkHealth::mark_busy(sip::Transport transport, const base::Endpoint& remote, base::Duration retry_after,
                            base::Instant now) {
  const Key key{transport, remote};
  if (set_busy(key, retry_after, now)) tell({.key = key, .kind = Change::Kind::Busy, .wait = retry_after});
}

void TrunkHealth::mark_dead(sip::Transport transport, const base::Endpoint& remote, base::Instant now) {
  const Key key{transport, remote};
  if (set_dead(key, now)) tell({.key = key, .kind = Change::Kind::Dead});
}

void TrunkHealth::mark_good(sip::Transport transport, const base::Endpoint& remote) {
  const Key key{transport, remote};
  if (set_good(key)) tell({.key = key, .kind = Change::Kind::Up});
}

bool TrunkHealth::set_busy(const Key& key, base::Duration wait, base::Instant now) {
  if (wait <= base::Duration::zero()) return false;
  mark(key, {.state = State::Busy, .until = now + std::min(wait, kMaxRetryAfter)}, now);
  return true;
}

bool TrunkHealth::set_dead(const Key& key, base::Instant now) {
  const State before = state(key.first, key.second, now);
  if (before == State::Busy) return false;  // what it asked for holds
  mark(key, {.state = State::Dead, .until = now + kDeadFor}, now);
  return before != State::Dead;
}

bool TrunkHealth::set_good(const Key& key) {
  const auto found = marks_.find(key);
  if (found == marks_.end() || found->second.state != State::Dead) return false;
  marks_.erase(found);
  return true;
}

// Of the others the probes tell.
void TrunkHealth::tell(Change change) {
  if (!probed_.contains(change.key)) news_.push_back(change);
}

TrunkHealth::State TrunkHealth::state(sip::Transport transport, const base::Endpoint& remote, base::Instant now) const {
  const Key key{transport, remote};
  const auto found = marks_.find(key);
  const State mark = found == marks_.end() || found->second.until <= now ? State::Good : found->second.state;
  if (mark == State::Busy) return mark;
  return down_.contains(key) ? State::Down : mark;
}

void TrunkHealth::watch(std::set<Key> probed) {
  probed_ = std::move(probed);
  const auto gone = [this](const Key& key) { return !probed_.contains(key); };
  std::erase_if(down_, gone);
  std::erase_if(doubtful_, gone);
}

void TrunkHealth::report(const Report& report) {
  if (!probed_.contains(report.key)) return;
  if (report.sign != Sign::Answered) {
    doubtful_.insert(report.key);
  } else if (doubtful_.erase(report.key) == 0 && !down_.contains(report.key)) {
    return;
  }
  reports_.push_back(report);
}

void TrunkHealth::apply(const Change& change, base::Instant now) {
  switch (change.kind) {
    case Change::Kind::Up:
      down_.erase(change.key);
      set_good(change.key);
      break;
    case Change::Kind::Down:
      if (probed_.contains(change.key)) down_.insert(change.key);
      break;
    case Change::Kind::Busy:
      set_busy(change.key, change.wait, now);
      break;
    case Change::Kind::Dead:
      set_dead(change.key, now);
      break;
  }
}

std::optional<base::Instant> TrunkHealth::until(sip::Transport transport, const base::Endpoint& remote,
                                                base::Instant now) const {
  const auto found = marks_.find({transport, remote});
  if (found == marks_.end() || found->second.until <= now) return std::nullopt;
  return found->second.until;
}

std::size_t TrunkHealth::marked(base::Instant now) const {
  return static_cast<std::size_t>(
      std::count_if(marks_.begin(), marks_.end(), [now](const auto& entry) { return entry.second.until > now; }));
}

void TrunkHealth::mark(const Key& key, Mark mark, base::Instant now) {
  if (marks_.size() >= kMaxMarks && !marks_.contains(key)) {
    std::erase_if(marks_, [now](const auto& entry) { return entry.second.until <= now; });
    if (marks_.size() >= kMaxMarks) {
      ++forgotten_;
      marks_.erase(std::min_element(marks_.begin(), marks_.end(),
                                    [](const auto& a, const auto& b) { return a.second.until < b.second.until; }));
    }
  }
  marks_[key] = mark;
}

}  // namespace sbc::route
