#include "sbc/call/timers.h"

#include <algorithm>

#include "sbc/policy/limits.h"

namespace sbc::call {
namespace {

// Names whose timers do not run and whose count is kept. A policy that makes up new names for ever loses the oldest.
constexpr std::size_t kMaxKept = policy::kMaxTimers;

}  // namespace

bool PolicyTimers::apply(const policy::TimerOp& op, base::Instant now) {
  auto found = std::ranges::find(timers_, op.name, &Timer::name);
  if (op.seconds == 0) {
    if (found != timers_.end()) found->at = base::kNever;
    return true;
  }
  const bool runs = found != timers_.end() && found->at != base::kNever;
  if (!runs && running() >= policy::kMaxTimers) return false;
  if (found == timers_.end()) {
    if (timers_.size() >= policy::kMaxTimers + kMaxKept)
      timers_.erase(std::ranges::find(timers_, base::kNever, &Timer::at));
    timers_.push_back({.name = op.name});
    found = std::prev(timers_.end());
  }
  found->at = now + base::seconds(op.seconds);
  return true;
}

std::optional<PolicyTimers::Due> PolicyTimers::take_due(base::Instant now) {
  const auto first = std::ranges::min_element(timers_, {}, &Timer::at);
  if (first == timers_.end() || first->at > now) return std::nullopt;
  first->at = base::kNever;
  return Due{first->name, ++first->number};
}

base::Instant PolicyTimers::next() const {
  const auto first = std::ranges::min_element(timers_, {}, &Timer::at);
  return first != timers_.end() ? first->at : base::kNever;
}

std::size_t PolicyTimers::running() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(timers_, [](const Timer& timer) { return timer.at != base::kNever; }));
}

}  // namespace sbc::call
