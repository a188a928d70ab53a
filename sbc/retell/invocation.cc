#include "sbc/retell/invocation.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "media-relay/base/text.h"

#include "sbc/json/write.h"
#include "sbc/retell/limits.h"
#include "sbc/retell/text.h"

namespace sbc::retell {
namespace {

using json::List;
using json::Members;
using json::Value;
using Wrong = std::unexpected<std::string>;

constexpr std::array<std::string_view, 4> kLevels = {"debug", "info", "warning", "error"};

std::optional<policy::Handler> handler_named(std::string_view name) {
  for (std::size_t i = 0; i < policy::kHandlerCount; ++i)
    if (policy::name_of(static_cast<policy::Handler>(i)) == name) return static_cast<policy::Handler>(i);
  return std::nullopt;
}

// Members of an object that are texts or numbers; what is missing is empty, what is of another type is noted.
struct ObjectReader {
  const Value& of;
  std::string error{};

  std::string text(std::string_view name) {
    const auto* value = json::member(of, name);
    if (value == nullptr) return {};
    auto read = as_text(*value);
    if (!read) wrong(name, "a text");
    return read.value_or("");
  }
  std::int64_t number(std::string_view name, std::int64_t most) {
    const auto* value = json::member(of, name);
    if (value == nullptr) return 0;
    const auto* read = std::get_if<std::int64_t>(&value->what);
    if (read != nullptr && *read >= 0 && *read <= most) return *read;
    wrong(name, "a number up to " + std::to_string(most));
    return 0;
  }
  Value value(std::string_view name) const {
    const auto* found = json::member(of, name);
    return found != nullptr ? *found : Value{};
  }
  List list(std::string_view name) {
    const auto* value = json::member(of, name);
    if (value == nullptr) return {};
    if (const auto* read = std::get_if<List>(&value->what)) return *read;
    wrong(name, "a list");
    return {};
  }
  void wrong(std::string_view name, const std::string& expected) {
    if (error.empty()) error = std::string(name) + ": expected " + expected;
  }
};

constexpr std::int64_t kMaxMicroseconds = std::numeric_limits<std::uint32_t>::max();

Asked read_asked(const Value& value, std::string& error) {
  ObjectReader in{value};
  Asked asked{.kind = in.text("kind"),
              .subject = in.text("subject"),
              .answer = in.value("answer"),
              .waited_us = static_cast<std::uint32_t>(in.number("waited_us", kMaxMicroseconds))};
  if (asked.kind.empty()) in.wrong("kind", "what was asked for");
  if (error.empty() && !in.error.empty()) error = "asked: " + in.error;
  return asked;
}

policy::LogLine read_log(const Value& value, std::string& error) {
  ObjectReader in{value};
  const auto level = std::ranges::find(kLevels, in.text("level"));
  if (level == kLevels.end()) in.wrong("level", "debug, info, warning or error");
  policy::LogLine line{.level = static_cast<policy::LogLine::Level>(level - kLevels.begin()),
                       .text = in.text("text"),
                       .where = in.text("where")};
  if (error.empty() && !in.error.empty()) error = "log: " + in.error;
  return line;
}

}  // namespace

std::string_view name_of(policy::LogLine::Level level) {
  return kLevels[static_cast<std::size_t>(level)];
}

Value to_json(const Asked& asked) {
  return {Members{{"kind", {asked.kind}},
                  {"subject", text(asked.subject)},
                  {"answer", asked.answer},
                  {"waited_us", whole(asked.waited_us)}}};
}

Value to_json(const policy::LogLine& line) {
  return {
      Members{{"level", {std::string(name_of(line.level))}}, {"text", text(line.text)}, {"where", text(line.where)}}};
}

Value to_json(const Invocation& invocation) {
  List asked;
  for (const auto& one : invocation.asked) asked.push_back(to_json(one));
  List log;
  for (const auto& line : invocation.log) log.push_back(to_json(line));
  return {Members{{"version", whole(kVersion)},
                  {"handler", {std::string(policy::name_of(invocation.handler))}},
                  {"at_ms", whole(invocation.at_ms)},
                  {"policy", {invocation.policy}},
                  {"call_id", text(invocation.call_id)},
                  {"facts", invocation.facts},
                  {"event", invocation.event},
                  {"asked", {std::move(asked)}},
                  {"no_wait", {invocation.no_wait}},
                  {"decision", invocation.decision},
                  {"where", text(invocation.where)},
                  {"error", text(invocation.error)},
                  {"log", {std::move(log)}},
                  {"took_us", whole(invocation.took_us)}}};
}

std::string line_of(const Invocation& invocation) {
  return json::text_of(to_json(invocation));
}

std::expected<Invocation, std::string> read_line(std::string_view line) {
  if (line.size() > kMaxLine) return Wrong("it is longer than " + std::to_string(kMaxLine) + " bytes");
  const auto value = json::parse(line, kMaxLineValues);
  if (!value) return Wrong(value.error());
  ObjectReader in{*value};
  const auto version = in.number("version", std::numeric_limits<std::int64_t>::max());
  if (in.error.empty() && version != kVersion)
    return Wrong(version == 0 ? "it is no line of a recording: it has no version"
                              : "its version is " + std::to_string(version) + ", and " + std::to_string(kVersion) +
                                    " is what can be read");
  const auto name = in.text("handler");
  const auto handler = handler_named(name);
  if (!handler) in.wrong("handler", "the name of one, got \"" + base::printable(name) + "\"");
  Invocation read{.handler = handler.value_or(policy::Handler::Invite),
                  .at_ms = in.number("at_ms", std::numeric_limits<std::int64_t>::max()),
                  .policy = in.text("policy"),
                  .call_id = in.text("call_id"),
                  .facts = in.value("facts"),
                  .event = in.value("event")};
  std::string error;
  for (const auto& one : in.list("asked")) read.asked.push_back(read_asked(one, error));
  read.no_wait = in.text("no_wait");
  read.decision = in.value("decision");
  read.where = in.text("where");
  read.error = in.text("error");
  for (const auto& one : in.list("log")) read.log.push_back(read_log(one, error));
  read.took_us = static_cast<std::uint32_t>(in.number("took_us", kMaxMicroseconds));
  if (!in.error.empty()) return Wrong(in.error);
  if (!error.empty()) return Wrong(error);
  return read;
}

}  // namespace sbc::retell
