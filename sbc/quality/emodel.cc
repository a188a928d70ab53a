#include "sbc/quality/emodel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "media-relay/base/text.h"

namespace sbc::quality {
namespace {

constexpr double kBest = 93.2;      // R of the defaults of G.107 table 2, without delay, codec and loss
constexpr double kFreeDelay = 100;  // ms, Ta up to which Idd is 0 (G.107 equation 7-27)

// Idd, what pure delay costs, equations 7-27 and 7-28.
double delay_impairment(double ms) {
  if (ms <= kFreeDelay) return 0;
  const double x = std::log2(ms / kFreeDelay);
  return 25 * (std::pow(1 + std::pow(x, 6), 1.0 / 6) - 3 * std::pow(1 + std::pow(x / 3, 6), 1.0 / 6) + 2);
}

}  // namespace

std::optional<Impairment> impairment_of(std::string_view encoding) {
  static constexpr std::array<std::pair<std::string_view, Impairment>, 7> kCodecs{{
      {"PCMU", {0, 25.1}},
      {"PCMA", {0, 25.1}},
      {"G729", {11, 19}},
      {"G723", {15, 16.1}},
      {"GSM-EFR", {5, 10}},
      {"G722", {0, 25.1}},
      {"opus", {0, 25.1}},
  }};
  for (const auto& [name, impairment] : kCodecs)
    if (base::equals_ignoring_case(name, encoding)) return impairment;
  return std::nullopt;
}

double rating(const Impairment& codec, const Conditions& conditions) {
  const double percent = std::clamp(conditions.loss, 0.0, 1.0) * 100;
  const double burst = std::max(conditions.burst_ratio, 1.0);
  const double ie = codec.ie + (95 - codec.ie) * percent / (percent / burst + codec.bpl);  // equation 7-29
  return std::clamp(kBest - delay_impairment(conditions.one_way_ms) - ie, 0.0, kBest);
}

double mean_opinion(double rating) {
  if (rating <= 0) return 1;
  const double mos = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6;
  return std::clamp(mos, 1.0, 4.5);  // the curve dips below 1 for R under 6.5
}

}  // namespace sbc::quality
