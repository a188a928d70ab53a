#include "sbc/explain/explanation.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <utility>

#include "media-relay/base/text.h"

#include "sbc/explain/candidates.h"
#include "sbc/explain/describe.h"
#include "sbc/explain/edits.h"

namespace sbc::explain {
namespace {

using json::List;
using json::Members;
using json::Value;

Value text(std::string_view words) {
  if (json::is_utf8(words)) return {std::string(words)};
  std::string plain(words);
  std::ranges::replace_if(plain, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return {std::move(plain)};
}

template <typename Unit>
Value count(base::Duration duration) {
  return {static_cast<std::int64_t>(std::chrono::duration_cast<Unit>(duration).count())};
}

Value number(std::size_t value) {
  return {static_cast<std::int64_t>(value)};
}

std::string utc(base::WallTime wall) {
  const std::time_t seconds = wall.seconds;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> out;
  return {out.data(), std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string_view level_of(policy::LogLine::Level level) {
  constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

Value edit_json(const Edit& edit) {
  Members members{{"edit", text(name_of(edit.kind))}};
  if (edit.kind != Edit::Kind::Add) members.emplace_back("line", number(edit.line));
  if (edit.kind == Edit::Kind::Change || edit.kind == Edit::Kind::Add) members.emplace_back("text", text(edit.text));
  if (edit.kind != Edit::Kind::Keep) members.emplace_back("why", text(edit.why));
  return {std::move(members)};
}

// What a description says of media: its m-lines with their codecs, and the address.
Value media_json(const base::SharedBytes& description) {
  List lines;
  if (!description) return {std::move(lines)};
  std::string all = *description;
  std::string_view rest = all;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const std::string_view line = base::trim(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const bool told = line.starts_with("m=") || line.starts_with("c=") || line.starts_with("a=rtpmap:") ||
                      line == "a=sendonly" || line == "a=recvonly" || line == "a=inactive" ||
                      line.starts_with("a=fingerprint:");
    if (told) lines.push_back(text(line));
    if (line.starts_with("a=crypto:")) lines.push_back(text(masked_line(line)));
  }
  return {std::move(lines)};
}

// One step as members, with what came before it.
struct ToJson {
  const std::string& ingress;
  std::size_t index = 0;  // of the step
  std::string where{};    // of the decision whose candidates are tried
  // A change that a party has asked for and that has not gone on to the other one.
  struct Change {
    std::size_t index = 0;
    std::string party, text;
  };
  std::optional<Change> change{};

  Members operator()(const Begun& /*step*/) const { return {{"kind", text("began")}}; }
  Members operator()(const Handled& step) {
    if (step.decision.starts_with("route: ")) where = step.where;
    List reads;
    for (const auto& read : step.reads)
      reads.push_back({Members{{"what", text(read.what)}, {"value", text(read.value)}, {"where", text(read.where)}}});
    List log;
    for (const auto& line : step.log)
      log.push_back(
          {Members{{"level", text(level_of(line.level))}, {"text", text(line.text)}, {"where", text(line.where)}}});
    return {{"kind", text("handler")},
            {"handler", text(policy::name_of(step.handler))},
            {"policy", text(step.policy)},
            {"decision", text(step.decision)},
            {"where", text(step.where)},
            {"error", text(step.error)},
            {"took_us", count<base::microseconds>(step.took)},
            {"reads", {std::move(reads)}},
            {"log", {std::move(log)}}};
  }
  Members operator()(const Planned& step) const {
    List targets;
    for (const auto& target : step.targets) targets.push_back(text(target));
    Members members{{"kind", text("plan")}, {"targets", {std::move(targets)}}};
    if (step.at_once.empty()) return members;
    List together;
    for (const std::uint32_t list : step.at_once) together.push_back(number(list));
    members.emplace_back("at_once", Value{std::move(together)});
    return members;
  }
  Members operator()(const Noted& step) const { return {{"kind", text("note")}, {"text", text(step.text)}}; }
  Members operator()(const Reinvited& step) {
    change.reset();
    Members members{{"kind", text("reinvite")}, {"party", text(step.party)}};
    if (!step.request) return members;
    change = {.index = index, .party = step.party, .text = masked(step.request->bytes())};
    members.emplace_back("invite", text(change->text));
    return members;
  }
  Members operator()(const Sent& step) {
    Members members{{"kind", text("invite")}, {"target", text(step.target)}, {"call_id", text(step.call_id)}};
    if (!step.purpose.empty()) members.emplace_back("purpose", text(step.purpose));
    if (!step.invite || ingress.empty()) return members;  // too large to be kept
    List list;
    for (const auto& edit : edits_of(step, members)) list.push_back(edit_json(edit));
    members.emplace_back("edits", Value{std::move(list)});
    return members;
  }
  // Of what it is made: the caller's INVITE, what the other party has asked for, or nothing.
  std::vector<Edit> edits_of(const Sent& step, Members& members) {
    const std::string egress = masked(*step.invite);
    const Reasons reasons{.headers = step.headers,
                          .where = where,
                          .target = step.target,
                          .number = !step.number.empty(),
                          .from = step.from};
    if (step.purpose.empty() || step.purpose == "transfer") return edits(ingress, egress, reasons);
    if (step.purpose == "recording") return added(egress, "recording: the border's own call to the server (RFC 7866)");
    if (!change || change->party == step.target) return added(egress, "border: it asks by itself");
    const auto from = *std::exchange(change, std::nullopt);
    members.emplace_back("base", number(from.index));
    return edits(from.text, egress, reasons);
  }
  Members operator()(const Failed& step) const {
    return {{"kind", text("failed")},
            {"target", text(step.target)},
            {"status", number(step.status)},
            {"cause", text(step.cause)},
            {"reason", text(step.reason)},
            {"usual", text(step.usual)},
            {"took_ms", count<base::milliseconds>(step.took)}};
  }
  Members operator()(const Answered& step) const {
    List legs;
    for (std::size_t i = 0; i < step.legs.size(); ++i) {
      const auto& leg = step.legs[i];
      legs.push_back({Members{{"side", text(i == 0 ? "caller" : "callee")},
                              {"network", text(leg.network)},
                              {"latch", text(leg.latch)},
                              {"said", media_json(leg.said)},
                              {"told", media_json(leg.told)}}});
    }
    return {{"kind", text(step.changed ? "changed" : "answered")}, {"media", {std::move(legs)}}};
  }
  Members operator()(const Ended& step) const {
    Members cdr;
    for (const auto& field : step.cdr) cdr.emplace_back(field.name, text(explain::text_of(field.value)));
    return {{"kind", text("ended")},
            {"status", number(step.status)},
            {"cause", text(step.cause)},
            {"by", text(step.by)},
            {"setup_ms", count<base::milliseconds>(step.setup)},
            {"duration_ms", count<base::milliseconds>(step.duration)},
            {"class", text(step.call_class)},
            {"cdr", {std::move(cdr)}}};
  }
};

}  // namespace

json::Value to_json(const Explanation& call) {
  const Begun* begun = call.steps.empty() ? nullptr : std::get_if<Begun>(&call.steps.front().what);
  const std::string ingress = begun != nullptr && begun->invite ? masked(begun->invite->bytes()) : "";
  ToJson writer{.ingress = ingress};
  List steps;
  List call_ids;
  for (const auto& step : call.steps) {
    writer.index = steps.size();
    Members members = std::visit(writer, step.what);
    members.insert(members.begin(), {"at_ms", count<base::milliseconds>(step.at - call.steps.front().at)});
    steps.push_back({std::move(members)});
    const auto* sent = std::get_if<Sent>(&step.what);
    if (sent != nullptr && (sent->purpose.empty() || sent->purpose == "transfer"))
      if (call_ids.empty() || std::get<std::string>(call_ids.back().what) != sent->call_id)
        call_ids.push_back(text(sent->call_id));
  }
  List candidates;
  for (const auto& candidate : candidates_of(call))
    candidates.push_back({Members{{"target", text(candidate.target)}, {"outcome", text(candidate.outcome)}}});
  Members all{{"call_id", text(call.call_id)}, {"callee_call_ids", {std::move(call_ids)}}};
  if (begun != nullptr) {
    all.emplace_back("call", text(begun->session));
    all.emplace_back("began", text(utc(begun->wall)));
    all.emplace_back("realm", text(begun->realm));
    all.emplace_back("trunk", text(begun->trunk));
    all.emplace_back("source", text(begun->source));
  }
  all.emplace_back("candidates", Value{std::move(candidates)});
  all.emplace_back("steps", Value{std::move(steps)});
  all.emplace_back("steps_left_out", number(call.left_out));
  all.emplace_back("invite", text(ingress));
  return {std::move(all)};
}

}  // namespace sbc::explain
