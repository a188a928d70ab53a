#include "sbc/quality/emodel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "media-relay/base/text.h"

namespace sbc::quality {
namespace {

constexpr double kBestWide = 129;   // R of the defaults of G.107.1, likewise
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
  // Ie: G.113 table I.1. Bpl: table I.3, which has G.711 (without and with concealment of losses), G.723.1, G.729A and
  // GSM-EFR; the others are given that of the one that is made like them: waveform codecs that of bare G.711, GSM that
  // of GSM-EFR.
  constexpr double kBare = 4.3;
  // Ie,WB: G.113 table IV.1. Bpl,WB is published for three modes of AMR-WB (table IV.4), 4.3 to 4.9; the lowest of them
  // stands for what is not. Of AMR-WB it is assumed that it runs at 12.65 kbit/s, as mobile networks do; of G.722 that
  // it runs at 64 kbit/s, as it does in RTP (RFC 3551 4.5.2). Opus has no published value: no less than G.722.
  constexpr Impairment kG722{13, 4.3, Scale::Wide};
  static constexpr std::array<std::pair<std::string_view, Impairment>, 15> kCodecs{{
      {"PCMU", {0, 25.1}},
      {"PCMA", {0, 25.1}},
      {"G729", {11, 19}},
      {"G723", {15, 16.1}},
      {"GSM", {20, 10}},
      {"GSM-EFR", {5, 10}},
      {"GSM-HR-08", {23, 10}},
      {"G726-40", {2, kBare}},
      {"G726-32", {7, kBare}},
      {"G726-24", {25, kBare}},
      {"G726-16", {50, kBare}},
      {"G728", {7, kBare}},
      {"G722", kG722},
      {"opus", kG722},
      {"AMR-WB", {13, 4.3, Scale::Wide}},
  }};
  for (const auto& [name, impairment] : kCodecs)
    if (base::equals_ignoring_case(name, encoding)) return impairment;
  return std::nullopt;
}

double rating(const Impairment& codec, const Conditions& conditions) {
  const double percent = std::clamp(conditions.loss, 0.0, 1.0) * 100;
  const double burst = std::max(conditions.burst_ratio, 1.0);
  const bool wide = codec.scale == Scale::Wide;
  // Equation 7-29 of G.107; 7-15 of G.107.1, which knows random loss only.
  const double ie = codec.ie + (95 - codec.ie) * percent / (percent / (wide ? 1 : burst) + codec.bpl);
  const double best = wide ? kBestWide : kBest;
  return std::clamp(best - delay_impairment(conditions.one_way_ms) - ie, 0.0, best);
}

double opinion_of(const Impairment& codec, const Conditions& conditions) {
  return mean_opinion(rating(codec, conditions), codec.scale);
}

double mean_opinion(double rating, Scale scale) {
  if (scale == Scale::Wide) rating /= 1.29;  // G.107.1 equation A-1
  if (rating <= 0) return 1;
  if (rating >= 100) return 4.5;
  const double mos = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6;
  return std::clamp(mos, 1.0, 4.5);  // the curve dips below 1 for R under 6.5
}

}  // namespace sbc::quality
