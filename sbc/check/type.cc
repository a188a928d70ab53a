#include "sbc/check/type.h"

#include <algorithm>
#include <array>

#include "media-relay/base/text.h"

namespace sbc::check {

void Type::add(const Type& other) {
  any = any || other.any;
  basic |= other.basic;
  const auto merge = [](auto& into, const auto& from) {
    for (const auto& one : from)
      if (std::ranges::find(into, one) == into.end()) into.push_back(one);
  };
  merge(words, other.words);
  merge(classes, other.classes);
  merge(signatures, other.signatures);
  // Two of a kind that holds one only: no longer known.
  const auto merge_one = [this](auto& into, const auto* from) {
    if (from == nullptr || into == from) return;
    if (into != nullptr) any = true;
    into = from;
  };
  merge_one(element, other.element);
  merge_one(function, other.function);
  merge_one(module, other.module);
}

std::string Type::shown() const {
  static constexpr std::array<std::pair<std::uint8_t, std::string_view>, 7> kNames = {{{kNil, "nil"},
                                                                                       {kBoolean, "a boolean"},
                                                                                       {kInteger, "an integer"},
                                                                                       {kFloat, "a number"},
                                                                                       {kString, "a string"},
                                                                                       {kTable, "a table"},
                                                                                       {kFunction, "a function"}}};
  if (any) return "anything";
  std::vector<std::string> parts;
  for (const auto& word : words) parts.push_back("\"" + word + "\"");
  for (const auto* one : classes) {
    if (one->lacks.starts_with("a") && one->lacks.ends_with(" has no") && !one->lacks.starts_with("a decision")) {
      parts.push_back(one->lacks.substr(0, one->lacks.size() - 7));
    } else {
      parts.push_back(one->written ? "a table (" + one->name + ")" : base::to_lower(one->name));
    }
  }
  if (element != nullptr) parts.emplace_back("a list");
  for (const auto& [mask, name] : kNames)
    if ((basic & mask) != 0 && !(mask == kInteger && (basic & kFloat) != 0)) parts.emplace_back(name);
  if (!signatures.empty() || function != nullptr) parts.emplace_back("a function");
  if (module != nullptr) parts.emplace_back("a table");
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i)
    text += (i == 0 ? "" : i + 1 == parts.size() ? " or " : ", ") + parts[i];
  return text;
}

// ---- reading a spelling -------------------------------------------------------------------------------------------

class Types::Reader {
 public:
  Reader(Types& types, std::string_view text) : types_(types), cursor_(text) {}

  Type alternatives() {
    Type type = suffixed();
    while (taken("|")) type.add(suffixed());
    return type;
  }

 private:
  bool taken(std::string_view mark) {
    cursor_.skip_blanks();
    return cursor_.take(mark);
  }
  std::string_view word() {
    cursor_.skip_blanks();
    return cursor_.take_while([](char c) { return base::is_alnum(c) || c == '_' || c == '.'; });
  }

  Type suffixed() {
    Type type = plain();
    for (;;) {
      if (taken("[]")) {
        type = Type{.element = &types_.types_.emplace_back(std::move(type))};
      } else if (taken("?")) {
        type.basic |= kNil;
      } else {
        return type;
      }
    }
  }

  Type plain() {
    static constexpr std::array<std::pair<std::string_view, std::uint8_t>, 10> kBasics = {
        {{"nil", kNil},
         {"boolean", kBoolean},
         {"false", kBoolean},
         {"integer", kInteger},
         {"number", kInteger | kFloat},
         {"string", kString},
         {"table", kTable},
         {"function", kFunction},
         {"RealmName", kString},
         {"ClassName", kString}}};
    if (taken("\"")) {
      Type type;
      type.words.emplace_back(cursor_.take_until('"'));
      cursor_.take('"');
      return type;
    }
    if (taken("fun(")) return signature();
    const auto name = word();
    for (const auto& [spelling, basic] : kBasics)
      if (spelling == name) return Type::of(basic);
    if (name == "TrunkName" || name == "GroupName") return Type::of(kString);
    const policy::Class* found = types_.language_.find(name);
    if (found == nullptr) return Type::unknown();  // any
    Type type;
    type.classes.push_back(found);
    return type;
  }

  Type signature() {
    Signature read;
    while (!taken(")")) {
      if (cursor_.at_end()) break;
      if (taken("...")) {
        taken(":");
        read.rest = &types_.types_.emplace_back(alternatives());
      } else {
        Signature::Parameter parameter{.name = std::string(word())};
        parameter.optional = taken("?");
        taken(":");
        parameter.type = &types_.types_.emplace_back(alternatives());
        read.parameters.push_back(std::move(parameter));
      }
      taken(",");
    }
    read.result = &types_.types_.emplace_back(taken(":") ? alternatives() : Type::of(kNil));
    Type type;
    type.signatures.push_back(&types_.signatures_.emplace_back(std::move(read)));
    return type;
  }

  Types& types_;
  base::TextCursor cursor_;
};

const Type& Types::read(std::string_view spelling) {
  if (const auto found = known_.find(spelling); found != known_.end()) return *found->second;
  const Type& type = types_.emplace_back(Reader(*this, spelling).alternatives());
  known_.emplace(spelling, &type);
  return type;
}

// ---- what fits ----------------------------------------------------------------------------------------------------

bool fits(const Type& actual, const Type& wanted) {
  if (actual.any || wanted.any || actual.empty()) return true;
  const std::uint8_t numbers = kInteger | kFloat;
  std::uint8_t taken = wanted.basic;
  if ((taken & numbers) != 0 && (actual.basic & kFloat) != 0) taken |= numbers;  // 2.0 is taken for 2
  if ((actual.basic & taken) != 0) return true;
  if (!actual.words.empty() && (wanted.basic & kString) != 0) return true;
  if (!wanted.words.empty() && (actual.basic & kString) != 0) return true;
  for (const auto& word : actual.words)
    if (std::ranges::find(wanted.words, word) != wanted.words.end()) return true;
  for (const auto* one : actual.classes)
    if (std::ranges::find(wanted.classes, one) != wanted.classes.end()) return true;
  const bool table = (actual.basic & kTable) != 0 || actual.module != nullptr;
  const bool list = actual.element != nullptr;
  const bool written = std::ranges::any_of(wanted.classes, [](const auto* one) { return one->written; });
  if (table && (written || wanted.element != nullptr || (wanted.basic & kTable) != 0)) return true;
  if (list && (wanted.element != nullptr || written || (wanted.basic & kTable) != 0)) return true;
  const bool function = (actual.basic & kFunction) != 0 || actual.function != nullptr || !actual.signatures.empty();
  return function && ((wanted.basic & kFunction) != 0 || !wanted.signatures.empty());
}

}  // namespace sbc::check
