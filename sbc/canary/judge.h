#pragma once
// Whether the calls under a candidate go worse than those beside them.
//
// Something is worse when it is beyond its bound, and when chance alone would hardly have brought it: if both policies
// were alike, fewer than one look in kDoubt would see such a difference. A small bound alone would be crossed by the
// first few calls, and doubt alone would, after enough calls, find differences that nobody minds.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "media-relay/base/time.h"

#include "sbc/canary/arm.h"

namespace sbc::canary {

inline constexpr double kDoubt = 1e-4;          // there are as many looks as seconds, and one of them is enough
inline constexpr std::uint64_t kFewErrors = 5;  // failures that are judged before there are `least` calls

struct Bounds {
  double answer_drop = 0.05;                            // of the share of calls that are answered
  base::Duration delay_rise = base::milliseconds(500);  // of the median of post-dial delays
  double errors = 0.01;                                 // rise of failures for each decision
  double one_way = 0.02;                                // rise of the share of answered calls with one-way audio
  std::uint64_t least = 50;                             // calls of each arm before shares and delays are judged
};

enum class Reason : std::uint8_t { Errors, Answers, Challenges, Delay, OneWay, kCount };
inline constexpr std::size_t kReasons = static_cast<std::size_t>(Reason::kCount);
std::string_view name_of(Reason reason);  // "answer_ratio"

struct Finding {
  Reason reason;
  std::string text;  // "answered 41.0 % of 100 calls, against 95.2 % of 1900"
};

std::optional<Finding> judge(const Arm& control, const Arm& candidate, const Bounds& bounds);

// `hits` of `all`.
struct Share {
  std::uint64_t hits = 0;
  std::uint64_t all = 0;
  double ratio() const { return all == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(all); }
};
// The probability that the candidate has as many hits as it has, or more, although both are alike: Fisher's exact test,
// one-sided.
double chance(const Share& candidate, const Share& control);

}  // namespace sbc::canary
