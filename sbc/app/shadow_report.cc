#include "sbc/app/shadow_report.h"

#include <cstdio>
#include <ctime>

#include "media-relay/base/text.h"

#include "sbc/json/write.h"
#include "sbc/replay/report.h"

namespace sbc::app {
namespace {

using json::Members;
using json::Value;
using Counts = std::array<std::uint64_t, policy::kHandlerCount>;

std::string time_text(std::int64_t at) {
  const std::time_t seconds = at;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%SZ", &parts);
  return text;
}

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string by_handler(const Counts& counts) {
  std::string out;
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0)
      out += (out.empty() ? "" : ", ") + std::string(policy::name_of(static_cast<policy::Handler>(i))) + " " +
             std::to_string(counts[i]);
  return out;
}

Value by_handler_json(const Counts& counts) {
  Members members;
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0)
      members.push_back(
          {std::string(policy::name_of(static_cast<policy::Handler>(i))), {static_cast<std::int64_t>(counts[i])}});
  return {std::move(members)};
}

std::string cost(const ShadowStanding& standing) {
  std::string out = "cost: " + fixed(standing.cpu_seconds, 3) + " s of CPU";
  if (const auto told = standing.comparison.compared(); told > 0)
    out += " (" + fixed(standing.cpu_seconds * 1e6 / static_cast<double>(told), 0) + " us a decision)";
  return out + ", " + std::to_string(standing.memory_bytes / 1024) + " KiB held by the policy";
}

replay::Subject subject_of(const ShadowStanding& standing) {
  replay::Subject subject{.input = "live since " + time_text(standing.since),
                          .policy = base::printable(standing.main),
                          .hash = standing.hash};
  if (standing.until != 0) subject.input += " until " + time_text(standing.until);
  if (standing.share < 1) subject.notes.push_back("a sample: " + fixed(standing.share * 100, 2) + "% of the decisions");
  if (standing.dropped > 0)
    subject.notes.push_back("dropped: " + std::to_string(standing.dropped) + ", which it could not keep up with");
  if (const auto failed = by_handler(standing.failed); !failed.empty()) subject.notes.push_back("failed: " + failed);
  if (const auto guesses = by_handler(standing.unanswered); !guesses.empty())
    subject.notes.push_back("guesses: " + guesses);
  subject.notes.push_back(cost(standing));
  return subject;
}

bool has_run(const ShadowStanding& standing) {
  return standing.since != 0;
}

}  // namespace

std::string_view name_of(ShadowState state) {
  switch (state) {
    case ShadowState::None:
      return "none";
    case ShadowState::Loading:
      return "loading";
    case ShadowState::Running:
      return "running";
    case ShadowState::Failed:
      return "failed";
    case ShadowState::Stopped:
      return "stopped";
  }
  return "none";
}

std::string text_of(const ShadowStanding& standing) {
  if (standing.state == ShadowState::None) return "no policy shadows this border\n";
  std::string out = "shadow " + base::printable(standing.main) + ": " + std::string(name_of(standing.state));
  if (!standing.error.empty()) out += ": " + standing.error;
  out += '\n';
  if (has_run(standing)) out += replay::report(standing.comparison, subject_of(standing));
  return out;
}

std::string json_of(const ShadowStanding& standing) {
  const auto whole = [](std::uint64_t number) { return Value{static_cast<std::int64_t>(number)}; };
  Members all{{"state", {std::string(name_of(standing.state))}},
              {"order", whole(standing.order)},
              {"main", {base::printable(standing.main)}},
              {"hash", {standing.hash}},
              {"share", {standing.share}},
              {"since", {standing.since}},
              {"until", {standing.until}},
              {"error", {base::printable(standing.error, standing.error.size())}},
              {"failed", by_handler_json(standing.failed)},
              {"unanswered", by_handler_json(standing.unanswered)},
              {"dropped", whole(standing.dropped)},
              {"cpu_seconds", {standing.cpu_seconds}},
              {"memory_bytes", whole(standing.memory_bytes)}};
  std::string out = json::text_of({std::move(all)});
  out.back() = ',';  // instead of the bracket: the report is a text already
  const std::string report =
      has_run(standing) ? replay::report_json(standing.comparison, subject_of(standing)) : "null\n";
  return out + "\"report\":" + report.substr(0, report.size() - 1) + "}\n";
}

}  // namespace sbc::app
