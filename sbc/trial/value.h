#pragma once
// A Lua value as plain C++, so that nothing that owns memory is on the stack where Lua may leave by longjmp.

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace sbc::trial {

struct Value;
using List = std::vector<Value>;
using Record = std::map<std::string, Value, std::less<>>;

struct Value {
  std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Record> is;

  Value() = default;
  template <typename T>
  explicit(false) Value(T value) : is(std::move(value)) {}

  bool nil() const { return std::holds_alternative<std::monostate>(is); }
  const bool* boolean() const { return std::get_if<bool>(&is); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&is); }
  const std::string* text() const { return std::get_if<std::string>(&is); }
  const List* list() const { return std::get_if<List>(&is); }
  const Record* record() const { return std::get_if<Record>(&is); }
  std::string shown() const;  // as Lua would write it
};

// How `actual` differs from `expected`, a line for each place: `attempts[1].to: expected "carrier_b", got "carrier_a"`.
// Of a record only the fields that are expected are looked at, of a list all.
void differences(const Value& expected, const Value& actual, const std::string& place, std::vector<std::string>& out);

}  // namespace sbc::trial
