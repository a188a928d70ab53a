#pragma once
// Headers that a policy, or a challenge, adds to a response, as the writer of responses takes them.

#include <vector>

#include "sbc/policy/decision.h"
#include "sbc/sip/response.h"

namespace sbc::call {

// Views into `headers`.
inline std::vector<sip::ExtraHeader> as_extra(const std::vector<policy::Header>& headers) {
  std::vector<sip::ExtraHeader> extra;
  for (const auto& header : headers) extra.push_back({header.name, header.value});
  return extra;
}

}  // namespace sbc::call
