#pragma once
// The E-model as far as a border can feed it: loss, delay and codec, with the default values for all that happens in
// rooms and telephones. Narrowband (ITU-T G.107): R = 93.2 - Idd - Ie,eff, and from R the mean opinion score (annex B).
// Wideband (G.107.1): R = 129 - Idd - Ie,eff, and the score from R / 1.29 (annex A). The two scores are not comparable:
// listeners of wideband speech expect more, and the same listeners would give perfect G.711 less than 4.4.

#include <cstdint>
#include <optional>
#include <string_view>

namespace sbc::quality {

enum class Scale : std::uint8_t { Narrow, Wide };

// How much a codec spoils by itself (Ie) and how well it stands random loss (Bpl): planning values of G.113, appendix I
// (narrowband) and IV (wideband).
struct Impairment {
  double ie = 0;
  double bpl = 25.1;
  Scale scale = Scale::Narrow;
};

// By its name in SDP, any case. nullopt: nothing is published of the codec (AMR, iLBC), or on the fullband scale only
// (EVS). Of AMR-WB and G.726 the mode counts; see the table for what is assumed.
std::optional<Impairment> impairment_of(std::string_view encoding);

struct Conditions {
  double loss = 0;         // 0..1, of all packets
  double one_way_ms = 0;   // mouth to ear
  double burst_ratio = 1;  // 1: losses are random (G.107 7.2)
};

double rating(const Impairment& codec, const Conditions& conditions);  // R, 0..93.2, or 0..129 on the wideband scale
double mean_opinion(double rating, Scale scale = Scale::Narrow);       // 1..4.41, or 1..4.5
double opinion_of(const Impairment& codec, const Conditions& conditions);

}  // namespace sbc::quality
