#include "sbc/sip/breadth.h"

#include <algorithm>

#include "sbc/sip/contact.h"

namespace sbc::sip {

std::uint32_t max_breadth(const Message* request) {
  constexpr std::uint32_t kMost = 60;
  const auto field = request != nullptr ? request->find("Max-Breadth") : std::nullopt;
  const auto received = field ? parse_delta_seconds(*field) : std::nullopt;  // digits alone
  return received && *received != 0 ? std::min(*received, kMost) : kMost;
}

}  // namespace sbc::sip
