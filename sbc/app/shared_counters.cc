#include "sbc/app/shared_counters.h"

#include <functional>

namespace sbc::app {

SharedCounters::SharedCounters(std::size_t names) {
  for (auto& part : parts_) part = std::make_unique<Part>(names / kParts);
}

SharedCounters::Counted SharedCounters::add(std::string_view name, base::Duration window, std::uint32_t amount,
                                            base::Instant now) {
  Part& part = *parts_[std::hash<std::string_view>{}(name) % kParts];
  const std::lock_guard lock(part.mutex);
  const std::uint64_t before = part.windows.forgotten();
  const std::uint64_t sum = part.windows.add(name, window, amount, now);
  return {.sum = sum, .forgotten = part.windows.forgotten() - before};
}

}  // namespace sbc::app
