#pragma once
// Decisions in words, for people who read why a call went its way, a simulation or a failed test.

#include <string>
#include <vector>

#include "sbc/policy/decision.h"
#include "sbc/policy/host.h"

namespace sbc::explain {

std::string describe(const policy::InviteDecision& decision);
std::string describe(const policy::RegisterDecision& decision);
std::string describe(const policy::RequestDecision& decision);
std::string describe(const policy::NatDecision& decision);
std::string describe(const policy::FailureDecision& decision);
std::string describe(const policy::ScreenDecision& decision);
std::string describe(const policy::ResponseDecision& decision);
std::string describe(const policy::InsideDecision& decision);
std::string describe(const policy::TimerDecision& decision);
// A value of a record's field: "0.02".
std::string text_of(const policy::CdrField::Value& value);
inline std::string describe(const policy::Nothing& /*decision*/) {
  return "told";
}

// ... and the timers that the handler has set.
std::string with_timers(std::string decision, const std::vector<policy::TimerOp>& timers);
template <typename Decision>
std::string describe(const policy::Outcome<Decision>& outcome) {
  return with_timers(describe(outcome.decision), outcome.timers);
}

}  // namespace sbc::explain
