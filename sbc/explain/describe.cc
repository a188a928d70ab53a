#include "sbc/explain/describe.h"

namespace sbc::explain {
namespace {

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
  if (candidate.from_user) text += ", from " + *candidate.from_user;
  for (const auto& op : candidate.headers)
    text += op.kind == policy::HeaderOp::Kind::Remove ? ", without " + op.name : ", " + op.name + ": " + op.value;
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

}  // namespace sbc::explain
