#pragma once
// How much a store is asked.

#include <cstddef>

#include "sbc/lookup/breaker.h"

namespace sbc::lookup {

struct Rules {
  std::size_t at_once = 100;  // questions under way; those of calls for help have as many again
  std::size_t cache_entries = 1000;
  BreakerRule breaker{};
  friend bool operator==(const Rules&, const Rules&) = default;
};

}  // namespace sbc::lookup
