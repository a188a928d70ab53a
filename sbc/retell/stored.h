#pragma once
// Answers of stores as JSON has them. Redis and databases hold any bytes, in names as well: a value with bytes that are
// not UTF-8 is told in another way, from which it comes back as it was.

#include <optional>

#include "sbc/json/value.h"

namespace sbc::retell {

// {"value": ...}; or {"stored": ...}, in which texts are as in text.h, a list is {"list": [...]}, and an object is
// {"members": [[name, value], ...]}.
json::Value stored(const json::Value& value);
// nullopt: it is neither of them.
std::optional<json::Value> from_stored(const json::Value& told);

}  // namespace sbc::retell
