#pragma once
// The types that a check knows (policy/language.h has their spelling).

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/policy/language.h"

namespace sbc::check {

struct Signature;
struct Function;
struct Module;

enum Basic : std::uint8_t {
  kNil = 1,
  kBoolean = 2,
  kInteger = 4,
  kFloat = 8,
  kString = 16,
  kTable = 32,     // of no class
  kFunction = 64,  // of no signature
};

// What a value may be: any of everything that is listed. Nothing listed and not `any`: no value at all is possible.
struct Type {
  bool any = false;
  std::uint8_t basic = 0;
  std::vector<std::string> words{};             // these texts
  std::vector<const policy::Class*> classes{};  // facts, tables that policies write, decisions, libraries
  std::vector<const Signature*> signatures{};   // functions of the engine
  const Type* element = nullptr;                // a list of these
  const Function* function = nullptr;           // one of the policy's own
  const Module* module = nullptr;               // the table that a file returns

  static Type unknown() { return {.any = true}; }
  static Type of(std::uint8_t basic) { return {.basic = basic}; }

  bool empty() const {
    return !any && basic == 0 && words.empty() && classes.empty() && signatures.empty() && element == nullptr &&
           function == nullptr && module == nullptr;
  }
  bool may_be(std::uint8_t mask) const { return any || (basic & mask) != 0; }
  bool may_be_text() const { return any || (basic & kString) != 0 || !words.empty(); }
  bool may_be_number() const { return any || (basic & (kInteger | kFloat)) != 0; }
  void add(const Type& other);
  std::string shown() const;  // "a string", "an address"
  friend bool operator==(const Type&, const Type&) = default;
};

struct Signature {
  struct Parameter {
    std::string name;
    const Type* type = nullptr;
    bool optional = false;
  };
  std::vector<Parameter> parameters;
  const Type* rest = nullptr;  // of "..."; null: takes no more
  const Type* result = nullptr;
};

// The types of a language, read once from their spelling. Pointers stay good as long as it lives.
class Types {
 public:
  explicit Types(const policy::Language& language) : language_(language) {}
  Types(const Types&) = delete;
  Types& operator=(const Types&) = delete;

  const Type& read(std::string_view spelling);
  const policy::Language& language() const { return language_; }

 private:
  class Reader;
  const policy::Language& language_;
  std::map<std::string, const Type*, std::less<>> known_;
  std::deque<Type> types_;
  std::deque<Signature> signatures_;
};

// Whether a value of `actual` can be taken where `wanted` is. What is possible fits.
bool fits(const Type& actual, const Type& wanted);

}  // namespace sbc::check
