#pragma once
// Decisions as JSON, in one form: decisions that do the same are the same text. What a kind of decision does not use is
// left out, and so is what was not set. Changes to headers are in the order of their names (those of one name in the
// order of the policy), since a Lua table has none. Where a decision was made is not part of it, nor are the tokens of
// contacts, which mean something to one process only.

#include "sbc/json/value.h"
#include "sbc/policy/host.h"

namespace sbc::retell {

json::Value to_json(const policy::CdrField::Value& value);
json::Value to_json(const policy::InviteDecision& decision);
json::Value to_json(const policy::RegisterDecision& decision);
json::Value to_json(const policy::RequestDecision& decision);
json::Value to_json(const policy::NatDecision& decision);
json::Value to_json(const policy::FailureDecision& decision);
json::Value to_json(const policy::ScreenDecision& decision);
json::Value to_json(const policy::ResponseDecision& decision);
json::Value to_json(const policy::InsideDecision& decision);
json::Value to_json(const policy::TimerDecision& decision);
json::Value to_json(const policy::Nothing& decision);  // null

// With the timers that the handler set, which are part of what it decided.
json::Value with_timers(json::Value decision, const std::vector<policy::TimerOp>& timers);
template <typename Decision>
json::Value decided(const policy::Outcome<Decision>& outcome) {
  return with_timers(to_json(outcome.decision), outcome.timers);
}

}  // namespace sbc::retell
