#include "sbc/route/health.h"

#include <algorithm>

#include "sbc/route/limits.h"

namespace sbc::route {

void TrunkHealth::mark_busy(sip::Transport transport, const base::Endpoint& remote, base::Duration retry_after,
                            base::Instant now) {
  if (retry_after <= base::Duration::zero()) return;
  mark({transport, remote}, {.state = State::Busy, .until = now + std::min(retry_after, kMaxRetryAfter)}, now);
}

void TrunkHealth::mark_dead(sip::Transport transport, const base::Endpoint& remote, base::Instant now) {
  if (state(transport, remote, now) == State::Busy) return;  // what it asked for holds
  mark({transport, remote}, {.state = State::Dead, .until = now + kDeadFor}, now);
}

void TrunkHealth::mark_good(sip::Transport transport, const base::Endpoint& remote) {
  const auto found = marks_.find({transport, remote});
  if (found != marks_.end() && found->second.state == State::Dead) marks_.erase(found);
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
      mark_good(change.key.first, change.key.second);
      break;
    case Change::Kind::Down:
      if (probed_.contains(change.key)) down_.insert(change.key);
      break;
    case Change::Kind::Busy:
      mark_busy(change.key.first, change.key.second, change.wait, now);
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
