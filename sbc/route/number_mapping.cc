#include "sbc/route/number_mapping.h"

#include <regex.h>

#include <array>

#include "media-relay/base/text.h"

#include "sbc/route/limits.h"

namespace sbc::route {
namespace {

struct Substitution {
  std::string expression;
  std::string replacement;
  bool ignore_case = false;
};

// RFC 3402 3.2: delim-char ere delim-char repl delim-char *flags; a delimiter inside is escaped.
std::optional<Substitution> read(std::string_view text) {
  if (text.size() < 3) return std::nullopt;
  const char delimiter = text.front();
  if (delimiter == '\\' || delimiter == 'i' || (delimiter >= '1' && delimiter <= '9')) return std::nullopt;
  std::array<std::string, 3> parts;
  std::size_t part = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == delimiter && part < 2) {
      ++part;
    } else if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == delimiter) {
      parts[part].push_back(text[++i]);
    } else if (text[i] == '\\' && i + 1 < text.size()) {
      parts[part].append(text.substr(i++, 2));
    } else {
      parts[part].push_back(text[i]);
    }
  }
  if (part != 2 || (!parts[2].empty() && parts[2] != "i")) return std::nullopt;
  return Substitution{std::move(parts[0]), std::move(parts[1]), parts[2] == "i"};
}

bool costs_what_it_likes(std::string_view expression) {
  for (std::size_t i = 0; i < expression.size(); ++i) {
    if (expression[i] == '{') return true;
    if (expression[i] == '\\' && ++i < expression.size() && expression[i] >= '1' && expression[i] <= '9') return true;
  }
  return false;
}

}  // namespace

std::string enum_name(std::string_view number, std::string_view suffix) {
  if (number.size() < 2 || number.size() > 16 || number.front() != '+') return "";
  std::string name;
  for (std::size_t i = number.size() - 1; i > 0; --i) {
    if (number[i] < '0' || number[i] > '9') return "";
    name.append(1, number[i]).append(".");
  }
  return host_name(name.append(suffix));
}

std::optional<std::string> uri_of(const UriRule& rule, const std::string& number) {
  const auto substitution = read(rule.substitution);
  if (!substitution || costs_what_it_likes(substitution->expression)) return std::nullopt;
  regex_t compiled{};
  const int flags = REG_EXTENDED | (substitution->ignore_case ? REG_ICASE : 0);
  if (regcomp(&compiled, substitution->expression.c_str(), flags) != 0) return std::nullopt;
  std::array<regmatch_t, 10> groups{};
  const int matched = regexec(&compiled, number.c_str(), groups.size(), groups.data(), 0);
  regfree(&compiled);
  if (matched != 0) return std::nullopt;
  std::string uri;
  const std::string& replacement = substitution->replacement;
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '\\' || i + 1 == replacement.size()) {
      uri.push_back(replacement[i]);
      continue;
    }
    const char next = replacement[++i];
    if (next < '1' || next > '9') {
      uri.push_back(next);
      continue;
    }
    const regmatch_t& group = groups[static_cast<std::size_t>(next - '0')];
    if (group.rm_so < 0) return std::nullopt;
    uri.append(number, static_cast<std::size_t>(group.rm_so), static_cast<std::size_t>(group.rm_eo - group.rm_so));
  }
  if (uri.empty() || uri.size() > kMaxEnumUri) return std::nullopt;
  for (const char c : uri)
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f) return std::nullopt;
  return uri;
}

}  // namespace sbc::route
