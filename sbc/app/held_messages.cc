#include "sbc/app/held_messages.h"

namespace sbc::app {

std::optional<std::uint32_t> HeldMessages::hold(Held held, std::size_t answers, base::Instant now) {
  if (waiting_.size() >= kMost) return std::nullopt;
  waiting_.emplace(++last_, Waiting{std::move(held), answers, now + kLongest});
  return last_;
}

std::optional<HeldMessages::Held> HeldMessages::answered(std::uint32_t number) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end() || --found->second.answers > 0) return std::nullopt;
  Held held = std::move(found->second.held);
  waiting_.erase(found);
  return held;
}

std::vector<HeldMessages::Held> HeldMessages::due(base::Instant now) {
  std::vector<Held> all;
  while (!waiting_.empty() && waiting_.begin()->second.until <= now) {
    all.push_back(std::move(waiting_.begin()->second.held));
    waiting_.erase(waiting_.begin());
  }
  return all;
}

base::Instant HeldMessages::next_deadline() const {
  return waiting_.empty() ? base::kNever : waiting_.begin()->second.until;
}

}  // namespace sbc::app
