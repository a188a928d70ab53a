#pragma once
// From Lua 5.4 source to its tree. What parses here may still be refused by Lua's own compiler, for what is no question
// of grammar: a goto without its label, break outside of loops, more than 200 locals.

#include <expected>
#include <string_view>

#include "sbc/syntax/error.h"
#include "sbc/syntax/tree.h"

namespace sbc::syntax {

// The Block of the whole text, or the first mistake.
std::expected<NodePtr, Error> parse(std::string_view source);

// Whether a Number is one of Lua's integers, and not a float (manual, 3.1).
bool is_integer(std::string_view numeral);

}  // namespace sbc::syntax
