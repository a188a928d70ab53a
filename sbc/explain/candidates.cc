#include "sbc/explain/candidates.h"

#include <algorithm>
#include <string_view>

namespace sbc::explain {
namespace {

// As calls write into the log: "not tried: trunk carrier UDP 192.0.2.7:5060: asked for no calls".
constexpr std::string_view kNotTried = "not tried: ";
constexpr std::string_view kTransferred = "transferred to: ";
// "cancelled: UDP 192.0.2.7:5060: another one answered": of those that are called at once.
constexpr std::string_view kCancelled = "cancelled: ";

class Outcomes {
 public:
  void operator()(const Planned& step) {
    // A later plan replaces what was left of the one before; that of a transfer comes after the answer.
    for (auto& one : all_)
      if (one.outcome.empty())
        one.outcome = taken_ ? "not needed: another one answered" : "not needed: the policy named others";
    taken_ = false;
    tried_.clear();
    for (const auto& target : step.targets) all_.push_back({target, {}});
  }
  void operator()(const Noted& step) {
    if (step.text.starts_with(kTransferred)) {
      of(step.text.substr(kTransferred.size())).outcome = "taken: the call was transferred to it";
      taken_ = true;
    }
    note(step.text, kNotTried, "skipped: ");
    note(step.text, kCancelled, kCancelled);
  }
  void operator()(const Sent& step) {
    if (step.purpose.empty() || step.purpose == "transfer") of(tried_ = step.target).outcome = "tried: no answer yet";
  }
  void operator()(const Failed& step) {
    auto& outcome = of(step.target).outcome;
    if (outcome.starts_with("skipped: ")) return;
    outcome = "failed: " + std::to_string(step.status);
    if (!step.reason.empty()) outcome += " " + step.reason;
    if (step.cause != "response") outcome += " (" + step.cause + ")";
  }
  void operator()(const Answered& step) {
    if (step.changed) return;
    if (!step.target.empty()) tried_ = step.target;
    of(tried_).outcome = "taken: it answered";
    taken_ = true;
  }
  void operator()(const Ended& step) {
    for (auto& one : all_)
      if (!taken_ && one.outcome.starts_with("tried"))
        one.outcome = "tried: the call ended before its answer (" + step.cause + ")";
    ended_ = true;
  }
  template <typename Other>
  void operator()(const Other& /*step*/) {}

  std::vector<CandidateOutcome> take() {
    for (auto& one : all_) {
      if (!one.outcome.empty()) continue;
      one.outcome = taken_ ? "not needed: another one answered" : ended_ ? "not reached: the call ended" : "waits";
    }
    return std::move(all_);
  }

 private:
  void note(std::string_view text, std::string_view front, std::string_view outcome) {
    if (!text.starts_with(front)) return;
    const std::string_view rest = text.substr(front.size());
    const auto end = rest.find(": ");
    of(rest.substr(0, end)).outcome.assign(outcome).append(end == std::string_view::npos ? "" : rest.substr(end + 2));
  }

  // The newest of that name; some notes leave out the trunk's.
  CandidateOutcome& of(std::string_view target) {
    const auto named = [target](const auto& one) { return std::string_view(one.target).ends_with(target); };
    const auto found = std::find_if(all_.rbegin(), all_.rend(), named);
    if (found != all_.rend()) return *found;
    return all_.emplace_back(CandidateOutcome{std::string(target), {}});
  }

  std::vector<CandidateOutcome> all_;
  std::string tried_;
  bool taken_ = false;
  bool ended_ = false;
};

}  // namespace

std::vector<CandidateOutcome> candidates_of(const Explanation& call) {
  Outcomes outcomes;
  for (const auto& step : call.steps) std::visit(outcomes, step.what);
  return outcomes.take();
}

}  // namespace sbc::explain
