// Tables within tables, words, secrets, and what callers report themselves.

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "media-relay/base/text.h"
#include "media-relay/settings/document.h"
#include "media-relay/settings/limits.h"

namespace settings {
namespace {

const toml::table* as_table(const void* node) {
  return static_cast<const toml::table*>(node);
}

std::expected<std::string, std::string> secret_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::unexpected("file \"" + base::printable(path) + "\" cannot be read: " + std::strerror(errno));
  std::string text(kMostSecretBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return std::unexpected("file \"" + base::printable(path) + "\" cannot be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMostSecretBytes) return std::unexpected("file \"" + base::printable(path) + "\" is too large");
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return std::unexpected("file \"" + base::printable(path) + "\" is empty");
  return text;
}

// The error never carries the value itself.
std::expected<std::string, std::string> resolve_secret(const std::string& text) {
  if (text.starts_with("file:")) return secret_file(text.substr(5));
  if (text.starts_with("env:")) {
    const std::string name = text.substr(4);
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0')
      return std::unexpected("environment variable \"" + base::printable(name) + "\" is not set");
    return std::string(value);
  }
  if (text.empty()) return std::unexpected("expected a secret, file:<path> or env:<name>, got \"\"");
  return text;
}

}  // namespace

std::vector<std::string> Table::keys() const {
  std::vector<std::pair<toml::source_position, std::string>> found;
  if (node_ != nullptr)
    for (const auto& [key, node] : *as_table(node_)) found.emplace_back(key.source().begin, key.str());
  std::ranges::sort(found, [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> out;
  for (auto& [where, key] : found) out.push_back(std::move(key));
  return out;
}

std::optional<std::size_t> Table::word_index(std::string_view key, std::span<const std::string_view> names,
                                             bool required) {
  const toml::node* const node = document_->ask(node_, key);
  const std::string path = join(path_, key);
  if (node == nullptr) {
    if (required) document_->report(as_table(node_), path, "missing, but required");
    return std::nullopt;
  }
  const auto* const text = node->as_string();
  if (text != nullptr) {
    const auto at = std::ranges::find(names, std::string_view(text->get()));
    if (at != names.end()) return static_cast<std::size_t>(at - names.begin());
  }
  std::string words = names.size() > 1 ? "expected one of " : "expected ";
  for (std::size_t i = 0; i < names.size(); ++i) {
    words += i == 0 ? "\"" : ", \"";
    words += names[i];
    words += '"';
  }
  words += ", got " + describe(*node);
  if (text != nullptr)
    if (const auto near = base::nearest(text->get(), names)) words += "; did you mean \"" + std::string(*near) + "\"?";
  document_->report(node, path, std::move(words));
  return std::nullopt;
}

std::string Table::secret(std::string_view key) {
  if (document_->ask(node_, key) == nullptr)
    document_->report(as_table(node_), join(path_, key), "missing, but required");
  return maybe_secret(key).value_or("");
}

std::optional<std::string> Table::maybe_secret(std::string_view key) {
  const toml::node* const node = document_->ask(node_, key);
  if (node == nullptr) return std::nullopt;
  const auto* const text = node->as_string();
  if (text == nullptr) {
    document_->report(node, join(path_, key), "expected text, file:<path> or env:<name>");
    return std::nullopt;
  }
  auto value = resolve_secret(text->get());
  if (value) return std::move(*value);
  document_->report(node, join(path_, key), std::move(value.error()));
  return std::nullopt;
}

Table Table::table(std::string_view key) {
  const toml::node* const node = document_->ask(node_, key);
  const std::string path = join(path_, key);
  if (node != nullptr && !node->is_table()) document_->report(node, path, "expected a table, got " + describe(*node));
  return document_->table_at(node, path);
}

Table Table::required_table(std::string_view key) {
  if (document_->ask(node_, key) == nullptr)
    document_->report(as_table(node_), join(path_, key), "missing table, but required");
  return table(key);
}

std::vector<Table> Table::tables(std::string_view key) {
  std::vector<Table> out;
  const toml::node* const node = document_->ask(node_, key);
  if (node == nullptr) return out;
  const std::string path = join(path_, key);
  const toml::array* const list = node->as_array();
  if (list == nullptr) {
    document_->report(node, path, "expected a list of tables ([[" + path + "]]), got " + describe(*node));
    return out;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string element = path + "[" + std::to_string(i + 1) + "]";
    if (!(*list)[i].is_table()) {
      document_->report(list->get(i), element, "expected a table, got " + describe((*list)[i]));
      continue;
    }
    out.push_back(document_->table_at(list->get(i), element));
  }
  return out;
}

std::vector<std::pair<std::string, Table>> Table::named_tables(std::string_view key) {
  std::vector<std::pair<std::string, Table>> out;
  Table parent = table(key);
  for (const std::string& name : parent.keys()) {
    const toml::node* const node = document_->ask(parent.node_, name);
    const std::string path = join(parent.path_, name);
    if (!node->is_table()) {
      document_->report(node, path, "expected a table ([" + path + "]), got " + describe(*node));
      continue;
    }
    out.emplace_back(name, document_->table_at(node, path));
  }
  return out;
}

void Table::fail(std::string_view key, std::string text) {
  if (key.empty()) return document_->report(as_table(node_), path_, std::move(text));
  const toml::node* const node = document_->ask(node_, key);
  const toml::node* const place = node != nullptr ? node : static_cast<const toml::node*>(as_table(node_));
  document_->report(place, join(path_, key), std::move(text));
}

void Table::fail(std::string_view key, std::string text, std::string_view got, std::span<const std::string> valid) {
  const std::vector<std::string_view> options(valid.begin(), valid.end());
  if (const auto near = base::nearest(got, options)) text += "; did you mean \"" + std::string(*near) + "\"?";
  fail(key, std::move(text));
}

}  // namespace settings
