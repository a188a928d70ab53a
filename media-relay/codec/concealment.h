#pragma once
// What is played in place of lost packets of a codec that has no concealment of its own (G.711, G.722): the last pitch
// period again, growing fainter, as ITU-T G.711 appendix I has the idea.

#include <memory>
#include <span>

#include "media-relay/codec/format.h"

namespace codec {

class Concealment {
 public:
  Concealment();
  ~Concealment();
  Concealment(Concealment&&) noexcept;
  Concealment& operator=(Concealment&&) noexcept;

  // What was decoded; its beginning is blended with what was made up before it.
  void heard(std::span<Sample> audio);
  void fill(std::span<Sample> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace codec
