// What each name stands for: scopes as Lua has them (manual, 3.5).

#include <algorithm>

#include "sbc/check/program.h"

namespace sbc::check {
namespace {

using syntax::Kind;
using syntax::Node;

class Resolver {
 public:
  Resolver(Program& program, File& file) : program_(program), file_(file) {}

  void run() {
    scopes_.emplace_back();
    for (const auto& statement : file_.tree->parts) walk(*statement);
    find_module();
    look_at_uses(*file_.tree, false);
  }

 private:
  Variable& declare(const Node& name) {
    Variable& variable = program_.variables.emplace_back();
    variable.name = name.text;
    variable.line = name.line;
    program_.meant[&name] = &variable;
    scopes_.back().push_back(&variable);
    return variable;
  }

  Variable* find(std::string_view name) const {
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope)
      for (auto variable = scope->rbegin(); variable != scope->rend(); ++variable)
        if ((*variable)->name == name) return *variable;
    return nullptr;
  }

  void use(const Node& name) {
    if (Variable* variable = find(name.text)) {
      program_.meant[&name] = variable;
      variable->used = true;
    }
  }

  // A block in a scope of its own.
  void block(const Node& node) {
    scopes_.emplace_back();
    for (const auto& statement : node.parts) walk(*statement);
    scopes_.pop_back();
  }

  void body(const Node& node) {
    Function& function = program_.functions[&node];
    function.body = &node;
    function.file = &file_;
    scopes_.emplace_back();
    for (const auto& name : node.part(0).parts) {
      if (name->kind != Kind::Name) continue;
      Variable& parameter = declare(*name);
      parameter.parameter = true;
      function.parameters.push_back(&parameter);
    }
    for (const auto& statement : node.part(1).parts) walk(*statement);
    scopes_.pop_back();
  }

  void walk_all(const Node& node) {
    for (const auto& part : node.parts) walk(*part);
  }

  void bind(const Node& value) {
    if (value.kind == Kind::FunctionBody) program_.functions[&value].bound = true;
  }

  void local(const Node& node) {
    walk(node.part(1));
    const auto& values = node.part(1).parts;
    const auto& names = node.part(0).parts;
    for (std::size_t i = 0; i < names.size(); ++i) {
      Variable& variable = declare(*names[i]);
      if (i < values.size() && values[i]->kind == Kind::Table) variable.table = values[i].get();
      if (i >= values.size() || values[i]->kind != Kind::FunctionBody) continue;
      variable.body = values[i].get();
      bind(*values[i]);
    }
  }

  void assign(const Node& node) {
    walk(node.part(1));
    for (const auto& target : node.part(0).parts) {
      if (target->kind != Kind::Name) {
        walk(*target);
      } else if (Variable* variable = find(target->text)) {
        program_.meant[target.get()] = variable;
        variable->reassigned = true;
      }
    }
  }

  void walk(const Node& node) {
    switch (node.kind) {
      case Kind::Name:
        return use(node);
      case Kind::Local:
        return local(node);
      case Kind::LocalFunction: {
        Variable& variable = declare(node.part(0));
        variable.body = &node.part(1);
        bind(node.part(1));
        return body(node.part(1));
      }
      case Kind::Function:
        if (node.part(0).kind == Kind::Name) {
          if (Variable* variable = find(node.part(0).text)) {
            program_.meant[&node.part(0)] = variable;
            variable->reassigned = true;
          }
        } else {
          walk(node.part(0));
        }
        return body(node.part(1));
      case Kind::Assign:
        return assign(node);
      case Kind::FunctionBody:
        return body(node);
      case Kind::Block:
        return block(node);
      case Kind::Repeat:  // the condition sees what the block declares
        scopes_.emplace_back();
        walk_all(node.part(0));
        walk(node.part(1));
        scopes_.pop_back();
        return;
      case Kind::NumericFor:
        for (std::size_t i = 1; i + 1 < node.parts.size(); ++i) walk(node.part(i));
        scopes_.emplace_back();
        declare(node.part(0));
        block(node.last());
        scopes_.pop_back();
        return;
      case Kind::GenericFor:
        walk(node.part(1));
        scopes_.emplace_back();
        for (const auto& name : node.part(0).parts) declare(*name);
        block(node.last());
        scopes_.pop_back();
        return;
      default:  // nothing else declares a name
        return walk_all(node);
    }
  }

