#pragma once
// Places that a policy wants to be called at once: which of them can be.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sbc/route/resolve.h"

namespace sbc::route {

// Collects the targets of one list after the other.
class Gathering {
 public:
  // `most` at once; `network_of`: the relay's network that a target's media leaves by.
  Gathering(std::size_t most, std::function<std::string(const Target&)> network_of)
      : most_(most), network_of_(std::move(network_of)) {}

  bool gathers(std::uint32_t list) const { return list != 0 && most_ >= 2; }
  bool is_of(std::uint32_t list) const { return list_ == list; }
  void begin(std::uint32_t list) { list_ = list; }
  // The targets of one candidate, of which the first is called with the others.
  void add(std::vector<Target> places, Plan& plan);
  // To the plan: those that are called together, and behind them those that are not.
  void end(Plan& plan);

 private:
  std::size_t most_;
  std::function<std::string(const Target&)> network_of_;
  std::uint32_t list_ = 0;  // of the candidates that are added; 0: of none
  std::uint32_t last_ = 0;  // number given to targets
  std::vector<Target> together_;
  std::vector<Target> after_;
};

}  // namespace sbc::route
