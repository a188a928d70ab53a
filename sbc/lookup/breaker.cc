#include "sbc/lookup/breaker.h"

#include <algorithm>

namespace sbc::lookup {

bool Breaker::admits(std::string_view service, const BreakerRule& rule, base::Instant now) {
  const auto found = circuits_.find(service);
  if (found == circuits_.end() || found->second.failures < rule.failures) return true;
  Circuit& circuit = found->second;
  if (now < circuit.until || circuit.trying) return false;
  circuit.trying = true;
  return true;
}

void Breaker::succeeded(std::string_view service) {
  const auto found = circuits_.find(service);
  if (found != circuits_.end()) circuits_.erase(found);
}

bool Breaker::failed(std::string_view service, const BreakerRule& rule, base::Instant now) {
  auto found = circuits_.find(service);
  if (found == circuits_.end()) found = circuits_.emplace(service, Circuit{}).first;
  Circuit& circuit = found->second;
  const bool rested = circuit.failures >= rule.failures;
  if (rested && !circuit.trying) return false;  // one that was under way when the others failed
  circuit.trying = false;
  ++circuit.failures;
  if (circuit.failures < rule.failures) return false;
  circuit.until = now + rule.pause;
  return !rested;
}

std::size_t Breaker::resting(base::Instant now) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(circuits_, [now](const auto& one) { return now < one.second.until; }));
}

}  // namespace sbc::lookup
