#include "sbc/check/infer.h"

#include <algorithm>

#include "sbc/check/limits.h"

namespace sbc::check {

void Inference::round(bool report) {
  report_ = report;
  values_.clear();
  for (auto& [node, function] : program_.functions) {
    function.seen.assign(function.parameters.size(), Type{});
    function.called = false;
  }
  for (const File& file : program_.files) walk_file(file);
}

bool Inference::learn() {
  bool changed = false;
  for (auto& [node, function] : program_.functions) {
    if (!function.called) function.seen.assign(function.parameters.size(), Type::unknown());
    changed = changed || function.seen != function.arguments;
    function.arguments = function.seen;
  }
  return changed;
}

void Inference::give_up() {
  for (auto& [node, function] : program_.functions)
    function.arguments.assign(function.parameters.size(), Type::unknown());
}

void Inference::walk_file(const File& file) {
  file_ = &file;
  for (const auto& statement_node : file.tree->parts) statement(*statement_node);
}

void Inference::block(const Node& node) {
  for (const auto& part : node.parts) statement(*part);
}

void Inference::body(const Node& node) {
  const Function& function = program_.functions.at(&node);
  for (std::size_t i = 0; i < function.parameters.size(); ++i) {
    Variable& parameter = *function.parameters[i];
    parameter.type = Type::unknown();
    if (parameter.reassigned) continue;
    if (function.handler != nullptr) {
      if (i < function.handler->parameters.size()) parameter.type = types_.read(function.handler->parameters[i].type);
    } else if (function.bound && !function.escapes && i < function.arguments.size()) {
      parameter.type = function.arguments[i];
    }
  }
  inside_.push_back(&function);
  block(node.part(1));
  inside_.pop_back();
}

void Inference::statement(const Node& node) {
  switch (node.kind) {
    case Kind::Local:
      return local(node);
    case Kind::LocalFunction: {
      Variable& variable = *program_.meant.at(&node.part(0));
      variable.type = variable.reassigned ? Type::unknown() : Type{.function = &program_.functions.at(&node.part(1))};
      return body(node.part(1));
    }
    case Kind::Function:
      value(node.part(1));
      return assign_to(node.part(0), type_of(node.part(1)));
    case Kind::Assign:
      return assign(node);
    case Kind::Return:
      for (const auto& part : node.parts) value(*part);
      return answer(node);
    case Kind::NumericFor:
      for (std::size_t i = 1; i + 1 < node.parts.size(); ++i) value(node.part(i));
      program_.meant.at(&node.part(0))->type = Type::of(kInteger | kFloat);
      return block(node.last());
    case Kind::GenericFor:
      return generic_for(node);
    case Kind::Block:
      return block(node);
    default:  // conditions, calls and the blocks behind them
      for (const auto& part : node.parts) {
        if (part->kind == Kind::Block) {
          block(*part);
        } else {
          value(*part);
        }
      }
  }
}

void Inference::local(const Node& node) {
  const auto& values = node.part(1).parts;
  for (const auto& part : values) value(*part);
  const auto& names = node.part(0).parts;
  for (std::size_t i = 0; i < names.size(); ++i) {
    Variable& variable = *program_.meant.at(names[i].get());
    variable.type = Type::unknown();
    if (variable.reassigned) continue;
    if (i < values.size()) {
      variable.type = type_of(*values[i]);
    } else if (values.empty()) {
      variable.type = Type::of(kNil);
    }
    // Whose fields are known to the module that it is.
    if (&variable == file_->returned) variable.type = Type{.module = &file_->module};
  }
}

void Inference::assign(const Node& node) {
  const auto& values = node.part(1).parts;
  for (const auto& part : values) value(*part);
  const auto& targets = node.part(0).parts;
  for (std::size_t i = 0; i < targets.size(); ++i)
    assign_to(*targets[i], i < values.size() ? type_of(*values[i]) : Type::unknown());
}

void Inference::assign_to(const Node& target, const Type& /*value*/) {
  if (target.kind == Kind::Name) {
    if (!program_.meant.contains(&target))
      error(target.line, "setting the global \"" + target.text + "\" is not possible; write \"local\" in front of it");
    return;
  }
  const Type object = value(target.part(0));
  value(target.part(1));
  if (object.any || object.classes.empty() || object.basic != 0 || object.module != nullptr) return;
  for (const auto* one : object.classes)
    if (one->written) return;
  const bool library = object.classes.front()->name.starts_with("lib.");
  error(target.line, library ? "this table cannot be changed (setting \"" + shown(target) + "\")"
                             : "facts cannot be changed (setting \"" + shown(target) + "\"); say it in the decision");
}

// ipairs gives the elements of lists that are known.
void Inference::generic_for(const Node& node) {
  for (const auto& part : node.part(1).parts) value(*part);
  const Node& source = node.part(1).part(0);
  const Type* element = nullptr;
  if (source.kind == Kind::Call && source.parts.size() == 2 && source.part(0).kind == Kind::Name &&
      source.part(0).text == "ipairs")
    element = type_of(source.part(1)).element;
  const auto& names = node.part(0).parts;
  for (std::size_t i = 0; i < names.size(); ++i) {
    Variable& variable = *program_.meant.at(names[i].get());
    variable.type = Type::unknown();
    if (element == nullptr || variable.reassigned) continue;
    variable.type = i == 0 ? Type::of(kInteger) : *element;
  }
  block(node.last());
}

// What a handler returns.
void Inference::answer(const Node& node) {
  if (inside_.empty() || inside_.back()->handler == nullptr) return;
  const auto& shape = *inside_.back()->handler;
  const Type& wanted = types_.read(shape.returns);
  if (wanted.any) return;
  if (node.parts.empty()) {
    if (!wanted.may_be(kNil)) error(node.line, shape.name + " must return " + wanted.shown() + ", not nothing");
    return;
  }
  const Type& given = type_of(node.part(0));
  if (!fits(given, wanted))
    return error(node.line, shape.name + " cannot answer " + given.shown() + "; it answers " + wanted.shown());
  std::vector<Literal> tables;
  literals(node.part(0), tables);
  for (const auto* one : wanted.classes)
    if (one->written)
      for (const auto& [table_node, named] : tables)
        check_table(*table_node, *one, named ? Extent::Begun : Extent::Whole);
}

void infer(Program& program) {
  Types types(program.language);
  Inference inference(program, types);
  inference.give_up();
  bool settled = false;
  for (int i = 0; i < kMaxRounds && !settled; ++i) {
    inference.round(false);
    settled = !inference.learn();
  }
  if (!settled) inference.give_up();
  inference.round(true);
}

}  // namespace sbc::check
