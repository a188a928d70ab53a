#pragma once
// What a policy writes out, beyond the types of its fields: what the engine would refuse when the line runs. Internal
// to the room.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sbc/policy/language.h"
#include "sbc/syntax/tree.h"

namespace sbc::check {

// What a written table is of the value that is taken.
enum class Extent : std::uint8_t {
  Whole,
  Element,  // of another one, which may have what it lacks
  Begun,    // it has a name, and fields may have been added since
};

struct Wrong {
  int line = 0;
  std::string text;
};

// Of a table that stands where a `wanted` is taken: names of header fields and of fields of the record, numbers out of
// their range, a place of a route without a destination.
std::vector<Wrong> wrong_in(const syntax::Node& table, const policy::Class& wanted, Extent extent);

// Of a value that is given to a function of the engine for that parameter; "": nothing that can be seen.
std::string wrong_argument(const syntax::Node& value, std::string_view function, std::string_view parameter);

// What a function of the engine takes as the name of something that is configured: "trunk", "realm", "table", "query".
// "": nothing of that kind.
std::string_view names_thing(std::string_view function, std::string_view parameter);

}  // namespace sbc::check
