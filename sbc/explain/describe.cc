#include "sbc/explain/describe.h"

#include <array>
#include <charconv>

namespace sbc::explain {
namespace {

std::string change(const policy::HeaderOp& op) {
  switch (op.kind) {
    case policy::HeaderOp::Kind::Remove:
      return "without " + op.name;
    case policy::HeaderOp::Kind::Pass:
      return "passes " + op.name;
    case policy::HeaderOp::Kind::Set:
    case policy::HeaderOp::Kind::Add:
      break;
  }
  return op.name + ": " + op.value;
}

// ", place 1.2 (weight 70)": the second of the list that is the first of another.
std::string lots(const std::vector<policy::Lot>& lots) {
  if (lots.empty()) return {};
  std::string text = ", place ";
  for (std::size_t i = 0; i < lots.size(); ++i) {
    text += (i == 0 ? "" : ".") + std::to_string(lots[i].element);
    if (lots[i].weight) text += " (weight " + std::to_string(*lots[i].weight) + ")";
  }
  return text;
}

std::string cdr(const std::vector<policy::CdrField>& fields) {
  std::string text;
  for (const auto& field : fields) text += ", cdr " + field.name + "=" + text_of(field.value);
  return text;
}

void append(std::string& text, const std::vector<policy::HeaderOp>& changes) {
  for (const auto& op : changes) text += ", " + change(op);
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
  text += lots(candidate.lots);
  return text + cdr(candidate.cdr);
}

template <typename Decision>
std::string all(const Decision& decision) {
  std::string text = "route: ";
  const auto& candidates = decision.candidates;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const bool with_it = i != 0 && candidates[i].at_once != 0 && candidates[i].at_once == candidates[i - 1].at_once;
    text += (i == 0 ? "" : with_it ? "; at once with it " : "; then ") + one(candidates[i]);
  }
  if constexpr (requires { decision.call_class; })
    if (!decision.call_class.empty()) text += "; class " + decision.call_class;
  if constexpr (requires { decision.cdr; })
    if (!decision.cdr.empty()) text += ";" + cdr(decision.cdr).substr(1);
  return text;
}

template <typename Decision>
std::string refusal(std::string_view what, const Decision& decision) {
  const bool elsewhere = decision.status >= 300 && decision.status < 400;
  std::string text(elsewhere ? "redirect" : what);
  if (decision.status != 0) text += " " + std::to_string(decision.status);
  if (!decision.reason.empty()) text += " " + decision.reason;
  for (const auto& header : decision.headers) text += ", " + header.name + ": " + header.value;
  if constexpr (requires { decision.cdr; }) text += cdr(decision.cdr);
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

std::string text_of(const policy::CdrField::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  std::array<char, 32> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), std::get<double>(value)).ptr};
}

std::string describe(const policy::InviteDecision& decision) {
  using Kind = policy::InviteDecision::Kind;
  switch (decision.kind) {
    case Kind::Route:
      return all(decision);
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
      return all(decision);
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
      return all(decision);
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
