#include "sbc/policy/question.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "media-relay/base/text.h"

namespace sbc::policy {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += "\\x" + base::to_hex({&c, 1});
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// As it is where it stays one word.
std::string one_word(std::string_view text) {
  const auto plain = [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '"'; };
  return !text.empty() && std::ranges::all_of(text, plain) ? std::string(text) : in_quotes(text);
}

struct ParameterText {
  std::string operator()(std::monostate) const { return "nil"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
    return {text.data(), end.ptr};
  }
  // A number in a text is written as one: which of them it is, the database does not mind.
  std::string operator()(const std::string& value) const {
    return value == "nil" || value == "true" || value == "false" ? in_quotes(value) : one_word(value);
  }
};

struct Subject {
  std::string operator()(const HttpQuestion& asked) const { return asked.url; }
  std::string operator()(const EnumQuestion& asked) const {
    return "enum " + asked.number + (asked.suffix.empty() ? "" : " " + asked.suffix);
  }
  std::string operator()(const DnsQuestion& asked) const { return "dns " + asked.type + " " + one_word(asked.name); }
  std::string operator()(const RedisQuestion& asked) const {
    std::string text = "redis";
    for (const auto& one : asked.words) text += " " + one_word(one);
    return text;
  }
  std::string operator()(const SqlQuestion& asked) const {
    std::string text = "sql " + asked.query;
    for (const auto& one : asked.parameters) text += " " + std::visit(ParameterText{}, one);
    return text;
  }
};

}  // namespace

std::string subject_of(const Question& question) {
  return std::visit(Subject{}, question.what);
}

std::string text_of(const Question& question) {
  const auto* http = std::get_if<HttpQuestion>(&question.what);
  if (http == nullptr) return subject_of(question);
  return (http->json ? "POST " : "GET ") + http->url;
}

std::string text_of(const Found& found) {
  if (!found) return found.error();
  const auto* answer = std::get_if<HttpAnswer>(&*found);
  if (answer == nullptr) return "answered";
  return std::to_string(answer->status) + ", " + std::to_string(answer->body.size()) + " bytes";
}

}  // namespace sbc::policy
