#include "sbc/trial/coverage.h"

#include <algorithm>
#include <set>

#include "sbc/syntax/parser.h"

namespace sbc::trial {
namespace {

using syntax::Kind;
using syntax::Node;

struct Statement {
  int line = 0;
  std::set<int> lines;  // on which something of it may run
};

bool runs(Kind kind) {
  switch (kind) {
    case Kind::Local:
    case Kind::Assign:
    case Kind::CallStatement:
    case Kind::While:
    case Kind::Repeat:
    case Kind::If:
    case Kind::NumericFor:
    case Kind::GenericFor:
    case Kind::Function:
    case Kind::LocalFunction:
    case Kind::Return:
    case Kind::Break:
    case Kind::Goto:
      return true;
    default:
      return false;
  }
}

// Statements below `node`, each with its own lines; those of what is no statement go to `of`.
void walk(const Node& node, Statement* of, std::vector<Statement>& out) {
  if (node.kind == Kind::Block) {
    for (const auto& part : node.parts) {
      if (!runs(part->kind)) {
        walk(*part, nullptr, out);
        continue;
      }
      Statement statement{.line = part->line, .lines = {part->line}};
      for (const auto& inner : part->parts) walk(*inner, &statement, out);
      out.push_back(std::move(statement));
    }
    return;
  }
  if (of != nullptr) of->lines.insert(node.line);
  // Where Lua makes the function.
  if (of != nullptr && node.end_line != 0) of->lines.insert(node.end_line);
  for (const auto& part : node.parts) walk(*part, of, out);
}

FileCoverage coverage_of(const policy::BundleFile& file, const std::set<int>& lines) {
  FileCoverage coverage{.file = file.name, .statements = 0, .ran = 0, .missing = {}};
  const auto tree = syntax::parse(file.text);
  if (!tree) return coverage;  // Lua has run it all the same
  std::vector<Statement> statements;
  walk(**tree, nullptr, statements);
  std::ranges::sort(statements, {}, &Statement::line);
  for (const auto& statement : statements) {
    ++coverage.statements;
    if (std::ranges::any_of(statement.lines, [&](int line) { return lines.contains(line); })) {
      ++coverage.ran;
    } else if (coverage.missing.empty() || coverage.missing.back() != statement.line) {
      coverage.missing.push_back(statement.line);
    }
  }
  return coverage;
}

}  // namespace

std::vector<FileCoverage> coverage_of(const policy::Bundle& bundle, const policy::LinesRun& lines) {
  std::vector<FileCoverage> all;
  for (const auto& file : bundle.files())
    if (const auto found = lines.find(file.name); found != lines.end()) all.push_back(coverage_of(file, found->second));
  return all;
}

std::string in_rows(const std::vector<int>& lines) {
  std::string text;
  for (std::size_t i = 0; i < lines.size();) {
    std::size_t last = i;
    while (last + 1 < lines.size() && lines[last + 1] == lines[last] + 1) ++last;
    if (!text.empty()) text += ", ";
    text += std::to_string(lines[i]);
    if (last != i) text += "-" + std::to_string(lines[last]);
    i = last + 1;
  }
  return text;
}

}  // namespace sbc::trial