  // ---- the table that the file returns ----

  void find_module() {
    Module& module = file_.module;
    module.open = true;
    if (file_.tree->parts.empty() || file_.tree->last().kind != Kind::Return || file_.tree->last().parts.size() != 1)
      return;
    const Node& value = file_.tree->last().part(0);
    if (value.kind == Kind::Table) {
      module.open = false;
      add_fields(value);
    } else if (value.kind == Kind::Name && program_.meant.contains(&value)) {
      Variable& variable = *program_.meant.at(&value);
      const Node* initial = initial_of(variable);
      if (variable.reassigned || initial == nullptr || initial->kind != Kind::Table) return;
      module.open = false;
      file_.returned = &variable;
      add_fields(*initial);
    }
  }

  void add_fields(const Node& table) {
    for (const auto& field : table.parts) {
      if (field->kind == Kind::Field && field->part(0).kind == Kind::String) {
        set_field(field->part(0).text, field->part(1));
      } else {
        file_.module.open = true;
      }
    }
  }

  void set_field(const std::string& name, const Node& value) {
    if (!file_.module.fields.emplace(name, &value).second) file_.module.fields[name] = nullptr;  // set twice
    bind(value);
  }

  const Node* initial_of(const Variable& variable) const {
    for (const auto& statement : file_.tree->parts) {
      if (statement->kind != Kind::Local) continue;
      const auto& names = statement->part(0).parts;
      for (std::size_t i = 0; i < names.size() && i < statement->part(1).parts.size(); ++i)
        if (program_.meant.at(names[i].get()) == &variable) return statement->part(1).parts[i].get();
    }
    return nullptr;
  }

  bool is_returned(const Node& node) const {
    const auto found = program_.meant.find(&node);
    return node.kind == Kind::Name && file_.returned != nullptr && found != program_.meant.end() &&
           found->second == file_.returned;
  }

  // Fields that are set later belong to the module; whatever else happens to its table makes it unknowable.
  void look_at_uses(const Node& node, bool as_object) {
    if (is_returned(node) && !as_object) file_.module.open = true;
    const auto sets = [this](const Node& target, const Node* value) {
      if (target.kind != Kind::Index || !is_returned(target.part(0))) return;
      if (target.part(1).kind != Kind::String || value == nullptr) {
        file_.module.open = true;
      } else {
        set_field(target.part(1).text, *value);
      }
    };
    if (node.kind == Kind::Function) sets(node.part(0), &node.part(1));
    if (node.kind == Kind::Assign)
      for (std::size_t i = 0; i < node.part(0).parts.size(); ++i)
        sets(node.part(0).part(i), i < node.part(1).parts.size() ? &node.part(1).part(i) : nullptr);
    const bool declares = node.kind == Kind::Local;
    for (std::size_t i = 0; i < node.parts.size(); ++i) {
      if (declares && i == 0) continue;
      const bool object =
          (node.kind == Kind::Index && i == 0) || (&node == &file_.tree->last() && node.kind == Kind::Return);
      look_at_uses(node.part(i), object);
    }
  }

  Program& program_;
  File& file_;
  std::vector<std::vector<Variable*>> scopes_;
};

}  // namespace

void resolve(Program& program) {
  for (File& file : program.files) Resolver(program, file).run();
}

void find_handlers(Program& program) {
  const Module& module = program.main().module;
  std::vector<std::string_view> known;
  for (const auto& handler : program.language.handlers) known.push_back(handler.name);
  for (const auto& [name, value] : module.fields) {
    const auto shape = std::ranges::find(program.language.handlers, name, &policy::HandlerShape::name);
    if (shape == program.language.handlers.end()) {
      program.report.error(program.main(), value != nullptr ? value->line : 1,
                           unknown("there is no handler", name, known));
      continue;
    }
    const Node* body = value;
    if (value != nullptr && value->kind == Kind::Name && program.meant.contains(value))
      body = program.meant.at(value)->body;
    if (body != nullptr && body->kind == Kind::FunctionBody) program.functions[body].handler = &*shape;
  }
}

}  // namespace sbc::check
