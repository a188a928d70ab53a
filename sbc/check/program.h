#pragma once
// A policy as the check sees it: its files as trees, and what each name in them stands for. Internal to the room.

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sbc/check/check.h"
#include "sbc/check/type.h"
#include "sbc/syntax/tree.h"

namespace sbc::check {

struct File;

struct Variable {
  std::string name;
  int line = 0;
  bool parameter = false;
  bool reassigned = false;
  bool used = false;
  const syntax::Node* body = nullptr;   // it is declared as this function
  const syntax::Node* table = nullptr;  // ... as this table
  Type type{};                          // in the round that runs
};

// A function of the policy.
struct Function {
  const syntax::Node* body = nullptr;
  const File* file = nullptr;
  std::vector<Variable*> parameters;
  const policy::HandlerShape* handler = nullptr;
  bool bound = false;            // it has a name by which alone it is reached
  mutable bool escapes = false;  // it is given away: anybody may call it with anything
  std::vector<Type> arguments;   // of all calls, as the round before found them
  mutable std::vector<Type> seen;
  mutable bool called = false;
};

// The table that a file returns.
struct Module {
  const File* file = nullptr;
  std::map<std::string, const syntax::Node*, std::less<>> fields;  // to their values
  bool open = false;                                               // has fields that cannot be known
};

struct File {
  const policy::BundleFile* source = nullptr;
  syntax::NodePtr tree;
  Module module;
  const Variable* returned = nullptr;  // the variable that holds the module, if one does
  const std::string& name() const { return source->name; }
};

class Report {
 public:
  void error(const File& file, int line, std::string text) { add(Finding::Level::Error, file.name(), line, text); }
  void warning(const File& file, int line, std::string text) { add(Finding::Level::Warning, file.name(), line, text); }
  void add(Finding::Level level, const std::string& file, int line, const std::string& text);
  std::vector<Finding> take() { return std::move(findings_); }

 private:
  std::vector<Finding> findings_;
  std::set<std::string> said_;
};

struct Program {
  const policy::Bundle& bundle;
  const policy::Language& language;
  const policy::Environment* names;
  Report report;
  std::deque<File> files;  // the main file is the last one
  std::deque<Variable> variables;
  std::unordered_map<const syntax::Node*, Variable*> meant;     // what a Name stands for; missing: a global
  std::unordered_map<const syntax::Node*, Function> functions;  // by FunctionBody

  const File& main() const { return files.back(); }
  const File* find(std::string_view name) const;
};

// `lacks "word"; did you mean "other"?`, or a list of what there is.
std::string unknown(std::string_view lacks, std::string_view word, std::span<const std::string_view> options);

// The path of `require "lib.numbers"`: "lib/numbers.lua".
std::string module_path(std::string_view name);

// The steps of a check, in their order. False: no tree, and nothing more to say.
bool read_files(Program& program);  // source.cc
void resolve(Program& program);     // resolve.cc
void find_handlers(Program& program);
void infer(Program& program);  // infer.cc
void reach(Program& program);  // reach.cc

}  // namespace sbc::check
