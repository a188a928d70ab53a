#include <algorithm>

#include "sbc/check/infer.h"

namespace sbc::check {
namespace {

const std::string kElement = "a place of a route";

}  // namespace

Type Inference::call(const Node& node) {
  const Node& callee = node.part(0);
  const Type target = value(callee, true);
  for (std::size_t i = 1; i < node.parts.size(); ++i) value(node.part(i));
  if (callee.kind == Kind::Name && callee.text == "require" && !program_.meant.contains(&callee))
    return take_module(node);
  if (target.any || target.empty()) return Type::unknown();
  if (target.function != nullptr) {
    record(*target.function, node);
    return Type::unknown();
  }
  if (target.signatures.size() == 1) {
    check_arguments(node, *target.signatures.front(), 1);
    return *target.signatures.front()->result;
  }
  const bool callable = !target.signatures.empty() || (target.basic & (kFunction | kTable)) != 0 ||
                        target.module != nullptr || target.element != nullptr;
  if (!callable) error(node.line, shown(callee) + " cannot be called: it is " + target.shown());
  return Type::unknown();
}

// ("text"):find(...)
Type Inference::method_call(const Node& node) {
  const Type object = value(node.part(0), true);
  for (std::size_t i = 1; i < node.parts.size(); ++i) value(node.part(i));
  const bool text = !object.any && object.may_be_text() && object.classes.empty() && (object.basic & kTable) == 0;
  if (text) {
    const Type found = member(node, types_.read("lib.string"), node.text);
    return found.signatures.size() == 1 ? *found.signatures.front()->result : Type::unknown();
  }
  if (object.may_be_text()) return Type::unknown();
  const Type found = member(node, object, node.text);
  if (found.function != nullptr) found.function->escapes = true;
  return Type::unknown();
}

Type Inference::take_module(const Node& node) {
  if (node.parts.size() != 2 || node.part(1).kind != Kind::String) return Type::unknown();
  const File* file = program_.find(module_path(node.part(1).text));
  if (file == nullptr) return Type::unknown();
  if (file->module.open && file->module.fields.empty()) return Type::unknown();  // no table, as far as one can see
  return Type{.module = &file->module};
}

void Inference::record(const Function& function, const Node& node) {
  function.called = true;
  const std::size_t given = node.parts.size() - 1;
  const bool open = given > 0 && (node.last().kind == Kind::Call || node.last().kind == Kind::MethodCall ||
                                  node.last().kind == Kind::Vararg);
  for (std::size_t i = 0; i < function.seen.size(); ++i) {
    if (i < given && !(open && i + 1 == given)) {
      function.seen[i].add(type_of(node.part(i + 1)));
    } else if (open) {
      function.seen[i].add(i < given ? type_of(node.part(i + 1)) : Type::unknown());
    } else {
      function.seen[i].add(Type::of(kNil));
    }
  }
  const bool takes_more = !function.body->part(0).parts.empty() && function.body->part(0).last().kind == Kind::Vararg;
  if (given > function.parameters.size() && !takes_more && !open)
    warning(node.line, shown(node.part(0)) + " takes " + std::to_string(function.parameters.size()) +
                           " arguments, got " + std::to_string(given));
}

void Inference::check_arguments(const Node& node, const Signature& signature, std::size_t first) {
  const std::string called = shown(node.part(0));
  const std::size_t given = node.parts.size() - first;
  const bool open = given > 0 && (node.last().kind == Kind::Call || node.last().kind == Kind::MethodCall ||
                                  node.last().kind == Kind::Vararg);
  if (given > signature.parameters.size() && signature.rest == nullptr)
    error(node.line, called + " takes at most " + std::to_string(signature.parameters.size()) + " arguments, got " +
                         std::to_string(given));
  for (std::size_t i = 0; i < signature.parameters.size(); ++i) {
    const auto& parameter = signature.parameters[i];
    if (i >= given) {
      if (!parameter.optional && !open && !parameter.type->any)
        error(node.line, called + ": " + parameter.name + " is missing, " + parameter.type->shown());
      continue;
    }
    Type wanted = *parameter.type;
    if (parameter.optional) wanted.basic |= kNil;
    const Node& argument = node.part(first + i);
    check_value(argument, wanted, called + ": " + parameter.name);
    if (auto wrong = wrong_argument(argument, called, parameter.name); !wrong.empty())
      error(argument.line, std::move(wrong));
    if (const auto kind = names_thing(called, parameter.name); !kind.empty()) check_known(argument, kind);
  }
}

void Inference::literals(const Node& node, std::vector<Literal>& out) const {
  if (node.kind == Kind::Table) out.push_back({&node, false});
  if (const auto found = program_.meant.find(&node); found != program_.meant.end())
    if (const Variable& variable = *found->second; variable.table != nullptr && !variable.reassigned)
      out.push_back({variable.table, true});
  const bool passes =
      node.kind == Kind::Paren || (node.kind == Kind::Binary && (node.text == "and" || node.text == "or"));
  if (!passes) return;
  for (const auto& part : node.parts) literals(*part, out);
}

void Inference::check_value(const Node& node, const Type& wanted, const std::string& what, std::string_view spelling) {
  const Type& given = type_of(node);
  if (!fits(given, wanted)) {
    if (given.words.size() == 1 && given.basic == 0 && given.classes.empty() && !wanted.words.empty()) {
      const std::vector<std::string_view> there(wanted.words.begin(), wanted.words.end());
      return error(node.line, unknown(what + " cannot be", given.words.front(), there));
    }
    Type named = wanted;
    if (named.basic != kNil)
      named.basic &= static_cast<std::uint8_t>(~kNil);  // that it may be left out is not the news
    return error(node.line, what + " must be " + named.shown() + ", not " + given.shown());
  }
  check_name(node, spelling);
  std::vector<Literal> tables;
  literals(node, tables);
  for (const auto& [written, named] : tables) {
    const Extent extent = named ? Extent::Begun : what == kElement ? Extent::Element : Extent::Whole;
    for (const auto* one : wanted.classes)
      if (one->written) check_table(*written, *one, extent);
    if (wanted.element == nullptr) continue;
    for (const auto& item : written->parts)
      if (item->kind == Kind::Item) check_value(item->part(0), *wanted.element, what);
  }
}

void Inference::check_table(const Node& node, const policy::Class& wanted, Extent extent) {
  for (auto& wrong : wrong_in(node, wanted, extent)) error(wrong.line, std::move(wrong.text));
  for (const auto& part : node.parts) {
    if (part->kind == Kind::Item) {
      if (wanted.name != "Place") continue;
      Type place = types_.read("Place|Contacts|Contact|nil");
      check_value(part->part(0), place, kElement);
      continue;
    }
    if (part->part(0).kind != Kind::String) continue;
    const std::string& key = part->part(0).text;
    const auto field = std::ranges::find(wanted.fields, key, &policy::Member::name);
    if (field != wanted.fields.end()) {
      Type type = types_.read(field->type);
      type.basic |= kNil;
      check_value(part->part(1), type, key, field->type);
    } else if (!wanted.open) {
      unknown_member(*part, wanted.lacks, key, wanted.fields);
    }
  }
}

void Inference::check_name(const Node& node, std::string_view spelling) {
  if (spelling == "TrunkName") check_known(node, "trunk");
  if (spelling == "GroupName") check_known(node, "group");
  if (spelling == "RealmName") check_known(node, "realm");
  if (spelling == "ClassName") check_known(node, "class");
}

// The name of something, when a configuration says which there are.
void Inference::check_known(const Node& node, std::string_view kind) {
  if (program_.names == nullptr || node.kind != Kind::String) return;
  std::vector<std::string_view> there;
  const auto take = [&](const auto& names) { there.assign(names.begin(), names.end()); };
  if (kind == "trunk") take(program_.names->trunks);
  if (kind == "group") take(program_.names->groups);
  if (kind == "realm") take(program_.names->realms);
  if (kind == "class") take(program_.names->classes);
  if (kind == "query") take(program_.names->queries);
  if (kind == "table")
    for (const auto& [name, source] : program_.names->tables) there.push_back(name);
  if (std::ranges::find(there, node.text) == there.end())
    error(node.line, unknown("there is no " + std::string(kind), node.text, there));
}

}  // namespace sbc::check
