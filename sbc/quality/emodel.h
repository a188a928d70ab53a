#pragma once
// The E-model (ITU-T G.107) as far as a border can feed it: loss, delay and codec, with the default values for all that
// happens in rooms and telephones. R = 93.2 - Idd - Ie,eff, and from R the mean opinion score (G.107 annex B).

#include <optional>
#include <string_view>

namespace sbc::quality {

// How much a codec spoils by itself (Ie) and how well it stands random loss (Bpl): G.113 appendix I.
struct Impairment {
  double ie = 0;
  double bpl = 25.1;
};

// By its name in SDP, any case. Wideband codecs (G722, opus) have no place on the narrowband scale; they are rated as
// G.711 with loss concealment, which is the least they do. nullopt: nothing is known of the codec.
std::optional<Impairment> impairment_of(std::string_view encoding);

struct Conditions {
  double loss = 0;         // 0..1, of all packets
  double one_way_ms = 0;   // mouth to ear
  double burst_ratio = 1;  // 1: losses are random (G.107 7.2)
};

double rating(const Impairment& codec, const Conditions& conditions);  // R, 0..93.2
double mean_opinion(double rating);                                    // 1..4.41

}  // namespace sbc::quality
