// Code and handlers that nothing reaches.

#include <algorithm>

#include "sbc/check/program.h"

namespace sbc::check {
namespace {

using syntax::Kind;
using syntax::Node;

bool ends(const Node& statement);

bool has_break(const Node& node) {
  if (node.kind == Kind::Break || node.kind == Kind::Goto) return true;
  if (node.kind == Kind::While || node.kind == Kind::Repeat || node.kind == Kind::NumericFor ||
      node.kind == Kind::GenericFor || node.kind == Kind::FunctionBody)
    return false;  // breaks its own
  return std::ranges::any_of(node.parts, [](const auto& part) { return has_break(*part); });
}

bool block_ends(const Node& block) {
  return std::ranges::any_of(block.parts, [](const auto& statement) { return ends(*statement); });
}

// Whether nothing behind the statement is ever reached.
bool ends(const Node& statement) {
  switch (statement.kind) {
    case Kind::Return:
    case Kind::Break:
    case Kind::Goto:
      return true;
    case Kind::CallStatement: {
      const Node& call = statement.part(0);
      return call.kind == Kind::Call && call.part(0).kind == Kind::Name && call.part(0).text == "error";
    }
    case Kind::Do:
      return block_ends(statement.part(0));
    case Kind::While:
      return statement.part(0).kind == Kind::True && !has_break(statement.part(1));
    case Kind::Repeat: {
      const Kind condition = statement.part(1).kind;
      return (condition == Kind::False || condition == Kind::Nil) && !has_break(statement.part(0));
    }
    case Kind::If: {
      if (statement.parts.size() % 2 == 0) return false;  // without else
      for (std::size_t i = 0; i < statement.parts.size(); ++i)
        if (statement.part(i).kind == Kind::Block && !block_ends(statement.part(i))) return false;
      return true;
    }
    default:  // goes on
      return false;
  }
}

class Reach {
 public:
  Reach(Program& program, const File& file) : program_(program), file_(file) {}

  void walk(const Node& node) {
    if (node.kind == Kind::Block) look_at_block(node);
    if (node.kind == Kind::If || node.kind == Kind::While) look_at_conditions(node);
    if (node.kind == Kind::Table) look_at_keys(node);
    if (node.kind == Kind::FunctionBody) look_at_end(node);
    for (const auto& part : node.parts) walk(*part);
  }

 private:
  void look_at_block(const Node& block) {
    for (std::size_t i = 0; i + 1 < block.parts.size(); ++i) {
      const Node& next = block.part(i + 1);
      if (!ends(block.part(i)) || next.kind == Kind::Label) continue;
      program_.report.warning(
          file_, next.line,
          "this is never reached: what begins in line " + std::to_string(block.part(i).line) + " does not come here");
      return;
    }
  }

  void look_at_conditions(const Node& node) {
    for (std::size_t i = 0; i + 1 < node.parts.size(); i += 2) {
      const Kind kind = node.part(i).kind;
      if (kind == Kind::False || kind == Kind::Nil)
        program_.report.warning(file_, node.part(i).line, "this condition is never true: its block is never reached");
      if (kind == Kind::True && node.kind == Kind::If && i + 2 < node.parts.size())
        program_.report.warning(
            file_, node.part(i + 2).line,
            "this is never reached: the condition of line " + std::to_string(node.part(i).line) + " is always true");
    }
  }

  void look_at_keys(const Node& table) {
    std::map<std::string_view, int> lines;
    for (const auto& field : table.parts) {
      if (field->kind != Kind::Field || field->part(0).kind != Kind::String) continue;
      const auto [before, fresh] = lines.emplace(field->part(0).text, field->line);
      if (fresh) continue;
      program_.report.warning(file_, before->second,
                              "\"" + field->part(0).text + "\" is set again in line " + std::to_string(field->line) +
                                  ": this one is never used");
      before->second = field->line;
    }
  }

  void look_at_end(const Node& body) {
    const auto* handler = program_.functions.at(&body).handler;
    if (handler == nullptr || block_ends(body.part(1))) return;
    if (handler->returns == "any" || handler->returns.ends_with("|nil")) return;
    program_.report.warning(file_, body.end_line, handler->name + " can come to its end without an answer");
  }

  Program& program_;
  const File& file_;
};

}  // namespace

void reach(Program& program) {
  for (const File& file : program.files) Reach(program, file).walk(*file.tree);
  for (const auto& [node, function] : program.functions) {
    if (!function.bound || function.handler != nullptr) continue;
    const auto variable =
        std::ranges::find_if(program.variables, [&](const Variable& one) { return one.body == node; });
    if (variable == program.variables.end() || variable->used) continue;
    const bool handler =
        std::ranges::any_of(program.language.handlers, [&](const auto& shape) { return shape.name == variable->name; });
    program.report.warning(*function.file, variable->line,
                           handler ? "the handler " + variable->name + " is not in the table that the policy returns"
                                   : "nobody calls " + variable->name);
  }
}

}  // namespace sbc::check
