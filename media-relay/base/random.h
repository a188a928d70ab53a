#pragma once
// Randomness as an argument: pure rooms take a `Random&`, so that tests and simulation can replay them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace base {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;

  // Uniform in [0, bound); bound must not be 0.
  std::uint64_t below(std::uint64_t bound);
  void fill(std::span<std::byte> out);
};

// From the kernel, buffered: unpredictable to a peer. Not shared between threads.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;

 private:
  std::array<std::uint64_t, 64> pool_{};
  std::size_t used_ = 64;
};

// Repeatable (xoshiro256** seeded by splitmix64). For tests, simulation and benchmarks only.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed);
  std::uint64_t next() override;

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace base
