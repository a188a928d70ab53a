#pragma once
// How the targets of one trunk are probed: as the configuration says.

#include <bitset>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "media-relay/base/time.h"

namespace sbc::route {

// Statuses of responses.
class Statuses {
 public:
  // "200" or "4xx", each. A class leaves 408 and 503 out: both say that nobody is there, and must be named. The error
  // is the word that is neither.
  static std::expected<Statuses, std::string> read(const std::vector<std::string>& words);
  bool contains(int status) const { return status >= 100 && status < 700 && set_[static_cast<std::size_t>(status)]; }
  friend bool operator==(const Statuses&, const Statuses&) = default;

 private:
  std::bitset<700> set_;
};

struct ProbeRules {
  base::Duration interval = base::seconds(30);
  base::Duration timeout = base::seconds(4);  // until the final response
  std::uint32_t down_after = 2;               // bad signs in a row
  std::uint32_t up_after = 2;                 // good ones
  Statuses up{};                              // answers to a probe that are a good sign
  friend bool operator==(const ProbeRules&, const ProbeRules&) = default;
};

}  // namespace sbc::route
