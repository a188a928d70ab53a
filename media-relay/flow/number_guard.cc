#include "media-relay/flow/number_guard.h"

#include <algorithm>

#include "media-relay/rtp/sequence.h"

namespace flow {
namespace {

constexpr base::Duration kPerNumber = base::Duration(base::seconds(1)) / kNumbersPerSecond;
constexpr base::Duration kFullBudget = kPerNumber * kMaxNumberGap;

}  // namespace

void NumberGuard::hear(std::uint16_t number, base::Instant now) {
  place_ = number;
  heard_at_ = now;
  budget_at_ = now - kFullBudget;
  newcomer_ = {};
  late_.reset();
}

bool NumberGuard::admits(std::uint16_t number, base::Instant now) {
  if (!place_) {
    hear(number, now);
    return true;
  }
  if (is_near(*place_, number, now)) {
    follow(number, now);
    heard_at_ = now;
    return true;
  }
  if (displaced_ && is_near(*displaced_, number, now)) {
    displaced_.reset();
    hear(number, now);
    return true;
  }
  if (!succeeds(number, now)) return false;
  displaced_ = place_;
  hear(number, now);
  return true;
}

// What comes late was sent before, and whoever receives it has it already, or lacks it.
bool NumberGuard::is_near(std::uint16_t place, std::uint16_t number, base::Instant now) const {
  const std::int32_t ahead = rtp::sequence_distance(place, number);
  return ahead >= -kMaxNumberGap && ahead <= (now < attacked_until_ ? kMaxNumberGapUnderAttack : kMaxNumberGap);
}

void NumberGuard::follow(std::uint16_t number, base::Instant now) {
  const std::int32_t ahead = rtp::sequence_distance(*place_, number);
  const bool goes_on = late_ && rtp::sequence_distance(*late_, number) == 1;
  late_.reset();
  if (ahead <= 0) {
    // One after the other behind the place: the machine is there, and somebody else has moved the place.
    if (goes_on) place_ = number;
    if (!goes_on && ahead < 0) late_ = number;
    return;
  }
  if (now >= attacked_until_) {  // packets that were held up on their way come all at once
    budget_at_ = now - kFullBudget;
    place_ = number;
    return;
  }
  budget_at_ = std::max(budget_at_, now - kFullBudget);
  const base::Duration cost = kPerNumber * ahead;
  if (budget_at_ + cost > now) return;
  budget_at_ += cost;
  place_ = number;
}

bool NumberGuard::succeeds(std::uint16_t number, base::Instant now) {
  const std::int32_t ahead = rtp::sequence_distance(newcomer_.number, number);
  const bool follows = newcomer_.in_row != 0 && ahead >= 1 && ahead <= kMaxNumberGap;
  if (!follows) newcomer_ = {number, 0, now};
  newcomer_.number = number;
  ++newcomer_.in_row;
  const bool silent = now - heard_at_ >= kFaxSilence;
  if (!silent) attacked_until_ = now + kContested;
  return silent && newcomer_.in_row >= kStreamProof && now - newcomer_.began >= kStreamProofTime;
}

}  // namespace flow
