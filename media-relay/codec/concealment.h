#pragma once
// What is played in place of lost packets of a codec that has no concealment of its own (G.711, G.722): the last pitch
// period again and again, growing fainter until nothing is left, which is the idea of ITU-T G.711 appendix I.

#include <cstddef>
#include <span>
#include <vector>

#include "media-relay/codec/format.h"

namespace codec {

class Concealment {
 public:
  explicit Concealment(unsigned rate);

  // What was decoded; its beginning is blended with what was made up before it.
  void heard(std::span<Sample> audio);
  void fill(std::span<Sample> out);

 private:
  void remember(std::span<const Sample> audio);
  std::size_t find_pitch() const;
  void begin();
  float next();

  // All in samples.
  std::size_t shortest_;  // pitch period
  std::size_t longest_;
  std::size_t window_;  // that is compared with itself, one period before
  float fade_;          // by how much each sample is fainter
  std::vector<Sample> history_;
  std::vector<float> period_;
  std::size_t pitch_ = 0;  // of `period_` in use; 0: nothing is missing
  std::size_t at_ = 0;
  float gain_ = 1;
};

}  // namespace codec
