#pragma once
// A circuit breaker for each service: one that fails again and again is left in peace for a while, and calls go on
// without it at once instead of after a timeout each.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "media-relay/base/hash.h"
#include "media-relay/base/time.h"

namespace sbc::lookup {

struct BreakerRule {
  std::uint32_t failures = 5;                // in a row: then it rests
  base::Duration pause = base::seconds(10);  // for so long; then one request may try
  friend bool operator==(const BreakerRule&, const BreakerRule&) = default;
};

class Breaker {
 public:
  // False: not now. True: the caller tells how it went.
  bool admits(std::string_view service, const BreakerRule& rule, base::Instant now);
  void succeeded(std::string_view service);
  // Whether it rests by this one.
  bool failed(std::string_view service, const BreakerRule& rule, base::Instant now);
  std::size_t resting(base::Instant now) const;

 private:
  struct Circuit {
    std::uint32_t failures = 0;
    base::Instant until{};  // no requests before that
    bool trying = false;    // the one after the pause is under way
  };
  // Only services that may be asked get here, so there are as many as the operator has named.
  std::unordered_map<std::string, Circuit, base::StringHash, std::equal_to<>> circuits_;
};

}  // namespace sbc::lookup
