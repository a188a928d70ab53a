#include "media-relay/settings/document.h"

#include <algorithm>
#include <sstream>

#include "media-relay/base/text.h"
#include "media-relay/settings/limits.h"

namespace settings {
namespace {

const toml::table* as_table(const void* table) {
  return static_cast<const toml::table*>(table);
}

std::string suggestion(std::string_view word, const std::vector<std::string_view>& options) {
  const std::optional<std::string_view> near = base::nearest(word, options);
  return near ? "; did you mean \"" + std::string(*near) + "\"?" : "";
}

}  // namespace

std::string join(std::string_view path, std::string_view key) {
  std::string out(path);
  if (!out.empty()) out += '.';
  const bool bare =
      !key.empty() && std::ranges::all_of(key, [](char c) { return base::is_alnum(c) || c == '_' || c == '-'; });
  if (bare) return out += key;
  return out += '"' + base::printable(key) + '"';
}

std::string describe(const toml::node& node) {
  if (node.is_table()) return "a table";
  if (node.is_array()) return "a list";
  if (const auto* text = node.as_string()) return '"' + base::printable(text->get(), 60) + '"';
  std::ostringstream out;
  if (const auto* number = node.as_integer())
    out << number->get();
  else if (const auto* real = node.as_floating_point())
    out << real->get();
  else if (const auto* flag = node.as_boolean())
    out << (flag->get() ? "true" : "false");
  else
    out << "a date or time";
  return out.str();
}

const toml::node* Document::ask(const void* table, std::string_view key) {
  if (table == nullptr) return nullptr;
  asked[as_table(table)].emplace(key);
  return as_table(table)->get(key);
}

void Document::report(const toml::node* at, std::string key, std::string text) {
  Error error{.file = name, .line = 0, .column = 0, .key = std::move(key), .text = std::move(text)};
  if (at != nullptr) {
    error.line = at->source().begin.line;
    error.column = at->source().begin.column;
  }
  errors.push_back(std::move(error));
}

void Document::report_unknown() {
  report_unknown_in(root, "");
}

void Document::report_unknown_in(const toml::table& table, const std::string& path) {
  const auto questions = asked.find(&table);
  // A table that was only tested for presence, or whose reader gave up: its owner has spoken.
  if (questions == asked.end()) return;
  const std::vector<std::string_view> options(questions->second.begin(), questions->second.end());
  for (const auto& [key, node] : table) {
    const std::string full = join(path, key.str());
    if (!questions->second.contains(key.str())) {
      const auto& where = key.source().begin;
      errors.push_back(
          {.file = name,
           .line = where.line,
           .column = where.column,
           .key = full,
           .text = std::string("unknown ") + (node.is_table() ? "table" : "key") + suggestion(key.str(), options)});
    } else if (const toml::table* inner = node.as_table()) {
      report_unknown_in(*inner, full);
    } else if (const toml::array* list = node.as_array()) {
      for (std::size_t i = 0; i < list->size(); ++i)
        if (const toml::table* element = (*list)[i].as_table())
          report_unknown_in(*element, full + "[" + std::to_string(i + 1) + "]");
    }
  }
}

Table Document::table_at(const toml::node* node, std::string path) {
  const toml::table* const table = node == nullptr ? nullptr : node->as_table();
  if (table != nullptr) asked.try_emplace(table);
  return Table(*this, table, std::move(path));
}

}  // namespace settings
