#include "sbc/canary/arm.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

namespace sbc::canary {
namespace {

constexpr double kStep = 1.05;

}  // namespace

std::size_t delay_bucket(base::Duration delay) {
  const double ms = std::chrono::duration<double, std::milli>(delay).count();
  if (ms <= 1) return 0;
  return std::min(kDelays - 1, static_cast<std::size_t>(std::log(ms) / std::log(kStep)));
}

base::Duration delay_at(std::size_t at) {
  const std::chrono::duration<double, std::milli> ms(at == 0 ? 0 : std::pow(kStep, static_cast<double>(at)));
  return std::chrono::duration_cast<base::Duration>(ms);
}

Arm& Arm::operator+=(const Arm& other) {
  begun += other.begun;
  decided += other.decided;
  failures += other.failures;
  challenged += other.challenged;
  calls += other.calls;
  answered += other.answered;
  refused += other.refused;
  one_way += other.one_way;
  for (std::size_t i = 0; i < kDelays; ++i) delays[i] += other.delays[i];
  return *this;
}

std::uint64_t Arm::delayed() const {
  return std::accumulate(delays.begin(), delays.end(), std::uint64_t{0});
}

base::Duration Arm::delay(double share) const {
  double rank = std::clamp(share, 0.0, 1.0) * static_cast<double>(delayed());
  if (rank <= 0) return {};
  for (std::size_t i = 0; i < kDelays; ++i) {
    const auto here = static_cast<double>(delays[i]);
    if (rank <= here) {
      const auto width = std::chrono::duration<double>(delay_at(i + 1) - delay_at(i));
      return delay_at(i) + std::chrono::duration_cast<base::Duration>(width * (rank / here));
    }
    rank -= here;
  }
  return delay_at(kDelays);
}

void Tally::end(const Ended& call) {
  if (call.challenged) return challenged_.add();
  calls_.add();
  if (call.answered) answered_.add();
  if (call.refused) refused_.add();
  if (call.one_way) one_way_.add();
  if (call.delay) delays_[delay_bucket(*call.delay)].add();
}

Arm Tally::read() const {
  Arm arm{.begun = begun_.value(),
          .decided = decided_.value(),
          .failures = failures_.value(),
          .challenged = challenged_.value(),
          .calls = calls_.value(),
          .answered = answered_.value(),
          .refused = refused_.value(),
          .one_way = one_way_.value()};
  for (std::size_t i = 0; i < kDelays; ++i) arm.delays[i] = delays_[i].value();
  return arm;
}

}  // namespace sbc::canary
