#pragma once
// Decisions in words, for people who read why a call went its way, a simulation or a failed test.

#include <string>

#include "sbc/policy/decision.h"
#include "sbc/policy/host.h"

namespace sbc::explain {

std::string describe(const policy::InviteDecision& decision);
std::string describe(const policy::RegisterDecision& decision);
std::string describe(const policy::RequestDecision& decision);
std::string describe(const policy::NatDecision& decision);
std::string describe(const policy::FailureDecision& decision);
inline std::string describe(const policy::Nothing& /*decision*/) {
  return "told";
}

}  // namespace sbc::explain
