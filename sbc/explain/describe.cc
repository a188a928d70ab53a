#include "sbc/explain/describe.h"

namespace sbc::explain {
namespace {

void append(std::string& text, const std::vector<policy::HeaderOp>& changes) {
  for (const auto& op : changes)
    text += op.kind == policy::HeaderOp::Kind::Remove ? ", without " + op.name : ", " + op.name + ": " + op.value;
}

std::string one(const policy::Candidate& candidate) {
  std::string text;
  switch (candidate.kind) {
    case policy::Candidate::Kind::Contact:
      text = "contact ";
      break;
    case policy::Candidate::Kind::Trunk:
      text = "trunk ";
      break;
    case policy::Candidate::Kind::Group:
      text = "group ";
      break;
    case policy::Candidate::Kind::Uri:
      text = "uri ";
      break;
  }
  text += candidate.name;
  if (!candidate.realm.empty()) text += ", realm " + candidate.realm;
  if (!candidate.number.empty()) text += ", number " + candidate.number;
  if (candidate.timeout_s != 0) text += ", timeout " + std::to_string(candidate.timeout_s) + " s";
  if (candidate.ring_timeout_s != 0) text += ", ring_timeout " + std::to_string(candidate.ring_timeout_s) + " s";
  if (candidate.max_duration_s != 0) text += ", max_duration " + std::to_string(candidate.max_duration_s) + " s";
  if (candidate.from_user) text += ", from " + *candidate.from_user;
  append(text, candidate.headers);
  return text;
}

std::string all(const std::vector<policy::Candidate>& candidates) {
  std::string text = "route: ";
  for (std::size_t i = 0; i < candidates.size(); ++i) text += (i == 0 ? "" : "; then ") + one(candidates[i]);
  return text;
}

template <typename Decision>
std::string refusal(std::string_view what, const Decision& decision) {
  std::string text(what);
  if (decision.status != 0) text += " " + std::to_string(decision.status);
  if (!decision.reason.empty()) text += " " + decision.reason;
  for (const auto& header : decision.headers) text += ", " + header.name + ": " + header.value;
  return text;
}

template <typename Decision>
std::string hung_up(const Decision& decision) {
  std::string text = "hang_up";
  if (decision.status != 0) text += " " + std::to_string(decision.status);
  return decision.reason.empty() ? text : text + " " + decision.reason;
}

std::string changes(const policy::ResponseDecision& decision) {
  std::string text = "change";
  if (decision.status != 0) text += ", status " + std::to_string(decision.status);
  if (!decision.reason.empty()) text += ", reason " + decision.reason;
  if (!decision.early_media) text += ", no early media";
  append(text, decision.headers);
  if (decision.max_duration_s != 0) text += ", max_duration " + std::to_string(decision.max_duration_s) + " s";
  return text;
}

}  // namespace

std::string describe(const policy::InviteDecision& decision) {
  using Kind = policy::InviteDecision::Kind;
  switch (decision.kind) {
    case Kind::Route:
      return all(decision.candidates);
    case Kind::Reject:
      return refusal("reject", decision);
    case Kind::Challenge:
      return "challenge";
    case Kind::Drop:
      return "drop";
  }
  return {};
}

std::string describe(const policy::RegisterDecision& decision) {
  using Kind = policy::RegisterDecision::Kind;
  switch (decision.kind) {
    case Kind::Accept: {
      std::string text = "accept";
      if (decision.min_expires) text += ", min_expires " + std::to_string(*decision.min_expires);
      if (decision.max_expires) text += ", max_expires " + std::to_string(*decision.max_expires);
      if (decision.default_expires) text += ", expires " + std::to_string(*decision.default_expires);
      if (decision.max_contacts) text += ", max_contacts " + std::to_string(*decision.max_contacts);
      return text;
    }
    case Kind::Deny:
      return refusal("deny", decision);
    case Kind::Challenge:
      return "challenge";
    case Kind::Drop:
      return "drop";
  }
  return {};
}

std::string describe(const policy::RequestDecision& decision) {
  using Kind = policy::RequestDecision::Kind;
  switch (decision.kind) {
    case Kind::Accept:
      return "accept";
    case Kind::Route:
      return all(decision.candidates);
    case Kind::Reject:
      return refusal("reject", decision);
    case Kind::Challenge:
      return "challenge";
    case Kind::Drop:
      return "drop";
  }
  return {};
}

std::string describe(const policy::NatDecision& decision) {
  std::string text = "latch: ";
  text += decision.latch == policy::Latch::Learn ? "learn" : decision.latch == policy::Latch::Hear ? "hear" : "strict";
  if (decision.symmetric_signalling) text += ", symmetric_signalling";
  return text;
}

std::string describe(const policy::FailureDecision& decision) {
  using Kind = policy::FailureDecision::Kind;
  switch (decision.kind) {
    case Kind::Usual:
      return "as usual";
    case Kind::Next:
      return "next_candidate";
    case Kind::GiveUp:
      return refusal("give_up", decision);
    case Kind::Route:
      return all(decision.candidates);
    case Kind::Follow:
      return "follow";
    case Kind::Pass:
      return "pass";
  }
  return {};
}

std::string describe(const policy::ScreenDecision& decision) {
  using Kind = policy::ScreenDecision::Kind;
  switch (decision.kind) {
    case Kind::Accept:
      return "accept";
    case Kind::Reject:
      return refusal("reject", decision);
    case Kind::Drop:
      return "drop";
  }
  return {};
}

std::string describe(const policy::ResponseDecision& decision) {
  using Kind = policy::ResponseDecision::Kind;
  switch (decision.kind) {
    case Kind::Usual:
      return "as usual";
    case Kind::Change:
      return changes(decision);
    case Kind::Hide:
      return "hide";
    case Kind::HangUp:
      return hung_up(decision);
  }
  return {};
}

std::string describe(const policy::InsideDecision& decision) {
  using Kind = policy::InsideDecision::Kind;
  switch (decision.kind) {
    case Kind::Usual:
      return "as usual";
    case Kind::Reject:
      return refusal("reject", decision);
    case Kind::HangUp:
      return hung_up(decision);
  }
  return {};
}

std::string describe(const policy::TimerDecision& decision) {
  return decision.kind == policy::TimerDecision::Kind::HangUp ? hung_up(decision) : "as usual";
}

std::string with_timers(std::string decision, const std::vector<policy::TimerOp>& timers) {
  for (const auto& [name, seconds] : timers)
    decision +=
        seconds == 0 ? "; timer " + name + " cancelled" : "; timer " + name + " in " + std::to_string(seconds) + " s";
  return decision;
}

}  // namespace sbc::explain
