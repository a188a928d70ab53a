#include "sbc/explain/edits.h"
#include "sbc/explain/explanation.h"
#include "sbc/explain/members.h"

namespace sbc::explain {
namespace {

// The step of the border's INVITE of that number; null: there are fewer.
const json::Value* invite_step(const json::Value& explanation, std::size_t number) {
  for (const auto& step : list(explanation, "steps"))
    if (word(step, "kind") == "invite" && number-- == 0) return &step;
  return nullptr;
}

}  // namespace

std::string base_of(const json::Value& explanation, const json::Value& invite) {
  if (const auto base = place(invite, "base")) {
    const auto& steps = list(explanation, "steps");
    return *base < steps.size() ? word(steps[*base], "invite") : "";
  }
  return word(explanation, "invite");
}

std::expected<std::string, std::string> rebuild(const json::Value& explanation, std::size_t number) {
  const auto* step = invite_step(explanation, number);
  if (step == nullptr) return std::unexpected("the explanation has no such INVITE of the border");
  const auto& edits = list(*step, "edits");
  if (edits.empty()) return std::unexpected("one of the messages was too large to be kept");
  const std::string invite = base_of(explanation, *step);
  const auto lines = lines_of(invite);
  std::string out;
  bool first = true;
  for (const auto& edit : edits) {
    const std::string kind = word(edit, "edit");
    if (kind == name_of(Edit::Kind::Drop)) continue;
    if (!first) out.append("\r\n");
    first = false;
    if (kind != name_of(Edit::Kind::Keep)) {
      out.append(word(edit, "text"));
      continue;
    }
    const auto line = place(edit, "line");
    if (!line || *line >= lines.size()) return std::unexpected("an edit names a line that the message before it lacks");
    out.append(lines[*line]);
  }
  return out;
}

}  // namespace sbc::explain
