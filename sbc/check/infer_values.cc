#include <algorithm>

#include "sbc/check/infer.h"
#include "sbc/syntax/parser.h"

namespace sbc::check {

std::string shown(const syntax::Node& node) {
  if (node.kind == syntax::Kind::Name) return node.text;
  if (node.kind == syntax::Kind::Index && node.part(1).kind == syntax::Kind::String)
    return shown(node.part(0)) + "." + node.part(1).text;
  return "this";
}

Type Inference::value(const Node& node, bool called) {
  Type type = compute(node, called);
  values_.insert_or_assign(&node, type);
  return type;
}

Type Inference::compute(const Node& node, bool called) {
  switch (node.kind) {
    case Kind::Nil:
      return Type::of(kNil);
    case Kind::True:
    case Kind::False:
      return Type::of(kBoolean);
    case Kind::Number:
      return Type::of(syntax::is_integer(node.text) ? kInteger : kFloat);
    case Kind::String:
      return Type{.words = {node.text}};
    case Kind::FunctionBody: {
      const Function& function = program_.functions.at(&node);
      if (!function.bound) function.escapes = true;
      body(node);
      return Type{.function = &function};
    }
    case Kind::Paren:
      return value(node.part(0), called);
    case Kind::Name:
      return name(node, called);
    case Kind::Index:
      return index(node, called);
    case Kind::Call:
      return call(node);
    case Kind::MethodCall:
      return method_call(node);
    case Kind::Table:
      return table(node);
    case Kind::Unary:
      return unary(node);
    case Kind::Binary:
      return binary(node);
    default:  // "..." and what is no expression
      return Type::unknown();
  }
}

Type Inference::name(const Node& node, bool called) {
  const auto found = program_.meant.find(&node);
  if (found != program_.meant.end()) {
    const Type& type = found->second->type;
    if (type.function != nullptr && !called) type.function->escapes = true;
    return found->second->reassigned ? Type::unknown() : type;
  }
  const auto& globals = program_.language.globals;
  const auto global = std::ranges::find(globals, node.text, &policy::Member::name);
  if (global != globals.end()) return types_.read(global->type);
  std::vector<std::string_view> there;
  for (const auto& one : globals) there.push_back(one.name);
  for (const auto& variable : program_.variables) there.push_back(variable.name);
  error(node.line, unknown("there is no", node.text, there));
  return Type::unknown();
}

void Inference::unknown_member(const Node& at, std::string_view lacks, const std::string& key,
                               const std::vector<policy::Member>& there) {
  std::vector<std::string_view> names;
  for (const auto& one : there) names.push_back(one.name);
  error(at.line, unknown(lacks, key, names));
}

Type Inference::member(const Node& at, const Type& object, const std::string& key) {
  if (object.any || (object.basic & (kTable | kString | kFunction)) != 0 || !object.words.empty() ||
      object.function != nullptr || !object.signatures.empty() || object.empty())
    return Type::unknown();
  Type found;
  bool open = false;
  for (const auto* one : object.classes) {
    const auto field = std::ranges::find(one->fields, key, &policy::Member::name);
    if (field != one->fields.end()) {
      found.add(types_.read(field->type));
    } else {
      open = open || one->open;
    }
  }
  if (object.module != nullptr) {
    const auto field = object.module->fields.find(key);
    if (field != object.module->fields.end()) {
      const bool function = field->second != nullptr && field->second->kind == Kind::FunctionBody;
      found.add(function ? Type{.function = &program_.functions.at(field->second)} : Type::unknown());
    } else {
      open = open || object.module->open;
    }
  }
  if (!found.empty()) return found;
  if (open) return Type::unknown();
  if (!object.classes.empty()) {
    const auto& one = *object.classes.front();
    unknown_member(at, one.lacks, key, one.fields);
  } else if (object.module != nullptr) {
    std::vector<policy::Member> there;
    for (const auto& [name_there, node] : object.module->fields) there.push_back({name_there, ""});
    unknown_member(at, object.module->file->name() + " has no", key, there);
  } else if (object.element != nullptr) {
    error(at.line, "a list has no field \"" + key + "\"; its elements are numbered from 1");
  } else {
    error(at.line, object.shown() + " has no field \"" + key + "\"");
  }
  return Type::unknown();
}

Type Inference::index(const Node& node, bool called) {
  const Type object = value(node.part(0), true);
  const Type key = value(node.part(1));
  if (node.part(1).kind == Kind::String) {
    Type type = member(node, object, node.part(1).text);
    if (type.function != nullptr && !called) type.function->escapes = true;
    return type;
  }
  if (!object.any && object.basic == 0 && object.element != nullptr && object.classes.empty()) {
    Type type = *object.element;
    type.basic |= kNil;
    return type;
  }
  // contacts[1]
  if (!object.any && object.basic == 0 && object.classes.size() == 1 && object.classes[0]->name == "Contacts") {
    if (!key.any && !key.may_be_number())
      error(node.line, "contacts are numbered from 1; to read a field write contacts[1].field");
    return types_.read("Contact?");
  }
  return Type::unknown();
}

Type Inference::table(const Node& node) {
  for (const auto& part : node.parts)
    for (const auto& one : part->parts) value(*one);
  return Type::of(kTable);
}

void Inference::want_operand(const Node& at, const Type& type, std::string_view what) {
  if (type.empty() || type.may_be_number() || type.may_be_text() || (type.basic & kTable) != 0 ||
      type.module != nullptr)
    return;
  error(at.line, std::string(what) + " " + type.shown() + " (" + shown(at) + ")");
}

Type Inference::unary(const Node& node) {
  const Type operand = value(node.part(0));
  if (node.text == "not") return Type::of(kBoolean);
  if (node.text == "#") return Type::of(kInteger);
  want_operand(node.part(0), operand, "cannot calculate with");
  return operand.any ? Type::of(kInteger | kFloat) : Type::of(operand.basic & (kInteger | kFloat));
}

Type Inference::binary(const Node& node) {
  const Type left = value(node.part(0));
  const Type right = value(node.part(1));
  const std::string& mark = node.text;
  if (mark == "and") {
    Type type = right;
    type.basic |= kNil;  // or false: both are what `or` passes over
    return left.any ? Type::unknown() : type;
  }
  if (mark == "or") {
    Type type = left;
    type.basic &= static_cast<std::uint8_t>(~kNil);
    type.add(right);
    return type;
  }
  if (mark == "==" || mark == "~=" || mark == "<" || mark == ">" || mark == "<=" || mark == ">=") {
    compare(node, left, right);
    return Type::of(kBoolean);
  }
  if (mark == "..") {
    want_operand(node.part(0), left, "\"..\" cannot join");
    want_operand(node.part(1), right, "\"..\" cannot join");
    return Type::of(kString);
  }
  want_operand(node.part(0), left, "cannot calculate with");
  want_operand(node.part(1), right, "cannot calculate with");
  return Type::of(kInteger | kFloat);
}

void Inference::compare(const Node& node, const Type& left, const Type& right) {
  if (left.any || right.any || left.empty() || right.empty()) return;
  const bool equality = node.text == "==" || node.text == "~=";
  if (!equality) {
    const bool numbers = left.may_be_number() && right.may_be_number();
    const bool texts = left.may_be_text() && right.may_be_text();
    const bool tables = ((left.basic | right.basic) & kTable) != 0 || left.module != nullptr || right.module != nullptr;
    if (!numbers && !texts && !tables)
      error(node.line, "\"" + node.text + "\" compares " + left.shown() + " with " + right.shown());
    return;
  }
  if (fits(left, right) || fits(right, left)) return;
  // A guard that a library has for others.
  if (left == Type::of(kNil) || right == Type::of(kNil)) return;
  const std::string always = node.text == "==" ? "never true" : "always true";
  // attempt.cause == "timeot"
  const bool words = !left.words.empty() && right.words.size() == 1 && left.basic == 0 && right.basic == 0;
  if (words) {
    const std::vector<std::string_view> there(left.words.begin(), left.words.end());
    return warning(node.line,
                   "this is " + always + ": " + shown(node.part(0)) + unknown(" is never", right.words.front(), there));
  }
  warning(node.line, "this is " + always + ": " + left.shown() + " is compared with " + right.shown());
}

}  // namespace sbc::check
