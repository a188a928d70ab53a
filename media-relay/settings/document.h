#pragma once
// What a File knows: the parsed tree, which keys were asked for, what was wrong. For this room only: the one header
// that sees toml++.

#include <toml++/toml.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "media-relay/settings/settings.h"

namespace settings {

struct Document {
  std::string name;
  toml::table root;
  // For each table that was read: the keys that were asked for, whether present or not.
  std::map<const toml::table*, std::set<std::string, std::less<>>> asked;
  Errors errors;

  // Notes the question and returns the node, or null.
  const toml::node* ask(const void* table, std::string_view key);
  void report(const toml::node* at, std::string key, std::string text);
  void report_unknown();
  Table table_at(const toml::node* node, std::string path);

 private:
  void report_unknown_in(const toml::table& table, const std::string& path);
};

// "realm.access" + "port"; keys that are not bare words are quoted.
std::string join(std::string_view path, std::string_view key);
// What came, for error texts: `"x"`, `5`, `a table`.
std::string describe(const toml::node& node);

}  // namespace settings
