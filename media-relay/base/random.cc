#include "media-relay/base/random.h"

#include <sys/random.h>

#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace base {

std::uint64_t Random::below(std::uint64_t bound) {
  // Rejection keeps the result unbiased: draws from the incomplete last block are thrown away.
  const std::uint64_t threshold = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t draw = next();
    if (draw >= threshold) return draw % bound;
  }
}

void Random::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    const std::uint64_t word = next();
    const std::size_t n = std::min(out.size(), sizeof word);
    std::memcpy(out.data(), &word, n);
    out = out.subspan(n);
  }
}

std::uint64_t SystemRandom::next() {
  if (used_ == pool_.size()) {
    std::size_t got = 0;
    while (got < sizeof pool_) {
      const ssize_t n = getrandom(reinterpret_cast<char*>(pool_.data()) + got, sizeof pool_ - got, 0);
      // Without kernel randomness no tag or nonce can be trusted: better no process than a guessable one.
      if (n < 0 && errno != EINTR) std::abort();
      if (n > 0) got += static_cast<std::size_t>(n);
    }
    used_ = 0;
  }
  const std::uint64_t word = pool_[used_];
  pool_[used_++] = 0;
  return word;
}

SeededRandom::SeededRandom(std::uint64_t seed) {
  for (auto& word : state_) {
    seed += 0x9e3779b97f4a7c15;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    word = z ^ (z >> 31);
  }
}

std::uint64_t SeededRandom::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

}  // namespace base
