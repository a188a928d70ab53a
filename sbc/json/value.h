#pragma once
// JSON as values (RFC 8259). Parsing is bounded in depth and number of values; what exceeds it is an error like any
// other.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sbc::json {

// Nesting. Answers of services have a handful; a deep one is an attack on whoever walks it by recursion.
inline constexpr std::size_t kMaxDepth = 32;
// Values of one text, each a piece of memory.
inline constexpr std::size_t kMaxValues = 20'000;

struct Value;
struct Member;
using List = std::vector<Value>;
using Members = std::vector<Member>;  // in order of the text; of equal names the last one counts

struct Value {
  std::variant<std::monostate, bool, std::int64_t, double, std::string, List, Members> what;  // monostate: null
};

// Not a pair: that would ask for properties of Value before it is complete.
struct Member {
  std::string name;
  Value value;
};

// The error says what is wrong and where: "byte 12: ...".
std::expected<Value, std::string> parse(std::string_view text, std::size_t most_values = kMaxValues);

// A string with its quotes. `text` must be UTF-8.
void append_string(std::string& out, std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace sbc::json
