#include "sbc/canary/judge.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace sbc::canary {
namespace {

// kDoubt on one side of a normal distribution is 3.72 deviations; two ranges that are each so much narrower touch when
// their difference is that far out.
constexpr double kReach = 3.72 / 1.4142135623730951;

std::string percent(const Share& share, const char* of) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f %% of %llu%s", share.ratio() * 100, static_cast<unsigned long long>(share.all),
                of);
  return text;
}

std::string milliseconds(base::Duration duration) {
  return std::to_string(std::chrono::duration_cast<base::milliseconds>(duration).count()) + " ms";
}

bool worse(const Share& candidate, const Share& control, double bound) {
  return candidate.ratio() - control.ratio() > bound && chance(candidate, control) < kDoubt;
}

std::optional<Finding> judge_errors(const Arm& control, const Arm& candidate, const Bounds& bounds) {
  // A call may fail in several handlers; a share has no more hits than trials.
  const auto errors = [](const Arm& arm) { return Share{std::min(arm.failures, arm.decided), arm.decided}; };
  const Share here = errors(candidate);
  const Share there = errors(control);
  if (here.hits < kFewErrors) return std::nullopt;
  if (!worse(here, there, bounds.errors)) return std::nullopt;
  return Finding{Reason::Errors,
                 "handlers failed in " + percent(here, " decisions") + ", against " + percent(there, "")};
}

std::optional<Finding> judge_shares(const Arm& control, const Arm& candidate, const Bounds& bounds) {
  const std::uint64_t least = std::max<std::uint64_t>(bounds.least, 1);
  const auto lost = [](const Arm& arm) { return Share{arm.calls - arm.answered, arm.calls}; };
  const auto won = [](const Arm& arm) { return Share{arm.answered, arm.calls}; };
  if (candidate.calls >= least && control.calls >= least && worse(lost(candidate), lost(control), bounds.answer_drop))
    return Finding{Reason::Answers,
                   "answered " + percent(won(candidate), " calls") + ", against " + percent(won(control), "")};
  const auto asked = [](const Arm& arm) { return Share{arm.challenged, arm.challenged + arm.calls}; };
  if (asked(candidate).all >= least && asked(control).all >= least &&
      worse(asked(candidate), asked(control), bounds.answer_drop))
    return Finding{Reason::Challenges, "asked for a password in " + percent(asked(candidate), " INVITEs") +
                                           ", against " + percent(asked(control), "")};
  const auto deaf = [](const Arm& arm) { return Share{arm.one_way, arm.answered}; };
  if (candidate.answered >= least && control.answered >= least && worse(deaf(candidate), deaf(control), bounds.one_way))
    return Finding{Reason::OneWay, "one-way audio in " + percent(deaf(candidate), " answered calls") + ", against " +
                                       percent(deaf(control), "")};
  return std::nullopt;
}

// The median, because one phone that rings for a minute says nothing of a policy. Its range by order statistics: the
// number of calls below the true median is binomial.
std::optional<Finding> judge_delay(const Arm& control, const Arm& candidate, const Bounds& bounds) {
  const auto calls = candidate.delayed();
  const auto others = control.delayed();
  const std::uint64_t least = std::max<std::uint64_t>(bounds.least, 1);
  if (calls < least || others < least) return std::nullopt;
  const auto here = candidate.delay(0.5);
  const auto there = control.delay(0.5);
  const auto reach = [](std::uint64_t count) { return kReach / 2 / std::sqrt(static_cast<double>(count)); };
  if (here - there <= bounds.delay_rise) return std::nullopt;
  if (candidate.delay(0.5 - reach(calls)) <= control.delay(0.5 + reach(others))) return std::nullopt;
  return Finding{Reason::Delay, "the median of post-dial delays is " + milliseconds(here) + " over " +
                                    std::to_string(calls) + " calls, against " + milliseconds(there)};
}

}  // namespace

std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::Errors:
      return "errors";
    case Reason::Answers:
      return "answer_ratio";
    case Reason::Challenges:
      return "challenges";
    case Reason::Delay:
      return "post_dial_delay";
    case Reason::OneWay:
      return "one_way_audio";
    case Reason::kCount:
      break;
  }
  return "?";
}

double chance(const Share& candidate, const Share& control) {
  const auto x = static_cast<double>(candidate.hits);
  const auto n = static_cast<double>(candidate.all);
  const double hits = x + static_cast<double>(control.hits);
  const double all = n + static_cast<double>(control.all);
  // No worse than the others; and without others there is nothing to compare with.
  if (control.all == 0 || x * all <= hits * n) return 1;
  const auto ways = [](double of, double some) {
    return std::lgamma(of + 1) - std::lgamma(some + 1) - std::lgamma(of - some + 1);
  };
  // The hypergeometric distribution beyond its middle: each term is smaller than the one before.
  double term = std::exp(ways(hits, x) + ways(all - hits, n - x) - ways(all, n));
  double sum = 0;
  for (double k = x; k <= std::min(n, hits) && term > sum * 1e-12; ++k) {
    sum += term;
    term *= (hits - k) * (n - k) / ((k + 1) * (all - hits - n + k + 1));
  }
  return std::min(sum, 1.0);
}

std::optional<Finding> judge(const Arm& control, const Arm& candidate, const Bounds& bounds) {
  if (auto found = judge_errors(control, candidate, bounds)) return found;
  if (auto found = judge_shares(control, candidate, bounds)) return found;
  return judge_delay(control, candidate, bounds);
}

}  // namespace sbc::canary
