#include "sbc/trial/lookup_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>

#include "media-relay/base/text.h"

#include "sbc/json/value.h"

namespace sbc::trial {
namespace {

using Wrong = std::unexpected<std::string>;

constexpr std::array<std::string_view, 8> kFields = {"status",  "json",         "body",  "value",
                                                     "nothing", "content_type", "after", "fails"};
// Why there is no answer (policies/README.md).
constexpr std::array<std::string_view, 12> kProblems = {"timeout",   "connect",     "tls",         "failed",
                                                        "too_large", "resting",     "not_allowed", "busy",
                                                        "refused",   "unavailable", "no_number",   "no_name"};

struct JsonWriter {
  std::string out;
  std::string error;

  void operator()(std::monostate) { out += "null"; }
  void operator()(bool value) { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) { out += std::to_string(value); }
  void operator()(double value) {
    if (!std::isfinite(value)) error = "JSON has no such number";
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
    out.append(text.data(), end.ptr);
  }
  void operator()(const std::string& value) {
    if (json::is_utf8(value)) {
      json::append_string(out, value);
    } else {
      error = "a text is not UTF-8";
    }
  }
  void operator()(const List& list) {
    if (list.empty()) {  // as a policy writes an empty table
      out += "{}";
      return;
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
      out += i == 0 ? "[" : ",";
      std::visit(*this, list[i].is);
    }
    out += "]";
  }
  void operator()(const Record& record) {
    out += "{";
    bool first = true;
    for (const auto& [name, value] : record) {
      if (!std::exchange(first, false)) out += ",";
      (*this)(name);
      out += ":";
      std::visit(*this, value.is);
    }
    out += "}";
  }
};

std::expected<std::string, std::string> one_of(std::string_view word) {
  if (std::ranges::find(kProblems, word) != kProblems.end()) return std::string(word);
  std::string text = "\"" + base::printable(word, 60) + "\" is no reason why a look-up fails";
  if (const auto nearest = base::nearest(word, kProblems)) text += "; did you mean \"" + std::string(*nearest) + "\"?";
  return Wrong(text);
}

std::expected<double, std::string> number_of(const Value& value, std::string_view name, double least, double most) {
  double number = least - 1;
  if (const auto* whole = value.integer()) number = static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&value.is)) number = *real;
  if (number >= least && number <= most) return number;
  return Wrong("expected " + std::string(name) + ", got " + value.shown());
}

// One field of a table. Error: what is wrong with it.
std::expected<void, std::string> read_field(std::string_view name, const Value& value, simulate::LookupReply& reply,
                                            policy::HttpAnswer& answer) {
  if (name == "status") {
    const auto status = number_of(value, "a status from 100 to 599", 100, 599);
    if (!status) return Wrong(status.error());
    answer.status = static_cast<std::uint16_t>(*status);
  } else if (name == "after") {
    const auto after = number_of(value, "seconds for after", 0, 3600);
    if (!after) return Wrong(after.error());
    reply.after = base::milliseconds(static_cast<std::int64_t>(*after * 1000));
  } else if (name == "json") {
    auto text = to_json(value);
    if (!text) return Wrong("json: " + text.error());
    answer.body = *std::move(text);
    answer.content_type = "application/json";
  } else if (name == "value") {
    const auto text = to_json(value);
    if (!text) return Wrong("value: " + text.error());
    auto read = json::parse(*text);
    if (!read) return Wrong("value: " + read.error());
    reply.found = std::make_shared<const json::Value>(*std::move(read));
  } else if (name == "nothing") {  // of Redis: no such key
    if (value.boolean() == nullptr || !*value.boolean()) return Wrong("expected nothing = true, got " + value.shown());
    reply.found = std::make_shared<const json::Value>();
  } else if (value.text() == nullptr) {
    return Wrong("expected a text for " + std::string(name) + ", got " + value.shown());
  } else if (name == "body") {
    answer.body = *value.text();
  } else if (name == "content_type") {
    answer.content_type = *value.text();
  } else {
    const auto problem = one_of(*value.text());
    if (!problem) return Wrong(problem.error());
    reply.found = Wrong(*problem);
  }
  return {};
}

}  // namespace

std::expected<std::string, std::string> to_json(const Value& value) {
  JsonWriter writer;
  std::visit(std::ref(writer), value.is);
  if (!writer.error.empty()) return Wrong(writer.error);
  return std::move(writer.out);
}

std::expected<simulate::LookupReply, std::string> read_lookup_reply(const Value& value) {
  simulate::LookupReply reply;
  policy::HttpAnswer answer{.status = 200, .content_type = "", .body = ""};
  if (value.text() != nullptr) {
    const auto problem = one_of(*value.text());
    if (!problem) return Wrong(problem.error());
    reply.found = Wrong(*problem);
    return reply;
  }
  if (const auto* record = value.record()) {
    for (const auto& [name, field] : *record) {
      if (std::ranges::find(kFields, name) == kFields.end()) {
        std::string text = "an answer has no field \"" + base::printable(name, 60) + "\"";
        if (const auto nearest = base::nearest(name, kFields))
          text += "; did you mean \"" + std::string(*nearest) + "\"?";
        return Wrong(text);
      }
      if (field.nil()) continue;
      if (auto done = read_field(name, field, reply, answer); !done) return Wrong(done.error());
    }
  } else if (value.integer() != nullptr) {
    if (auto done = read_field("status", value, reply, answer); !done) return Wrong(done.error());
  } else {
    return Wrong("expected a status, a reason such as \"timeout\", or a table, got " + value.shown());
  }
  const bool is_value = reply.found && std::holds_alternative<std::shared_ptr<const json::Value>>(*reply.found);
  if (reply.found && !is_value) reply.found = std::move(answer);
  return reply;
}

}  // namespace sbc::trial
