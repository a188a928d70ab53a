// A canary as text: what an operator asks for, and what he is told.

#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>

#include "media-relay/base/text.h"
#include "media-relay/settings/settings.h"

#include "sbc/app/canary_desk.h"

namespace sbc::app {
namespace {

using OrderedJson = nlohmann::ordered_json;

// "5%", "0.5 %".
std::optional<double> percentage(std::string_view text) {
  while (text.ends_with(' ') || text.ends_with('%')) text.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value / 100;
}

std::int64_t milliseconds_in(base::Duration duration) {
  return std::chrono::duration_cast<base::milliseconds>(duration).count();
}

OrderedJson json_of(const canary::Arm& arm) {
  OrderedJson out;
  out["begun"] = arm.begun;
  out["calls"] = arm.calls;
  out["answered"] = arm.answered;
  out["refused"] = arm.refused;
  out["challenged"] = arm.challenged;
  out["failures"] = arm.failures;
  out["one_way"] = arm.one_way;
  if (arm.calls != 0) out["answer_ratio"] = static_cast<double>(arm.answered) / static_cast<double>(arm.calls);
  if (arm.delayed() != 0) out["post_dial_ms"] = milliseconds_in(arm.delay(0.5));
  return out;
}

}  // namespace

std::expected<canary::Plan, std::string> canary_plan(const Arguments& arguments) {
  canary::Plan plan;
  std::string wrong;
  const auto expected = [&](const std::string& name, const std::string& what, const std::string& got) {
    if (wrong.empty()) wrong = name + ": expected " + what + ", got \"" + base::printable(got) + "\"";
  };
  const auto share = [&](const std::string& name, double least, double most, double& to) {
    const auto found = arguments.find(name);
    if (found == arguments.end()) return;
    const auto value = percentage(found->second);
    if (value && *value >= least && *value <= most) {
      to = *value;
      return;
    }
    char text[64];
    std::snprintf(text, sizeof text, "%g%% to %g%%", least * 100, most * 100);
    expected(name, text, found->second);
  };
  const auto duration = [&](const std::string& name, base::Duration least, base::Duration most, const char* what,
                            base::Duration& to) {
    const auto found = arguments.find(name);
    if (found == arguments.end()) return;
    const auto value = settings::parse_duration(found->second);
    if (value && *value >= least && *value <= most)
      to = *value;
    else
      expected(name, what, found->second);
  };
  share("share", canary::kLeastShare, canary::kMostShare, plan.share);
  share("answer_drop", 0, 1, plan.bounds.answer_drop);
  share("errors", 0, 1, plan.bounds.errors);
  share("one_way", 0, 1, plan.bounds.one_way);
  duration("pdd_rise", base::milliseconds(1), base::minutes(3), "1ms to 3m", plan.bounds.delay_rise);
  duration("for", canary::kShortest, canary::kLongest, "10s to 7d", plan.lasts);
  if (const auto found = arguments.find("least"); found != arguments.end()) {
    const auto value = base::parse_unsigned<std::uint64_t>(found->second);
    if (value && *value >= 1 && *value <= canary::kMostLeast)
      plan.bounds.least = *value;
    else
      expected("least", "1 to 1000000 calls", found->second);
  }
  if (const auto found = arguments.find("then"); found != arguments.end()) {
    plan.promote = found->second == "promote";
    if (!plan.promote && found->second != "stop") expected("then", "stop or promote", found->second);
  }
  static constexpr std::string_view kKnown[] = {"share", "answer_drop", "errors", "one_way", "pdd_rise",
                                                "for",   "least",       "then",   "author",  "note"};
  for (const auto& [name, value] : arguments)
    if (std::ranges::find(kKnown, name) == std::end(kKnown) && wrong.empty())
      wrong = "a canary has no \"" + base::printable(name) + "\"";
  if (!wrong.empty()) return std::unexpected(wrong);
  return plan;
}

std::string CanaryDesk::json() const {
  if (!now_) return "null\n";
  const auto& trial = now_->trial;
  const auto& plan = trial.plan();
  OrderedJson out;
  out["state"] = canary::name_of(trial.state());
  if (trial.finding()) {
    out["reason"] = canary::name_of(trial.finding()->reason);
    out["why"] = trial.finding()->text;
  }
  out["hash"] = now_->hash;
  out["share"] = plan.share;
  out["author"] = now_->author;
  out["note"] = now_->note;
  out["since"] = now_->since;
  if (trial.running())
    out["seconds_left"] = std::max<std::int64_t>(0, milliseconds_in(trial.ends() - loop_.now()) / 1000);
  else
    out["ended"] = now_->ended;
  out["then"] = plan.promote ? "promote" : "stop";
  out["bounds"] = {{"answer_drop", plan.bounds.answer_drop},
                   {"pdd_rise_ms", milliseconds_in(plan.bounds.delay_rise)},
                   {"errors", plan.bounds.errors},
                   {"one_way", plan.bounds.one_way},
                   {"least", plan.bounds.least}};
  out["control"] = json_of(arm(Side::Control));
  out["candidate"] = json_of(arm(Side::Candidate));
  return out.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace sbc::app
