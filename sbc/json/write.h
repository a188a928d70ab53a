#pragma once
// Values as text. One value has one text, and the text read again is the same value: members stay in their order, and
// a number that is not whole by its type keeps its point ("1.0").

#include <string>
#include <string_view>

#include "sbc/json/value.h"

namespace sbc::json {

// Every text in `value` must be UTF-8; numbers that JSON does not know (infinite, none) become null.
void write(std::string& out, const Value& value);
std::string text_of(const Value& value);

// The last member of that name; nullptr: there is none, or `value` is no object.
const Value* member(const Value& value, std::string_view name);

}  // namespace sbc::json
