#include "sbc/canary/trial.h"

namespace sbc::canary {

std::string_view name_of(State state) {
  switch (state) {
    case State::Running:
      return "running";
    case State::RolledBack:
      return "rolled_back";
    case State::Held:
      return "held";
    case State::TooFew:
      return "too_few_calls";
    case State::Promoted:
      return "promoted";
    case State::Stopped:
      return "stopped";
    case State::Reloaded:
      return "reloaded";
    case State::kCount:
      break;
  }
  return "?";
}

State Trial::look(base::Instant now, const Arm& control, const Arm& candidate) {
  if (!running()) return state_;
  if (auto found = judge(control, candidate, plan_.bounds)) {
    finding_ = std::move(found);
    return state_ = State::RolledBack;
  }
  if (now < ends_) return state_;
  const bool enough = candidate.calls >= plan_.bounds.least && control.calls >= plan_.bounds.least;
  return state_ = !enough ? State::TooFew : plan_.promote ? State::Promoted : State::Held;
}

void Trial::end(State how) {
  if (running()) state_ = how;
}

}  // namespace sbc::canary
